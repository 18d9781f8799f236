// The recipes of the pretrained models. They were chosen on training images held out (`record NAME --holdout`), never
// on the test set.

import { type Augmentation, adamw, cosine, type NetworkOptions, type Optimizer, type Schedule } from "../src/node.js";

export interface Recipe {
  /** What the model is for: the first sentence of its card. */
  purpose: string;
  network: Required<Pick<NetworkOptions, "layers" | "loss" | "seed">>;
  epochs: number;
  batchSize: number;
  optimizer: Optimizer;
  schedule: Schedule;
  augment?: Augmentation;
  /** Whether the weights are rounded to 8 bits after training. */
  eightBits?: true;
}

/** `digitAugmentation` with more shear, as far as handwriting is slanted: tan 20° is 0.36. */
const STRONG: Augmentation = {
  ...{ shift: 2, rotation: 12, scale: 0.15, shear: 0.4, elastic: { alpha: 30, sigma: 5 }, thickness: 0.5 },
};

/**
 * Weak augmentation for small networks: with 16 units, 96.5 % of held-out digits were correct, without it at most 95.7
 * %.
 */
const SLIGHT: Augmentation = {
  ...{ rotation: 6, scale: 0.05, shear: 0.1, elastic: { alpha: 10, sigma: 5 }, thickness: 0.25 },
};

export const RECIPES: Record<string, Recipe> = {
  "digits-tiny": {
    purpose: "The teaching network of two hidden layers of 16 sigmoids: small enough to look at every weight.",
    network: {
      layers: [
        { units: 16, activation: "sigmoid" },
        { units: 16, activation: "sigmoid" },
        { units: 10, activation: "sigmoid" },
      ],
      loss: "quadratic",
      seed: 1,
    },
    epochs: 150,
    batchSize: 32,
    optimizer: adamw({ learningRate: 0.003 }),
    schedule: cosine({ warmUp: 1 }),
    augment: SLIGHT,
  },
  digits: {
    purpose: "The model that `wasmlp/digits` carries and `wasmlp predict` takes: small enough for a web page.",
    ...reader([512, 256]),
    eightBits: true,
  },
  "digits-best": {
    purpose: "As good as this library made it on two cores in less than an hour; not in the npm package.",
    ...reader([1024, 1024, 512]),
  },
};

/** The recipe of a network for drawn digits, with hidden layers of these units. */
function reader(hidden: number[]): Omit<Recipe, "purpose"> {
  return {
    network: {
      layers: [
        ...hidden.map((units) => ({ units, activation: "relu" as const })),
        { units: 10, activation: "softmax" },
      ],
      loss: "crossEntropy",
      seed: 1,
    },
    epochs: 120,
    batchSize: 128,
    optimizer: adamw({ learningRate: 0.001 }),
    schedule: cosine({ warmUp: 1 }),
    augment: STRONG,
  };
}
