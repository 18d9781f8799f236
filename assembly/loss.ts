// The losses. Each kernel writes one loss per row (f64) to `losses`, and replaces the row's outputs by their delta,
// dC/dz times a scale. `outputs` and `targets` are [rows][units], rows padded to a multiple of 16; padding of the
// deltas becomes zero. For cross-entropy the outputs are logits z: combined with softmax or sigmoid, dC/dz is a − y,
// which needs no division by a.

import { dActivation4, exp4, expShifted, rowMaximum, scaledDelta4, sigmoid4 } from "./activation";
import { assertAligned, assertSizes, clearPadding, laneSum, lanesBelow, madd, rowBytes } from "./simd";

/**
 * Units after which the product of 1 + e^−|z| is replaced by its logarithm: 512 factors of at most 2 cannot overflow an
 * f64.
 */
const LOG_EVERY: usize = 128 * 4;
/** The bits by which those of √½ lie below those of 1 as f64: see `logarithm`. */
const ONE_ABOVE_ROOT_HALF: u64 = 0x00095f619980c433;

/**
 * Loss = lossScale·Σ (a − y)²; delta = deltaScale·2(a − y)·S′. lossScale is 1 for the quadratic cost and 1/units for
 * the mean squared error; deltaScale includes the same factor. S′ is computed from the rows at `slopes`: the outputs
 * themselves, or z.
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

/** The same for loss = lossScale·Σ |a − y|; delta = deltaScale·sign(a − y)·S′, with the subgradient 0 for a = y. */
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

/** a − y of the units `i` … `i` + 3; 0 for units that are padding. */
function differenceAt(outputs: usize, targets: usize, i: usize, units: usize): v128 {
  const difference = f32x4.sub(v128.load(outputs + (i << 2)), v128.load(targets + (i << 2)));
  return v128.and(difference, lanesBelow(i, units));
}

/** The sign of x: 1, −1, or 0 for zero. */
function sign4(x: v128): v128 {
  const one = v128.or(f32x4.splat(1), v128.and(x, f32x4.splat(-0.0)));
  return v128.and(one, f32x4.ne(x, f32x4.splat(0)));
}

/**
 * Loss = −Σ y·ln softmax(z), computed as Σy·ln Σe^(z − max) − Σ y·(z − max); delta = scale·(softmax(z)·Σy − y). Targets
 * need not sum to 1.
 */
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
    // total = Σy and sum = Σe^(z − max); the outputs now hold e^(z − max).
    const total = laneSum(weight);
    const sum = expShifted(outputs, outputs, units);
    softmaxDelta(outputs, targets, units, total / sum, scale);
    store<f64>(losses, <f64>total * logarithm(<f64>sum) - <f64>laneSum(weighted));
    losses += 8;
    outputs += stride;
    targets += stride;
  }
}

/** Replaces one row of e by scale·(e·factor − y), and its padding by zero. */
function softmaxDelta(e: usize, targets: usize, units: usize, factor: f32, scale: f32): void {
  for (let i: usize = 0; i < units; i += 4) {
    const at = e + (i << 2);
    const p = f32x4.mul(v128.load(at), f32x4.splat(factor));
    const difference = v128.and(f32x4.sub(p, v128.load(targets + (i << 2))), lanesBelow(i, units));
    v128.store(at, scaledDelta4(difference, f32x4.splat(scale)));
  }
  clearPadding(e, units);
}

/**
 * Loss = −Σ y·ln a + (1 − y)·ln(1 − a) with a = sigmoid(z), computed as Σ max(z, 0) − z·y + ln(1 + e^−|z|), which
 * neither overflows nor cancels; delta = scale·(a − y).
 */
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

/**
 * One row's loss. Σ ln(1 + e^−|z|) is the logarithm of a product: one logarithm for 512 units instead of one for each.
 */
function sigmoidRowLoss(outputs: usize, targets: usize, units: usize): f64 {
  let linear = f32x4.splat(0);
  let logs: f64 = 0;
  for (let from: usize = 0; from < units; from += LOG_EVERY) {
    // The product in f64, as four partial products.
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
 * ln x for x ≥ 1, with an error below 1e-15; NaN and infinity are returned unchanged. With x = m·2^e and m between √½
 * and √2, ln x = e·ln 2 + ln m and ln m = 2·atanh(s) = 2·(s + s³/3 + s⁵/5 + …) with s = (m − 1)/(m + 1). Adding the
 * distance of √½ to 1 to the bits of x carries into the exponent exactly if the mantissa is above √2, so that e is the
 * exponent of the sum.
 */
function logarithm(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<u64>(x) + ONE_ABOVE_ROOT_HALF;
  const exponent = <i32>(bits >> 52) - 1023;
  const mantissa = reinterpret<f64>(reinterpret<u64>(x) - ((<u64>exponent) << 52));
  // The series in t = s², by Horner's rule.
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
