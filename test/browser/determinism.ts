// A short training whose model is the same to the bit on every engine.

import { adamw, cosine, digitAugmentation, Network } from "../../src/index.js";
import { stripes } from "../networks.js";

/** The model file after a training that draws all that can be drawn: weights, order, dropout, augmentation. */
export async function trainedBytes(seed: number): Promise<Uint8Array> {
  const network = await Network.create({
    inputs: 64,
    layers: [
      { units: 24, activation: "tanh", dropout: 0.2 },
      { units: 17, activation: "sigmoid" },
      { units: 4, activation: "softmax" },
    ],
    ...{ loss: "crossEntropy", seed, deterministic: true },
  });
  await network.fit(stripes(300, 4, 1), {
    ...{ epochs: 4, batchSize: 16, optimizer: adamw({ learningRate: 0.01 }), maxNorm: 3 },
    ...{ schedule: cosine({ warmUp: 1 }), augment: digitAugmentation },
  });
  return network.toBytes();
}
