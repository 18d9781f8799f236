// Inference: how good a network is on samples, and what it gives for them.

import type { Engine } from "../engine.js";
import type { Pieces, Samples } from "../memory/arena.js";
import { METRICS, type MetricName, metricsOf, type SampleResult, type Scores } from "../metrics.js";
import { classesOf, outputUnits } from "../spec.js";
import { walkYielding, type YieldPoint } from "../yielding.js";

/** The result of an evaluation: the metrics that were computed, and details about labelled samples. */
export interface Evaluation extends Scores {
  /** Mean loss over the samples. */
  loss: number;
  /** The number of samples. */
  count: number;
  /** `confusion[label][prediction]`: counts of samples; absent without labels, and with more than 1,000 classes. */
  confusion?: number[][];
  /** The misclassified samples with the largest losses, the largest first; absent without labels, or if `worst` is 0. */
  worst?: Mistake[];
}

/** What an evaluation computes besides loss and, with labels, accuracy and confusion. */
export interface EvaluationOptions {
  /** The largest number of misclassified samples to list in `worst`; default 0. */
  worst?: number;
  /** Names of further metrics; default none. Each becomes a property of the evaluation. */
  metrics?: readonly MetricName[];
}

/** A misclassified sample. */
export interface Mistake {
  /** Its index in the dataset, from 0. */
  index: number;
  /** The number of its class. */
  label: number;
  /** The number of the class that the network gives it. */
  prediction: number;
  /** Its loss. */
  loss: number;
}

/** The confusion counts grow with the square of the number of classes. */
const MOST_CONFUSED = 1000;

/** Loss, metrics, and for labelled samples accuracy, confusion and the worst mistakes. */
export function evaluate(engine: Engine, samples: Samples, options: EvaluationOptions = {}): Evaluation {
  const tally = new Tally(engine, samples, options);
  for (const [from, rows] of tally.pieces()) tally.add(from, rows);
  return tally.evaluation();
}

/** The same, with `yieldPoint` called between pieces. */
export async function evaluateYielding(
  engine: Engine,
  samples: Samples,
  yieldPoint: YieldPoint,
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  const tally = new Tally(engine, samples, options);
  await walkYielding(tally.pieces(), yieldPoint, (from, rows) => tally.add(from, rows));
  return tally.evaluation();
}

/** What is summed up over the pieces of an evaluation. */
class Tally {
  private readonly names: readonly MetricName[];
  /** Of each metric, over the samples so far. */
  private readonly sums: Float64Array;
  private readonly needsOutputs: boolean;
  /** The current sample. */
  private readonly result: SampleResult;
  private readonly confusion: number[][] | undefined;
  private mistakes: Mistake[] = [];
  private readonly worst: number;

  constructor(
    private readonly engine: Engine,
    private readonly samples: Samples,
    { worst = 0, metrics = [] }: EvaluationOptions,
  ) {
    const hasLabels = samples.labels !== undefined;
    const units = outputUnits(engine.spec);
    this.worst = worst;
    this.names = metricsOf(metrics, hasLabels);
    this.sums = new Float64Array(this.names.length);
    this.needsOutputs = this.names.some((name) => METRICS[name].needsOutputs);
    this.result = { loss: 0, prediction: 0, label: 0, outputs: engine.arena.floats, at: 0, units };
    const classes = classesOf(engine.spec);
    const isSquare = hasLabels && classes <= MOST_CONFUSED;
    this.confusion = isSquare ? Array.from({ length: classes }, () => Array<number>(classes).fill(0)) : undefined;
  }

  /** Runs the samples through the network, piece by piece. */
  pieces(): Pieces {
    return this.engine.infer(this.samples, "evaluate", this.needsOutputs);
  }

  /** Takes in the piece that is in memory. */
  add(from: number, rows: number): void {
    const { engine, result, samples } = this;
    const { labels } = samples;
    result.outputs = engine.arena.floats;
    for (let i = 0; i < rows; i++) {
      result.loss = engine.arena.losses[i] as number;
      result.prediction = engine.arena.label(i);
      result.label = labels ? (labels[from + i] as number) : 0;
      result.at = engine.arena.keptOutputs(i);
      this.addScores();
      if (labels) this.addPrediction(from + i);
    }
  }

