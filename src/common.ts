// What `wasmlp` and `wasmlp/worker` have in common: all but the network.

export type { Activation } from "./activations.js";
export type {
  Classification,
  FromBytesOptions,
  Gradient,
  Inputs,
  LoadOptions,
  SaveOptions,
  TurnOptions,
} from "./calls.js";
export type { ArgumentError } from "./check.js";
export { Dataset, type DatasetOptions } from "./data/dataset.js";
export { readRecipe } from "./format/model.js";
export type { GlobalType, Signal } from "./globals.js";
export type { Term } from "./inference/chain.js";
export type { Evaluation, EvaluationOptions, Mistake } from "./inference/evaluate.js";
export type { Explanation } from "./inference/paper.js";
export { type InitOptions, init, type KernelSource } from "./init.js";
export type { BiasInit, WeightInit } from "./initial.js";
export type { Build } from "./kernels/features.js";
export type { KernelModule } from "./kernels/modules.js";
export type { Loss } from "./losses.js";
export type { MetricName } from "./metrics.js";
export { type Augmentation, digitAugmentation } from "./recipe/augment.js";
export type { EarlyStoppingOptions } from "./recipe/early-stopping.js";
export {
  type AdamOptions,
  adam,
  adamw,
  type Optimizer,
  type OptimizerName,
  type OptimizerOptions,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from "./recipe/optimizer.js";
export {
  type CheckedFit,
  type CheckedNetwork,
  checkRecipe,
  type FitRecipe,
  type NetworkOptions,
  type Recipe,
  type Threads,
} from "./recipe/recipe.js";
export {
  type CosineOptions,
  constant,
  cosine,
  type ExponentialDecayOptions,
  exponentialDecay,
  type Schedule,
  type ScheduleFunction,
  type StepDecayOptions,
  stepDecay,
  type WarmUp,
} from "./recipe/schedule.js";
export type { LayerParameters, LayerSpec, NetworkSpec, WeightPosition } from "./spec.js";
export type { CheckpointOptions } from "./training/checkpoint.js";
export type { FitOptions } from "./training/fit-options.js";
export type { BatchRecord, EpochRecord } from "./training/record.js";
