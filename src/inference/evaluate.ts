// What a network gives for samples, and how good that is.

import { type Engine, LOSS, walkYielding, type YieldPoint } from "../engine.js";
import type { Pieces, Samples } from "../memory/arena.js";
import { outputUnits } from "../spec.js";

export interface Evaluation {
  /** Mean loss over the samples. */
  loss: number;
  count: number;
  /** Share of samples whose largest output is that of their label; only with labels. */
  accuracy?: number;
  /** `confusion[label][prediction]`: counts; only with labels, and with at most 1,000 outputs. */
  confusion?: number[][];
  /** The worst misclassified samples, if they were asked for: of largest loss, the largest first. */
  worst?: Mistake[];
}

export interface EvaluationOptions {
  /** How many of the worst misclassified samples are wanted; default none. */
  worst?: number;
}

/** A misclassified sample. */
export interface Mistake {
  /** Its number in the dataset. */
  index: number;
  label: number;
  /** The class that the network took it for. */
  prediction: number;
  loss: number;
}

const MOST_CONFUSED = 1000;

/** Loss, and for labelled samples accuracy, confusion and the `worst` mistakes. */
export function evaluate(engine: Engine, samples: Samples, worst = 0): Evaluation {
  const tally = new Tally(engine, samples, worst);
  for (const [from, rows] of engine.infer(samples, "evaluate")) tally.add(from, rows);
  return tally.evaluation();
}

/** The same, with `yieldPoint` called between pieces. */
export async function evaluateYielding(engine: Engine, samples: Samples, yieldPoint: YieldPoint): Promise<Evaluation> {
  const tally = new Tally(engine, samples);
  await walkYielding(engine.infer(samples, "evaluate"), yieldPoint, (from, rows) => tally.add(from, rows));
  return tally.evaluation();
}

/** What adds up over the pieces of an evaluation. */
class Tally {
  private readonly sums = new Float64Array(1);
  private correct = 0;
  private readonly confusion: number[][] | undefined;
  private mistakes: Mistake[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly samples: Samples,
    /** How many of the worst mistakes are wanted. */
    private readonly worst = 0,
  ) {
    const units = outputUnits(engine.spec);
    const isSquare = samples.labels !== undefined && units <= MOST_CONFUSED;
    this.confusion = isSquare ? Array.from({ length: units }, () => Array<number>(units).fill(0)) : undefined;
  }

  /** Takes in the piece that is in memory. */
  add(from: number, rows: number): void {
    const { engine, samples, confusion } = this;
    engine.addLosses(rows, this.sums);
    for (let i = 0; samples.labels && i < rows; i++) {
      const [label, predicted] = [samples.labels[from + i] as number, engine.label(i)];
      if (label === predicted) this.correct++;
      else if (this.worst > 0) this.addMistake(from + i, label, predicted, engine.arena.losses[i] as number);
      const counts = confusion?.[label];
      if (counts) counts[predicted] = (counts[predicted] as number) + 1;
    }
  }

  private addMistake(index: number, label: number, prediction: number, loss: number): void {
    this.mistakes.push({ index, label, prediction, loss });
    if (this.mistakes.length >= 2 * this.worst + 100) this.mistakes = this.worstMistakes();
  }

  private worstMistakes(): Mistake[] {
    // A loss that is not a number is as bad as they come.
    const badness = ({ loss }: Mistake) => (Number.isNaN(loss) ? Infinity : loss);
    const ordered = [...this.mistakes].sort((a, b) => {
      const [first, second] = [badness(a), badness(b)];
      return first === second ? a.index - b.index : second - first;
    });
    return ordered.slice(0, this.worst);
  }

  evaluation(): Evaluation {
    const { count, labels } = this.samples;
    const result: Evaluation = { loss: (this.sums[LOSS] as number) / count, count };
    if (labels) result.accuracy = this.correct / count;
    if (this.confusion) result.confusion = this.confusion;
    if (labels && this.worst > 0) result.worst = this.worstMistakes();
    return result;
  }
}

/** Outputs `[count][units]`; where the largest is goes to `labels` if given, found before softmax can round it level. */
export function predict(engine: Engine, samples: Samples, labels?: Uint32Array): Float32Array<ArrayBuffer> {
  return collect(engine, samples.count, engine.infer(samples, "predict"), labels);
}

/** The outputs of every layer for one sample. */
export function activations(engine: Engine, sample: Samples): Float32Array<ArrayBuffer>[] {
  const outputs = engine.spec.layers.map(({ units }) => new Float32Array(units));
  for (const _ of engine.infer(sample, "predict")) {
    outputs.forEach((out, layer) => {
      engine.copyOutputs(1, out, 0, layer);
    });
  }
  return outputs;
}

/** The same for inputs that `fill` writes into the network's memory. */
export function predictFilled(
  engine: Engine,
  count: number,
  fill: (view: Float32Array, first: number) => void,
): Float32Array<ArrayBuffer> {
  return collect(engine, count, engine.inferFilled(count, fill));
}

function collect(engine: Engine, count: number, pieces: Pieces, labels?: Uint32Array) {
  const units = outputUnits(engine.spec);
  const outputs = new Float32Array(count * units);
  for (const [from, rows] of pieces) {
    for (let i = 0; labels && i < rows; i++) labels[from + i] = engine.label(i);
    engine.copyOutputs(rows, outputs, from * units);
  }
  return outputs;
}
