// The losses: everything about each but its kernel, which is in `assembly/loss.ts`. C of one sample is a sum over its outputs
// a with targets y; a batch's loss is the mean over its samples.

import { ACTIVATIONS, type Activation, activationRow } from "./activations.js";
import type { Kernels } from "./kernels/modules.js";

/** Where a loss kernel finds its rows: addresses in bytes, sizes, and what it needs of the last layer. */
export type LossKernel = (
  kernels: Kernels,
  /** float64, one a row: written. */
  losses: number,
  /** Padded rows of outputs, or logits: replaced by ∂C/∂z times `scale`. */
  outputs: number,
  /** What S′ is taken from: the outputs, or the rows of z that a layer keeps. */
  slopes: number,
  targets: number,
  rows: number,
  units: number,
  scale: number,
  /** Code and parameter of the last layer's activation. */
  code: number,
  parameter: number,
) => void;

/** ∂C/∂a of one output in float64, as a formula, and with numbers. */
interface OutputGradient {
  readonly value: (a: number, y: number, units: number) => number;
  readonly text: (units: number) => string;
  readonly numbers: (a: string, y: string, units: number) => string;
}

export interface LossRow {
  /** The name in words. */
  readonly text: string;
  /** C of one sample as a formula of a, y and the number of outputs n. */
  readonly formula: string;
  readonly kernel: LossKernel;
  /** The activations of the last layer that it accepts; all but softmax where left out. */
  readonly outputs?: readonly Activation[];
  /** Least and most that a target can be; any number where left out. */
  readonly targets?: readonly [least: number, most: number];
  /** Whether it is the mean over the outputs, not their sum. */
  readonly averages?: true;
  /** Whether the last layer leaves its logits z, from which the loss computes the outputs and ∂C/∂z at once. */
  readonly takesLogits?: true;
  /** C of one sample in float64. */
  readonly value: (a: readonly number[], y: ArrayLike<number>, output: Activation) => number;
  /** ∂C/∂a, from which ∂C/∂z follows by S′; left out with `takesLogits`. */
  readonly gradient?: OutputGradient;
  /** With `takesLogits`, ∂C/∂z of an output a with target y in float64, where the targets of the sample sum to `targetSum`. */
  readonly delta?: (a: number, y: number, targetSum: number, output: Activation) => number;
}

function sum(a: readonly number[], term: (a: number, i: number) => number): number {
  return a.reduce((total, one, i) => total + term(one, i), 0);
}

function squares(a: readonly number[], y: ArrayLike<number>): number {
  return sum(a, (one, i) => (one - (y[i] as number)) ** 2);
}

/** y·ln a, which is 0 for y = 0 whatever a is. */
function crossTerm(y: number, a: number): number {
  return y === 0 ? 0 : y * Math.log(a);
}

const LOSSES = {
  quadratic: {
    text: "quadratic",
    formula: "Σ (a − y)²",
    kernel: (k, losses, outputs, slopes, targets, rows, units, scale, code, parameter) =>
      k.squaredError(losses, outputs, slopes, targets, rows, units, 1, scale, code, parameter),
    value: squares,
    gradient: {
      value: (a, y) => 2 * (a - y),
      text: () => "2(a − y)",
      numbers: (a, y) => `2(${a} − ${y})`,
    },
  },
  meanSquaredError: {
    text: "mean squared error",
    formula: "Σ (a − y)² / n",
    kernel: (k, losses, outputs, slopes, targets, rows, units, scale, code, parameter) =>
      k.squaredError(losses, outputs, slopes, targets, rows, units, 1 / units, scale * (1 / units), code, parameter),
    averages: true,
    value: (a, y) => squares(a, y) / a.length,
    gradient: {
      value: (a, y, units) => (2 * (a - y)) / units,
      text: (units) => `2(a − y) / ${units}`,
      numbers: (a, y, units) => `2(${a} − ${y}) / ${units}`,
    },
  },
  meanAbsoluteError: {
    text: "mean absolute error",
    formula: "Σ |a − y| / n",
    kernel: (k, losses, outputs, slopes, targets, rows, units, scale, code, parameter) =>
      k.absoluteError(losses, outputs, slopes, targets, rows, units, 1 / units, scale * (1 / units), code, parameter),
    averages: true,
    value: (a, y) => sum(a, (one, i) => Math.abs(one - (y[i] as number))) / a.length,
    gradient: {
      value: (a, y, units) => Math.sign(a - y) / units,
      text: (units) => `sign(a − y) / ${units}`,
      numbers: (a, y, units) => `sign(${a} − ${y}) / ${units}`,
    },
  },
  crossEntropy: {
    text: "cross-entropy",
    formula: "−Σ y·ln a, and −Σ (1 − y)·ln(1 − a) with sigmoid",
    kernel: (k, losses, outputs, _slopes, targets, rows, units, scale, code) => {
      if (code === ACTIVATIONS.softmax.code) k.softmaxCrossEntropy(losses, outputs, targets, rows, units, scale);
      else k.sigmoidCrossEntropy(losses, outputs, targets, rows, units, scale);
    },
    outputs: ["softmax", "sigmoid"],
    targets: [0, 1],
    takesLogits: true,
    value: (a, y, output) => {
      const others = output === "sigmoid" ? sum(a, (one, i) => crossTerm(1 - (y[i] as number), 1 - one)) : 0;
      return -sum(a, (one, i) => crossTerm(y[i] as number, one)) - others;
    },
    delta: (a, y, targetSum, output) => (output === "softmax" ? a * targetSum : a) - y,
  },
} as const satisfies Record<string, LossRow>;

/** The name of a loss. */
export type Loss = keyof typeof LOSSES;
export const LOSS_NAMES = Object.keys(LOSSES) as Loss[];

/** Whether a loss accepts an activation of the last layer. */
export function accepts(loss: Loss, output: Activation): boolean {
  const { outputs } = lossRow(loss);
  return outputs ? outputs.includes(output) : !activationRow(output).onlyLast;
}

/** The row of a loss, with everything that rows may have. */
export function lossRow(name: Loss): LossRow {
  return LOSSES[name];
}
