// Training: epochs of shuffled batches, with progress, validation, abort, and an event loop that stays alive.

import type { Samples } from "./arena.js";
import type { Augmentation, Redrawing } from "./augment.js";
import type { Dataset } from "./dataset.js";
import { type Breathe, CORRECT, type Engine, LOSS } from "./engine.js";
import { type Evaluation, evaluateBreathing } from "./evaluate.js";
import type { Optimizer } from "./optimizer.js";
import { ascending, Stream, shuffle } from "./random.js";

export interface EpochRecord {
  /** From 1. */
  epoch: number;
  /** Mean training loss over the epoch, each batch's taken before its step. */
  loss: number;
  /** Share of training samples classified right, likewise; only with labels. */
  accuracy?: number;
  validation?: Evaluation;
  /** Training alone, without validation. */
  samplesPerSecond: number;
  seconds: number;
}

/** Where training stands after a batch. One object serves all calls: copy what you keep. */
export interface BatchRecord {
  epoch: number;
  /** Samples of this epoch that have been seen, and all of them. */
  samples: number;
  total: number;
  /** Means over the epoch so far. */
  loss: number;
  accuracy: number | undefined;
}

export interface FitOptions {
  /** Times that every sample is seen. */
  epochs: number;
  /** Samples that a step averages over; a last short batch is averaged over its own number. 32 unless told. */
  batchSize?: number;
  optimizer: Optimizer;
  /** Evaluated after every epoch, never learned from. */
  validation?: Dataset;
  /** Whether each epoch takes the samples in a new random order; true unless told. */
  shuffle?: boolean;
  /**
   * Draws every training image anew in every epoch, changed by chance within these bounds; `train` must then have a shape of
   * `[height, width]`. `digitAugmentation` is for handwritten digits. What comes in from outside of an image is 0.
   */
  augment?: Augmentation;
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
  /** What `augment` comes to. */
  redrawing?: Redrawing | undefined;
  /** Epochs that the network has seen before, so that a second `fit` shuffles anew; counted on as epochs begin. */
  epochsBefore: number;
  onBegin: () => void;
}

/** The page or server that hosts the training gets a turn after so long and what of 1,024 samples is at hand by then. */
const YIELD_MILLISECONDS = 12;

/** One record an epoch. The training set is copied into the network's memory once. */
export async function fit(engine: Engine, train: Dataset, options: FitPlan): Promise<EpochRecord[]> {
  const order = engine.bind(train, Math.min(options.batchSize, train.count), options.redrawing);
  const start = ascending(train.count);
  const breath = new Breath(options.signal);
  const history: EpochRecord[] = [];
  try {
    await engine.open();
    for (let epoch = 1; epoch <= options.epochs; epoch++) {
      order.set(start);
      options.onBegin();
      const record = await trainEpoch(engine, train, order, epoch, breath, options);
      if (options.validation) record.validation = await evaluateBreathing(engine, options.validation, breath.take);
      options.signal?.throwIfAborted();
      history.push(record);
      await options.onEpoch?.(record);
    }
  } finally {
    engine.release();
  }
  return history;
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

async function trainEpoch(
  engine: Engine,
  train: Samples,
  order: Uint32Array,
  epoch: number,
  breath: Breath,
  options: FitPlan,
): Promise<EpochRecord> {
  const { totals } = engine;
  const started = performance.now();
  totals.fill(0);
  engine.redraw(options.epochsBefore + epoch);
  if (options.shuffle) shuffle(order, options.seed, Stream.shuffle, options.epochsBefore + epoch);
  const progress: BatchRecord = { epoch, samples: 0, total: train.count, loss: 0, accuracy: undefined };
  for (let from = 0; from < train.count; from += options.batchSize) {
    const rows = Math.min(options.batchSize, train.count - from);
    options.signal?.throwIfAborted();
    const late = engine.step(train, from, rows, options.optimizer.learningRate, breath.take);
    if (late) await late;
    if (!Number.isFinite(totals[LOSS])) throw divergence("the loss", epoch, from / options.batchSize + 1, options);
    if (!options.onBatch && !breath.isDue) continue;
    const settling = engine.settle();
    if (settling) await settling;
    const reporting = options.onBatch && reportBatch(options.onBatch, progress, from + rows, totals, train);
    if (reporting instanceof Promise) await reporting;
    const pause = breath.take();
    if (pause) await pause;
  }
  await engine.settle();
  // What the last step did shows in no loss any more.
  const steps = Math.ceil(train.count / options.batchSize);
  if (!engine.arena.hasFiniteParameters()) throw divergence("a parameter", epoch, steps, options);
  return epochRecord(epoch, train, totals, (performance.now() - started) / 1000);
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

function divergence(what: string, epoch: number, step: number, { optimizer }: FitPlan): Error {
  return new Error(
    `training diverged: ${what} is no longer a finite number at epoch ${epoch}, step ${step}; ` +
      `try a learning rate below ${optimizer.learningRate}, or inputs scaled to about 0…1`,
  );
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
