// The losses. Each stores one loss a row (float64) and turns the row's outputs into their delta, dC/dz times `scale`, in
// place. With cross-entropy the outputs come as logits. Y[rows][units] holds the targets; rows are padded to 16.

import { dActivation4, exp4, expShifted, rowMaximum, scaledDelta4, sigmoid4 } from "./activation";
import { assertAligned, assertSizes, clearPadding, laneSum, lanesBelow, madd, rowBytes } from "./simd";

/** Vectors of 1 + e^−|z| whose product is taken before its logarithm: 4·128 factors of at most 2 stay below 2^1023. */
const LOG_EVERY: usize = 128 * 4;

/**
 * Loss = lossScale·Σ (a − y)²; delta = deltaScale·2(a − y)·S′. lossScale is 1 for the quadratic cost and 1/units for the mean
 * squared error; deltaScale carries the same factor. S′ is taken from the rows at `slopes`: the outputs themselves, or z.
 */
export function squaredError(
  losses: usize,
  outputs: usize,
  slopes: usize,
  targets: usize,
  rows: usize,
  units: usize,
  lossScale: f64,
  deltaScale: f32,
  activation: i32,
  parameter: f32,
): void {
  assertAligned(outputs | slopes | targets);
  assertSizes(rows, 1, units);
  const stride = rowBytes(units);
  const scale = f32x4.splat(2 * deltaScale);
  for (; rows > 0; rows--) {
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < units; i += 4) {
      const difference = differenceAt(outputs, targets, i, units);
      sum = madd(difference, difference, sum);
      const slope = dActivation4(v128.load(slopes + (i << 2)), activation, parameter);
      v128.store(outputs + (i << 2), scaledDelta4(f32x4.mul(difference, scale), slope));
    }
    clearPadding(outputs, units);
    store<f64>(losses, lossScale * <f64>laneSum(sum));
    losses += 8;
    outputs += stride;
    slopes += stride;
    targets += stride;
  }
}

/** The same for loss = lossScale·Σ |a − y|; delta = deltaScale·sign(a − y)·S′, which is 0 where a = y. */
export function absoluteError(
  losses: usize,
  outputs: usize,
  slopes: usize,
  targets: usize,
  rows: usize,
  units: usize,
  lossScale: f64,
  deltaScale: f32,
  activation: i32,
  parameter: f32,
): void {
  assertAligned(outputs | slopes | targets);
  assertSizes(rows, 1, units);
  const stride = rowBytes(units);
  const scale = f32x4.splat(deltaScale);
  for (; rows > 0; rows--) {
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < units; i += 4) {
      const difference = differenceAt(outputs, targets, i, units);
      sum = f32x4.add(sum, f32x4.abs(difference));
      const slope = dActivation4(v128.load(slopes + (i << 2)), activation, parameter);
      v128.store(outputs + (i << 2), scaledDelta4(f32x4.mul(sign4(difference), scale), slope));
    }
    clearPadding(outputs, units);
    store<f64>(losses, lossScale * <f64>laneSum(sum));
    losses += 8;
    outputs += stride;
    slopes += stride;
    targets += stride;
  }
}

/** a − y of the four units from unit `i` on; 0 for those that are padding. */
function differenceAt(outputs: usize, targets: usize, i: usize, units: usize): v128 {
  const difference = f32x4.sub(v128.load(outputs + (i << 2)), v128.load(targets + (i << 2)));
  return v128.and(difference, lanesBelow(i, units));
}

/** 1 with the sign of x, and 0 for 0. */
function sign4(x: v128): v128 {
  const one = v128.or(f32x4.splat(1), v128.and(x, f32x4.splat(-0.0)));
  return v128.and(one, f32x4.ne(x, f32x4.splat(0)));
}

/** Loss = −Σ y·ln softmax(z); delta = scale·(softmax(z)·Σy − y). */
export function softmaxCrossEntropy(
  losses: usize,
  outputs: usize,
  targets: usize,
  rows: usize,
  units: usize,
  scale: f32,
): void {
  assertAligned(outputs | targets);
  assertSizes(rows, 1, units);
  const stride = rowBytes(units);
  for (; rows > 0; rows--) {
    const shift = f32x4.splat(rowMaximum(outputs, units));
    let weight = f32x4.splat(0);
    let weighted = f32x4.splat(0);
    for (let i: usize = 0; i < units; i += 4) {
      const real = lanesBelow(i, units);
      const y = v128.and(v128.load(targets + (i << 2)), real);
      const z = v128.and(f32x4.sub(v128.load(outputs + (i << 2)), shift), real);
      weight = f32x4.add(weight, y);
      weighted = madd(y, z, weighted);
    }
    const total = laneSum(weight);
    const sum = expShifted(outputs, outputs, units);
    softmaxDelta(outputs, targets, units, total / sum, scale);
    store<f64>(losses, <f64>total * logarithm(<f64>sum) - <f64>laneSum(weighted));
    losses += 8;
    outputs += stride;
    targets += stride;
  }
}

