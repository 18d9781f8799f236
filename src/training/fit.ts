// Training: epochs of shuffled batches, with progress, validation, abort, and an event loop that stays alive.

import type { Dataset } from "../data/dataset.js";
import { CORRECT, type Engine, LOSS } from "../engine.js";
import { now } from "../host.js";
import { type Evaluation, evaluateYielding } from "../inference/evaluate.js";
import { isPromiseLike } from "../kinds.js";
import type { Samples } from "../memory/arena.js";
import { ascending, Stream, shuffle } from "../random.js";
import { factorAt } from "../recipe/schedule.js";
import type { NetworkSpec } from "../spec.js";
import { StepSettings } from "../step/settings.js";
import { throwIfAborted, Yielder, type YieldPoint } from "../yielding.js";
import { type Asked, decodeCheckpoint, encodeCheckpoint, fingerprint, restore, Timer } from "./checkpoint.js";
import { checkInterval, type FitOptions, type FitPlan } from "./fit-options.js";
import type { BatchRecord, EpochRecord } from "./record.js";
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
    this.yielder = new Yielder(options.signal);
    this.stepsPerEpoch = Math.ceil(train.count / options.batchSize);
    this.epochsBefore = options.epochsBefore;
  }

  /** Takes in the data, and where the training stands that is gone on with. */
  private async prepare(): Promise<void> {
    const { yielder, engine, options, settings, train } = this;
    const { batchSize, checkpoint, earlyStopping, augmenting, resume } = options;
    const asked = checkpoint || resume ? await askedOf(engine.spec, train, options, yielder.take) : undefined;
    this.asked = asked;
    const from = asked && resume && decodeCheckpoint(resume, engine.arena, settings.slots, asked);
    this.order = await engine.bind(train, batchSize, settings, augmenting, yielder.take);
    const best = from && restore(engine.arena, from);
    if (from) {
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
      options.onBegin(this.epochsBefore + this.epoch - 1);
      await engine.open();
      while (this.epoch <= options.epochs && !this.stopping?.isOver) await this.runEpoch();
      await this.save();
    } catch (error) {
      // Any other error may have come in the middle of a step.
      if (options.signal?.aborted && error === options.signal.reason) await this.save();
      throw error;
    } finally {
      engine.release();
      this.stopping?.restore();
    }
    return this.history;
  }

  private async runEpoch(): Promise<void> {
    const { engine, epoch, options, timer } = this;
    options.onBegin(this.epochsBefore + epoch);
    this.settings.beginEpoch(this.epochsBefore + epoch);
    if (this.samples === 0) this.started = now();
    await this.learn();
    const record = epochRecord(epoch, this.train, engine.totals, this.seconds);
    if (options.validation) record.validation = await this.validate(options.validation);
    throwIfAborted(options.signal);
    this.stopping?.add(record);
    this.history.push(record);
    this.epoch++;
    this.samples = 0;
    engine.totals.fill(0);
    await options.onEpoch?.(record);
    if (timer?.isDue) await this.save();
  }

  private validate(validation: Dataset): Promise<Evaluation> {
    const { engine, options, yielder } = this;
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
    const trainingState = { asked, ...position, history, best: best ?? null };
    await options.checkpoint.save(encodeCheckpoint(arena, trainingState, stopping?.best));
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
      throwIfAborted(options.signal);
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
    const { schedule } = options;
    this.settings.prepare(step, schedule && factorAt(schedule, step, stepsPerEpoch, options.epochs));
    return this.engine.step(this.train, this.samples, rows, this.yielder.take);
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
    await waiting;
    this.started += now() - before;
  }

  private beginInterval(): void {
    const { batchInterval = 0 } = this.options;
    this.interval = typeof batchInterval === "function" ? checkInterval(batchInterval()) : batchInterval;
    if (this.interval > 0) this.reported = now();
  }

  private divergence(what: string): Error {
    const { optimizer, batchSize } = this.options;
    return new Error(
      `training diverged: ${what} is no longer a finite number at epoch ${this.epoch}, ` +
        `step ${Math.ceil(this.samples / batchSize)}; ` +
        `try a learning rate below ${optimizer.learningRate}, or inputs scaled to about 0…1`,
    );
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
