// The activation functions and their derivatives, side by side. A derivative is taken from the output a = S(z), never from z.

import { LEAKY_RELU, LINEAR, RELU, SIGMOID, SOFTMAX, TANH } from "../src/abi";
import { assertAligned, assertSizes, laneSum, lanesBelow, madd, rowBytes } from "./simd";

/** exp(x) is below the smallest normal float left of this, and is given as zero: denormals are slow and tell nothing. */
const EXP_UNDERFLOW: f32 = -87.33654;
/** exp(x) is infinite right of this. */
const EXP_OVERFLOW: f32 = 88.72283;
/** 1.5·2^23: added to a float below 2^22, it leaves the nearest integer in the low bits of the sum. */
const ROUND: f32 = 12582912;
const LOG2_E: f32 = <f32>Math.LOG2E;
/** ln 2 in two parts; the first has 17 significant bits, so that its product with an exponent is exact. */
const LN2_HIGH: f32 = 0.693145752;
const LN2_LOW: f32 = 1.42860677e-6;
const LEAKY_SLOPE: f32 = 0.01;
/** A delta smaller than this is cleared: its products would be denormal. */
const TINY_DELTA: f32 = 1e-30;

/** The integer n nearest to x / ln 2, still biased by `ROUND`. */
function biasedExponent(x: v128): v128 {
  return madd(x, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
}

/** x − n·ln 2, within ±0.3466. */
function reduced(x: v128, n: v128): v128 {
  return madd(n, f32x4.splat(-LN2_LOW), madd(n, f32x4.splat(-LN2_HIGH), x));
}

/** exp(r) − 1 for r within ±0.347: r + r²·q(r). q is the degree-4 minimax fit that makes exp right to 3e-9. */
function expm1Reduced(r: v128): v128 {
  let q = f32x4.splat(0.0013814495);
  q = madd(q, r, f32x4.splat(0.008368781));
  q = madd(q, r, f32x4.splat(0.04166839));
  q = madd(q, r, f32x4.splat(0.1666652));
  q = madd(q, r, f32x4.splat(0.49999994));
  return madd(f32x4.mul(r, r), q, r);
}

/** e^x in four lanes, within 2 units in the last place; zero where that would be denormal; NaN stays NaN. */
export function exp4(x: v128): v128 {
  const biased = biasedExponent(x);
  const n = f32x4.sub(biased, f32x4.splat(ROUND));
  const mantissa = f32x4.add(f32x4.splat(1), expm1Reduced(reduced(x, n)));
  let y = i32x4.add(mantissa, i32x4.shl(biased, 23));
  y = v128.andnot(y, f32x4.lt(x, f32x4.splat(EXP_UNDERFLOW)));
  y = v128.bitselect(f32x4.splat(f32.POSITIVE_INFINITY), y, f32x4.gt(x, f32x4.splat(EXP_OVERFLOW)));
  return v128.bitselect(x, y, f32x4.ne(x, x));
}

/** 1 / (1 + e^−x), as e^−|x| over 1 + e^−|x| left of zero so that neither side overflows or cancels. */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const numerator = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/** tanh |x| = −m / (2 + m) with m = e^(−2|x|) − 1, which keeps its digits near zero; the sign of x put back. */
export function tanh4(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  // e^−18 and 1 are the same float's neighbours: further out tanh is 1.
  const z = f32x4.mul(f32x4.pmin(magnitude, f32x4.splat(9)), f32x4.splat(-2));
  const biased = biasedExponent(z);
  const p = expm1Reduced(reduced(z, f32x4.sub(biased, f32x4.splat(ROUND))));
  const scale = i32x4.add(f32x4.splat(1), i32x4.shl(biased, 23));
  const m = madd(p, scale, f32x4.sub(scale, f32x4.splat(1)));
  let y = f32x4.div(f32x4.neg(m), f32x4.add(f32x4.splat(2), m));
  y = v128.andnot(y, f32x4.lt(magnitude, f32x4.splat(f32.MIN_NORMAL_VALUE)));
  y = v128.bitselect(magnitude, y, f32x4.ne(x, x));
  return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}

function dSigmoid4(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), a));
}

function dTanh4(a: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(a, a));
}

function dRelu4(a: v128): v128 {
  return v128.and(f32x4.splat(1), f32x4.gt(a, f32x4.splat(0)));
}

function dLeakyRelu4(a: v128): v128 {
  return v128.bitselect(f32x4.splat(1), f32x4.splat(LEAKY_SLOPE), f32x4.gt(a, f32x4.splat(0)));
}

