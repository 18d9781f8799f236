// Packed model files, a quarter of the size of safetensors. `models/pack.mjs` writes them from models whose weights are
// 8-bit multiples of one scale per unit. Little-endian:
//
//   | header of the safetensors file, unchanged | tensors in the header's order |
//
// A matrix [units][inputs] is stored as units scales (f32), then units·inputs multiples of them (i8); a vector as f32.

import { decodeUtf8 } from "../utf8.js";

/** Bytes of a float32. */
const FLOAT = 4;

/** Restores the safetensors file from which `packed` was made, bit for bit. */
export function unpackModel(packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(decodeUtf8(packed.subarray(8, start))) as Record<string, { shape: number[] }>;
  const shapes = Object.entries(header).flatMap(([name, { shape }]) => (name === "__metadata__" ? [] : [shape]));
  const floats = shapes.reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1), 0);
  const file = new Uint8Array(start + FLOAT * floats);
  file.set(packed.subarray(0, start));
  // Positions in the packed file and in the restored one.
  let [from, to] = [start, start];
  for (const [units = 0, inputs] of shapes) {
    if (inputs === undefined) file.set(packed.subarray(from, from + FLOAT * units), to);
    else unpackWeights(view, from, units, inputs, new DataView(file.buffer, to));
    from += units * (FLOAT + (inputs ?? 0));
    to += FLOAT * units * (inputs ?? 1);
  }
  return file;
}

/** weights[unit][i] = scale[unit] · multiple[unit][i], read from byte `from` on. The products are exact in float32. */
function unpackWeights(packed: DataView, from: number, units: number, inputs: number, weights: DataView): void {
  const multiples = from + FLOAT * units;
  for (let unit = 0; unit < units; unit++) {
    const scale = packed.getFloat32(from + FLOAT * unit, true);
    for (let i = unit * inputs; i < (unit + 1) * inputs; i++) {
      weights.setFloat32(FLOAT * i, scale * packed.getInt8(multiples + i), true);
    }
  }
}
