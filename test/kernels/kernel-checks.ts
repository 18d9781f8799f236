// One check for each kernel that is neither dense, nor a loss, nor an optimizer: derivatives, gathers, counting.

import { LINEAR, SIGMOID } from "../../build/codes.js";
import { padded } from "../../src/memory/plan.js";
import * as reference from "../support/reference.js";
import { Draws, type Lab, noTiny, sameWords, TINY, U, within } from "./lab.js";
import { BLANK, blank, HUGE, POISON, padRows, unpadRows, wordsOf } from "./scratch.js";

/** dS at outputs of all sizes, times deltas of which some are below 1e-30. Nothing after the last group of four may change. */
export function checkDActivate({ kernels, arena }: Lab, rows: number, columns: number, code: number): void {
  const draws = new Draws(columns * 1000 + rows * 10 + code);
  const stride = padded(columns);
  const a = draws.floats(rows * columns, 4).map((z) => reference.slopeSource(z, code));
  const d = draws.floats(rows * columns).map((value, i) => (i % 3 === 0 ? value * 2e-30 : value));
  arena.reset();
  const dAt = arena.output("d", padRows(d, rows, columns, BLANK));
  const aAt = arena.input("a", padRows(a, rows, columns, 0));
  kernels.dActivate(dAt, aAt, rows, columns, stride * 4, code, reference.PARAMETER);
  arena.check();
  const words = arena.read(dAt);
  const fours = Math.ceil(columns / 4) * 4;
  const stray = words.findIndex((word, i) => i % stride >= fours && word !== BLANK);
  if (stray >= 0) throw new Error(`dActivate wrote word ${stray}, past its ${columns} columns`);
  const got = unpadRows(words, rows, columns);
  const what = `dActivate of ${columns} columns, activation ${code}`;
  if (code !== LINEAR) noTiny(got, what);
  const steepness = (i: number): number => Math.min(2, 1 + reference.at(a, i) ** 2);
  const tolerance = (i: number): number => U * 4 * Math.abs(reference.at(d, i)) * steepness(i) + TINY;
  within(got, reference.dActivate(d, a, code), tolerance, what);
}

/** The numbers of the rows to gather: some twice, some never; without `ordered`, the first rows in place. */
function orderOf(draws: Draws, count: number, stored: number, ordered: boolean): Uint32Array | undefined {
  return ordered ? Uint32Array.from({ length: count }, () => draws.below(stored)) : undefined;
}

/** Gathered floats are copies, and padding is not written. */
export function checkGatherF32({ kernels, arena }: Lab, count: number, width: number, ordered: boolean): void {
  const draws = new Draws(count * 1000 + width);
  const stored = count + 3;
  const rows = draws.floats(stored * width);
  const order = orderOf(draws, count, stored, ordered);
  arena.reset();
  const rowsAt = arena.input("rows", wordsOf(rows));
  const orderAt = order ? arena.input("order", order) : 0;
  const xAt = arena.output("x", blank(count * padded(width)));
  kernels.gatherF32(xAt, rowsAt, orderAt, count, width);
  arena.check();
  const want = Float32Array.from(reference.gather(rows, order, count, width));
  sameWords(arena.read(xAt), padRows(want, count, width, BLANK), `gatherF32 of ${count} rows of ${width}`);
}

/** The same for bytes, each scaled by one rounded product. */
export function checkGatherU8({ kernels, arena }: Lab, count: number, width: number, ordered: boolean): void {
  const draws = new Draws(count * 1000 + width);
  const stored = count + 3;
  const bytes = new Uint8Array(Math.ceil((stored * width) / 4) * 4).map(() => draws.below(256));
  const order = orderOf(draws, count, stored, ordered);
  arena.reset();
  const rowsAt = arena.input("rows", new Uint32Array(bytes.buffer));
  const orderAt = order ? arena.input("order", order) : 0;
  const xAt = arena.output("x", blank(count * padded(width)));
  kernels.gatherU8(xAt, rowsAt, orderAt, count, width, 1 / 255);
  arena.check();
  const want = Float32Array.from(reference.gather(bytes, order, count, width, Math.fround(1 / 255)));
  sameWords(arena.read(xAt), padRows(want, count, width, BLANK), `gatherU8 of ${count} rows of ${width}`);
}

