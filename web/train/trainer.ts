// The runs of this visit: which there are, which is at hand, and what becomes of it.

import { Network } from "../../src/worker.js";
import { loadMnist, type TrainAndTest } from "../mnist.js";
import type { Session } from "../session.js";
import { Run } from "./run.js";
import { DIGITS, networkOptions, PIXELS, type Settings, topology } from "./settings.js";

export class Trainer {
  /** In the order they were made. */
  runs: readonly Run[] = [];
  /** What the buttons are about. */
  current: Run | undefined;
  /** Bytes of the images that have come, and of all, while they come. */
  progress: { loaded: number; total: number | undefined } | undefined;
  /** What went wrong last, in a sentence. */
  message = "";
  /** Whether a network is being made or its images are being fetched. */
  isPreparing = false;
  private data: TrainAndTest | undefined;
  private made = 0;

  constructor(
    private readonly session: Session,
    private readonly onChange: () => void,
  ) {
    session.on("chosen", () => {
      // The buttons are about the one that is looked at, so that every training can be led.
      this.current = this.runs.find((run) => run === session.chosen) ?? this.current;
      onChange();
    });
  }

  /** Trains a new network; with `isHeld` only a first batch. */
  async start(settings: Settings, isHeld: boolean): Promise<void> {
    await this.prepare(async () => {
      const data = await this.images();
      if (this.current?.state === "fresh") this.remove(this.current);
      const before = this.runs;
      void this.train(await this.make(settings), data, settings, isHeld);
      for (const run of before) await this.lighten(run);
    });
  }

  /** Trains the network at hand for more epochs, as `settings` say. */
  async goOn(settings: Settings): Promise<void> {
    const { current } = this;
    if (!current) return;
    await this.prepare(async () => {
      void this.train(current, await this.images(), settings, false);
    });
  }

  /** A new network that has learned nothing, in place of one that is being trained. */
  async reset(settings: Settings): Promise<void> {
    const { current } = this;
    await this.prepare(async () => {
      if (current?.isBusy) await this.end(current);
      if (current && (current.state === "fresh" || current.state === "stopped")) this.remove(current);
      await this.make(settings);
    });
  }

  /** A network from a file; its name is what messages call it by. */
  async load(file: File): Promise<void> {
    await this.prepare(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const network = await Network.fromBytes(bytes, { title: file.name });
      const { inputs, layers } = network.spec;
      const outputs = layers.at(-1)?.units;
      if (inputs !== PIXELS || outputs !== DIGITS) {
        network.dispose();
        throw new RangeError(
          `${file.name} holds a network of ${inputs} inputs and ${outputs} outputs, but digits take ${PIXELS} and ${DIGITS}`,
        );
      }
      this.add(new Run(file.name, this.made++, network, undefined, this.changed));
    });
  }

  /** Does what saves a network; it may hold numbers that no file can. */
  async save(work: () => Promise<void>): Promise<void> {
    await this.prepare(work);
  }

  /** Forgets a run and ends its network's worker. */
  remove(run: Run): void {
    run.stop();
    this.runs = this.runs.filter((other) => other !== run);
    if (this.current === run) this.current = this.runs.at(-1);
    this.session.remove(run);
    run.network.dispose();
    this.onChange();
  }

  /** One thing at a time; what goes wrong is kept as a message. */
  private async prepare(work: () => Promise<void>): Promise<void> {
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

  private async make(settings: Settings): Promise<Run> {
    const network = await Network.create(networkOptions(settings));
    const name = `${topology(settings.hidden)}, run ${this.made + 1}`;
    return this.add(new Run(name, this.made++, network, settings, this.changed));
  }

  private add(run: Run): Run {
    this.runs = [...this.runs, run];
    this.current = run;
    this.session.add(run);
    this.session.choose(run);
    return run;
  }

  private async train(run: Run, data: TrainAndTest, settings: Settings, isHeld: boolean): Promise<void> {
    this.current = run;
    await run.train(data, settings, isHeld);
    if (run.state === "stopped") await this.test(run, data);
    if (run.state === "failed") await this.lighten(run);
  }

  private async lighten(run: Run): Promise<void> {
    await run.lighten();
    if (run.isLost) this.session.remove(run);
  }

  /** A training that was stopped within an epoch has learned since the last test. */
  private async test(run: Run, { test }: TrainAndTest): Promise<void> {
    try {
      run.tested(run.epochs, await run.network.evaluate(test));
    } catch (error) {
      // A run that has been removed meanwhile has nothing to say any more.
      if (this.runs.includes(run)) this.message = (error as Error).message;
    }
  }

  private async end(run: Run): Promise<void> {
    run.stop();
    await run.ended;
  }

  private readonly changed = (run: Run): void => {
    this.session.learned(run);
    this.onChange();
  };
}
