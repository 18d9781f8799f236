// The products of an input layer whose inputs X are stored sparsely. The sums are those of the dense products: a zero
// input adds nothing, and the non-zero ones are added in the same order.
//
// Compressed sparse rows (CSR): one list per sample, over ascending inputs. `lists` holds the entries, `spans` the row
// pointers {address of the first entry, address behind the last} (u32 each). An entry is
//
//   {64·input (u32), value (f32)}                             64 bytes are one input's row in a panel of weights
//
// Compressed sparse columns (CSC): one list per input, over ascending samples. Lists start `stride` bytes apart from
// `columns` on, so that none has to be counted before the others are filled; `ends` holds the address (u32) behind each
// list's last entry. An entry is
//
//   {offset of the sample's row of deltas (u32), value (f32)}
//
// Both store offsets in bytes instead of indices, which saves the products a multiplication per entry. `from` and `to`
// are panel numbers of the units, `first` and `end` input numbers: each thread computes only its own range.

import { LINEAR, SOFTMAX } from "../build/codes";
import {
  sparseForwardTile1,
  sparseForwardTile2,
  sparseForwardTile3,
  sparseGradientRowsTile1,
  sparseGradientRowsTile2,
  sparseGradientTile1,
  sparseGradientTile2,
  sparseGradientTile3,
} from "../build/tiles";
import { ENTRY_BYTES, PANEL, SPAN_BYTES } from "../src/abi";
import { activateRows } from "./activation";
import { rowNumber } from "./batch";
import { assertAligned, assertInputs, assertPanels, assertSizes, PANEL_BYTES, panelBytes, rowBytes } from "./simd";

/**
 * Writes `count` rows of bytes as sparse rows (CSR): entries of value·`scale` to `lists`, one row directly behind the
 * other, and row pointers to `spans`. `rows` is the dataset [·][width]; `order` holds the row numbers (u32), or is 0
 * for the first rows.
 */
export function sparseRowsU8(
  lists: usize,
  spans: usize,
  rows: usize,
  order: usize,
  count: usize,
  width: usize,
  scale: f32,
): void {
  assertSizes(count, width, 1);
  const whole = width & ~63;
  let entry = lists;
  // 64 inputs at a time as a bit mask, so that a run of zeros costs one comparison and only non-zero inputs take a
  // branch.
  for (let i: usize = 0; i < count; i++) {
    const row = rows + rowNumber(order, i) * width;
    store<u32>(spans + i * SPAN_BYTES, <u32>entry);
    for (let k: usize = 0; k < whole; k += 64) {
      for (let mask = nonZeroBytes(row + k); mask !== 0; mask &= mask - 1) {
        const input = k + <usize>ctz(mask);
        entry = append(entry, input, scale * <f32>load<u8>(row + input));
      }
    }
    for (let k = whole; k < width; k++) {
      const value = load<u8>(row + k);
      if (value !== 0) entry = append(entry, k, scale * <f32>value);
    }
    store<u32>(spans + i * SPAN_BYTES, <u32>entry, 4);
  }
}

/** A mask of 64 bits: bit i is set if byte i is non-zero. */
function nonZeroBytes(bytes: usize): u64 {
  const zero = i8x16.splat(0);
  const a = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes), zero));
  const b = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes, 16), zero));
  const c = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes, 32), zero));
  const d = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes, 48), zero));
  return <u64>(a | (b << 16)) | ((<u64>(c | (d << 16))) << 32);
}

/** Writes one CSR entry and returns the address of the next. */
function append(entry: usize, input: usize, value: f32): usize {
  store<u64>(entry, <u64>(input * PANEL_BYTES) | ((<u64>reinterpret<u32>(value)) << 32));
  return entry + ENTRY_BYTES;
}

/** The same for rows of floats [·][width], unscaled. −0 counts as zero; NaN does not. */
export function sparseRowsF32(lists: usize, spans: usize, rows: usize, order: usize, count: usize, width: usize): void {
  assertSizes(count, width, 1);
  const whole = width & ~3;
  let entry = lists;
  for (let i: usize = 0; i < count; i++) {
    const row = rows + rowNumber(order, i) * (width << 2);
    store<u32>(spans + i * SPAN_BYTES, <u32>entry);
    for (let k: usize = 0; k < whole; k += 4) {
      const values = v128.load(row + (k << 2));
      for (let mask = i32x4.bitmask(f32x4.ne(values, f32x4.splat(0))); mask !== 0; mask &= mask - 1) {
        const input = k + <usize>ctz(mask);
        entry = append(entry, input, load<f32>(row + (input << 2)));
      }
    }
    for (let k = whole; k < width; k++) {
      const value = load<f32>(row + (k << 2));
      if (value !== 0) entry = append(entry, k, value);
    }
    store<u32>(spans + i * SPAN_BYTES, <u32>entry, 4);
  }
}

