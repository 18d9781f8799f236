// The three matrix products of a dense layer: forward, weight gradient, input gradient.
//
//   X [rows][inputs], A, Z, D [rows][units]    rows padded to a multiple of 16 floats
//   W, G [ceil(units/16)][inputs|1][16]        panels: 16 units side by side, one row per input; `inputs|1` see `panelBytes`
//   b, g [units]                               padded to a multiple of 16
//
// `from` and `to` are panel numbers: each thread computes only its own. The innermost loops are register tiles, which
// the build generates by `tiles.mjs`. Every element is summed in one fixed order, so the choice of tiles changes no bit
// of the results.
//
// Tiles of 8 columns are called from two places each: the optimizer would inline a function that is called from one
// place, and its sums would no longer fit V8's registers (measured on the plain build: 25 instead of 41 GFLOP/s).

import { LINEAR, SOFTMAX } from "../build/codes";
import {
  forwardPanelsTile1x1,
  forwardPanelsTile1x2,
  forwardPanelsTile1x3,
  forwardPanelsTile2x1,
  forwardPanelsTile3x1,
  forwardTile4x8,
  forwardTile4x16,
  forwardTile5x8,
  forwardTile5x16,
  forwardTile6x8,
  forwardTile6x16,
  gradientTile1x16,
  gradientTile5x8,
  gradientTile6x8,
  gradientTile6x16,
  inputGradientTile2x1,
  inputGradientTile2x4,
  inputGradientTile2x6,
  inputGradientTile3x1,
  inputGradientTile3x4,
} from "../build/tiles";
import { PANEL } from "../src/abi";
import { activateRows, dActivate } from "./activation";
import {
  assertAligned,
  assertInputs,
  assertPanels,
  assertSizes,
  clearPadding,
  PANEL_BYTES,
  panelBytes,
  rowBytes,
} from "./simd";

/** Bytes of half a row of a panel: 8 units. */
const HALF: usize = PANEL_BYTES / 2;
/** Up to this number of rows, each number has tiles of its own. */
const FEW_ROWS: usize = 3;
/**
 * Samples over which a gradient is summed before the next panel; the pages of more would exceed the first-level TLB.
 */
const GRADIENT_ROWS: usize = 64;

/**
 * A[rows][units] = S(b + X[rows][inputs]·W) for units of panels `from` to `to`. For softmax the logits are written,
 * without S, because it needs all units of a row. `wide` selects the tiles for engines that merge pairs of vectors into
 * 256-bit ones. `parameter` is the activation's.
 */
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
  parameter: f32,
  wide: bool,
): void {
  assertAligned(a | x | w | b);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, units);
  const xStride = rowBytes(inputs);
  const aStride = rowBytes(units);
  const weights = w + from * panelBytes(inputs);
  const at = a + from * PANEL_BYTES;
  const biases = b + from * PANEL_BYTES;
  if (rows <= FEW_ROWS) forwardFew(at, aStride, x, xStride, weights, biases, rows, inputs, to - from);
  else {
    for (let panel: usize = 0; panel < to - from; panel++) {
      const column = panel * PANEL_BYTES;
      forwardMany(
        at + column,
        aStride,
        x,
        xStride,
        weights + panel * panelBytes(inputs),
        biases + column,
        inputs,
        rows,
        wide,
      );
    }
  }
  if (activation === LINEAR || activation === SOFTMAX) return;
  activateRows(at, aStride, rows, (to - from) * PANEL, activation, parameter);
}

/**
 * The product for 1 to 3 rows, over `panels` panels. A tile of one panel would have too few independent sums to hide
 * the latency of a multiply-add, so for one row a tile takes several panels.
 */
function forwardFew(
  a: usize,
  aStride: usize,
  x: usize,
  xStride: usize,
  w: usize,
  b: usize,
  rows: usize,
  inputs: usize,
  panels: usize,
): void {
  const stride = panelBytes(inputs);
  for (let width: usize = 0; panels > 0; panels -= width) {
    // Four panels are split 2 + 2: 3 + 1 would leave a slow tile of one.
    width = rows > 1 ? 1 : panels === 4 ? 2 : min<usize>(panels, 3);
    if (rows === 3) forwardPanelsTile3x1(a, aStride, x, xStride, w, stride, b, inputs);
    else if (rows === 2) forwardPanelsTile2x1(a, aStride, x, xStride, w, stride, b, inputs);
    else if (width === 3) forwardPanelsTile1x3(a, aStride, x, xStride, w, stride, b, inputs);
    else if (width === 2) forwardPanelsTile1x2(a, aStride, x, xStride, w, stride, b, inputs);
    else forwardPanelsTile1x1(a, aStride, x, xStride, w, stride, b, inputs);
    a += width * PANEL_BYTES;
    b += width * PANEL_BYTES;
    w += width * stride;
  }
}

