// Training: epochs of shuffled batches, with progress, validation, abort, and an event loop that stays alive.

import { checkThere, type Dataset } from "../data/dataset.js";
import { CORRECT, type Engine, LOSS } from "../engine.js";
import { now } from "../host.js";
import { type Evaluation, evaluateYielding } from "../inference/evaluate.js";
import { kindOf, listOfKinds } from "../input-kind.js";
import { isPromiseLike } from "../kinds.js";
import type { Samples } from "../memory/arena.js";
import { ascending, Stream, shuffle } from "../random.js";
import { factorAt, type ScheduleFunction } from "../recipe/schedule.js";
import type { NetworkSpec } from "../spec.js";
import { StepSettings } from "../step/settings.js";
import { LostThread } from "../threads/runner.js";
import { throwIfAborted, Yielder, type YieldPoint } from "../yielding.js";
import { type Asked, decodeCheckpoint, encodeCheckpoint, fingerprint, restore, Timer } from "./checkpoint.js";
import { checkInterval, DISPOSED, type FitOptions, type FitPlan } from "./fit-options.js";
import { type BatchRecord, type EpochRecord, withoutConfusion } from "./record.js";
import { EarlyStopping } from "./stopping.js";

/** One record an epoch. The training set is copied into the network's memory once. */
export function fit(engine: Engine, train: Dataset, options: FitPlan): Promise<EpochRecord[]> {
  return new Training(engine, train, options).run();
}

class Training {
  private history: EpochRecord[] = [];
  private readonly settings: StepSettings;
  private order: Uint32Array = new Uint32Array(0);
  /** The order that every epoch's shuffle begins with. */
  private readonly start: Uint32Array;
  private readonly yielder: Yielder;
  private readonly stepsPerEpoch: number;
  private timer: Timer | undefined;
  private stopping: EarlyStopping | undefined;
  /** What was asked for, where it matters to a checkpoint. */
  private asked: Asked | undefined;
  private epochsBefore: number;
  /** Where it stands: the epoch, from 1, how many of its samples have been seen, and when it was begun. */
  private epoch = 1;
  private samples = 0;
  private started = 0;
  /** The parameters after the last whole epoch, to which a training that fails returns, and what they are called. */
  private safe: Float32Array<ArrayBuffer> | undefined;
  private safeTitle = "that it had before";
  /** When a batch was last reported, and milliseconds until the next one is. */
  private reported = 0;
  private interval = 0;

  constructor(
    private readonly engine: Engine,
    private readonly train: Dataset,
    private readonly options: FitPlan,
  ) {
    this.settings = new StepSettings(options.optimizer, options);
    this.start = ascending(train.count);
    this.yielder = new Yielder(() => this.throwIfOver());
    this.stepsPerEpoch = Math.ceil(train.count / options.batchSize);
    this.epochsBefore = options.experience.epochs;
  }

  /** Throws where the network has been disposed of, or the training aborted. */
  private throwIfOver(): void {
    if (this.engine.isDisposed) throw new Error(DISPOSED);
    throwIfAborted(this.options.signal);
  }

  /** Takes in the data, and where the training stands that is gone on with. */
  private async prepare(): Promise<void> {
    const { yielder, engine, options, settings, train } = this;
    const { batchSize, checkpoint, earlyStopping, augmenting, resume } = options;
    const asked = checkpoint || resume ? await askedOf(engine.spec, train, options, yielder.take) : undefined;
    this.asked = asked;
    const from = asked && resume && decodeCheckpoint(resume, engine.arena, settings.slots, asked, engine.build);
    this.order = await engine.bind(train, batchSize, settings, augmenting, yielder.take);
    const best = from && restore(engine.arena, from);
    if (from) {
      this.safeTitle = "of the checkpoint";
      options.experience.inputs = new Set(
        from.inputs ?? (from.epoch > 1 || from.samples > 0 ? [kindOf(train.inputs)] : []),
      );
      this.history = from.history;
      this.epochsBefore = from.epochsBefore;
      this.epoch = from.epoch;
      this.samples = from.samples;
    }
    this.timer = checkpoint && new Timer(checkpoint);
    this.stopping = earlyStopping && new EarlyStopping(engine.arena, earlyStopping, this.history.length, best);
    this.started = now() - (from?.seconds ?? 0) * 1000;
    engine.totals.set([from?.loss ?? 0, from?.correct ?? 0]);
  }

  async run(): Promise<EpochRecord[]> {
    const { engine, options } = this;
    try {
      await this.prepare();
      // There may be no epoch left to begin.
      options.experience.epochs = this.epochsBefore + this.epoch - 1;
      this.keep();
      await engine.open();
      while (this.epoch <= options.epochs && !this.stopping?.isOver) await this.runEpoch();
      await this.save();
    } catch (error) {
      if (engine.isDisposed) throw new Error(DISPOSED);
      if (error instanceof Divergence || error instanceof LostThread) throw this.undone(error);
      // Any other error may have come in the middle of a step.
      if (options.signal?.aborted && error === options.signal.reason) await this.save();
      throw error;
    } finally {
      engine.release();
      this.stopping?.restore();
    }
    return this.history;
  }

