// The dense products bit by bit: docs/design.md fixes the order of every sum, so float32 arithmetic in that order must give
// the same bits as the kernels, whichever tile or thread computes an element.

import { at, type Numbers } from "../support/reference.js";

/** a·b + c in float32. */
export type Madd = (a: number, b: number, c: number) => number;

/** A rounded product and a rounded sum. Float64 holds the product exactly, and rounding the sum twice changes nothing. */
export const roundedTwice: Madd = (a, b, c) => Math.fround(Math.fround(a * b) + c);

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/**
 * a·b + c rounded once. The product is exact in float64 and the sum's rounding error is known (Knuth's two-sum). Where it is
 * non-zero, the sum is rounded to odd, which makes the second rounding correct (Boldo and Melquiond, 2008).
 */
export const fused: Madd = (a, b, c) => {
  const product = a * b;
  const sum = product + c;
  const part = sum - product;
  const error = product - (sum - part) + (c - part);
  if (error === 0) return Math.fround(sum);
  double[0] = sum;
  if ((at(halves, 0) & 1) === 0) step(error > 0 === sum > 0 ? 1 : -1);
  return Math.fround(at(double, 0));
};

/** Moves `double` to the next float64 away from zero, or towards it; its last bit is 0. */
function step(direction: number): void {
  const low = at(halves, 0);
  if (direction < 0 && low === 0) halves[1] = at(halves, 1) - 1;
  halves[0] = low + direction;
}

/** X·Wᵀ from the bias over ascending inputs. */
export function exactForward(
  madd: Madd,
  x: Numbers,
  w: Numbers,
  b: Numbers,
  rows: number,
  inputs: number,
  units: number,
): Float32Array {
  const z = new Float32Array(rows * units);
  for (let r = 0; r < rows; r++) {
    for (let u = 0; u < units; u++) {
      let sum = at(b, u);
      for (let k = 0; k < inputs; k++) sum = madd(at(x, r * inputs + k), at(w, u * inputs + k), sum);
      z[r * units + u] = sum;
    }
  }
  return z;
}

/** D·W: four sums by unit mod 4 over ascending units, then (0 + 1) + (2 + 3). */
export function exactInputGradient(
  madd: Madd,
  d: Numbers,
  w: Numbers,
  rows: number,
  inputs: number,
  units: number,
): Float32Array {
  const dx = new Float32Array(rows * inputs);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < inputs; k++) {
      const lanes = [0, 0, 0, 0];
      for (let u = 0; u < units; u++) {
        lanes[u % 4] = madd(at(d, r * units + u), at(w, u * inputs + k), at(lanes, u % 4));
      }
      const [first, second] = [Math.fround(at(lanes, 0) + at(lanes, 1)), Math.fround(at(lanes, 2) + at(lanes, 3))];
      dx[r * inputs + k] = first + second;
    }
  }
  return dx;
}

/** G += Dᵀ·X and g += Σ D, in place, over ascending samples. */
export function exactAccumulate(
  madd: Madd,
  g: Float32Array,
  gBias: Float32Array,
  x: Numbers,
  d: Numbers,
  rows: number,
  inputs: number,
  units: number,
): void {
  for (let u = 0; u < units; u++) {
    for (let k = 0; k < inputs; k++) {
      let sum = at(g, u * inputs + k);
      for (let r = 0; r < rows; r++) sum = madd(at(x, r * inputs + k), at(d, r * units + u), sum);
      g[u * inputs + k] = sum;
    }
    for (let r = 0; r < rows; r++) gBias[u] = at(gBias, u) + at(d, r * units + u);
  }
}
