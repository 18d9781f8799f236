// A model file packed to a quarter: its header as it is, then its tensors in order, of which weights are a scale (f32) for each
// unit and then the multiples of it (i8) that they are; biases are as they are. Little-endian.

const FLOAT = 4;

/** The model file, to the bit. */
export function unpackModel(packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(packed.subarray(8, start))) as Record<string, { shape: number[] }>;
  const shapes = Object.entries(header).flatMap(([name, { shape }]) => (name === "__metadata__" ? [] : [shape]));
  const floats = shapes.reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1), 0);
  const file = new Uint8Array(start + FLOAT * floats);
  file.set(packed.subarray(0, start));
  let [from, to] = [start, start];
  for (const [units = 0, inputs] of shapes) {
    if (inputs === undefined) file.set(packed.subarray(from, from + FLOAT * units), to);
    else unpackWeights(view, from, units, inputs, new DataView(file.buffer, to));
    from += units * (FLOAT + (inputs ?? 0));
    to += FLOAT * units * (inputs ?? 1);
  }
  return file;
}

/** Weights `[units][inputs]` from byte `from` on. Each product is exact in float32. */
function unpackWeights(packed: DataView, from: number, units: number, inputs: number, weights: DataView): void {
  const multiples = from + FLOAT * units;
  for (let unit = 0; unit < units; unit++) {
    const scale = packed.getFloat32(from + FLOAT * unit, true);
    for (let i = unit * inputs; i < (unit + 1) * inputs; i++) {
      weights.setFloat32(FLOAT * i, scale * packed.getInt8(multiples + i), true);
    }
  }
}
