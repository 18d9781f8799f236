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
  return { name: "sgd", learningRate: checkNumber(options.learningRate, "learningRate", 0) };
}

export function checkOptimizer(value: unknown): Optimizer {
  if (typeof value !== "object" || value === null || (value as Optimizer).name !== "sgd") {
    throw new TypeError(`"optimizer" must be one that sgd() made, got ${shown(value)}`);
  }
  return sgd({ learningRate: (value as Optimizer).learningRate });
}