/**
 * Gathers the row pointers of a mini-batch: `spans`[count] from `kept`, those of the whole dataset, by the numbers in
 * `order`. Entries are not copied. One word of each cache line of the rows' entries is read ahead: rows of a shuffled
 * dataset are rarely in the cache, and fetching them all at once is faster than letting the product wait for each in
 * turn. The sum of those words is returned only so that the compiler keeps the reads; it has no meaning.
 */
export function gatherSparseRows(spans: usize, kept: usize, order: usize, count: usize): u32 {
  assertSizes(count, 1, 1);
  let touched: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    const span = kept + rowNumber(order, i) * SPAN_BYTES;
    const begin = <usize>load<u32>(span);
    const end = <usize>load<u32>(span, 4);
    store<u32>(spans + i * SPAN_BYTES, <u32>begin);
    store<u32>(spans + i * SPAN_BYTES, <u32>end, 4);
    for (let line = begin; line < end; line += 64) touched += load<u32>(line);
  }
  return touched;
}

/** counts[count] (u32) = the number of non-zero bytes of each row of `rows`[count][width]. */
export function countNonZeroU8(counts: usize, rows: usize, count: usize, width: usize): void {
  const whole = width & ~63;
  for (let i: usize = 0; i < count; i++) {
    let sum: u64 = 0;
    for (let k: usize = 0; k < whole; k += 64) sum += popcnt(nonZeroBytes(rows + k));
    for (let k = whole; k < width; k++) if (load<u8>(rows + k) !== 0) sum++;
    store<u32>(counts + (i << 2), <u32>sum);
    rows += width;
  }
}

/** counts[count] (u32) = the number of non-zero floats of each row of `rows`[count][width]. */
export function countNonZeroF32(counts: usize, rows: usize, count: usize, width: usize): void {
  for (let i: usize = 0; i < count; i++) {
    let sum: u32 = 0;
    for (let k: usize = 0; k < width; k++) if (load<f32>(rows + (k << 2)) !== 0) sum++;
    store<u32>(counts + (i << 2), sum);
    rows += width << 2;
  }
}

/**
 * Transposes the sparse rows of a mini-batch: writes the sparse columns (CSC) of inputs `from` to `to` and their
 * `ends`. The entries refer to rows of deltas D[rows][units].
 */
export function sparseColumns(
  columns: usize,
  ends: usize,
  spans: usize,
  rows: usize,
  units: usize,
  columnStride: usize,
  from: usize,
  to: usize,
): void {
  // Each list is empty at first; `ends` serves as the place of its next entry.
  for (let k = from; k < to; k++) store<u32>(ends + (k << 2), <u32>(columns + k * columnStride));
  const limit = <u32>(to * PANEL_BYTES);
  const deltaStride = rowBytes(units);
  for (let i: usize = 0; i < rows; i++) {
    const list = <usize>load<u32>(spans + i * SPAN_BYTES);
    const end = <usize>load<u32>(spans + i * SPAN_BYTES, 4);
    const delta = <u64>(i * deltaStride);
    for (let entry = firstAt(list, end, from); entry < end && load<u32>(entry) < limit; entry += ENTRY_BYTES) {
      const pair = load<u64>(entry);
      // 64·input / 16 is the byte offset of input's u32 in `ends`.
      const slot = ends + <usize>(<u32>pair >> 4);
      const at = <usize>load<u32>(slot);
      store<u64>(at, (pair & 0xffffffff00000000) | delta);
      store<u32>(slot, <u32>(at + ENTRY_BYTES));
    }
  }
}

/** The address of a row's first entry with an input of at least `from`, by bisection between `entry` and `end`. */
function firstAt(entry: usize, end: usize, from: usize): usize {
  if (from === 0) return entry;
  const wanted = <u32>(from * PANEL_BYTES);
  while (entry < end) {
    // Half of the distance, rounded down to whole entries of 8 bytes.
    const middle = entry + (((end - entry) >> 4) << 3);
    if (load<u32>(middle) < wanted) entry = middle + ENTRY_BYTES;
    else end = middle;
  }
  return entry;
}

