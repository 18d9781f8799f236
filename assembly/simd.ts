// Vector helpers that the kernels share. A vector (v128) is four floats; a panel row is `PANEL` = 16 floats, four
// vectors.

import { PANEL } from "../src/abi";

/** Bytes of a row of `n` floats, padded to a multiple of `PANEL`. */
export function rowBytes(n: usize): usize {
  return ((n + PANEL - 1) & ~(PANEL - 1)) << 2;
}

/** Bytes of one input's row in a panel of weights: one cache line. */
export const PANEL_BYTES: usize = PANEL * 4;

/**
 * Bytes from one panel to the next. The number of rows is rounded up to an odd one: with a power of two, an input's
 * rows in all panels would map to the same few sets of the cache.
 */
export function panelBytes(inputs: usize): usize {
  return (inputs | 1) * PANEL_BYTES;
}

/** a·b + c: one fused operation in the relaxed build, a rounded product and a rounded sum in the plain one. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** The sums of the lanes of a, b, c and d, each as (0+1)+(2+3). */
export function laneSums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(f32x4.shuffle(a, b, 0, 2, 4, 6), f32x4.shuffle(a, b, 1, 3, 5, 7));
  const cd = f32x4.add(f32x4.shuffle(c, d, 0, 2, 4, 6), f32x4.shuffle(c, d, 1, 3, 5, 7));
  return f32x4.add(f32x4.shuffle(ab, cd, 0, 2, 4, 6), f32x4.shuffle(ab, cd, 1, 3, 5, 7));
}

/** (0+1)+(2+3) of the lanes of a. */
export function laneSum(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/** A mask with all bits set in those of the four lanes `i` … `i` + 3 whose index is below `n`. */
export function lanesBelow(i: usize, n: usize): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(<i32>i), i32x4(0, 1, 2, 3)), i32x4.splat(<i32>n));
}

/** Sets the padding of one row of `n` floats to zero. Masked rather than multiplied: the padding may hold NaN. */
export function clearPadding(row: usize, n: usize): void {
  const last = row + ((n & ~3) << 2);
  const end = row + rowBytes(n);
  if (last < end) v128.store(last, v128.and(v128.load(last), lanesBelow(n & ~3, n)));
  for (let at = last + 16; at < end; at += 16) v128.store(at, f32x4.splat(0));
}

// Guards of the debug build; in the other builds `assert` compiles to nothing. Several addresses are checked at once as
// their bitwise OR, whose low bits are zero only if those of each address are.

export function assertAligned(addresses: usize): void {
  assert((addresses & 15) === 0, "addresses must be multiples of 16");
}

export function assertSizes(rows: usize, inputs: usize, units: usize): void {
  assert(rows >= 1 && inputs >= 1 && units >= 1, "rows, inputs and units must be at least 1");
}

export function assertPanels(from: usize, to: usize, n: usize): void {
  assert(from <= to && to <= (n + PANEL - 1) / PANEL, "panels must run from `from` up to `to`, within the layer");
}

export function assertInputs(first: usize, end: usize, inputs: usize): void {
  assert(first <= end && end <= inputs, "inputs must run upwards within the layer");
}
