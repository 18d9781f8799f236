/** A model of 8-bit weights, packed for `src/format/packed.ts`, which says how. */

/** Error unless the file's weights are rounded as `eight-bits.ts` rounds them. */
export function packModel(file) {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const tensors = Object.entries(JSON.parse(file.toString("utf8", 8, start))).filter(
    ([name]) => name !== "__metadata__",
  );
  const parts = tensors.map(([name, { shape, data_offsets }]) => {
    const data = file.subarray(start + data_offsets[0], start + data_offsets[1]);
    return shape.length === 2 ? packWeights(data, shape, name) : data;
  });
  return Buffer.concat([file.subarray(0, start), ...parts]);
}

function packWeights(data, [units, inputs], name) {
  const packed = Buffer.alloc(units * (4 + inputs));
  for (let unit = 0; unit < units; unit++) {
    const row = Array.from({ length: inputs }, (_, i) => data.readFloatLE(4 * (unit * inputs + i)));
    // As it is written: a scale of more digits would not be the one that is unpacked.
    const scale = Math.fround(Math.max(...row.map(Math.abs)) / 127);
    packed.writeFloatLE(scale, 4 * unit);
    row.forEach((weight, i) => {
      const multiple = scale === 0 ? 0 : Math.round(weight / scale);
      // A byte has no −0.
      if (!Object.is((multiple + 0) * scale, weight))
        throw new Error(`${name} has a weight ${weight}, which is not of 8 bits`);
      packed.writeInt8(multiple, 4 * units + unit * inputs + i);
    });
  }
  return packed;
}
