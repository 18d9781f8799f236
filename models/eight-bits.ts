// Rounds weights to 8 bits: each unit's weights become whole multiples of a scale of that unit. They remain float32
// numbers, so any reader can use the file; `pack.mjs` recovers scales and multiples from them.

import type { LayerParameters } from "../src/node.js";

/** The largest multiple, positive or negative. */
const MOST = 127;
/** Significant bits of a scale. With 7 more for the multiple, products fit the 24 bits of float32 exactly. */
const SCALE_BITS = 16;

/**
 * Rounded copies of the weights, each changed by at most about 1/254 of its unit's largest weight. Biases are
 * unchanged.
 */
export function toEightBits(layers: readonly LayerParameters[]): LayerParameters[] {
  return layers.map(({ weights, biases }) => {
    const inputs = weights.length / biases.length;
    const rounded = weights.slice();
    for (let at = 0; at < rounded.length; at += inputs) roundRow(rounded.subarray(at, at + inputs));
    return { weights: rounded, biases };
  });
}

/** Rounds one unit's weights, in place. */
function roundRow(row: Float32Array): void {
  const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  if (largest === 0) return;
  const scale = roundUp(largest / MOST);
  // Adding 0 turns −0 into 0: the packed multiple 0 unpacks to 0, and the file must be equal bit for bit.
  row.forEach((weight, i) => {
    row[i] = Math.round(weight / scale) * scale + 0;
  });
}

/** The smallest number of `SCALE_BITS` significant bits that is at least `x`. */
function roundUp(x: number): number {
  const unit = 2 ** (Math.floor(Math.log2(x)) + 1 - SCALE_BITS);
  return Math.ceil(x / unit) * unit;
}
