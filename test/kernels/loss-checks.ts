// One check for each loss, and one for softmax: values and deltas against float64, with poison in the padding.

import { LINEAR, SOFTMAX } from "../../build/codes.js";
import { PANEL } from "../../src/abi.js";
import type { Kernels } from "../../src/kernels/modules.js";
import { padded } from "../../src/memory/plan.js";
import * as reference from "../support/reference.js";
import { at } from "../support/reference.js";
import { Draws, type Lab, noTiny, sameBits, TINY, U, within, zeroPadding } from "./lab.js";
import { blank, HUGE, POISON, padRows, rowPadding, unpadRows } from "./scratch.js";

export interface LossCase {
  rows: number;
  units: number;
  /** Outputs, or logits, `[rows][units]`. */
  outputs: Float32Array;
  /** What S′ is taken from. */
  sources: Float32Array;
  targets: Float32Array;
}

/** The smallest normal float32: smaller results are zero. */
const MIN_NORMAL = 2 ** -126;
const SCALE = Math.fround(1 / 3);

/** Draws from −most to most; the activation's outputs if `code` is given. */
export function lossCase(rows: number, units: number, most: number, code?: number): LossCase {
  const draws = new Draws(rows * 100000 + units * 100 + most);
  const outputs = draws.floats(rows * units, most);
  const targets = draws.targets(rows * units);
  if (code === undefined) return { rows, units, outputs, sources: outputs, targets };
  const activated = outputs.map((z) => reference.activation(z, code));
  // Some outputs are right, where the slope of |a − y| turns.
  targets.forEach((_, i) => {
    if (i % 5 === 4) targets[i] = at(activated, i);
  });
  return { rows, units, outputs: activated, sources: outputs.map((z) => reference.slopeSource(z, code)), targets };
}

type RunLoss = (kernels: Kernels, losses: number, outputs: number, targets: number, sources: number) => void;

interface Result {
  losses: Float64Array;
  deltas: Float32Array;
}

/** Runs a loss kernel over rows with two kinds of poison in their padding, which must make no difference. */
function runLoss(lab: Lab, loss: LossCase, run: RunLoss): Result {
  const [result, other] = [runPadded(lab, loss, run, POISON), runPadded(lab, loss, run, HUGE)];
  sameBits(other.deltas, result.deltas, "deltas with other padding");
  const r = result.losses.findIndex((value, row) => !Object.is(value, other.losses[row]));
  if (r >= 0) throw new Error(`the loss of row ${r} is ${result.losses[r]}, with other padding ${other.losses[r]}`);
  return result;
}

/** The padding of the deltas must be zero. */
function runPadded({ kernels, arena }: Lab, loss: LossCase, run: RunLoss, padding: number): Result {
  const { rows, units, outputs, sources, targets } = loss;
  arena.reset();
  const lossesAt = arena.output("losses", blank(rows * 2));
  const outputsAt = arena.output("outputs", padRows(outputs, rows, units, padding));
  const targetsAt = arena.input("targets", padRows(targets, rows, units, padding));
  // Mostly S′ is taken from the outputs themselves, which the kernel replaces.
  const isOwn = sources.every((value, i) => Object.is(value, outputs[i]));
  const sourcesAt = isOwn ? outputsAt : arena.input("sources", padRows(sources, rows, units, padding));
  run(kernels, lossesAt, outputsAt, targetsAt, sourcesAt);
  arena.check();
  const words = arena.read(outputsAt);
  zeroPadding(rowPadding(words, units), `deltas of ${rows} rows of ${units} units`);
  const deltas = unpadRows(words, rows, units);
  noTiny(deltas, "deltas");
  return { losses: new Float64Array(arena.read(lossesAt).buffer), deltas };
}

/** Sums of `term` over each row. */
function rowSums({ rows, units }: LossCase, term: (i: number) => number): Float64Array {
  const sums = new Float64Array(rows);
  for (let i = 0; i < rows * units; i++) sums[Math.floor(i / units)] = at(sums, Math.floor(i / units)) + term(i);
  return sums;
}

