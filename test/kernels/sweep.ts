// exp, sigmoid and tanh for millions of floats: every binade of both signs, and all floats around their branches.

import { SIGMOID, SOFTPLUS, TANH } from "../../build/codes.js";
import { activation, at, PARAMETER, sigmoid } from "../support/reference.js";
import type { Lab } from "./lab.js";
import { BLANK, blank, floatsOf, wordsOf } from "./scratch.js";

/** A prime near 1000: four million steps through all 2^32 floats, without a pattern in the mantissas. */
const STEP = 1021;
/** Number of floats on either side of a branch. */
const NEAR = 2000;
/** Floats in one call: the blocks stay in the cache. */
const PIECE = 1 << 14;
const MIN_NORMAL = 2 ** -126;
const MAX_FLOAT = (2 - 2 ** -23) * 2 ** 127;

export interface Unary {
  name: string;
  /** The true value in float64. */
  want: (x: number) => number;
  /** Runs the kernel over the `n` floats at `address`, in place. */
  run: (lab: Lab, address: number, n: number) => void;
}

/** S of the `n` floats of one row, in place. */
export function activateRow(kernels: Lab["kernels"], address: number, n: number, code: number): void {
  kernels.activate(address, address, 1, n, 0, Math.ceil(n / 16), code, PARAMETER);
}

export const UNARY: Unary[] = [
  { name: "exp", want: Math.exp, run: ({ kernels }, address, n) => kernels.exp(address, address, n) },
  { name: "sigmoid", want: sigmoid, run: ({ kernels }, address, n) => activateRow(kernels, address, n, SIGMOID) },
  { name: "tanh", want: Math.tanh, run: ({ kernels }, address, n) => activateRow(kernels, address, n, TANH) },
  {
    name: "softplus",
    want: (z) => activation(z, SOFTPLUS),
    run: ({ kernels }, address, n) => activateRow(kernels, address, n, SOFTPLUS),
  },
];

/** Where the kernels branch, where results overflow or become denormal, and where the exponent of e^x or e^2x changes. */
const TURNS = [
  ...[0, MIN_NORMAL, 2 ** -24, 2 ** -12, 0.625, 1, 8, 8.66, 9, 9.01, 16.6, 17.33, 87.33654, 88.02969, 88.72283, 103.97],
  ...Array.from({ length: 24 }, (_, n) => ((n + 0.5) * Math.LN2) / 2),
  ...Array.from({ length: 16 }, (_, n) => (120.5 - n) * Math.LN2),
];

/** The words of the floats to test, in pieces. The last piece may start again at zero. */
function* pieces(step: number, near: number): Generator<Uint32Array> {
  for (let first = 0; first < 2 ** 32; first += PIECE * step) {
    yield Uint32Array.from({ length: PIECE }, (_, i) => first + i * step);
  }
  for (const turn of TURNS) {
    const word = at(wordsOf(Float32Array.of(turn)), 0);
    for (const sign of [0, 2 ** 31]) {
      yield Uint32Array.from({ length: 2 * near }, (_, i) => Math.max(word + i - near, 0) + sign);
    }
  }
}

/** The kernel's results for the floats whose words are `x`. */
export function runUnary(lab: Lab, unary: Pick<Unary, "name" | "run">, x: Uint32Array): Float32Array {
  const { arena } = lab;
  arena.reset();
  // Rows are padded to 16 floats; `exp` rounds up to 4.
  const words = blank(Math.ceil(x.length / 16) * 16);
  words.set(x);
  const address = arena.output(unary.name, words);
  unary.run(lab, address, x.length);
  arena.check();
  const result = arena.read(address);
  const past = result.findIndex((word, i) => i >= Math.ceil(x.length / 4) * 4 && word !== BLANK);
  if (past >= 0) throw new Error(`${unary.name} of ${x.length} floats wrote word ${past}`);
  return floatsOf(result).subarray(0, x.length);
}

/** The largest error in units in the last place. Throws at an error of more than `most`. */
export function sweep(lab: Lab, unary: Unary, most: number, step = STEP, near = NEAR): number {
  let worst = 0;
  for (const words of pieces(step, near)) {
    const y = runUnary(lab, unary, words);
    const x = floatsOf(words);
    for (let i = 0; i < x.length; i++) {
      const error = unaryError(at(x, i), at(y, i), unary.want(at(x, i)));
      if (!(error <= most)) throw new Error(`${unary.name}(${x[i]}) is ${y[i]}, off by ${error} ULP`);
      if (error > worst) worst = error;
    }
  }
  return worst;
}

/** The error of `got` in units in the last place of `want`; infinite where only one of them is NaN or infinite. */
function unaryError(x: number, got: number, want: number): number {
  if (Number.isNaN(x)) return Number.isNaN(got) ? 0 : Infinity;
  if (Math.abs(want) < MIN_NORMAL) return Object.is(got, want < 0 || Object.is(want, -0) ? -0 : 0) ? 0 : Infinity;
  if (Math.abs(got) < MIN_NORMAL) return Infinity;
  if (Math.abs(want) > MAX_FLOAT) return got === want || got === Math.sign(want) * Infinity ? 0 : Infinity;
  return Math.abs(got - want) / lastPlace(want);
}

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const PLACES = Float64Array.from({ length: 2048 }, (_, exponent) => 2 ** (exponent - 1023 - 23));

/** The value of the last bit of a float32 of this size. */
function lastPlace(value: number): number {
  double[0] = value;
  return at(PLACES, (at(halves, 1) >>> 20) & 0x7ff);
}

/**
 * FNV-1a over the bits of a part of the sweep, NaN aside, whose bits differ from engine to engine. In the plain build every
 * engine and every tier must give the same.
 */
export function fingerprint(lab: Lab): number {
  let hash = 0x811c9dc5;
  const words = Uint32Array.from({ length: PIECE }, (_, i) => i * STEP * 256);
  for (const unary of UNARY) {
    const y = runUnary(lab, unary, words);
    wordsOf(y.slice()).forEach((word, i) => {
      if (!Number.isNaN(y[i])) hash = Math.imul(hash ^ word, 0x01000193);
    });
  }
  return hash >>> 0;
}
