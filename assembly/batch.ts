// Gathers rows of the dataset into a mini-batch. `order` is the address of `count` row numbers (u32), or 0 for the
// first `count` rows in sequence. Rows of the dataset are not padded. Rows of the batch are padded to a multiple of 16
// floats; the padding is not written, since the kernels never read it. Only the batch (`x`, `y`) is written.

import { assertAligned, assertSizes, rowBytes } from "./simd";

/** The dataset's row number of the batch's row `i`. */
export function rowNumber(order: usize, i: usize): usize {
  return order === 0 ? i : <usize>load<u32>(order + (i << 2));
}

/** X[count][width] = scale·rows, for a dataset of bytes (u8). */
export function gatherU8(x: usize, rows: usize, order: usize, count: usize, width: usize, scale: f32): void {
  assertAligned(x);
  assertSizes(count, 1, width);
  const stride = rowBytes(width);
  const whole = width & ~15;
  for (let i: usize = 0; i < count; i++) {
    const row = rows + rowNumber(order, i) * width;
    let k: usize = 0;
    // Sixteen bytes at a time as far as the row reaches, then one by one: reading past the row could leave the memory.
    for (; k < whole; k += 16) widen16(x + (k << 2), row + k, f32x4.splat(scale));
    for (; k < width; k++) store<f32>(x + (k << 2), scale * <f32>load<u8>(row + k));
    x += stride;
  }
}

/** Converts sixteen bytes to sixteen floats times `scale`. */
function widen16(x: usize, bytes: usize, scale: v128): void {
  const v = v128.load(bytes);
  const low = i16x8.extend_low_i8x16_u(v);
  const high = i16x8.extend_high_i8x16_u(v);
  v128.store(x, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), scale));
  v128.store(x, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), scale), 16);
  v128.store(x, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), scale), 32);
  v128.store(x, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), scale), 48);
}

/** X[count][width] = rows, for a dataset of floats (f32). Target vectors are gathered with it too. */
export function gatherF32(x: usize, rows: usize, order: usize, count: usize, width: usize): void {
  assertAligned(x);
  assertSizes(count, 1, width);
  const stride = rowBytes(width);
  const bytes = width << 2;
  const whole = bytes & ~15;
  for (let i: usize = 0; i < count; i++) {
    const row = rows + rowNumber(order, i) * bytes;
    let k: usize = 0;
    for (; k < whole; k += 16) v128.store(x + k, v128.load(row + k));
    for (; k < bytes; k += 4) store<f32>(x + k, load<f32>(row + k));
    x += stride;
  }
}

/**
 * Y[count][units] = one-hot vectors of the dataset's labels (u32, each below `units`), or with one unit the labels, 0 or 1,
 * themselves; the padding becomes zero.
 */
export function gatherLabels(y: usize, labels: usize, order: usize, count: usize, units: usize): void {
  assertAligned(y);
  assertSizes(count, 1, units);
  const stride = rowBytes(units);
  for (let i: usize = 0; i < count; i++) {
    for (let k: usize = 0; k < stride; k += 16) v128.store(y + k, f32x4.splat(0));
    const label = load<u32>(labels + (rowNumber(order, i) << 2));
    if (units === 1) store<f32>(y, <f32>label);
    else store<f32>(y + ((<usize>label) << 2), 1);
    y += stride;
  }
}