/** In place: scale·(e·factor − y) over one row; padding becomes zero. */
function softmaxDelta(e: usize, targets: usize, units: usize, factor: f32, scale: f32): void {
  for (let i: usize = 0; i < units; i += 4) {
    const at = e + (i << 2);
    const p = f32x4.mul(v128.load(at), f32x4.splat(factor));
    const difference = v128.and(f32x4.sub(p, v128.load(targets + (i << 2))), lanesBelow(i, units));
    v128.store(at, scaledDelta4(difference, f32x4.splat(scale)));
  }
  clearPadding(e, units);
}

/** Loss = Σ max(z, 0) − z·y + ln(1 + e^−|z|), the stable form; delta = scale·(sigmoid(z) − y). */
export function sigmoidCrossEntropy(
  losses: usize,
  outputs: usize,
  targets: usize,
  rows: usize,
  units: usize,
  scale: f32,
): void {
  assertAligned(outputs | targets);
  assertSizes(rows, 1, units);
  const stride = rowBytes(units);
  for (; rows > 0; rows--) {
    store<f64>(losses, sigmoidRowLoss(outputs, targets, units));
    for (let i: usize = 0; i < units; i += 4) {
      const at = outputs + (i << 2);
      const a = sigmoid4(v128.load(at));
      const difference = v128.and(f32x4.sub(a, v128.load(targets + (i << 2))), lanesBelow(i, units));
      v128.store(at, scaledDelta4(difference, f32x4.splat(scale)));
    }
    clearPadding(outputs, units);
    losses += 8;
    outputs += stride;
    targets += stride;
  }
}

/** Σ ln(1 + e^−|z|) is taken as the logarithm of a product, one for every 512 factors. */
function sigmoidRowLoss(outputs: usize, targets: usize, units: usize): f64 {
  let linear = f32x4.splat(0);
  let logs: f64 = 0;
  for (let from: usize = 0; from < units; from += LOG_EVERY) {
    let low = f64x2.splat(1);
    let high = f64x2.splat(1);
    for (let i = from, to = min(units, from + LOG_EVERY); i < to; i += 4) {
      const real = lanesBelow(i, units);
      const z = v128.and(v128.load(outputs + (i << 2)), real);
      const y = v128.load(targets + (i << 2));
      const terms = f32x4.sub(f32x4.pmax(z, f32x4.splat(0)), f32x4.mul(z, y));
      linear = f32x4.add(linear, v128.and(terms, real));
      const e = v128.and(exp4(f32x4.neg(f32x4.abs(z))), real);
      low = f64x2.mul(low, f64x2.add(f64x2.splat(1), f64x2.promote_low_f32x4(e)));
      high = f64x2.mul(high, f64x2.add(f64x2.splat(1), f64x2.promote_low_f32x4(f32x4.shuffle(e, e, 2, 3, 2, 3))));
    }
    const product = f64x2.mul(low, high);
    logs += logarithm(f64x2.extract_lane(product, 0) * f64x2.extract_lane(product, 1));
  }
  return <f64>laneSum(linear) + logs;
}

/**
 * ln x for x ≥ 1: with x = m·2^e and m within √½ to √2, ln m = 2·atanh((m − 1)/(m + 1)) by its series, right to 1e-15.
 * NaN and infinity come back as they are.
 */
function logarithm(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<u64>(x) + 0x00095f619980c433;
  const exponent = <i32>(bits >> 52) - 1023;
  const mantissa = reinterpret<f64>(reinterpret<u64>(x) - ((<u64>exponent) << 52));
  const s = (mantissa - 1) / (mantissa + 1);
  const t = s * s;
  let series: f64 = 1.0 / 19;
  series = series * t + 1.0 / 17;
  series = series * t + 1.0 / 15;
  series = series * t + 1.0 / 13;
  series = series * t + 1.0 / 11;
  series = series * t + 1.0 / 9;
  series = series * t + 1.0 / 7;
  series = series * t + 1.0 / 5;
  series = series * t + 1.0 / 3;
  series = series * t + 1;
  return <f64>exponent * Math.LN2 + 2 * s * series;
}
