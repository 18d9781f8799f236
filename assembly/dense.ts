// The three products of a dense layer. W and G are panels [ceil(units/16)][inputs][16]; X, D and Z have padded rows.
// `from` and `to` are panel numbers: a thread computes only its own. Register tiles come from `tiles.mjs`, written by the
// build; each element is summed in one fixed order, so the choice of tile changes no bit. Tiles are called from two places
// each: the optimizer would inline one called from a single place, and its sums would no longer fit V8's registers (measured
// on the plain build: 25 instead of 41 GFLOP/s).

import {
  forwardTile4x8,
  forwardTile4x16,
  forwardTile5x8,
  forwardTile6x8,
  gradientTile1x16,
  gradientTile5x8,
  gradientTile6x8,
  inputGradientTile2x1,
  inputGradientTile2x4,
  inputGradientTile2x6,
  inputGradientTile3x1,
  inputGradientTile3x4,
} from "../build/tiles";
import { LINEAR, PANEL, SOFTMAX } from "../src/abi";
import { activateRows, dActivate } from "./activation";
import { assertAligned, assertPanels, assertSizes, clearPadding, rowBytes } from "./simd";

const PANEL_BYTES: usize = PANEL * 4;
const HALF: usize = PANEL_BYTES / 2;

/** A[rows][units] = S(b + X[rows][inputs]·W) for units of panels `from` to `to`; softmax is left as logits. */
export function denseForward(
  a: usize,
  x: usize,
  w: usize,
  b: usize,
  rows: usize,
  inputs: usize,
  units: usize,
  from: usize,
  to: usize,
  activation: i32,
): void {
  assertAligned(a | x | w | b);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, units);
  const xStride = rowBytes(inputs);
  const aStride = rowBytes(units);
  for (let panel = from; panel < to; panel++) {
    const column = panel * PANEL_BYTES;
    for (let row: usize = 0; row < rows; ) {
      const left = rows - row;
      const height = forwardHeight(left);
      const count = min(height, left);
      const at = a + row * aStride + column;
      forwardRows(height, at, aStride, x + row * xStride, xStride, w + column * inputs, b + column, inputs, count);
      if (activation !== LINEAR && activation !== SOFTMAX) activateRows(at, aStride, count, PANEL, activation);
      row += count;
    }
  }
}

/** Rows of the next forward tile, such that few are computed twice. */
function forwardHeight(left: usize): usize {
  if (left <= 4 || left === 7 || left === 8) return 4;
  if (left === 5 || left === 9 || left === 10) return 5;
  return ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
}

/** One panel's 16 units of one tile's rows. */
function forwardRows(
  height: usize,
  a: usize,
  aStride: usize,
  x: usize,
  xStride: usize,
  w: usize,
  b: usize,
  inputs: usize,
  count: usize,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD && height === 4) {
    forwardTile4x16(a, aStride, x, xStride, w, b, inputs, count);
    return;
  }
  if (height === 4) {
    forwardTile4x8(a, aStride, x, xStride, w, b, inputs, count);
    forwardTile4x8(a + HALF, aStride, x, xStride, w + HALF, b + HALF, inputs, count);
  } else if (height === 5) {
    forwardTile5x8(a, aStride, x, xStride, w, b, inputs, count);
    forwardTile5x8(a + HALF, aStride, x, xStride, w + HALF, b + HALF, inputs, count);
  } else {
    forwardTile6x8(a, aStride, x, xStride, w, b, inputs, count);
    forwardTile6x8(a + HALF, aStride, x, xStride, w + HALF, b + HALF, inputs, count);
  }
}

/** dX[rows][inputs] = D[rows][units]·Wᵀ times dS(x), x being the outputs of the layer below; inputs of panels `from` to `to`. */
export function denseInputGradient(
  dx: usize,
  d: usize,
  w: usize,
  x: usize,
  rows: usize,
  inputs: usize,
  units: usize,
  from: usize,
  to: usize,
  activation: i32,
): void {
  assertAligned(dx | d | w | x);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, inputs);
  const dxStride = rowBytes(inputs);
  const first = from * PANEL;
  const end = min(to * PANEL, inputs);
  if (first >= end) return;
  for (let k = first; k < end; ) {
    const width = inputGradientWidth(end - k);
    inputGradientColumns(
      width,
      dx + (k << 2),
      dxStride,
      d,
      rowBytes(units),
      w + k * PANEL_BYTES,
      inputs * PANEL_BYTES,
      rows,
    );
    k += width;
  }
  dActivate(dx + (first << 2), x + (first << 2), rows, end - first, dxStride, activation);
  // What the block held before may lie in the padding, and a slope taken from padding may be NaN.
  if (end === inputs) for (let row: usize = 0; row < rows; row++) clearPadding(dx + row * dxStride, inputs);
}

