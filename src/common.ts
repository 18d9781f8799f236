// What `wasmlp` and `wasmlp/worker` have in common: all but the network.

export type { ArgumentError } from "./check.js";
export { Dataset, type DatasetOptions } from "./data/dataset.js";
export type { Term } from "./inference/chain.js";
export type { Evaluation, EvaluationOptions, Mistake } from "./inference/evaluate.js";
export type { Explanation } from "./inference/paper.js";
export { type InitOptions, init, type KernelSource } from "./init.js";
export type { BiasInit, WeightInit } from "./initial.js";
export type { Build } from "./kernels/features.js";
export type { Classification, Gradient, Inputs, NetworkOptions } from "./network.js";
export { type Augmentation, digitAugmentation } from "./recipe/augment.js";
export { type AdamOptions, adam, adamw, type Optimizer, type SgdOptions, sgd } from "./recipe/optimizer.js";
export { constant, cosine, exponentialDecay, type Schedule, stepDecay } from "./recipe/schedule.js";
export type { Activation, LayerParameters, LayerSpec, Loss, NetworkSpec, WeightPosition } from "./spec.js";
export type { Threads } from "./threads/runner.js";
export type { CheckpointOptions } from "./training/checkpoint.js";
export type { FitOptions } from "./training/fit-options.js";
export type { BatchRecord, EpochRecord } from "./training/record.js";
export type { EarlyStoppingOptions } from "./training/stopping.js";
