// What a network gives for samples, and how good that is.

import { type Engine, LOSS, type Samples } from "./engine.js";
import { outputUnits } from "./spec.js";

export interface Evaluation {
  /** Mean loss over the samples. */
  loss: number;
  count: number;
  /** Share of samples whose largest output is that of their label; only with labels. */
  accuracy?: number;
  /** `confusion[label][prediction]`: counts; only with labels. */
  confusion?: number[][];
}

/** Loss, and for labelled samples accuracy and confusion. */
export function evaluate(engine: Engine, samples: Samples): Evaluation {
  const units = outputUnits(engine.spec);
  const row = new Float32Array(units);
  const confusion = Array.from({ length: units }, () => Array<number>(units).fill(0));
  engine.totals[LOSS] = 0;
  eachPiece(engine, samples, (from, rows) => {
    for (let i = 0; samples.labels && i < rows; i++) {
      engine.copyOutput(i, row, 0);
      const counts = confusion[samples.labels[from + i] as number] as number[];
      const predicted = argmax(row);
      counts[predicted] = (counts[predicted] as number) + 1;
    }
    engine.loss(rows, 1);
  });
  const result = { loss: (engine.totals[LOSS] as number) / samples.count, count: samples.count };
  if (!samples.labels) return result;
  const correct = confusion.reduce((sum, counts, label) => sum + (counts[label] as number), 0);
  return { ...result, accuracy: correct / samples.count, confusion };
}

/** Outputs `[count][units]`; each sample's `argmax` goes to `labels` where given, taken before softmax can round it level. */
export function predict(engine: Engine, samples: Samples, labels?: Uint32Array): Float32Array<ArrayBuffer> {
  const units = outputUnits(engine.spec);
  const outputs = new Float32Array(samples.count * units);
  const row = new Float32Array(units);
  eachPiece(engine, samples, (from, rows) => {
    for (let i = 0; labels && i < rows; i++) {
      engine.copyOutput(i, row, 0);
      labels[from + i] = argmax(row);
    }
    engine.activateOutputs(rows);
    for (let i = 0; i < rows; i++) engine.copyOutput(i, outputs, (from + i) * units);
  });
  return outputs;
}

/** Runs `samples` forward, `plan.stageRows` at a time, and hands over each piece while its outputs are in memory. */
function eachPiece(engine: Engine, samples: Samples, use: (from: number, rows: number) => void): void {
  const { stageRows } = engine.plan;
  for (let from = 0; from < samples.count; from += stageRows) {
    const rows = Math.min(stageRows, samples.count - from);
    engine.loadStaged(samples, from, rows);
    engine.forward(rows);
    use(from, rows);
  }
}

/** The index of the largest value, the first of equals. */
function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
