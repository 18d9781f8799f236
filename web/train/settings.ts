// What one training is told: plain data, as the form holds it, and what it means to the library.

import type { Activation } from "../../src/activations.js";
import { checkInteger } from "../../src/check.js";
import { DIGIT_CLASSES, DIGIT_PIXELS } from "../../src/image/digit.js";
import { type Loss, lossRow } from "../../src/losses.js";
import { checkSpec, type NetworkSpec, parameterCount } from "../../src/spec.js";
import { checkFitOptions } from "../../src/training/fit-options.js";
import {
  type ArgumentError,
  adam,
  adamw,
  digitAugmentation,
  type FitOptions,
  type NetworkOptions,
  type Optimizer,
  sgd,
} from "../../src/worker.js";

export const OPTIMIZERS = ["sgd", "momentum", "adam", "adamw"] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface Settings {
  /** Units of the hidden layers, from the first; none for a network of one layer. */
  hidden: number[];
  activation: Activation;
  output: Activation;
  loss: Loss;
  optimizer: OptimizerName;
  learningRate: number;
  batchSize: number;
  epochs: number;
  seed: number;
  /** Of every hidden layer. */
  dropout: number;
  augment: boolean;
}

/** 97 % of the test images within two epochs. */
export const DEFAULTS: Settings = {
  ...{ hidden: [128], activation: "relu", output: "softmax", loss: "crossEntropy" },
  ...{ optimizer: "adam", learningRate: 0.001, batchSize: 32, epochs: 5, seed: 1, dropout: 0, augment: false },
};

/** Hidden layers to begin with. */
export const PRESETS = [[16, 16], [30], [128], [256, 128]];

/** A rate that each optimizer learns well with here. */
export const USUAL_RATES: Record<OptimizerName, number> = { sgd: 0.1, momentum: 0.02, adam: 0.001, adamw: 0.001 };

const MOMENTUM = 0.9;

/** What the library makes the network from; its errors are for `create` to throw. */
export function networkOptions(settings: Settings): NetworkOptions {
  const { hidden, activation, output, loss, seed, dropout } = settings;
  const layers = hidden.map((units) => ({ units, activation, dropout }));
  return { inputs: DIGIT_PIXELS, layers: [...layers, { units: DIGIT_CLASSES, activation: output }], loss, seed };
}

export function fitOptions(settings: Settings): FitOptions {
  const { epochs, batchSize, augment } = settings;
  return { epochs, batchSize, optimizer: optimizerOf(settings), ...(augment && { augment: digitAugmentation }) };
}

function optimizerOf({ optimizer, learningRate }: Settings): Optimizer {
  if (optimizer === "adam") return adam({ learningRate });
  if (optimizer === "adamw") return adamw({ learningRate });
  return sgd({ learningRate, momentum: optimizer === "momentum" ? MOMENTUM : 0 });
}

/** The library's own error about what is wrong with the settings, if anything is. */
export function faultOf(settings: Settings): ArgumentError | undefined {
  try {
    const { seed, ...spec } = networkOptions(settings);
    checkSpec(spec, "options");
    checkInteger(seed, "seed", 0, Number.MAX_SAFE_INTEGER);
    checkFitOptions(fitOptions(settings));
    return undefined;
  } catch (error) {
    return error as ArgumentError;
  }
}

/** More hidden layers than these are not written out. */
const MOST_WRITTEN = 6;

/** The layers' sizes, as 784-128-10, or in the middle of very many "…" for some. */
export function topology(hidden: readonly number[]): string {
  const isLong = hidden.length > MOST_WRITTEN;
  const shown = isLong ? [...hidden.slice(0, 2), `…(${hidden.length - 4})…`, ...hidden.slice(-2)] : hidden;
  return [DIGIT_PIXELS, ...shown, DIGIT_CLASSES].join("-");
}

/** Weights and biases of all layers; `undefined` where the layers make no network. */
export function parametersOf(settings: Settings): number | undefined {
  try {
    const { seed, ...spec } = networkOptions(settings);
    return parameterCount(checkSpec(spec, "options"));
  } catch {
    return undefined;
  }
}

/** Hidden layers as one types them: numbers with anything between. What is no number becomes NaN, for the library to refuse. */
export function parseHidden(text: string): number[] {
  return text
    .split(/[\s,;×x–-]+/)
    .filter((part) => part !== "")
    .map(Number);
}

/** What a network is besides its size, in a few words. */
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

/** How a network learned, likewise. */
export function describeLearning({ optimizer, learningRate, batchSize, augment, seed }: Settings): string {
  const parts = [`${optimizer} ${learningRate}`, `batch ${batchSize}`, augment ? "augmented" : "", `seed ${seed}`];
  return parts.filter((part) => part !== "").join(", ");
}
