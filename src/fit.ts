// Training: epochs of shuffled batches, with progress, validation, abort, and an event loop that stays alive.

import type { Samples } from "./arena.js";
import type { Dataset } from "./dataset.js";
import { type Breathe, CORRECT, type Engine, LOSS } from "./engine.js";
import { evaluateBreathing } from "./evaluate.js";
import { type Optimizer, Rule } from "./optimizer.js";
import { ascending, Stream, shuffle } from "./random.js";
import type { BatchRecord, EpochRecord } from "./record.js";
import { factorAt, type Schedule } from "./schedule.js";

export interface FitOptions {
  /** Times that every sample is seen. */
  epochs: number;
  /** Samples that a step averages over; a last short batch is averaged over its own number. 32 unless told. */
  batchSize?: number;
  optimizer: Optimizer;
  /** What the learning rate is multiplied by as training goes on; 1 unless told. */
  schedule?: Schedule;
  /** Evaluated after every epoch, never learned from. */
  validation?: Dataset;
  /** Whether each epoch takes the samples in a new random order; true unless told. */
  shuffle?: boolean;
  /** Called after every epoch; a promise is waited for. */
  onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /** Called after every batch; a promise is waited for. */
  onBatch?: (record: BatchRecord) => unknown;
  /**
   * Aborting ends `fit` with the signal's reason after the step at hand, or in the middle of a long one, which is then as if
   * it had not been begun; the network keeps what it has learned.
   */
  signal?: AbortSignal;
}

/** What `fit` goes by, every default filled in. */
export interface FitPlan extends FitOptions {
  batchSize: number;
  shuffle: boolean;
  seed: number;
  /** Epochs that the network has seen before, so that a second `fit` shuffles anew. */
  epochsBefore: number;
  /** Called as an epoch begins, with how many the network has then seen or begun. */
  onBegin: (epochs: number) => void;
}

/** The page or server that hosts the training gets a turn after so long and what of 1,024 samples is at hand by then. */
const YIELD_MILLISECONDS = 12;

/** One record an epoch. The training set is copied into the network's memory once. */
export function fit(engine: Engine, train: Dataset, options: FitPlan): Promise<EpochRecord[]> {
  return new Training(engine, train, options).run();
}

class Training {
  private readonly history: EpochRecord[] = [];
  private readonly rule: Rule;
  private readonly order: Uint32Array;
  /** The order that every epoch's shuffle begins with. */
  private readonly start: Uint32Array;
  private readonly breath: Breath;
  private readonly stepsPerEpoch: number;
  /** Where it stands: the epoch, from 1, and how many of its samples have been seen. */
  private epoch = 1;
  private samples = 0;

  constructor(
    private readonly engine: Engine,
    private readonly train: Dataset,
    private readonly options: FitPlan,
  ) {
    const batch = Math.min(options.batchSize, train.count);
    this.rule = new Rule(options.optimizer);
    this.order = engine.bind(train, batch, this.rule);
    this.start = ascending(train.count);
    this.breath = new Breath(options.signal);
    this.stepsPerEpoch = Math.ceil(train.count / batch);
  }

  async run(): Promise<EpochRecord[]> {
    const { engine, options } = this;
    try {
      await engine.open();
      for (; this.epoch <= options.epochs; this.epoch++) await this.runEpoch();
    } finally {
      engine.release();
    }
    return this.history;
  }

  private async runEpoch(): Promise<void> {
    const { engine, epoch, options } = this;
    options.onBegin(options.epochsBefore + epoch);
    const started = performance.now();
    await this.learn();
    const record = epochRecord(epoch, this.train, engine.totals, (performance.now() - started) / 1000);
    if (options.validation) record.validation = await evaluateBreathing(engine, options.validation, this.breath.take);
    options.signal?.throwIfAborted();
    this.history.push(record);
    await options.onEpoch?.(record);
    this.samples = 0;
  }

  /** All steps of an epoch. */
  private async learn(): Promise<void> {
    const { engine, epoch, options, order, train } = this;
    const { totals } = engine;
    totals.fill(0);
    order.set(this.start);
    if (options.shuffle) shuffle(order, options.seed, Stream.shuffle, options.epochsBefore + epoch);
    const progress: BatchRecord = { epoch, samples: 0, total: train.count, loss: 0, accuracy: undefined };
    while (this.samples < train.count) {
      const rows = Math.min(options.batchSize, train.count - this.samples);
      options.signal?.throwIfAborted();
      const late = this.step(rows);
      if (late) await late;
      this.samples += rows;
      if (!Number.isFinite(totals[LOSS])) throw this.divergence("the loss");
      if (!options.onBatch && !this.breath.isDue) continue;
      const settling = engine.settle();
      if (settling) await settling;
      const reporting = options.onBatch && reportBatch(options.onBatch, progress, this.samples, totals, train);
      if (reporting instanceof Promise) await reporting;
      const pause = this.breath.take();
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
    this.rule.prepare(step, schedule && factorAt(schedule, step, stepsPerEpoch, options.epochs));
    return this.engine.step(this.train, this.samples, rows, this.breath.take);
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

/** When the event loop last had its turn; epochs can be shorter than the time between two. */
class Breath {
  private taken = performance.now();

  constructor(private readonly signal: AbortSignal | undefined) {}

  get isDue(): boolean {
    return performance.now() - this.taken >= YIELD_MILLISECONDS;
  }

  /** Gives the event loop a turn if it is time. No thread may be at work. */
  take: Breathe = () => (this.isDue ? this.pause() : undefined);

  private async pause(): Promise<void> {
    await turn();
    this.taken = performance.now();
    this.signal?.throwIfAborted();
  }
}

function reportBatch(
  report: (record: BatchRecord) => unknown,
  progress: BatchRecord,
  samples: number,
  totals: Float64Array,
  train: Samples,
): unknown {
  progress.samples = samples;
  progress.loss = (totals[LOSS] as number) / samples;
  if (train.labels) progress.accuracy = (totals[CORRECT] as number) / samples;
  return report(progress);
}

function epochRecord(epoch: number, train: Samples, totals: Float64Array, seconds: number): EpochRecord {
  const loss = (totals[LOSS] as number) / train.count;
  const record = { epoch, loss, samplesPerSecond: train.count / seconds, seconds };
  return train.labels ? { ...record, accuracy: (totals[CORRECT] as number) / train.count } : record;
}

/** Lets the event loop turn once. In browsers `setTimeout` would wait 4 ms and `setImmediate` does not exist. */
function turn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