function inputGradientWidth(left: usize): usize {
  if (left < 4) return 1;
  return ASC_FEATURE_RELAXED_SIMD && left >= 6 ? 6 : 4;
}

function inputGradientColumns(
  width: usize,
  dx: usize,
  dxStride: usize,
  d: usize,
  dStride: usize,
  w: usize,
  panelBytes: usize,
  rows: usize,
): void {
  const height: usize = ASC_FEATURE_RELAXED_SIMD ? 2 : 3;
  let row: usize = 0;
  for (; row + height <= rows; row += height) {
    inputGradientRows(width, dx + row * dxStride, dxStride, d + row * dStride, dStride, w, panelBytes, height);
  }
  if (row < rows) {
    inputGradientRows(width, dx + row * dxStride, dxStride, d + row * dStride, dStride, w, panelBytes, rows - row);
  }
}

function inputGradientRows(
  width: usize,
  dx: usize,
  dxStride: usize,
  d: usize,
  dStride: usize,
  w: usize,
  panelBytes: usize,
  count: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (width === 6) inputGradientTile2x6(dx, dxStride, d, dStride, w, panelBytes, count);
    else if (width === 4) inputGradientTile2x4(dx, dxStride, d, dStride, w, panelBytes, count);
    else inputGradientTile2x1(dx, dxStride, d, dStride, w, panelBytes, count);
  } else {
    if (width === 4) inputGradientTile3x4(dx, dxStride, d, dStride, w, panelBytes, count);
    else inputGradientTile3x1(dx, dxStride, d, dStride, w, panelBytes, count);
  }
}

/**
 * G += X[rows][inputs]ᵀ·D[rows][units] and g += Σ D, for panels `from` to `to`: the kernel that learns. With D scaled by
 * −rate / batch beforehand, G and g may be the weights and biases themselves.
 */
export function accumulateGradient(
  g: usize,
  gBias: usize,
  x: usize,
  d: usize,
  rows: usize,
  inputs: usize,
  units: usize,
  from: usize,
  to: usize,
): void {
  assertAligned(g | gBias | x | d);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, units);
  const xStride = rowBytes(inputs);
  const dStride = rowBytes(units);
  const height: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
  for (let panel = from; panel < to; panel++) {
    const column = panel * PANEL_BYTES;
    const at = g + column * inputs;
    let k: usize = 0;
    for (; k + height <= inputs; k += height) {
      gradientRows(at + k * PANEL_BYTES, x + (k << 2), xStride, d + column, dStride, rows);
    }
    for (; k < inputs; k++) gradientTile1x16(at + k * PANEL_BYTES, x + (k << 2), xStride, d + column, dStride, rows);
    accumulateBias(gBias + column, d + column, rows, dStride);
  }
}

/** Several inputs by one panel's 16 units. */
function gradientRows(g: usize, x: usize, xStride: usize, d: usize, dStride: usize, rows: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    gradientTile6x8(g, x, xStride, d, dStride, rows);
    gradientTile6x8(g + HALF, x, xStride, d + HALF, dStride, rows);
  } else {
    gradientTile5x8(g, x, xStride, d, dStride, rows);
    gradientTile5x8(g + HALF, x, xStride, d + HALF, dStride, rows);
  }
}

/** g[16] += Σ D over the samples, ascending. */
function accumulateBias(g: usize, d: usize, rows: usize, dStride: usize): void {
  let g0 = v128.load(g);
  let g1 = v128.load(g, 16);
  let g2 = v128.load(g, 32);
  let g3 = v128.load(g, 48);
  for (; rows > 0; rows--) {
    g0 = f32x4.add(g0, v128.load(d));
    g1 = f32x4.add(g1, v128.load(d, 16));
    g2 = f32x4.add(g2, v128.load(d, 32));
    g3 = f32x4.add(g3, v128.load(d, 48));
    d += dStride;
  }
  v128.store(g, g0);
  v128.store(g, g1, 16);
  v128.store(g, g2, 32);
  v128.store(g, g3, 48);
}
