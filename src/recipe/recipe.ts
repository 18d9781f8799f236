// A recipe: everything that determines a training except the data, as plain JSON. The command line, the page, the recorder of
// models, the benchmark and checkpoints all describe a training by one.

import {
  checkBoolean,
  checkInteger,
  checkName,
  checkNumber,
  checkOptions,
  shown,
  typeError,
  within,
} from "../check.js";
import { BIAS_INITS, type BiasInit, WEIGHT_INITS, type WeightInit } from "../initial.js";
import type { Loss } from "../losses.js";
import { checkSpec, type LayerSpec, type NetworkSpec } from "../spec.js";
import { type Augmentation, checkAugmentation } from "./augment.js";
import { checkEarlyStopping, type EarlyStoppingOptions } from "./early-stopping.js";
import { checkOptimizer, type Optimizer } from "./optimizer.js";
import { checkSchedule, type Schedule } from "./schedule.js";

/** The number of threads: "auto" takes as many as make it faster. */
export type Threads = "auto" | number;
export const MOST_THREADS = 64;

/** What a network is, and what it computes with. */
export interface NetworkOptions {
  /** Numbers in one sample, from 1 to 1,048,576. */
  inputs: number;
  /** 1 to 256 layers, from the first hidden layer to the output layer. */
  layers: readonly LayerSpec[];
  /** The loss that training minimizes. */
  loss: Loss;
  /** What `Uint8Array` inputs are multiplied by, default 1/255. */
  inputScale?: number;
  /** Determines the initial parameters and every shuffle; a whole number from 0, default 0. */
  seed?: number;
  /** The distribution of the initial weights, default "auto". */
  weightInit?: WeightInit;
  /** The distribution of the initial biases, default "zeros". */
  biasInit?: BiasInit;
  /** Whether to use the kernels without relaxed SIMD: slower where an engine has it, same bits on every engine; default false. */
  deterministic?: boolean;
  /**
   * Threads for training and inference, 1 to 64, default "auto": as many as make it faster. The results are the same to the
   * bit. Where threads are not available, as on the main thread of a browser, one does all the work.
   */
  threads?: Threads;
}

/** How a network is trained, as far as JSON can say it; see `FitOptions` for the rest. */
export interface FitRecipe {
  /** How often every sample is seen; a whole number from 1. */
  epochs: number;
  /** Samples per step; a smaller last mini-batch is averaged over its own size. Default 32, or all samples if fewer. */
  batchSize?: number;
  /** How the parameters follow their gradient. */
  optimizer: Optimizer;
  /** The factor of the learning rate over time, default `constant()`: 1. */
  schedule?: Schedule;
  /** Upper bound of the Euclidean norm of the weights into each unit, from 1e-15 to 1e15; no bound by default. */
  maxNorm?: number;
  /**
   * Random changes of every training image, drawn in every epoch within these bounds; the training set must then have a shape of
   * `[height, width]`. `digitAugmentation` is for handwritten digits. No augmentation by default.
   */
  augment?: Augmentation;
  /** Ends training when the validation stops improving, and restores the best parameters. Never by default. */
  earlyStopping?: EarlyStoppingOptions;
  /** Whether every epoch takes the samples in a new random order, default true. */
  shuffle?: boolean;
}

/** A network and how it is trained, as plain JSON: `checkRecipe` makes one of what `JSON.parse` gives. */
export interface Recipe {
  /** The network, as `Network.create` takes it. */
  network: NetworkOptions;
  /** The training, as `fit` takes it. */
  fit: FitRecipe;
}

/** Network options with all defaults but `threads`, which change no result. */
export type CheckedNetwork = NetworkSpec &
  Required<Pick<NetworkOptions, "seed" | "weightInit" | "biasInit" | "deterministic">> &
  Pick<NetworkOptions, "threads">;

/** What is left out of the rest has a default that depends on the data, or means that there is none. */
export type CheckedFit = FitRecipe & {
  /** Whether every epoch takes the samples in a new order. */
  shuffle: boolean;
  /** When training ends early, with all defaults; absent without early stopping. */
  earlyStopping?: Required<EarlyStoppingOptions>;
};

const SPEC_OPTIONS = ["inputs", "layers", "loss", "inputScale"];
const NETWORK_OPTIONS = [...SPEC_OPTIONS, "seed", "weightInit", "biasInit", "deterministic", "threads"];
export const FIT_OPTIONS = [
  ...["epochs", "batchSize", "optimizer", "schedule", "maxNorm", "augment", "earlyStopping", "shuffle"],
];

/** Squares of norms between these are normal float32 numbers. */
const LEAST_NORM = 1e-15;
const MOST_NORM = 1e15;

/**
 * A checked copy of a recipe with all defaults, except those that depend on the data (`batchSize`) or change no result
 * (`threads`). An optimizer or a schedule may leave out options that have defaults: `{ "name": "adam" }` is enough. TypeError or
 * RangeError (`ArgumentError`) names the part at fault, such as "network.layers[0].units" or "fit.optimizer.beta1".
 */
export function checkRecipe(value: unknown): { network: CheckedNetwork; fit: CheckedFit } {
  const { network, fit } = checkOptions(value, "recipe", ["network", "fit"]);
  return {
    network: within("network", () => checkNetworkOptions(network)),
    fit: within("fit", () => checkFitRecipe(fit)),
  };
}

/** A checked copy with all defaults. TypeError or RangeError names the option at fault. */
export function checkNetworkOptions(value: unknown): CheckedNetwork {
  const options = checkOptions(value, "options", NETWORK_OPTIONS);
  const { seed = 0, weightInit = "auto", biasInit = "zeros", deterministic = false, threads, ...spec } = options;
  return {
    ...checkSpec(spec, "options"),
    seed: checkInteger(seed, "seed", 0, Number.MAX_SAFE_INTEGER),
    weightInit: checkName(weightInit, "weightInit", WEIGHT_INITS),
    biasInit: checkName(biasInit, "biasInit", BIAS_INITS),
    deterministic: checkBoolean(deterministic, "deterministic"),
    ...(threads !== undefined && { threads: checkThreads(threads) }),
  };
}

export function checkThreads(threads: unknown): Threads {
  if (threads === "auto") return threads;
  if (typeof threads !== "number") throw typeError("threads", `must be "auto" or a number, got ${shown(threads)}`);
  return checkInteger(threads, "threads", 1, MOST_THREADS);
}

/** A checked copy with all defaults that do not depend on the data. TypeError or RangeError names the option at fault. */
export function checkFitRecipe(value: unknown): CheckedFit {
  const options = checkOptions(value, "options", FIT_OPTIONS);
  const { batchSize, schedule, maxNorm, augment, earlyStopping, shuffle = true } = options;
  const epochs = checkInteger(options.epochs, "epochs");
  return {
    epochs,
    ...(batchSize !== undefined && { batchSize: checkInteger(batchSize, "batchSize") }),
    optimizer: checkOptimizer(options.optimizer),
    ...(schedule !== undefined && { schedule: checkSchedule(schedule, epochs) }),
    ...(maxNorm !== undefined && { maxNorm: checkNumber(maxNorm, "maxNorm", LEAST_NORM, MOST_NORM) }),
    ...(augment !== undefined && { augment: checkAugmentation(augment) }),
    ...(earlyStopping !== undefined && { earlyStopping: checkEarlyStopping(earlyStopping) }),
    shuffle: checkBoolean(shuffle, "shuffle"),
  };
}

/** The part of network options that a saved network keeps. */
export function specOf({ inputs, layers, loss, inputScale }: NetworkSpec): NetworkSpec {
  return { inputs, layers, loss, inputScale };
}