  /** Keeps the parameters, which all threads have finished. */
  private keep(): void {
    this.safe = this.engine.arena.copyParameters(this.safe);
  }

  /** Returns to the parameters of the last whole epoch, and gives the error that says so. */
  private undone(error: Error): Error {
    const { engine, options, safe, stopping } = this;
    // A thread that is lost may still write into the memory of the step.
    engine.release();
    if (safe) engine.arena.setParameters(safe);
    options.experience.epochs = this.epochsBefore + this.epoch - 1;
    const title = stopping?.best ? `of its best epoch, ${stopping.best.epoch}` : this.safeTitle;
    const advice = error instanceof Divergence ? `; ${error.advice}` : "";
    return new Error(`${error.message}; the network holds the parameters ${title}${advice}`, { cause: error.cause });
  }

  private async runEpoch(): Promise<void> {
    const { engine, epoch, options, timer } = this;
    this.throwIfOver();
    options.experience.epochs = this.epochsBefore + epoch;
    options.experience.inputs.add(kindOf(this.train.inputs));
    this.settings.beginEpoch(this.epochsBefore + epoch);
    if (this.samples === 0) this.started = now();
    await this.learn();
    const record = epochRecord(epoch, this.train, engine.totals, this.seconds);
    if (options.validation) record.validation = await this.validate(options.validation);
    this.throwIfOver();
    this.stopping?.add(record);
    this.add(record);
    this.keep();
    this.safeTitle = `of epoch ${epoch}`;
    this.epoch++;
    this.samples = 0;
    engine.totals.fill(0);
    await this.answered(options.onEpoch?.(record));
    if (timer?.isDue) await this.save();
  }

  /** Only the last record of the history has confusion counts; the user keeps the record that `onEpoch` got. */
  private add(record: EpochRecord): void {
    const { history } = this;
    const last = history.length - 1;
    if (last >= 0) history[last] = withoutConfusion(history[last] as EpochRecord);
    history.push(record);
  }

  private validate(validation: Dataset): Promise<Evaluation> {
    const { engine, options, yielder } = this;
    checkThere(validation, "validation");
    const metrics = options.earlyStopping ? [options.earlyStopping.metric] : [];
    return evaluateYielding(engine, validation, yielder.take, { metrics });
  }

  /** Seconds of training in this epoch. */
  private get seconds(): number {
    return (now() - this.started) / 1000;
  }

  /** Saves a checkpoint, where one is wanted and everything in it is a number. */
  private async save(): Promise<void> {
    const { asked, engine, epoch, epochsBefore, history, options, samples, stopping, timer } = this;
    const { arena, totals } = engine;
    // Before the data is taken in there is nothing to save.
    if (!options.checkpoint || !timer || !asked) return;
    await engine.settle();
    if (!arena.hasFiniteParameters() || !arena.hasFiniteSlots()) return;
    const [loss, correct] = totals as unknown as [number, number];
    const best = stopping?.best && { epoch: stopping.best.epoch, score: stopping.best.score };
    const position = { epochsBefore, epoch, samples, loss, correct, seconds: samples > 0 ? this.seconds : 0 };
    const made = { build: engine.build, inputs: listOfKinds(options.experience.inputs) };
    const trainingState = { asked, ...made, ...position, history, best: best ?? null };
    await this.answered(options.checkpoint.save(encodeCheckpoint(arena, trainingState, stopping?.best)));
    timer.restart();
  }

  /** All steps of an epoch. */
  private async learn(): Promise<void> {
    const { engine, epoch, options, order, train } = this;
    const { totals } = engine;
    order.set(this.start);
    engine.beginEpoch(this.epochsBefore + epoch);
    if (options.shuffle) shuffle(order, options.seed, Stream.shuffle, this.epochsBefore + epoch);
    const progress: BatchRecord = { epoch, samples: 0, total: train.count, loss: 0, accuracy: undefined };
    while (this.samples < train.count) {
      const rows = Math.min(options.batchSize, train.count - this.samples);
      this.throwIfOver();
      const late = this.step(rows);
      if (late) await late;
      this.samples += rows;
      if (!Number.isFinite(totals[LOSS])) throw this.divergence("the loss");
      const isDue = this.yielder.isDue;
      const saves = this.timer?.isDueAfterStep(isDue);
      const reports = options.onBatch && this.isReportDue;
      if (!reports && !isDue && !saves) continue;
      const settling = engine.settle();
      if (settling) await settling;
      const reporting = reports && this.report(options.onBatch, progress);
      if (reporting) await reporting;
      if (saves) await this.uncounted(this.save());
      const pause = this.yielder.take();
      if (pause) await pause;
    }
    await engine.settle();
    // What the last step did shows in no loss any more.
    if (!engine.arena.hasFiniteParameters()) throw this.divergence("a parameter");
    if (!engine.arena.hasFiniteSlots()) throw this.divergence("a moment of the optimizer");
  }

