// The recipes of the pretrained models. They were chosen on training images held out (`record NAME --holdout`), never
// on the test set.

import { DIGIT_CLASSES, DIGIT_PIXELS } from "../src/digits.js";
import { type Augmentation, checkRecipe, type LayerSpec, type Recipe } from "../src/node.js";

/** A pretrained model: what it is for and how it is made. */
export interface Model {
  /** The first sentence of its card. */
  purpose: string;
  recipe: Recipe;
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

export const MODELS: Record<string, Model> = {
  "digits-tiny": {
    purpose: "The teaching network of two hidden layers of 16 sigmoids: small enough to look at every weight.",
    recipe: checkRecipe({
      network: network(
        [
          { units: 16, activation: "sigmoid" },
          { units: 16, activation: "sigmoid" },
          { units: DIGIT_CLASSES, activation: "sigmoid" },
        ],
        "quadratic",
      ),
      fit: { ...learning(0.003), epochs: 150, batchSize: 32, augment: SLIGHT },
    }),
  },
  digits: {
    purpose: "The model that `wasmlp/digits` carries and `wasmlp predict` takes: small enough for a web page.",
    recipe: reader([512, 256]),
    eightBits: true,
  },
  "digits-best": {
    purpose: "As good as this library made it on two cores in less than an hour; not in the npm package.",
    recipe: reader([1024, 1024, 512]),
  },
};

/**
 * The network that tells whether a picture shows a digit, from the outputs of the hidden layers of `digits`: two outputs, the
 * probabilities of a digit and of none.
 */
export const DOUBT: Model = {
  purpose: "The model by which `readDigit` of `wasmlp/digits` tells whether a picture shows a digit at all.",
  recipe: checkRecipe({
    network: {
      ...{ inputs: 512 + 256, loss: "crossEntropy", seed: 1 },
      layers: [
        { units: 64, activation: "relu" },
        { units: 2, activation: "softmax" },
      ],
    },
    fit: { ...learning(0.001), epochs: 15, batchSize: 128 },
  }),
  eightBits: true,
};

function network(layers: LayerSpec[], loss: Recipe["network"]["loss"]): Recipe["network"] {
  return { inputs: DIGIT_PIXELS, layers, loss, seed: 1 };
}

function learning(learningRate: number): object {
  return { optimizer: { name: "adamw", learningRate }, schedule: { name: "cosine", warmUp: 1 } };
}

/** A large network for digits as people draw them, with these units in its hidden layers. */
function reader(hidden: number[]): Recipe {
  const layers = hidden.map((units): LayerSpec => ({ units, activation: "relu" }));
  return checkRecipe({
    network: network([...layers, { units: DIGIT_CLASSES, activation: "softmax" }], "crossEntropy"),
    fit: { ...learning(0.001), epochs: 120, batchSize: 128, augment: STRONG },
  });
}
