// How parameters follow their gradient: plain data that `engine.ts` acts on.

import { checkNumber, checkOptions, shown } from "./check.js";

export interface Optimizer {
  readonly name: "sgd";
  /** r of P − r∇C. */
  readonly learningRate: number;
}

/** Stochastic gradient descent: P becomes P − learningRate·∇C after every batch. */
export function sgd(options: { learningRate: number }): Optimizer {
  checkOptions(options, "options", ["learningRate"]);
  const learningRate = checkNumber(options.learningRate, "learningRate", 0);
  const float = Math.fround(learningRate);
  if ((float === 0) !== (learningRate === 0) || float === Infinity) {
    throw new RangeError(`"learningRate" must be within the range of float32, got ${learningRate}`);
  }
  return { name: "sgd", learningRate };
}

export function checkOptimizer(value: unknown): Optimizer {
  if (typeof value !== "object" || value === null || (value as Optimizer).name !== "sgd") {
    throw new TypeError(`"optimizer" must be one that sgd() made, got ${shown(value)}`);
  }
  const { name: _, ...options } = value as Optimizer;
  return sgd(options);
}
