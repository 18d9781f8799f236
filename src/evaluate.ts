// What a network gives for samples, and how good that is.

import type { Pieces, Samples } from "./arena.js";
import { type Breathe, type Engine, LOSS } from "./engine.js";
import { outputUnits } from "./spec.js";

export interface Evaluation {
  /** Mean loss over the samples. */
  loss: number;
  count: number;
  /** Share of samples whose largest output is that of their label; only with labels. */
  accuracy?: number;
  /** `confusion[label][prediction]`: counts; only with labels, and with at most 1,000 outputs. */
  confusion?: number[][];
}

const MOST_CONFUSED = 1000;

/** Loss, and for labelled samples accuracy and confusion. */
export function evaluate(engine: Engine, samples: Samples): Evaluation {
  const tally = new Tally(engine, samples);
  for (const [from, rows] of engine.infer(samples, "evaluate")) tally.add(from, rows);
  return tally.evaluation();
}

/** The same, with `breathe` called between pieces. */
export async function evaluateBreathing(engine: Engine, samples: Samples, breathe: Breathe): Promise<Evaluation> {
  const tally = new Tally(engine, samples);
  for (const [from, rows] of engine.infer(samples, "evaluate")) {
    tally.add(from, rows);
    const pause = breathe();
    if (pause) await pause;
  }
  return tally.evaluation();
}

/** What adds up over the pieces of an evaluation. */
class Tally {
  private readonly sums = new Float64Array(1);
  private correct = 0;
  private readonly confusion: number[][] | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly samples: Samples,
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
      const counts = confusion?.[label];
      if (counts) counts[predicted] = (counts[predicted] as number) + 1;
    }
  }

  evaluation(): Evaluation {
    const { count, labels } = this.samples;
    const result: Evaluation = { loss: (this.sums[LOSS] as number) / count, count };
    if (labels) result.accuracy = this.correct / count;
    if (this.confusion) result.confusion = this.confusion;
    return result;
  }
}

/** Outputs `[count][units]`; where the largest is goes to `labels` if given, found before softmax can round it level. */
export function predict(engine: Engine, samples: Samples, labels?: Uint32Array): Float32Array<ArrayBuffer> {
  return collect(engine, samples.count, engine.infer(samples, "predict"), labels);
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