  private addScores(): void {
    const { names, result, sums } = this;
    for (let i = 0; i < names.length; i++) sums[i] = (sums[i] as number) + METRICS[names[i] as MetricName].of(result);
  }

  private addPrediction(index: number): void {
    const { label, loss, prediction } = this.result;
    if (label !== prediction && this.worst > 0) this.addMistake(index, label, prediction, loss);
    const counts = this.confusion?.[label];
    if (counts) counts[prediction] = (counts[prediction] as number) + 1;
  }

  private addMistake(index: number, label: number, prediction: number, loss: number): void {
    this.mistakes.push({ index, label, prediction, loss });
    if (this.mistakes.length >= 2 * this.worst + 100) this.mistakes = this.worstMistakes();
  }

  private worstMistakes(): Mistake[] {
    // A loss that is not a number counts as the largest.
    const badness = ({ loss }: Mistake) => (Number.isNaN(loss) ? Infinity : loss);
    const ordered = [...this.mistakes].sort((a, b) => {
      const [first, second] = [badness(a), badness(b)];
      return first === second ? a.index - b.index : second - first;
    });
    return ordered.slice(0, this.worst);
  }

  evaluation(): Evaluation {
    const { count, labels } = this.samples;
    const scores = Object.fromEntries(this.names.map((name, i) => [name, (this.sums[i] as number) / count]));
    const result = { ...scores, count } as Evaluation;
    if (this.confusion) result.confusion = this.confusion;
    if (labels && this.worst > 0) result.worst = this.worstMistakes();
    return result;
  }
}

/**
 * Outputs `[count][units]`. The class of each sample goes to `labels` if given: the largest of several outputs is found before
 * the last activation, whose rounding can make outputs equal.
 */
export function predict(engine: Engine, samples: Samples, labels?: Uint32Array): Float32Array<ArrayBuffer> {
  return collect(engine, samples.count, engine.infer(samples, "predict"), labels);
}

/** `predict`, with `yieldPoint` called between pieces. */
export async function predictYielding(
  engine: Engine,
  samples: Samples,
  yieldPoint: YieldPoint,
): Promise<Float32Array<ArrayBuffer>> {
  const { outputs, take } = collector(engine, samples.count);
  await walkYielding(engine.infer(samples, "predict"), yieldPoint, take);
  return outputs;
}

/** The outputs of every layer for one sample. */
export function activations(engine: Engine, sample: Samples): Float32Array<ArrayBuffer>[] {
  const outputs = engine.spec.layers.map(({ units }) => new Float32Array(units));
  for (const _ of engine.infer(sample, "predict")) {
    outputs.forEach((out, layer) => {
      engine.arena.copyOutputs(1, out, 0, layer);
    });
  }
  return outputs;
}

/** `predict` for inputs that `fill` writes into the network's memory. */
export function predictFilled(
  engine: Engine,
  count: number,
  fill: (view: Float32Array, first: number) => void,
): Float32Array<ArrayBuffer> {
  return collect(engine, count, engine.inferFilled(count, fill));
}

function collect(engine: Engine, count: number, pieces: Pieces, labels?: Uint32Array) {
  const { outputs, take } = collector(engine, count, labels);
  for (const [from, rows] of pieces) take(from, rows);
  return outputs;
}

/** The outputs of `count` samples, which `take` fills in with each piece; with `labels` their classes too. */
function collector(engine: Engine, count: number, labels?: Uint32Array) {
  const units = outputUnits(engine.spec);
  const outputs = new Float32Array(count * units);
  const take = (from: number, rows: number): void => {
    for (let i = 0; labels && i < rows; i++) labels[from + i] = engine.arena.label(i);
    engine.arena.copyOutputs(rows, outputs, from * units);
  };
  return { outputs, take };
}
