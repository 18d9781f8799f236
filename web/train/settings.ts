// The settings of a training as the form holds them, and the recipe they describe.

import type { Activation } from "../../src/activations.js";
import { rangeError } from "../../src/check.js";
import { DIGIT_CLASSES, DIGIT_PIXELS } from "../../src/image/digit.js";
import { type Loss, lossRow } from "../../src/losses.js";
import { OPTIMIZER_NAMES, OPTIMIZERS } from "../../src/recipe/optimizer.js";
import { checkNetworkOptions } from "../../src/recipe/recipe.js";
import { type NetworkSpec, parameterCount } from "../../src/spec.js";
import { type ArgumentError, checkRecipe, digitAugmentation, type Recipe } from "../../src/worker.js";
import { whole } from "../format.js";

/** An optimizer of the form: one of the library's, or a variant of it. */
interface OptimizerChoice {
  text: string;
  /** A learning rate that works well on MNIST. */
  usualRate: number;
  options: { name: string; momentum?: number };
}

const MOMENTUM: OptimizerChoice = {
  ...{ text: "SGD, momentum", usualRate: 0.02, options: { name: "sgd", momentum: 0.9 } },
};

/** All optimizers of the library, and SGD with momentum. */
export const OPTIMIZER_CHOICES: ReadonlyMap<string, OptimizerChoice> = new Map(
  OPTIMIZER_NAMES.flatMap((name): [string, OptimizerChoice][] => {
    const { text, usualRate } = OPTIMIZERS[name];
    const own: [string, OptimizerChoice] = [name, { text, usualRate, options: { name } }];
    return name === "sgd" ? [own, ["momentum", MOMENTUM]] : [own];
  }),
);

export interface Settings {
  /** Units of the hidden layers, first to last; empty for a network without hidden layers. */
  hidden: number[];
  activation: Activation;
  output: Activation;
  loss: Loss;
  /** Key of `OPTIMIZER_CHOICES`. */
  optimizer: string;
  learningRate: number;
  batchSize: number;
  epochs: number;
  seed: number;
  /** Dropout rate of every hidden layer. */
  dropout: number;
  augment: boolean;
}

/** Settings that reach 97 % of the test images within two epochs. */
export const DEFAULTS: Settings = {
  ...{ hidden: [128], activation: "relu", output: "softmax", loss: "crossEntropy" },
  ...{ optimizer: "adam", learningRate: 0.001, batchSize: 32, epochs: 5, seed: 1, dropout: 0, augment: false },
};

/** Hidden layers that the form offers as buttons. */
export const PRESETS = [[16, 16], [30], [128], [256, 128]];

/** The training that the settings describe; not checked. */
export function recipeOf(settings: Settings): Recipe {
  const { activation, output, loss, seed, dropout, epochs, batchSize, learningRate, augment } = settings;
  const hidden = settings.hidden.map((units) => ({ units, activation, dropout }));
  const optimizer = { ...OPTIMIZER_CHOICES.get(settings.optimizer)?.options, learningRate };
  return {
    network: { inputs: DIGIT_PIXELS, layers: [...hidden, { units: DIGIT_CLASSES, activation: output }], loss, seed },
    fit: { epochs, batchSize, optimizer, ...(augment && { augment: digitAugmentation }) } as Recipe["fit"],
  };
}

/** Training images of the page's MNIST; a mini-batch cannot have more samples. */
const TRAINING_IMAGES = 60_000;
/**
 * Weights and biases that the page trains: 64 MB, and as much again for the gradient and each moment. Such a network takes some
 * ten seconds to create and minutes for an epoch.
 */
const MAX_PARAMETERS = 16_000_000;

/** The error of the library or of the page about the settings; undefined if they are valid. */
export function faultOf(settings: Settings): ArgumentError | undefined {
  try {
    checkRecipe(recipeOf(settings));
    checkLimits(settings);
    return undefined;
  } catch (error) {
    return error as ArgumentError;
  }
}

/** What the library checks only when it has the network and the data: with them the user would have waited for nothing. */
function checkLimits(settings: Settings): void {
  const { batchSize } = settings;
  if (batchSize > TRAINING_IMAGES) {
    throw rangeError("fit.batchSize", `must be at most the ${TRAINING_IMAGES} training images, got ${batchSize}`);
  }
  const count = parametersOf(settings) ?? 0;
  if (count > MAX_PARAMETERS) {
    const sentence = `must give a network of at most ${whole(MAX_PARAMETERS)} parameters in this page, got ${whole(count)}`;
    throw rangeError("network.layers", sentence);
  }
}

/** Maximum number of hidden layers that a name lists in full. */
const MAX_LISTED = 6;

/** The sizes of the layers, such as "784-128-10"; of many layers the middle ones are only counted: "784-1-2-…(200)…-3-4-10". */
export function topology(hidden: readonly number[]): string {
  const isLong = hidden.length > MAX_LISTED;
  const shown = isLong ? [...hidden.slice(0, 2), `…(${hidden.length - 4})…`, ...hidden.slice(-2)] : hidden;
  return [DIGIT_PIXELS, ...shown, DIGIT_CLASSES].join("-");
}

/** Number of weights and biases; undefined if the settings are invalid. */
export function parametersOf(settings: Settings): number | undefined {
  try {
    return parameterCount(checkNetworkOptions(recipeOf(settings).network));
  } catch {
    return undefined;
  }
}

/** Parses the units of hidden layers, separated by commas, spaces or dashes. Other texts give NaN, which the library refuses. */
export function parseHidden(text: string): number[] {
  return text
    .split(/[\s,;×x–-]+/)
    .filter((part) => part !== "")
    .map(Number);
}

/** Activations, loss and dropout of a network, for the table of runs. */
export function describeNetwork({ layers, loss }: NetworkSpec): string {
  const [hidden, output] = [layers.slice(0, -1), layers.at(-1)];
  const activations = [...new Set(hidden.map(({ activation }) => activation))].join(", ");
  const dropout = hidden[0]?.dropout ?? 0;
  const parts = [
    activations,
    `${output?.activation} with ${lossRow(loss).text}`,
    dropout > 0 ? `dropout ${dropout}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Optimizer, batch size, augmentation and seed of a training, for the table of runs. */
export function describeLearning({ optimizer, learningRate, batchSize, augment, seed }: Settings): string {
  const parts = [`${optimizer} ${learningRate}`, `batch ${batchSize}`, augment ? "augmented" : "", `seed ${seed}`];
  return parts.filter((part) => part !== "").join(", ");
}
