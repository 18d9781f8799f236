// A second reader of safetensors files, written from the published description of the format and independent of the
// first: 8 bytes of length (unsigned, little-endian), that many bytes of JSON, then the data.

import { expect } from "vitest";

interface Header {
  [name: string]: { dtype: string; shape: number[]; data_offsets: [number, number] };
}

export function readSafetensors(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const text = new TextDecoder().decode(file.subarray(8, 8 + length));
  expect(text[0]).toBe("{");
  const { __metadata__: metadata = {}, ...header } = JSON.parse(text) as Header & {
    __metadata__?: Record<string, string>;
  };
  const data = file.subarray(8 + length);
  expect((8 + length) % 8).toBe(0);
  const covered = Object.values(header)
    .map(({ data_offsets }) => data_offsets)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let end = 0;
  for (const [begin, after] of covered) {
    expect(begin).toBe(end);
    end = after;
  }
  expect(end).toBe(data.length);
  const tensors = Object.entries(header).map(([name, { dtype, shape, data_offsets }]) => {
    expect(dtype).toBe("F32");
    const n = shape.reduce((product, size) => product * size, 1);
    expect(data_offsets[1] - data_offsets[0]).toBe(4 * n);
    const begin = 8 + length + data_offsets[0];
    const values = Array.from({ length: n }, (_, i) => view.getFloat32(begin + 4 * i, true));
    return [name, { shape, values }] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata: metadata as Record<string, string> };
}
