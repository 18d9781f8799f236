// What `wasmlp` and `wasmlp/worker` have in common: all but the network.

export { type Augmentation, digitAugmentation } from "./augment.js";
export type { CheckpointOptions } from "./checkpoint.js";
export { Dataset, type DatasetOptions } from "./dataset.js";
export type { Evaluation, EvaluationOptions, Mistake } from "./evaluate.js";
export type { Explanation, LayerParameters, Term, WeightPosition } from "./explain.js";
export type { FitOptions } from "./fit-plan.js";
export type { BiasInit, WeightInit } from "./init.js";
export type { Build } from "./kernels.js";
export type { Classification, Gradient, Inputs, NetworkOptions } from "./network.js";
export { type AdamOptions, adam, adamw, type Optimizer, type SgdOptions, sgd } from "./optimizer.js";
export type { BatchRecord, EpochRecord } from "./record.js";
export type { Threads } from "./runner.js";
export { constant, cosine, exponentialDecay, type Schedule, stepDecay } from "./schedule.js";
export { type InitOptions, init, type KernelSource } from "./setup.js";
export type { Activation, LayerSpec, Loss, NetworkSpec } from "./spec.js";
export type { EarlyStoppingOptions } from "./stopping.js";
