// The activation functions S and their slopes S′, side by side. A slope is taken from the output a = S(z), or from z where the
// output does not tell it (softplus); the table in `src/activations.ts` says which. `parameter` is the slope of leakyRelu left
// of zero. A code without a kernel traps rather than passing for linear.

import { LEAKY_RELU, LINEAR, RELU, SIGMOID, SOFTMAX, SOFTPLUS, TANH } from "../build/codes";
import { PANEL } from "../src/abi";
import { assertAligned, assertPanels, assertSizes, laneSum, lanesBelow, madd, PANEL_BYTES, rowBytes } from "./simd";

/**
 * ln of the smallest normal float, 2^−126. Below it exp returns zero: denormal numbers are slow and too small to
 * matter.
 */
const EXP_UNDERFLOW: f32 = -87.33654;
/** ln of the largest float. Above it exp returns infinity. */
const EXP_OVERFLOW: f32 = 88.72283;
/** 1.5·2^23: the sum of it and a float below 2^22 holds the nearest integer in its low bits. */
const ROUND: f32 = 12582912;
const LOG2_E: f32 = <f32>Math.LOG2E;
/**
 * ln 2 in two parts (Cody and Waite). The first has 17 significant bits, so that its product with an exponent is exact.
 */
const LN2_HIGH: f32 = 0.693145752;
const LN2_LOW: f32 = 1.42860677e-6;
/** A delta smaller than this is set to zero: its products would be denormal. */
const TINY_DELTA: f32 = 1e-30;

// --- exponential ---
// e^x = 2^n·e^r with n = round(x / ln 2) and r = x − n·ln 2; a polynomial for e^r, and n is added to the exponent's
// bits.

/** The integer n nearest to x / ln 2, still biased by `ROUND`. */
function biasedExponent(x: v128): v128 {
  return madd(x, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
}

/** x − n·ln 2, within ±0.3466. */
function reduced(x: v128, n: v128): v128 {
  return madd(n, f32x4.splat(-LN2_LOW), madd(n, f32x4.splat(-LN2_HIGH), x));
}

/** e^r − 1 for |r| ≤ 0.347, as r + r²·q(r). q is the minimax polynomial of degree 4; the error of e^r is below 3e-9. */
function expm1Reduced(r: v128): v128 {
  let q = f32x4.splat(0.0013814495);
  q = madd(q, r, f32x4.splat(0.008368781));
  q = madd(q, r, f32x4.splat(0.04166839));
  q = madd(q, r, f32x4.splat(0.1666652));
  q = madd(q, r, f32x4.splat(0.49999994));
  return madd(f32x4.mul(r, r), q, r);
}

/** e^x in four lanes, with an error of at most 2 units in the last place. Denormal results are zero; NaN stays NaN. */
export function exp4(x: v128): v128 {
  const biased = biasedExponent(x);
  const n = f32x4.sub(biased, f32x4.splat(ROUND));
  const mantissa = f32x4.add(f32x4.splat(1), expm1Reduced(reduced(x, n)));
  // The low bits of `biased` hold n; shifted into the exponent's bits, they multiply by 2^n. Then the special cases.
  let y = i32x4.add(mantissa, i32x4.shl(biased, 23));
  y = v128.andnot(y, f32x4.lt(x, f32x4.splat(EXP_UNDERFLOW)));
  y = v128.bitselect(f32x4.splat(f32.POSITIVE_INFINITY), y, f32x4.gt(x, f32x4.splat(EXP_OVERFLOW)));
  return v128.bitselect(x, y, f32x4.ne(x, x));
}

/** 1 / (1 + e^−x); for x < 0 as e^x / (1 + e^x), so that the exponential never overflows. */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const numerator = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/** tanh |x| = −m / (2 + m) with m = e^(−2|x|) − 1, which loses no digits near zero; then with the sign of x. */
export function tanh4(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  // From |x| = 9 on, 1 − tanh |x| = 2·e^−18 is below half a unit in the last place of 1.
  const z = f32x4.mul(f32x4.pmin(magnitude, f32x4.splat(9)), f32x4.splat(-2));
  const biased = biasedExponent(z);
  const p = expm1Reduced(reduced(z, f32x4.sub(biased, f32x4.splat(ROUND))));
  const scale = i32x4.add(f32x4.splat(1), i32x4.shl(biased, 23));
  // m = 2^n·(1 + p) − 1, without rounding 1 + p.
  const m = madd(p, scale, f32x4.sub(scale, f32x4.splat(1)));
  let y = f32x4.div(f32x4.neg(m), f32x4.add(f32x4.splat(2), m));
  y = v128.andnot(y, f32x4.lt(magnitude, f32x4.splat(f32.MIN_NORMAL_VALUE)));
  y = v128.bitselect(magnitude, y, f32x4.ne(x, x));
  return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}

// --- slopes and piecewise linear functions ---

/** S′ = a·(1 − a). */
function dSigmoid4(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), a));
}