  private step(rows: number): void | Promise<void> {
    const { options, stepsPerEpoch } = this;
    const step = (this.epoch - 1) * stepsPerEpoch + Math.floor(this.samples / options.batchSize) + 1;
    this.settings.prepare(step, this.factor(step));
    return this.engine.step(this.train, this.samples, rows, this.yielder.take);
  }

  private factor(step: number): number | undefined {
    const { schedule, epochs } = this.options;
    // No closure for plain data, as it would be garbage in every step.
    if (typeof schedule === "function") return this.calledFactor(schedule, step);
    return schedule && factorAt(schedule, step, this.stepsPerEpoch, epochs);
  }

  private calledFactor(schedule: ScheduleFunction, step: number): number {
    const { epochs } = this.options;
    return this.engine.calling('"schedule"', () => factorAt(schedule, step, this.stepsPerEpoch, epochs));
  }

  private get isReportDue(): boolean {
    return this.interval === 0 || now() - this.reported >= this.interval;
  }

  private report(onBatch: FitOptions["onBatch"], progress: BatchRecord): Promise<void> | undefined {
    const { engine, samples, train } = this;
    const { totals } = engine;
    progress.samples = samples;
    progress.loss = (totals[LOSS] as number) / samples;
    if (train.labels) progress.accuracy = (totals[CORRECT] as number) / samples;
    const reporting = onBatch?.(progress);
    if (isPromiseLike(reporting)) return this.uncounted(reporting).then(() => this.beginInterval());
    this.beginInterval();
    return undefined;
  }

  /** Waits for a callback; the time does not count as training. */
  private async uncounted(waiting: PromiseLike<unknown>): Promise<void> {
    const before = now();
    await this.answered(waiting);
    this.started += now() - before;
  }

  /** What a callback gives; an Error as soon as the network is disposed of, however long the callback takes. */
  private async answered(waiting: unknown): Promise<void> {
    const { engine } = this;
    if (!isPromiseLike(waiting)) return void (await waiting);
    await new Promise((resolve, reject) => {
      engine.onDispose = () => reject(new Error(DISPOSED));
      waiting.then(resolve, reject);
    });
  }

  private beginInterval(): void {
    const { batchInterval = 0 } = this.options;
    this.interval = typeof batchInterval === "function" ? checkInterval(batchInterval()) : batchInterval;
    if (this.interval > 0) this.reported = now();
  }

  private divergence(what: string): Divergence {
    const { optimizer, batchSize } = this.options;
    const step = Math.ceil(this.samples / batchSize);
    return new Divergence(
      `training diverged: ${what} is no longer a finite number at epoch ${this.epoch}, step ${step}`,
      `try a learning rate below ${optimizer.learningRate}, inputs and targets scaled to about −1…1, ` +
        "and look for wrong or extreme values in the data",
    );
  }
}

/** Training has left the range of numbers; `advice` names what to change. */
class Divergence extends Error {
  constructor(
    message: string,
    readonly advice: string,
  ) {
    super(message);
  }
}

function epochRecord(epoch: number, train: Samples, totals: Float64Array, seconds: number): EpochRecord {
  const loss = (totals[LOSS] as number) / train.count;
  const record = { epoch, loss, samplesPerSecond: train.count / seconds, seconds };
  return train.labels ? { ...record, accuracy: (totals[CORRECT] as number) / train.count } : record;
}

/** What must be the same when the training is resumed. */
async function askedOf(spec: NetworkSpec, train: Dataset, options: FitPlan, yieldPoint: YieldPoint): Promise<Asked> {
  const { seed, epochs, batchSize, optimizer, schedule, maxNorm, augment, earlyStopping, shuffle, validation } =
    options;
  const settings = { maxNorm, augment, earlyStopping };
  return {
    network: { ...spec, seed },
    fit: {
      ...{ epochs, batchSize, optimizer, shuffle },
      ...(JSON.parse(JSON.stringify(settings)) as Partial<typeof settings>),
      ...(schedule && { schedule: typeof schedule === "function" ? "a function" : schedule }),
    } as Asked["fit"],
    data: {
      train: await fingerprint(train, yieldPoint),
      ...(augment && { "train.shape": train.shape }),
      ...(validation && { validation: await fingerprint(validation, yieldPoint) }),
    },
  };
}
