// The products of an input layer whose rows come as lists of their non-zero inputs. Exact: a zero input adds nothing, and
// the others are summed in the order of the dense products.
//
//   row list      {64·input (u32), value (f32)} over ascending inputs; 64 bytes are one input's row of a panel of weights
//   column list   {offset of the sample's row of deltas (u32), value (f32)} over ascending samples, one list an input
//
// A row list runs from the first to before the second address (u32 each) of its span. Column lists start `stride` bytes apart;
// each ends at the address (u32) among `ends`. `from` and `to` are panel numbers, or input numbers where that is said.

import {
  sparseForwardTile1,
  sparseForwardTile2,
  sparseForwardTile3,
  sparseGradientTile1,
  sparseGradientTile2,
  sparseGradientTile3,
  sparseRowsTile1,
  sparseRowsTile2,
} from "../build/tiles";
import { ENTRY_BYTES, LINEAR, PANEL, SOFTMAX, SPAN_BYTES } from "../src/abi";
import { activateRows } from "./activation";
import { rowNumber } from "./batch";
import { assertAligned, assertInputs, assertPanels, assertSizes, PANEL_BYTES, panelBytes, rowBytes } from "./simd";

/** Row lists of `count` rows of bytes, values times `scale`, one right after the other, and their spans. */
export function listRowsU8(
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

/** A bit for each of 64 bytes that is not zero. */
function nonZeroBytes(bytes: usize): u64 {
  const zero = i8x16.splat(0);
  const a = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes), zero));
  const b = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes, 16), zero));
  const c = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes, 32), zero));
  const d = <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes, 48), zero));
  return <u64>(a | (b << 16)) | ((<u64>(c | (d << 16))) << 32);
}

/** Writes one entry of a row list, and gives the address of the next. */
function append(entry: usize, input: usize, value: f32): usize {
  store<u64>(entry, <u64>(input * PANEL_BYTES) | ((<u64>reinterpret<u32>(value)) << 32));
  return entry + ENTRY_BYTES;
}

/** The same of rows of floats; −0 counts as zero. */
export function listRowsF32(lists: usize, spans: usize, rows: usize, order: usize, count: usize, width: usize): void {
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
 * Spans of `count` rows out of those of all that are kept. Gives a sum over a word of each cache line of their lists, which means
 * nothing: lists of a shuffled dataset are far away, and reading ahead in them all at once takes less time than a product would
 * wait for one after the other.
 */
export function gatherSpans(spans: usize, kept: usize, order: usize, count: usize): u32 {
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

/** How many of the `width` bytes of each of `count` rows are not zero (u32). */
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

/** How many of the `width` floats of each of `count` rows are not zero (u32). */
export function countNonZeroF32(counts: usize, rows: usize, count: usize, width: usize): void {
  for (let i: usize = 0; i < count; i++) {
    let sum: u32 = 0;
    for (let k: usize = 0; k < width; k++) if (load<f32>(rows + (k << 2)) !== 0) sum++;
    store<u32>(counts + (i << 2), sum);
    rows += width << 2;
  }
}

/** Column lists of the inputs `from` to `to` out of row lists; the rows of deltas that they point at hold `units` floats. */
export function listColumns(
  columns: usize,
  ends: usize,
  spans: usize,
  rows: usize,
  units: usize,
  columnStride: usize,
  from: usize,
  to: usize,
): void {
  for (let k = from; k < to; k++) store<u32>(ends + (k << 2), <u32>(columns + k * columnStride));
  const limit = <u32>(to * PANEL_BYTES);
  const deltaStride = rowBytes(units);
  for (let i: usize = 0; i < rows; i++) {
    const list = <usize>load<u32>(spans + i * SPAN_BYTES);
    const end = <usize>load<u32>(spans + i * SPAN_BYTES, 4);
    const delta = <u64>(i * deltaStride);
    for (let entry = firstAt(list, end, from); entry < end && load<u32>(entry) < limit; entry += ENTRY_BYTES) {
      const pair = load<u64>(entry);
      const slot = ends + <usize>(<u32>pair >> 4);
      const at = <usize>load<u32>(slot);
      store<u64>(at, (pair & 0xffffffff00000000) | delta);
      store<u32>(slot, <u32>(at + ENTRY_BYTES));
    }
  }
}

/** The first entry of a row list whose input is `from` or later, by bisection. */
function firstAt(entry: usize, end: usize, from: usize): usize {
  if (from === 0) return entry;
  const wanted = <u32>(from * PANEL_BYTES);
  while (entry < end) {
    const middle = entry + (((end - entry) >> 4) << 3);
    if (load<u32>(middle) < wanted) entry = middle + ENTRY_BYTES;
    else end = middle;
  }
  return entry;
}

/** Panels of the next tile of `left`: as many as the registers hold, such that none stands alone. */
function tilePanels(left: usize, most: usize): usize {
  return left === 4 ? 2 : min(left, most);
}

/** Panels that a forward tile holds best: fused, two leave registers for what V8 loads ahead. */
const MOST_PANELS: usize = ASC_FEATURE_RELAXED_SIMD ? 2 : 3;

/**
 * A[rows][units] = S(b + X·W) for units of panels `from` to `to`, X by its rows' spans; softmax is left as logits. `wide` as in
 * `denseForward`.
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
  wide: bool,
): void {
  assertAligned(a | w | b);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, units);
  const aStride = rowBytes(units);
  const panelStride = panelBytes(inputs);
  for (let panel = from; panel < to; ) {
    const panels = tilePanels(to - panel, wide ? 3 : MOST_PANELS);
    const column = panel * PANEL_BYTES;
    const at = a + column;
    const weights = w + panel * panelStride;
    const biases = b + column;
    if (panels === 3) sparseForwardTile3(at, aStride, spans, weights, panelStride, biases, rows);
    else if (panels === 2) sparseForwardTile2(at, aStride, spans, weights, panelStride, biases, rows);
    else sparseForwardTile1(at, aStride, spans, weights, panelStride, biases, rows);
    if (activation !== LINEAR && activation !== SOFTMAX) activateRows(at, aStride, rows, panels * PANEL, activation);
    panel += panels;
  }
}

/**
 * G += X[rows][inputs]ᵀ·D[rows][units] for units of panels `from` to `to` and inputs `first` to `end`, X as column lists.
 * Inputs without a sample stay as they are.
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

/** The same sums by X's row lists, without column lists: faster for few samples. */
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
    const begin = firstAt(<usize>load<u32>(spans + row * SPAN_BYTES), after, first);
    const finish = end === inputs ? after : firstAt(begin, after, end);
    for (let panel = from; panel < to; ) {
      const at = g + panel * panelStride;
      const deltas = d + row * dStride + panel * PANEL_BYTES;
      if (to - panel > 1) sparseRowsTile2(at, panelStride, begin, finish, deltas);
      else sparseRowsTile1(at, panelStride, begin, finish, deltas);
      panel += min<usize>(to - panel, 2);
    }
  }
}