/**
 * Panels of the next tile of `left` remaining ones, at most `most`. Four are split 2 + 2, since 3 + 1 leaves a slow
 * tile of one.
 */
function tilePanels(left: usize, most: usize): usize {
  return left === 4 ? 2 : min(left, most);
}

/**
 * Panels of the fastest forward tile: with fused multiply-adds V8 keeps loads in registers, for which two panels leave
 * room.
 */
const MOST_PANELS: usize = ASC_FEATURE_RELAXED_SIMD ? 2 : 3;

/**
 * A[rows][units] = S(b + X·W) for units of panels `from` to `to`, X as sparse rows (CSR). For softmax the logits are
 * written, without S. `wide` as in `denseForward`.
 */
export function sparseForward(
  a: usize,
  spans: usize,
  w: usize,
  b: usize,
  rows: usize,
  inputs: usize,
  units: usize,
  from: usize,
  to: usize,
  activation: i32,
  parameter: f32,
  wide: bool,
): void {
  assertAligned(a | w | b);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, units);
  const aStride = rowBytes(units);
  const panelStride = panelBytes(inputs);
  const activates = activation !== LINEAR && activation !== SOFTMAX;
  for (let panel = from; panel < to; ) {
    const panels = tilePanels(to - panel, wide ? 3 : MOST_PANELS);
    const column = panel * PANEL_BYTES;
    const at = a + column;
    const weights = w + panel * panelStride;
    const biases = b + column;
    if (panels === 3) sparseForwardTile3(at, aStride, spans, weights, panelStride, biases, rows);
    else if (panels === 2) sparseForwardTile2(at, aStride, spans, weights, panelStride, biases, rows);
    else sparseForwardTile1(at, aStride, spans, weights, panelStride, biases, rows);
    if (activates) activateRows(at, aStride, rows, panels * PANEL, activation, parameter);
    panel += panels;
  }
}

/**
 * G += X[rows][inputs]ᵀ·D[rows][units] for units of panels `from` to `to` and inputs `first` to `end`, X as sparse
 * columns (CSC) that start `stride` bytes apart. An input that is zero in all samples leaves its row of G unread.
 */
export function sparseGradient(
  g: usize,
  columns: usize,
  ends: usize,
  d: usize,
  inputs: usize,
  units: usize,
  stride: usize,
  from: usize,
  to: usize,
  first: usize,
  end: usize,
): void {
  assertAligned(g | columns | d | stride);
  assertSizes(1, inputs, units);
  assertPanels(from, to, units);
  assertInputs(first, end, inputs);
  const panelStride = panelBytes(inputs);
  for (let panel = from; panel < to; ) {
    const panels = tilePanels(to - panel, 3);
    const at = g + panel * panelStride + first * PANEL_BYTES;
    const lists = columns + first * stride;
    const bounds = ends + (first << 2);
    const deltas = d + panel * PANEL_BYTES;
    if (panels === 3) sparseGradientTile3(at, panelStride, lists, stride, bounds, deltas, end - first);
    else if (panels === 2) sparseGradientTile2(at, panelStride, lists, stride, bounds, deltas, end - first);
    else sparseGradientTile1(at, panelStride, lists, stride, bounds, deltas, end - first);
    panel += panels;
  }
}

/**
 * The same sums from X as sparse rows (CSR). Each entry loads and stores a row of G, but nothing has to be transposed:
 * faster for few samples, whose columns would be short.
 */
export function sparseGradientRows(
  g: usize,
  spans: usize,
  d: usize,
  rows: usize,
  inputs: usize,
  units: usize,
  from: usize,
  to: usize,
  first: usize,
  end: usize,
): void {
  assertAligned(g | d);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, units);
  assertInputs(first, end, inputs);
  const panelStride = panelBytes(inputs);
  const dStride = rowBytes(units);
  for (let row: usize = 0; row < rows; row++) {
    const after = <usize>load<u32>(spans + row * SPAN_BYTES, 4);
    // The part of the row that lies within this thread's inputs.
    const begin = firstAt(<usize>load<u32>(spans + row * SPAN_BYTES), after, first);
    const finish = end === inputs ? after : firstAt(begin, after, end);
    for (let panel = from; panel < to; ) {
      const at = g + panel * panelStride;
      const deltas = d + row * dStride + panel * PANEL_BYTES;
      if (to - panel > 1) sparseGradientRowsTile2(at, panelStride, begin, finish, deltas);
      else sparseGradientRowsTile1(at, panelStride, begin, finish, deltas);
      panel += min<usize>(to - panel, 2);
    }
  }
}