/** The product for one panel of 16 units and any number of rows, tile by tile. */
function forwardMany(
  a: usize,
  aStride: usize,
  x: usize,
  xStride: usize,
  w: usize,
  b: usize,
  inputs: usize,
  rows: usize,
  wide: bool,
): void {
  while (rows > 0) {
    const height = forwardHeight(rows, wide);
    const count = min(height, rows);
    forwardRows(height, a, aStride, x, xStride, w, b, inputs, count, wide);
    a += count * aStride;
    x += count * xStride;
    rows -= count;
  }
}

/**
 * Rows of the next tile with `left` rows remaining. The last tile may compute a row twice; the choice keeps that rare.
 */
function forwardHeight(left: usize, wide: bool): usize {
  if (left <= 4 || left === 7 || left === 8) return 4;
  if (left === 5 || left === 9 || left === 10) return 5;
  return wide || ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
}

/** One tile of `height` rows, of which `count` exist, by one panel: as 16 units at once or as two halves. */
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
  wide: bool,
): void {
  if (height === 4) {
    if (wide || !ASC_FEATURE_RELAXED_SIMD) forwardTile4x16(a, aStride, x, xStride, w, b, inputs, count);
    else {
      forwardTile4x8(a, aStride, x, xStride, w, b, inputs, count);
      forwardTile4x8(a + HALF, aStride, x, xStride, w + HALF, b + HALF, inputs, count);
    }
  } else if (height === 5) {
    if (wide) forwardTile5x16(a, aStride, x, xStride, w, b, inputs, count);
    else {
      forwardTile5x8(a, aStride, x, xStride, w, b, inputs, count);
      forwardTile5x8(a + HALF, aStride, x, xStride, w + HALF, b + HALF, inputs, count);
    }
  } else if (wide) {
    forwardTile6x16(a, aStride, x, xStride, w, b, inputs, count);
  } else {
    forwardTile6x8(a, aStride, x, xStride, w, b, inputs, count);
    forwardTile6x8(a + HALF, aStride, x, xStride, w + HALF, b + HALF, inputs, count);
  }
}

/**
 * The deltas of the layer below: dX[rows][inputs] = (D[rows][units]·Wᵀ) times S′, element by element, for inputs of
 * panels `from` to `to`. S′ is computed from x: the outputs of the layer below, or its z if its activation's slope
 * needs z. The padding of dX becomes zero.
 */
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
  parameter: f32,
): void {
  assertAligned(dx | d | w | x);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, inputs);
  const dxStride = rowBytes(inputs);
  const first = from * PANEL;
  const end = min(to * PANEL, inputs);
  // A thread's panels may lie entirely within the padding.
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
      panelBytes(inputs),
      rows,
    );
    k += width;
  }
  dActivate(dx + (first << 2), x + (first << 2), rows, end - first, dxStride, activation, parameter);
  // The block's old content may be in the padding, and a slope computed from padding may be NaN.
  if (end === inputs) for (let row: usize = 0; row < rows; row++) clearPadding(dx + row * dxStride, inputs);
}

/** Inputs of the next tile with `left` inputs remaining. */
function inputGradientWidth(left: usize): usize {
  if (left < 4) return 1;
  return ASC_FEATURE_RELAXED_SIMD && left >= 6 ? 6 : 4;
}

/** `width` inputs (1, 4 or 6) of all rows. */
function inputGradientColumns(
  width: usize,
  dx: usize,
  dxStride: usize,
  d: usize,
  dStride: usize,
  w: usize,
  panelStride: usize,
  rows: usize,
): void {
  const height: usize = ASC_FEATURE_RELAXED_SIMD ? 2 : 3;
  let row: usize = 0;
  for (; row + height <= rows; row += height) {
    inputGradientRows(width, dx + row * dxStride, dxStride, d + row * dStride, dStride, w, panelStride, height);
  }
  if (row < rows) {
    inputGradientRows(width, dx + row * dxStride, dxStride, d + row * dStride, dStride, w, panelStride, rows - row);
  }
}