/** pmax is one instruction and gives back a NaN first operand. */
function relu4(z: v128): v128 {
  return f32x4.pmax(z, f32x4.splat(0));
}

function leakyRelu4(z: v128): v128 {
  return f32x4.pmax(f32x4.mul(z, f32x4.splat(LEAKY_SLOPE)), z);
}

/** dS/dz in four lanes, from a = S(z). */
export function dActivation4(a: v128, activation: i32): v128 {
  if (activation === SIGMOID) return dSigmoid4(a);
  if (activation === TANH) return dTanh4(a);
  if (activation === RELU) return dRelu4(a);
  if (activation === LEAKY_RELU) return dLeakyRelu4(a);
  return f32x4.splat(1);
}

/** d·slope, cleared where it is so small that what it feeds would be denormal. */
export function scaledDelta4(d: v128, slope: v128): v128 {
  const product = f32x4.mul(d, slope);
  return v128.andnot(product, f32x4.lt(f32x4.abs(product), f32x4.splat(TINY_DELTA)));
}

/** In place: S of `count` floats of each row, in fours; softmax rows sum to 1 over their first `count`. */
export function activateRows(a: usize, stride: usize, rows: usize, count: usize, activation: i32): void {
  const bytes = count << 2;
  for (; rows > 0; rows--) {
    if (activation === SOFTMAX) softmaxRow(a, count);
    else activateRow(a, a + bytes, activation);
    a += stride;
  }
}

/** The loops are apart because one that chose anew for every vector took twenty times as long for ReLU. */
function activateRow(a: usize, end: usize, activation: i32): void {
  if (activation === RELU) for (; a < end; a += 16) v128.store(a, relu4(v128.load(a)));
  else if (activation === SIGMOID) for (; a < end; a += 16) v128.store(a, sigmoid4(v128.load(a)));
  else if (activation === TANH) for (; a < end; a += 16) v128.store(a, tanh4(v128.load(a)));
  else if (activation === LEAKY_RELU) for (; a < end; a += 16) v128.store(a, leakyRelu4(v128.load(a)));
}

/** In place: A[rows][units] = S(A), for outputs that the forward pass left as logits. */
export function activate(a: usize, rows: usize, units: usize, activation: i32): void {
  assertAligned(a);
  assertSizes(rows, 1, units);
  activateRows(a, rowBytes(units), rows, units, activation);
}

/** In place: D *= dS(a) over `count` floats of each row; what is below 1e-30 is cleared. */
export function dActivate(d: usize, a: usize, rows: usize, count: usize, stride: usize, activation: i32): void {
  assertAligned(d | a | stride);
  if (activation === LINEAR) return;
  for (; rows > 0; rows--) {
    dActivateRow(d, a, d + (count << 2), activation);
    d += stride;
    a += stride;
  }
}

function dActivateRow(d: usize, a: usize, end: usize, activation: i32): void {
  if (activation === RELU) for (; d < end; d += 16, a += 16) scaleDelta(d, dRelu4(v128.load(a)));
  else if (activation === SIGMOID) for (; d < end; d += 16, a += 16) scaleDelta(d, dSigmoid4(v128.load(a)));
  else if (activation === TANH) for (; d < end; d += 16, a += 16) scaleDelta(d, dTanh4(v128.load(a)));
  else if (activation === LEAKY_RELU) for (; d < end; d += 16, a += 16) scaleDelta(d, dLeakyRelu4(v128.load(a)));
}

function scaleDelta(d: usize, slope: v128): void {
  v128.store(d, scaledDelta4(v128.load(d), slope));
}

/** In place: e^(z − max) over its sum, the `count` outputs of one row. */
function softmaxRow(z: usize, count: usize): void {
  const sum = f32x4.splat(expShifted(z, z, count));
  for (let i: usize = 0; i < count; i += 4) {
    const at = z + (i << 2);
    v128.store(at, f32x4.div(v128.load(at), sum));
  }
}

/** Stores e^(z − max) of `count` logits (zero in the row's padding) and gives their sum. A NaN logit makes it NaN. */
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

/** The largest of `count` floats. */
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

/** y[i] = e^x[i], `n` floats rounded up to a multiple of 4. */
export function exp(y: usize, x: usize, n: usize): void {
  assertAligned(y | x);
  for (let end = x + (n << 2); x < end; x += 16) {
    v128.store(y, exp4(v128.load(x)));
    y += 16;
  }
}