/** S′ = 1 − a². */
function dTanh4(a: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(a, a));
}

/** S′ = 1 for a > 0, else 0. */
function dRelu4(a: v128): v128 {
  return v128.and(f32x4.splat(1), f32x4.gt(a, f32x4.splat(0)));
}

/** S′ = 1 for a > 0, else `slope`. */
function dLeakyRelu4(a: v128, slope: f32): v128 {
  return v128.bitselect(f32x4.splat(1), f32x4.splat(slope), f32x4.gt(a, f32x4.splat(0)));
}

/** max(z, 0). `pmax` is one instruction on x64, unlike `max`, and returns its first operand if that is NaN. */
function relu4(z: v128): v128 {
  return f32x4.pmax(z, f32x4.splat(0));
}

/** The larger of z and slope·z, which is the leaky ReLU for slopes up to 1. */
function leakyRelu4(z: v128, slope: f32): v128 {
  return f32x4.pmax(f32x4.mul(z, f32x4.splat(slope)), z);
}

/** ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|), which neither overflows nor loses the digits of small results. */
function softplus4(z: v128): v128 {
  return f32x4.add(f32x4.pmax(z, f32x4.splat(0)), log1p4(exp4(f32x4.neg(f32x4.abs(z)))));
}

/** ln(1 + u) for u from 0 to 1: 2·atanh(s) with s = u/(2 + u) ≤ 1/3, by its series up to s^13, right to 2e-8. */
function log1p4(u: v128): v128 {
  const s = f32x4.div(u, f32x4.add(f32x4.splat(2), u));
  const t = f32x4.mul(s, s);
  let series = f32x4.splat(2.0 / 13);
  series = madd(series, t, f32x4.splat(2.0 / 11));
  series = madd(series, t, f32x4.splat(2.0 / 9));
  series = madd(series, t, f32x4.splat(2.0 / 7));
  series = madd(series, t, f32x4.splat(2.0 / 5));
  series = madd(series, t, f32x4.splat(2.0 / 3));
  return madd(f32x4.mul(series, t), s, f32x4.add(s, s));
}

/** S′ in four lanes, from a = S(z), or from z where the activation's slope needs it. */
export function dActivation4(x: v128, activation: i32, parameter: f32): v128 {
  if (activation === SIGMOID) return dSigmoid4(x);
  if (activation === TANH) return dTanh4(x);
  if (activation === RELU) return dRelu4(x);
  if (activation === LEAKY_RELU) return dLeakyRelu4(x, parameter);
  if (activation === SOFTPLUS) return sigmoid4(x);
  if (activation !== LINEAR) unreachable();
  return f32x4.splat(1);
}

/** d·slope, set to zero where it is so small that its products would be denormal. */
export function scaledDelta4(d: v128, slope: v128): v128 {
  const product = f32x4.mul(d, slope);
  return v128.andnot(product, f32x4.lt(f32x4.abs(product), f32x4.splat(TINY_DELTA)));
}

/**
 * Applies S in place to the first `count` floats of each of `rows` rows that are `stride` bytes apart. Works on whole
 * vectors, so padding may change too. Softmax rows sum to 1 over their first `count` floats.
 */
export function activateRows(
  a: usize,
  stride: usize,
  rows: usize,
  count: usize,
  activation: i32,
  parameter: f32,
): void {
  const bytes = count << 2;
  for (; rows > 0; rows--) {
    if (activation === SOFTMAX) softmaxRow(a, count);
    else activateRow(a, a + bytes, activation, parameter);
    a += stride;
  }
}

/**
 * Applies S in place from `a` to `end`. One loop per activation: choosing it for each vector took twenty times as long
 * for ReLU.
 */
function activateRow(a: usize, end: usize, activation: i32, parameter: f32): void {
  if (activation === RELU) for (; a < end; a += 16) v128.store(a, relu4(v128.load(a)));
  else if (activation === SIGMOID) for (; a < end; a += 16) v128.store(a, sigmoid4(v128.load(a)));
  else if (activation === TANH) for (; a < end; a += 16) v128.store(a, tanh4(v128.load(a)));
  else if (activation === LEAKY_RELU) for (; a < end; a += 16) v128.store(a, leakyRelu4(v128.load(a), parameter));
  else if (activation === SOFTPLUS) for (; a < end; a += 16) v128.store(a, softplus4(v128.load(a)));
  else if (activation !== LINEAR) unreachable();
}

