// The runs of this visit: creates, trains, loads, saves and removes their networks.

import { DIGIT_CLASSES, DIGIT_PIXELS } from "../../src/image/digit.js";
import { Network } from "../../src/worker.js";
import { loadMnist, type TrainAndTest } from "../mnist.js";
import type { Session } from "../session.js";
import { Run } from "./run.js";
import { recipeOf, type Settings, topology } from "./settings.js";

export class Trainer {
  /** In order of creation. */
  runs: readonly Run[] = [];
  /** The run that the buttons control. */
  current: Run | undefined;
  /** Bytes of MNIST received and in total, during the download. */
  progress: { loaded: number; total: number | undefined } | undefined;
  /** The last error, as a sentence; empty if there was none. */
  message = "";
  /** Whether a network is being created or loaded, or MNIST is being downloaded. */
  isPreparing = false;
  private data: TrainAndTest | undefined;
  /** Number of runs created in this visit, including removed ones. */
  private created = 0;

  constructor(
    private readonly session: Session,
    private readonly onChange: () => void,
  ) {
    session.on("selected", () => {
      // The buttons control the selected network, so that each of several trainings can be controlled.
      this.current = this.runs.find((run) => run === session.selected) ?? this.current;
      onChange();
    });
  }

  /** Trains a new network. With `isPaused` it pauses after the first batch. */
  async start(settings: Settings, isPaused: boolean): Promise<void> {
    await this.exclusively(async () => {
      const data = await this.images();
      if (this.current?.state === "fresh") this.remove(this.current);
      const before = this.runs;
      void this.train(await this.create(settings), data, settings, isPaused);
      // Only the new run needs the images; continuing an earlier run sends them again.
      for (const run of before) await this.freeImages(run);
    });
  }

  /** Trains the current network for more epochs with `settings`. */
  async continueTraining(settings: Settings): Promise<void> {
    const { current } = this;
    if (!current) return;
    await this.exclusively(async () => {
      void this.train(current, await this.images(), settings, false);
    });
  }

  /** Creates an untrained network. It replaces a current one that is untrained or in training, or whose training was stopped. */
  async reset(settings: Settings): Promise<void> {
    const { current } = this;
    await this.exclusively(async () => {
      if (current?.isBusy) await this.end(current);
      if (current && (current.state === "fresh" || current.state === "stopped")) this.remove(current);
      await this.create(settings);
    });
  }

  /** Loads a network from a model file. Messages refer to it by the file's name. */
  async load(file: File): Promise<void> {
    await this.exclusively(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const network = await Network.fromBytes(bytes, { title: file.name });
      const { inputs, layers } = network.spec;
      const outputs = layers.at(-1)?.units;
      if (inputs !== DIGIT_PIXELS || outputs !== DIGIT_CLASSES) {
        network.dispose();
        throw new RangeError(
          `${file.name} holds a network with ${inputs} inputs and ${outputs} outputs, but digits need ${DIGIT_PIXELS} and ${DIGIT_CLASSES}`,
        );
      }
      this.add(new Run(file.name, this.created++, network, undefined, this.changed));
    });
  }

  /** Runs `work`, which saves a network, and shows its error: numbers that are not finite cannot be saved. */
  async save(work: () => Promise<void>): Promise<void> {
    await this.exclusively(work);
  }

  /** Removes a run and ends its network's worker. */
  remove(run: Run): void {
    run.stop();
    this.runs = this.runs.filter((other) => other !== run);
    if (this.current === run) this.current = this.runs.at(-1);
    this.session.remove(run);
    run.network.dispose();
    this.onChange();
  }

  /** Runs `work` unless other work is in progress, and keeps its error as the message. */
  private async exclusively(work: () => Promise<void>): Promise<void> {
    if (this.isPreparing) return;
    this.isPreparing = true;
    this.message = "";
    this.onChange();
    try {
      await work();
    } catch (error) {
      this.message = (error as Error).message;
    } finally {
      this.isPreparing = false;
      this.onChange();
    }
  }

  private async images(): Promise<TrainAndTest> {
    try {
      this.data ??= await loadMnist((loaded, total) => {
        this.progress = { loaded, total };
        this.onChange();
      });
      return this.data;
    } finally {
      this.progress = undefined;
    }
  }

  private async create(settings: Settings): Promise<Run> {
    const network = await Network.create(recipeOf(settings).network);
    const name = `${topology(settings.hidden)}, run ${this.created + 1}`;
    return this.add(new Run(name, this.created++, network, settings, this.changed));
  }

  private add(run: Run): Run {
    this.runs = [...this.runs, run];
    this.current = run;
    this.session.add(run);
    this.session.select(run);
    return run;
  }

  private async train(run: Run, data: TrainAndTest, settings: Settings, isPaused: boolean): Promise<void> {
    this.current = run;
    await run.train(data, settings, isPaused);
    if (run.state === "stopped") await this.test(run, data);
    if (run.state === "failed") await this.freeImages(run);
  }

  private async freeImages(run: Run): Promise<void> {
    await run.freeImages();
    if (run.isDiscarded) this.session.remove(run);
  }

  /** Tests a stopped run: the last test was at the end of an epoch, before the latest batches. */
  private async test(run: Run, { test }: TrainAndTest): Promise<void> {
    try {
      run.addTest(run.epochs, await run.network.evaluate(test));
    } catch (error) {
      // The error of a run that was removed in the meantime is of no interest.
      if (this.runs.includes(run)) this.message = (error as Error).message;
    }
  }

  private async end(run: Run): Promise<void> {
    run.stop();
    await run.ended;
  }

  private readonly changed = (run: Run): void => {
    this.session.weightsChanged(run);
    this.onChange();
  };
}