/** `width` inputs of one tile's rows, of which `count` exist. */
function inputGradientRows(
  width: usize,
  dx: usize,
  dxStride: usize,
  d: usize,
  dStride: usize,
  w: usize,
  panelStride: usize,
  count: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (width === 6) inputGradientTile2x6(dx, dxStride, d, dStride, w, panelStride, count);
    else if (width === 4) inputGradientTile2x4(dx, dxStride, d, dStride, w, panelStride, count);
    else inputGradientTile2x1(dx, dxStride, d, dStride, w, panelStride, count);
  } else {
    if (width === 4) inputGradientTile3x4(dx, dxStride, d, dStride, w, panelStride, count);
    else inputGradientTile3x1(dx, dxStride, d, dStride, w, panelStride, count);
  }
}

/**
 * The weight gradient: G += X[rows][inputs]ᵀ·D[rows][units] for units of panels `from` to `to` and inputs `first` to
 * `end`. If D has been scaled by −rate / batch size, G may be the weights themselves: plain gradient descent in one
 * pass. `wide` as in `denseForward`.
 */
export function accumulateGradient(
  g: usize,
  x: usize,
  d: usize,
  rows: usize,
  inputs: usize,
  units: usize,
  from: usize,
  to: usize,
  first: usize,
  end: usize,
  wide: bool,
): void {
  assertAligned(g | x | d);
  assertSizes(rows, inputs, units);
  assertPanels(from, to, units);
  assertInputs(first, end, inputs);
  const xStride = rowBytes(inputs);
  const dStride = rowBytes(units);
  for (let count: usize = 0; rows > 0; rows -= count) {
    count = min(rows, GRADIENT_ROWS);
    for (let panel = from; panel < to; panel++) {
      const at = g + panel * panelBytes(inputs);
      gradientPanel(at, x, xStride, d + panel * PANEL_BYTES, dStride, count, first, end, wide);
    }
    x += count * xStride;
    d += count * dStride;
  }
}

/** One panel of G, inputs `first` to `end`, over `rows` samples. */
function gradientPanel(
  g: usize,
  x: usize,
  xStride: usize,
  d: usize,
  dStride: usize,
  rows: usize,
  first: usize,
  end: usize,
  wide: bool,
): void {
  const height: usize = wide || ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
  let k = first;
  for (; k + height <= end; k += height) {
    gradientRows(g + k * PANEL_BYTES, x + (k << 2), xStride, d, dStride, rows, wide);
  }
  for (; k < end; k++) gradientTile1x16(g + k * PANEL_BYTES, x + (k << 2), xStride, d, dStride, rows);
}

/** One tile: 5 or 6 inputs by one panel of 16 units. */
function gradientRows(g: usize, x: usize, xStride: usize, d: usize, dStride: usize, rows: usize, wide: bool): void {
  if (wide) gradientTile6x16(g, x, xStride, d, dStride, rows);
  else if (ASC_FEATURE_RELAXED_SIMD) {
    gradientTile6x8(g, x, xStride, d, dStride, rows);
    gradientTile6x8(g + HALF, x, xStride, d + HALF, dStride, rows);
  } else {
    gradientTile5x8(g, x, xStride, d, dStride, rows);
    gradientTile5x8(g + HALF, x, xStride, d + HALF, dStride, rows);
  }
}

/** The bias gradient: g += Σ D over the samples, ascending, for units of panels `from` to `to`. */
export function accumulateBias(g: usize, d: usize, rows: usize, units: usize, from: usize, to: usize): void {
  assertAligned(g | d);
  assertSizes(rows, 1, units);
  assertPanels(from, to, units);
  for (let panel = from; panel < to; panel++) {
    accumulatePanelBias(g + panel * PANEL_BYTES, d + panel * PANEL_BYTES, rows, rowBytes(units));
  }
}

/** The same for one panel, whose sums stay in registers. */
function accumulatePanelBias(g: usize, d: usize, rows: usize, dStride: usize): void {
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