/** Squared or absolute error, whose slopes come from the outputs or from z. */
export function checkPointwise(lab: Lab, kind: "squaredError" | "absoluteError", loss: LossCase, code: number): void {
  const { rows, units, outputs, sources, targets } = loss;
  const lossScale = 1 / units;
  const got = runLoss(lab, loss, (kernels, l, a, y, x) => {
    kernels[kind](l, a, x, y, rows, units, lossScale, SCALE, code, reference.PARAMETER);
  });
  const want = reference.pointwiseError(kind, outputs, sources, targets, rows, units, lossScale, SCALE, code);
  const what = `${kind} of ${rows} rows of ${units} units, activation ${code}`;
  within(got.losses, want.losses, (i) => U * (units + 8) * at(want.losses, i), what);
  const terms = (i: number): number => {
    const steepness = Math.min(2, 1 + at(sources, i) ** 2);
    const slope = kind === "squaredError" ? Math.abs(2 * (at(outputs, i) - at(targets, i))) : 1;
    return SCALE * slope * steepness;
  };
  within(got.deltas, want.deltas, (i) => U * 8 * terms(i) + TINY, what);
}

export function checkSoftmaxCrossEntropy(lab: Lab, loss: LossCase): void {
  const { rows, units, outputs, targets } = loss;
  const got = runLoss(lab, loss, (kernels, l, z, y) => kernels.softmaxCrossEntropy(l, z, y, rows, units, SCALE));
  const want = reference.softmaxCrossEntropy(outputs, targets, rows, units, SCALE);
  const what = `softmaxCrossEntropy of ${rows} rows of ${units} units`;
  const tops = rowTops(loss);
  const below = (i: number): number => at(tops, Math.floor(i / units)) - at(outputs, i);
  // The error of the logarithm is the relative error of the sum; the other terms are y·(max − z).
  const weights = rowSums(loss, (i) => at(targets, i));
  const terms = rowSums(loss, (i) => at(targets, i) * below(i));
  within(got.losses, want.losses, (r) => U * (units + 8) * (at(weights, r) + at(terms, r)), what);
  const tolerance = (i: number): number => {
    const weight = at(weights, Math.floor(i / units));
    const p = at(want.deltas, i) / SCALE + at(targets, i);
    return SCALE * (U * ((units + 16 + below(i)) * p + 3 * at(targets, i)) + MIN_NORMAL * weight) + TINY;
  };
  within(got.deltas, want.deltas, tolerance, what);
}

function rowTops({ rows, units, outputs }: LossCase): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => Math.max(...outputs.subarray(r * units, (r + 1) * units)));
}

export function checkSigmoidCrossEntropy(lab: Lab, loss: LossCase): void {
  const { rows, units, outputs, targets } = loss;
  const got = runLoss(lab, loss, (kernels, l, z, y) => kernels.sigmoidCrossEntropy(l, z, y, rows, units, SCALE));
  const want = reference.sigmoidCrossEntropy(outputs, targets, rows, units, SCALE);
  const what = `sigmoidCrossEntropy of ${rows} rows of ${units} units`;
  // Each term max(z, 0) − z·y + ln(1 + e^−|z|); the last is taken in float64 of an exponential within 2 ULP.
  const terms = rowSums(
    loss,
    (i) => Math.abs(at(outputs, i)) * (1 + at(targets, i)) + Math.exp(-Math.abs(at(outputs, i))),
  );
  within(got.losses, want.losses, (r) => U * (units + 8) * at(terms, r), what);
  const tolerance = (i: number): number => SCALE * (U * 12 * (reference.sigmoid(at(outputs, i)) + at(targets, i)));
  within(got.deltas, want.deltas, (i) => tolerance(i) + TINY, what);
}

/** Logits of zero and targets of one half: the loss is units·ln 2, with no error from float32 inputs. */
export function checkCertainLoss(lab: Lab, units: number): void {
  const outputs = new Float32Array(units);
  const loss = { rows: 1, units, outputs, sources: outputs, targets: new Float32Array(units).fill(0.5) };
  const got = runLoss(lab, loss, (kernels, l, z, y) => kernels.sigmoidCrossEntropy(l, z, y, 1, units, SCALE));
  const want = units * Math.LN2;
  within(got.losses, [want], () => 1e-14 * want, `sigmoidCrossEntropy of ${units} units at zero`);
}

