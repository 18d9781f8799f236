// The library's own training step, as `fit` takes it.

import type { Dataset } from "../src/dataset.js";
import { Engine, LOSS } from "../src/engine.js";
import type { Build } from "../src/kernels.js";
import type { NetworkSpec } from "../src/spec.js";

/** A step on `batch` samples of `train` from a number on, at a learning rate; gives the batch's mean loss. */
export async function trainer(
  spec: NetworkSpec,
  build: Build,
  parameters: Float32Array[],
  train: Dataset,
  batch: number,
): Promise<(from: number, rate: number) => number> {
  const engine = await Engine.create(spec, build);
  engine.bind(train, batch);
  engine.plan.tensors.forEach((tensor, i) => {
    engine.writeTensor(tensor, parameters[i] as Float32Array);
  });
  return (from, rate) => {
    engine.totals[LOSS] = 0;
    engine.step(train, from, batch, rate);
    return (engine.totals[LOSS] as number) / batch;
  };
}
