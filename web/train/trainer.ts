// The runs of this visit: creates, trains, loads, saves and removes their networks.

import { DIGIT_CLASSES, DIGIT_PIXELS } from "../../src/image/digit.js";
import { Network } from "../../src/worker.js";
import { whole } from "../format.js";
import { loadMnist, type TrainAndTest } from "../mnist.js";
import type { Session } from "../session.js";
import { forgetKept, Keeper, type Kept, readKept } from "./keep.js";
import { Run } from "./run.js";
import { parametersOf, recipeOf, type Settings, topology } from "./settings.js";

/** Ends the name of a network that was taken back. */
const KEPT = ", kept";
/** The reason of a preparation that the user has ended. */
const STOPPED = new Error("stopped");

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
  /** What is being prepared, as a sentence. */
  activity = "";
  /** The network that was kept in an earlier visit and can be taken back. */
  offer: Kept | undefined;
  private readonly keeper = new Keeper();
  /** Ends the waiting for what is being prepared, while it can be ended. */
  private waiting: AbortController | undefined;
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
    void readKept().then((kept) => {
      this.offer = kept;
      onChange();
    });
  }

  /** Whether there is something that `stop` ends. */
  get canStop(): boolean {
    return this.waiting !== undefined || this.current?.isBusy === true;
  }

  /** Whether leaving the page would lose something that a network has learned. */
  get wouldLose(): boolean {
    return this.runs.some((run) => this.keeper.wouldLose(run));
  }

  /** Ends what is being prepared, or else the current training, whose network keeps its weights. */
  stop(): void {
    if (this.waiting) this.waiting.abort();
    else this.current?.stop();
  }

  /** Trains a new network. With `isPaused` it pauses after the first batch. */
  async start(settings: Settings, isPaused: boolean): Promise<void> {
    await this.exclusively("Preparing…", async () => {
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
    await this.exclusively("Preparing…", async () => {
      void this.train(current, await this.images(), settings, false);
    });
  }

  /** Creates an untrained network. It replaces a current one that is untrained or in training, or whose training was stopped. */
  async reset(settings: Settings): Promise<void> {
    const { current } = this;
    await this.exclusively("Preparing…", async () => {
      if (current?.isBusy) await this.end(current);
      if (current && (current.state === "fresh" || current.state === "stopped")) this.remove(current);
      await this.create(settings);
    });
  }

  /** Loads a network from a model file. Messages refer to it by the file's name. */
  async load(file: File): Promise<void> {
    await this.exclusively(`Loading ${file.name}…`, async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      this.addLoaded(await this.open(bytes, file.name), file.name, "from a file");
    });
  }

  /** Takes back the network that was kept in an earlier visit. */
  async takeBack(): Promise<void> {
    const { offer } = this;
    if (!offer) return;
    await this.exclusively(`Loading ${offer.name}…`, async () => {
      const { name, bytes, epochs, test } = offer;
      const network = await this.open(bytes, name);
      this.offer = undefined;
      const run = this.addLoaded(network, name.endsWith(KEPT) ? name : name + KEPT, "from your last visit");
      run.epochs = epochs;
      if (test) run.addTest(epochs, test);
      // A network that was trained in the meantime has taken its place.
      if (this.runs.length === 1) this.keeper.adopt(run);
    });
  }

  /** Forgets the network that was kept in an earlier visit. */
  async forgetOffer(): Promise<void> {
    this.offer = undefined;
    this.onChange();
    await forgetKept();
  }

  /** Saves a run by `work`, and shows its error: numbers that are not finite cannot be saved. */
  async save(run: Run, work: () => Promise<void>): Promise<void> {
    await this.exclusively(`Saving ${run.name}…`, async () => {
      const { epochs } = run;
      await work();
      run.savedEpochs = epochs;
    });
  }

  /** Removes a run and ends its network's worker. */
  remove(run: Run): void {
    run.stop();
    this.runs = this.runs.filter((other) => other !== run);
    if (this.current === run) this.current = this.runs.at(-1);
    this.session.remove(run);
    void this.keeper.forget(run);
    run.network.dispose();
    this.onChange();
  }

  /** Runs `work` unless other work is in progress, and keeps its error as the message. */
  private async exclusively(activity: string, work: () => Promise<void>): Promise<void> {
    if (this.isPreparing) return;
    this.isPreparing = true;
    this.activity = activity;
    this.message = "";
    this.onChange();
    try {
      await work();
    } catch (error) {
      if (error !== STOPPED) this.message = (error as Error).message;
    } finally {
      this.isPreparing = false;
      this.onChange();
    }
  }

  /** Waits for `work`, or until `stop` is called. What it gives after that is disposed of. */
  private async orStop<T>(work: Promise<T>, dispose: (late: T) => void): Promise<T> {
    const waiting = new AbortController();
    this.waiting = waiting;
    this.onChange();
    const stopped = new Promise<never>((_, reject) => {
      waiting.signal.addEventListener("abort", () => reject(STOPPED));
    });
    try {
      return await Promise.race([work, stopped]);
    } catch (error) {
      if (error === STOPPED) void work.then(dispose, () => {});
      throw error;
    } finally {
      this.waiting = undefined;
    }
  }

  private async images(): Promise<TrainAndTest> {
    try {
      const loading = loadMnist((loaded, total) => {
        this.progress = this.waiting && { loaded, total };
        this.onChange();
      });
      // The download goes on for the next training.
      this.data ??= await this.orStop(loading, () => {});
      return this.data;
    } finally {
      this.progress = undefined;
    }
  }

  private async create(settings: Settings): Promise<Run> {
    const size = whole(parametersOf(settings) ?? 0);
    this.activity = `Creating ${topology(settings.hidden)} with ${size} parameters…`;
    const network = await this.orStop(Network.create(recipeOf(settings).network), (late) => late.dispose());
    const name = `${topology(settings.hidden)}, run ${this.created + 1}`;
    return this.add(new Run(name, this.created++, network, settings, this.changed, this.keepSometimes));
  }

  /** A network from a model file. RangeError if it is not one of digits. */
  private async open(bytes: Uint8Array, title: string): Promise<Network> {
    const network = await this.orStop(Network.fromBytes(bytes, { title }), (late) => late.dispose());
    const { inputs, layers } = network.spec;
    const outputs = layers.at(-1)?.units;
    if (inputs === DIGIT_PIXELS && outputs === DIGIT_CLASSES) return network;
    network.dispose();
    throw new RangeError(
      `${title} holds a network with ${inputs} inputs and ${outputs} outputs, but digits need ${DIGIT_PIXELS} and ${DIGIT_CLASSES}`,
    );
  }

  private addLoaded(network: Network, name: string, origin: string): Run {
    return this.add(new Run(name, this.created++, network, undefined, this.changed, this.keepSometimes, origin));
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
    else if (this.runs.includes(run)) await this.keeper.keep(run);
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

  private readonly keepSometimes = (run: Run): Promise<void> => this.keeper.keepSometimes(run);

  private readonly changed = (run: Run): void => {
    this.session.weightsChanged(run);
    this.onChange();
  };
}
