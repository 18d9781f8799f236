// Dropout (Srivastava et al., JMLR 2014), in its inverted form: in training, a unit's output is set to 0 with
// probability `rate`, and otherwise divided by 1 − rate, so that inference needs no change.
//
// The mask is a function of seed, epoch, layer, sample and unit. It is not stored: the backward pass computes it again.
// Random words come from Philox4x32-10 as in `random.ts`, four blocks at once, one per lane: word w of block 4·panel +
// lane belongs to unit 16·panel + 4·w + lane.

import { LINEAR } from "../build/codes";
import { DROPOUT_STREAM, EPOCH, SEED_HIGH, SEED_LOW } from "../src/abi";
import { dActivation4, scaledDelta4 } from "./activation";
import { assertAligned, assertPanels, assertSizes, clearPadding, PANEL_BYTES, rowBytes } from "./simd";

/**
 * Applies dropout to A[rows][units], in place, for units of panels `from` to `to`. `order` is the address of the
 * samples' numbers in the dataset (u32), `layer` the layer's number, `settings` as in `optimizer.ts`.
 */
export function dropout(
  a: usize,
  order: usize,
  rows: usize,
  units: usize,
  from: usize,
  to: usize,
  layer: i32,
  rate: f64,
  settings: usize,
): void {
  applyMask(0, a, order, rows, units, from, to, layer, rate, 1, LINEAR, 0, settings);
}

/**
 * Multiplies D[rows][units] by the same factors and by S′, in place; results below 1e-30 become zero. S′ is computed
 * from A: the outputs after dropout or, with `ofSums`, the layer's z, which dropout does not change.
 */
export function dDropout(
  d: usize,
  a: usize,
  order: usize,
  rows: usize,
  units: usize,
  from: usize,
  to: usize,
  layer: i32,
  rate: f64,
  activation: i32,
  parameter: f32,
  ofSums: bool,
  settings: usize,
): void {
  const original: f32 = ofSums ? 1 : <f32>(1 - rate);
  applyMask(d, a, order, rows, units, from, to, layer, rate, original, activation, parameter, settings);
  if (to * PANEL_BYTES !== rowBytes(units)) return;
  // The padding of A may hold anything, so slopes there may be NaN.
  for (let row: usize = 0; row < rows; row++) clearPadding(d + row * rowBytes(units), units);
}

/**
 * Both of the above: changes A if `d` is 0, otherwise D. `originalScale` times A is what S′ is computed from: it undoes
 * the division by 1 − rate.
 */
function applyMask(
  d: usize,
  a: usize,
  order: usize,
  rows: usize,
  units: usize,
  from: usize,
  to: usize,
  layer: i32,
  rate: f64,
  originalScale: f32,
  activation: i32,
  parameter: f32,
  settings: usize,
): void {
  assertAligned(d | a);
  assertSizes(rows, 1, units);
  assertPanels(from, to, units);
  // A unit is kept if its random word is at least rate·2^32.
  const least = i32x4.splat(<i32>(<u32>(rate * 4294967296)));
  const scale = f32x4.splat(<f32>(1 / (1 - rate)));
  const original = f32x4.splat(originalScale);
  const low = <i32>(<u32>load<f64>(settings + (SEED_LOW << 3)));
  const high = <i32>(<u32>load<f64>(settings + (SEED_HIGH << 3)));
  const epoch = i32x4.splat(<i32>(<u32>load<f64>(settings + (EPOCH << 3))));
  for (let row: usize = 0; row < rows; row++) {
    const sample = i32x4.splat(load<i32>(order + (row << 2)));
    for (let panel = from; panel < to; panel++) {
      // The counters: sample, layer and block, epoch, stream. The layer has 12 bits, the block 20.
      let x0 = sample;
      let x1 = i32x4.add(i32x4.splat((layer << 20) | ((<i32>panel) << 2)), i32x4(0, 1, 2, 3));
      let x2 = epoch;
      let x3 = i32x4.splat(DROPOUT_STREAM);
      let key0 = low;
      let key1 = high;
      // The rounds of `philox` in `random.ts`, on four blocks.
      for (let round = 0; round < 10; round++) {
        const even0 = i64x2.extmul_low_i32x4_u(x0, i32x4.splat(0xd2511f53));
        const odd0 = i64x2.extmul_high_i32x4_u(x0, i32x4.splat(0xd2511f53));
        const even1 = i64x2.extmul_low_i32x4_u(x2, i32x4.splat(0xcd9e8d57));
        const odd1 = i64x2.extmul_high_i32x4_u(x2, i32x4.splat(0xcd9e8d57));
        x0 = v128.xor(v128.xor(upper(even1, odd1), x1), i32x4.splat(key0));
        x2 = v128.xor(v128.xor(upper(even0, odd0), x3), i32x4.splat(key1));
        x1 = lower(even1, odd1);
        x3 = lower(even0, odd0);
        key0 += 0x9e3779b9;
        key1 += 0xbb67ae85;
      }
      const at = row * rowBytes(units) + panel * PANEL_BYTES;
      const delta: usize = d === 0 ? 0 : d + at;
      dropFour(delta, a + at, 0, i32x4.ge_u(x0, least), scale, original, activation, parameter);
      dropFour(delta, a + at, 16, i32x4.ge_u(x1, least), scale, original, activation, parameter);
      dropFour(delta, a + at, 32, i32x4.ge_u(x2, least), scale, original, activation, parameter);
      dropFour(delta, a + at, 48, i32x4.ge_u(x3, least), scale, original, activation, parameter);
    }
  }
}

/** The upper words of four 64-bit products: two from each argument. */
function upper(even: v128, odd: v128): v128 {
  return i32x4.shuffle(even, odd, 1, 3, 5, 7);
}

/** The lower words of four 64-bit products. */
function lower(even: v128, odd: v128): v128 {
  return i32x4.shuffle(even, odd, 0, 2, 4, 6);
}

/**
 * Four units at byte `offset`. `kept` has all bits set in the lanes of units that are kept, `scale` is 1 / (1 − rate).
 */
function dropFour(
  d: usize,
  a: usize,
  offset: usize,
  kept: v128,
  scale: v128,
  original: v128,
  activation: i32,
  parameter: f32,
): void {
  const value = v128.load(a + offset);
  if (d === 0) {
    v128.store(a + offset, v128.and(f32x4.mul(value, scale), kept));
    return;
  }
  const slope = f32x4.mul(dActivation4(f32x4.mul(value, original), activation, parameter), scale);
  v128.store(d + offset, scaledDelta4(v128.load(d + offset), v128.and(slope, kept)));
}