/** Outputs that the forward pass leaves as logits: probabilities that sum to 1. */
export function checkSoftmax(lab: Lab, loss: LossCase): void {
  for (const padding of [POISON, HUGE]) checkPaddedSoftmax(lab, loss, padding);
}

function checkPaddedSoftmax({ kernels, arena }: Lab, loss: LossCase, padding: number): void {
  const { rows, units, outputs } = loss;
  arena.reset();
  const aAt = arena.output("a", padRows(outputs, rows, units, padding));
  kernels.activate(aAt, aAt, rows, units, 0, padded(units) / PANEL, SOFTMAX, 0);
  arena.check();
  const got = unpadRows(arena.read(aAt), rows, units);
  const want = reference.activate(outputs, rows, units, SOFTMAX);
  const what = `softmax of ${rows} rows of ${units} units`;
  const tops = rowTops(loss);
  const below = (i: number): number => at(tops, Math.floor(i / units)) - at(outputs, i);
  within(got, want, (i) => U * (units + 16 + below(i)) * at(want, i) + MIN_NORMAL, what);
  const sums = rowSums(loss, (i) => at(got, i));
  within(sums, new Float64Array(rows).fill(1), () => U * (units + 8), `${what}, the sums`);
}

/** Row `bad` has a NaN or an infinite logit: its loss must be NaN, and no other row may change. */
export function checkBadLogit(lab: Lab, loss: LossCase, bad: number, place: number, value: number): void {
  const { rows, units } = loss;
  const outputs = loss.outputs.slice();
  outputs[bad * units + place] = value;
  const spoiled = { ...loss, outputs, sources: outputs };
  const run: RunLoss = (kernels, l, z, y) => kernels.softmaxCrossEntropy(l, z, y, rows, units, SCALE);
  const runSigmoid: RunLoss = (kernels, l, z, y) => kernels.sigmoidCrossEntropy(l, z, y, rows, units, SCALE);
  for (const kernel of Number.isNaN(value) ? [run, runSigmoid] : [run]) {
    const [good, got] = [runLoss(lab, loss, kernel), runLoss(lab, spoiled, kernel)];
    if (!Number.isNaN(got.losses[bad])) throw new Error(`a logit of ${value} gives a loss of ${got.losses[bad]}`);
    for (let r = 0; r < rows; r++) {
      if (r === bad) continue;
      sameBits(rowOf(got.deltas, r, units), rowOf(good.deltas, r, units), `row ${r} beside a logit of ${value}`);
      if (got.losses[r] !== good.losses[r]) throw new Error(`the loss of row ${r} changed with a logit of row ${bad}`);
    }
  }
}

function rowOf(matrix: Float32Array, row: number, units: number): Float32Array {
  return matrix.subarray(row * units, (row + 1) * units);
}

/** The losses row by row are the same as those of all rows at once. */
export function checkLossRows(lab: Lab, loss: LossCase): void {
  const { rows, units, outputs, targets } = loss;
  const kernels: ((kernels: Kernels, count: number, l: number, a: number, y: number) => void)[] = [
    (k, count, l, a, y) => k.softmaxCrossEntropy(l, a, y, count, units, SCALE),
    (k, count, l, a, y) => k.sigmoidCrossEntropy(l, a, y, count, units, SCALE),
    (k, count, l, a, y) => k.squaredError(l, a, a, y, count, units, 1, SCALE, LINEAR, 0),
    (k, count, l, a, y) => k.absoluteError(l, a, a, y, count, units, 1, SCALE, LINEAR, 0),
  ];
  for (const kernel of kernels) {
    const whole = runLoss(lab, loss, (k, l, a, y) => kernel(k, rows, l, a, y));
    for (let r = 0; r < rows; r++) {
      const row = rowOf(outputs, r, units);
      const one = { rows: 1, units, outputs: row, sources: row, targets: rowOf(targets, r, units) };
      const got = runLoss(lab, one, (k, l, a, y) => kernel(k, 1, l, a, y));
      sameBits(got.deltas, rowOf(whole.deltas, r, units), `deltas of row ${r} alone`);
      if (got.losses[0] !== whole.losses[r]) throw new Error(`the loss of row ${r} alone is another`);
    }
  }
}
