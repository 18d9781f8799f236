// Weights rounded to 8 bits, each unit's to whole multiples of a scale of its own. They stay float32 numbers that any reader
// takes; `pack.mjs` finds the multiples again.

import type { LayerParameters } from "../src/node.js";

/** The largest multiple, up and down. */
const MOST = 127;
/** Bits of a scale, so that float32, of 24, holds every multiple exactly. */
const SCALE_BITS = 16;

/** Weights at most half of a 127th of their unit's largest away; biases as they are. */
export function toEightBits(layers: readonly LayerParameters[]): LayerParameters[] {
  return layers.map(({ weights, biases }) => {
    const inputs = weights.length / biases.length;
    const rounded = weights.slice();
    for (let at = 0; at < rounded.length; at += inputs) roundRow(rounded.subarray(at, at + inputs));
    return { weights: rounded, biases };
  });
}

function roundRow(row: Float32Array): void {
  const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  if (largest === 0) return;
  const scale = roundUp(largest / MOST);
  // A −0 would be another bit than the 0 that is packed.
  row.forEach((weight, i) => {
    row[i] = Math.round(weight / scale) * scale + 0;
  });
}

/** The next number of `SCALE_BITS` bits. */
function roundUp(x: number): number {
  const unit = 2 ** (Math.floor(Math.log2(x)) + 1 - SCALE_BITS);
  return Math.ceil(x / unit) * unit;
}
