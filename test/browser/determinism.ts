// A short training whose model is bit-identical in every JavaScript engine, with any number of threads, in a worker or not.

import {
  adamw,
  cosine,
  digitAugmentation,
  type Network as Local,
  type NetworkOptions,
  type Threads,
} from "../../src/index.js";
import type { Network as Remote } from "../../src/worker.js";
import { stripes } from "../support/networks.js";

export type NetworkClass = typeof Local | typeof Remote;

/** Layers wide enough for two threads. The training uses every random stream: weights, order, dropout, augmentation. */
export const OPTIONS: NetworkOptions = {
  inputs: 64,
  layers: [
    { units: 48, activation: "tanh", dropout: 0.2 },
    { units: 33, activation: "sigmoid" },
    { units: 4, activation: "softmax" },
  ],
  ...{ loss: "crossEntropy", deterministic: true },
};

/** The model file after the training, by either network class. */
export async function trainedBytes(
  networks: NetworkClass,
  { seed = 1, threads = 1 }: { seed?: number; threads?: Threads } = {},
): Promise<Uint8Array> {
  const network = await networks.create({ ...OPTIONS, seed, threads });
  await network.fit(stripes(300, 4, 1), {
    ...{ epochs: 4, batchSize: 16, optimizer: adamw({ learningRate: 0.01 }), maxNorm: 3 },
    ...{ schedule: cosine({ warmUp: 1 }), augment: digitAugmentation },
  });
  const bytes = await network.toBytes();
  network.dispose();
  return bytes;
}