/** One-hot rows, or with one unit labels of two classes; their padding is zero. */
export function checkGatherLabels({ kernels, arena }: Lab, count: number, units: number, ordered: boolean): void {
  const draws = new Draws(count * 1000 + units);
  const labels = Uint32Array.from({ length: count + 3 }, () => draws.below(Math.max(2, units)));
  const order = orderOf(draws, count, labels.length, ordered);
  arena.reset();
  const labelsAt = arena.input("labels", labels);
  const orderAt = order ? arena.input("order", order) : 0;
  const yAt = arena.output("y", blank(count * padded(units)));
  kernels.gatherLabels(yAt, labelsAt, orderAt, count, units);
  arena.check();
  const want = Float32Array.from(reference.gatherLabels(labels, order, count, units));
  sameWords(arena.read(yAt), padRows(want, count, units, 0), `gatherLabels of ${count} rows of ${units}`);
}

/** Outputs are multiples of a quarter, so that many rows have several largest; half of the targets are correct. */
export function checkCountCorrect(lab: Lab, rows: number, units: number): void {
  for (const padding of [POISON, HUGE]) checkPaddedCount(lab, rows, units, padding);
}

function checkPaddedCount({ kernels, arena }: Lab, rows: number, units: number, padding: number): void {
  const draws = new Draws(rows * 1000 + units);
  const outputs = Float32Array.from({ length: rows * units }, () => draws.below(9) / 4 - 1);
  const targets = Float32Array.from({ length: rows * units }, () => draws.below(2));
  arena.reset();
  const aAt = arena.input("outputs", padRows(outputs, rows, units, padding));
  const yAt = arena.input("targets", padRows(targets, rows, units, padding));
  const got = kernels.countCorrect(aAt, yAt, rows, units);
  arena.check();
  const want = reference.countCorrect(outputs, targets, rows, units);
  if (got !== want) throw new Error(`countCorrect of ${rows} rows of ${units}: ${got} instead of ${want}`);
}

/** Values around the boundary between two classes: outputs around ½, or logits around 0, some of which round to ½. */
const BOUNDARY = {
  outputs: [0, 0.25, 0.49999997, 0.5, 0.50000006, 1, Number.NaN],
  logits: [-30, -1, -1e-3, -1e-9, -0, 0, 1e-9, 1, 90, Number.NaN],
};

/** The classes of single outputs, and how many are right. The kernel `activate` tells which logits give ½. */
export function checkBinary({ kernels, arena }: Lab, rows: number, areLogits: boolean): void {
  const draws = new Draws(rows);
  const values = areLogits ? BOUNDARY.logits : BOUNDARY.outputs;
  const outputs = Float32Array.from({ length: rows }, () => values[draws.below(values.length)] as number);
  const targets = Float32Array.from({ length: rows }, () => draws.below(2));
  for (const padding of [POISON, HUGE]) {
    arena.reset();
    const outputsAt = arena.input("outputs", padRows(outputs, rows, 1, padding));
    const targetsAt = arena.input("targets", padRows(targets, rows, 1, padding));
    const labelsAt = arena.output("labels", blank(rows));
    const sharesAt = arena.output("shares", blank(rows * padded(1)));
    kernels.findBinary(labelsAt, outputsAt, rows, areLogits);
    const correct = kernels.countBinary(outputsAt, targetsAt, rows, areLogits);
    kernels.activate(sharesAt, outputsAt, rows, 1, 0, 1, SIGMOID, 0);
    arena.check();
    const shares = areLogits ? unpadRows(arena.read(sharesAt), rows, 1) : outputs;
    const want = Uint32Array.from(shares, (share) => Number(share >= 0.5));
    sameWords(arena.read(labelsAt), want, `findBinary of ${rows} rows`);
    const right = want.reduce((sum, label, i) => sum + Number(label === targets[i]), 0);
    if (correct !== right) throw new Error(`countBinary of ${rows} rows: ${correct} instead of ${right}`);
  }
}

/** Outputs are multiples of a quarter, so that many rows have several largest: the first one counts. */
export function checkFindLargest({ kernels, arena }: Lab, rows: number, units: number): void {
  const draws = new Draws(rows * 1000 + units);
  const outputs = Float32Array.from({ length: rows * units }, () => draws.below(9) / 4 - 1);
  for (const padding of [POISON, HUGE]) {
    arena.reset();
    const outputsAt = arena.input("outputs", padRows(outputs, rows, units, padding));
    const labelsAt = arena.output("labels", blank(rows));
    kernels.findLargest(labelsAt, outputsAt, rows, units);
    arena.check();
    const want = Uint32Array.from({ length: rows }, (_, r) => {
      const row = outputs.subarray(r * units, (r + 1) * units);
      return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
    });
    sameWords(arena.read(labelsAt), want, `findLargest of ${rows} rows of ${units}`);
  }
}