/**
 * A[rows][units] = S(Z) for units of panels `from` to `to`; A may be Z. For layers that keep z, and for outputs that the
 * forward product left as logits; softmax needs all panels.
 */
export function activate(
  a: usize,
  z: usize,
  rows: usize,
  units: usize,
  from: usize,
  to: usize,
  activation: i32,
  parameter: f32,
): void {
  assertAligned(a | z);
  assertSizes(rows, 1, units);
  assertPanels(from, to, units);
  const stride = rowBytes(units);
  const count = min(to * PANEL, units) - from * PANEL;
  const at = a + from * PANEL_BYTES;
  if (a !== z) copyRows(at, z + from * PANEL_BYTES, rows, count << 2, stride);
  activateRows(at, stride, rows, count, activation, parameter);
}

/** Copies the first `bytes` of each row, in vectors. */
function copyRows(to: usize, from: usize, rows: usize, bytes: usize, stride: usize): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
    to += stride;
    from += stride;
  }
}

/** In place: D *= S′ over `count` floats of each row, S′ taken from X; what is below 1e-30 is cleared. */
export function dActivate(
  d: usize,
  x: usize,
  rows: usize,
  count: usize,
  stride: usize,
  activation: i32,
  parameter: f32,
): void {
  assertAligned(d | x | stride);
  if (activation === LINEAR) return;
  for (; rows > 0; rows--) {
    dActivateRow(d, x, d + (count << 2), activation, parameter);
    d += stride;
    x += stride;
  }
}

/** One row of `dActivate`, with one loop per activation. */
function dActivateRow(d: usize, x: usize, end: usize, activation: i32, parameter: f32): void {
  if (activation === RELU) for (; d < end; d += 16, x += 16) scaleDelta(d, dRelu4(v128.load(x)));
  else if (activation === SIGMOID) for (; d < end; d += 16, x += 16) scaleDelta(d, dSigmoid4(v128.load(x)));
  else if (activation === TANH) for (; d < end; d += 16, x += 16) scaleDelta(d, dTanh4(v128.load(x)));
  else if (activation === LEAKY_RELU)
    for (; d < end; d += 16, x += 16) scaleDelta(d, dLeakyRelu4(v128.load(x), parameter));
  else if (activation === SOFTPLUS) for (; d < end; d += 16, x += 16) scaleDelta(d, sigmoid4(v128.load(x)));
  else unreachable();
}

/** Multiplies four deltas by their slopes, in place. */
function scaleDelta(d: usize, slope: v128): void {
  v128.store(d, scaledDelta4(v128.load(d), slope));
}

/**
 * Softmax of one row's `count` logits, in place: e^(z − max z) / Σ e^(z − max z). Subtracting the maximum avoids
 * overflow.
 */
function softmaxRow(z: usize, count: usize): void {
  const sum = f32x4.splat(expShifted(z, z, count));
  for (let i: usize = 0; i < count; i += 4) {
    const at = z + (i << 2);
    v128.store(at, f32x4.div(v128.load(at), sum));
  }
}

/**
 * Writes e^(z − max z) of `count` logits to `e`, and zeros to the padding. Returns the sum, which is NaN if a logit is.
 */
export function expShifted(e: usize, z: usize, count: usize): f32 {
  const shift = f32x4.splat(rowMaximum(z, count));
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < count; i += 4) {
    const y = exp4(f32x4.sub(v128.load(z + (i << 2)), shift));
    const real = v128.and(y, lanesBelow(i, count));
    v128.store(e + (i << 2), real);
    sum = f32x4.add(sum, real);
  }
  return laneSum(sum);
}

/** The maximum of `count` floats; NaN is ignored. */
export function rowMaximum(z: usize, count: usize): f32 {
  const least = f32x4.splat(f32.NEGATIVE_INFINITY);
  let top = least;
  for (let i: usize = 0; i < count; i += 4) {
    top = f32x4.pmax(top, v128.bitselect(v128.load(z + (i << 2)), least, lanesBelow(i, count)));
  }
  top = f32x4.pmax(top, f32x4.shuffle(top, top, 2, 3, 0, 1));
  top = f32x4.pmax(top, f32x4.shuffle(top, top, 1, 0, 3, 2));
  return f32x4.extract_lane(top, 0);
}

/** y[i] = e^x[i] for `n` floats, rounded up to a multiple of 4. Exported for tests of `exp4`. */
export function exp(y: usize, x: usize, n: usize): void {
  assertAligned(y | x);
  for (let end = x + (n << 2); x < end; x += 16) {
    v128.store(y, exp4(v128.load(x)));
    y += 16;
  }
}
