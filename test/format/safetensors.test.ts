import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/format/safetensors.js";
import { readSafetensors } from "../support/safetensors-reader.js";

/** A file with this header text (padded to `length` if given) and `data` bytes of data. */
function file(header: string, data = 0, length?: number | bigint): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (begin: number, end: number, shape = [(end - begin) / 4]) =>
  JSON.stringify({ dtype: "F32", shape, data_offsets: [begin, end] });

describe("safetensors", () => {
  it("written by the library are read alike by another reader and by this one", () => {
    const names = fc.uniqueArray(
      fc.string({ maxLength: 12 }).filter((name) => name !== "__metadata__" && name !== "__proto__"),
      { maxLength: 5 },
    );
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(names, fc.array(shapes, { minLength: 5, maxLength: 5 }), fc.string(), (keys, sizes, note) => {
        const tensors = keys.map((name, i) => {
          const shape = sizes[i] as number[];
          const n = shape.reduce((product, size) => product * size, 1);
          return { name, shape, data: Float32Array.from({ length: n }, (_, j) => (i + 1) * (j - 1.5)) };
        });
        const bytes = encodeSafetensors(tensors, { note });
        const other = readSafetensors(bytes);
        const { tensors: own, metadata } = decodeSafetensors(bytes, "x");
        expect(metadata.get("note")).toBe(note);
        expect(other.metadata.note).toBe(note);
        expect(own.size).toBe(tensors.length);
        for (const { name, shape, data } of tensors) {
          expect(own.get(name)).toEqual({ shape, data });
          expect(other.tensors[name]).toEqual({ shape, values: [...data] });
        }
      }),
    );
  });

  it("keep every bit at any offset in a buffer", () => {
    const data = new Float32Array(Uint32Array.of(0x80000000, 0x00000001, 0x7f800000, 0x3f800001).buffer);
    const bytes = encodeSafetensors([{ name: "a", shape: [4], data }], {});
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const read = decodeSafetensors(shifted.subarray(1), "x").tensors.get("a")?.data as Float32Array;
    expect(new Uint32Array(read.buffer)).toEqual(new Uint32Array(data.buffer));
  });

  it("may have tensors in any order, spaces after the header, and no metadata", () => {
    const { tensors } = decodeSafetensors(file(`{"b":${tensor(4, 8)},"a":${tensor(0, 4)}}   `, 8), "x");
    expect([...tensors.keys()]).toEqual(["b", "a"]);
  });

  it.each([
    ["an empty file", new Uint8Array(3), "x is too short for a safetensors file: 3 bytes"],
    [
      "a header of gigabytes",
      file("{}", 0, 5_000_000_000),
      "x claims a header of 5000000000 bytes, more than the 1048576 allowed",
    ],
    ["a header of 2^64 − 1 bytes", file("{}", 0, 2n ** 64n - 1n), "x claims a header of 18446744073709551615 bytes"],
    ["a header past the end", file("{}", 0, 100), "x is cut short: its header needs 108 bytes, got 10"],
    [
      "another start",
      file("another first character"),
      'x is not a safetensors file: its header does not start with "{"',
    ],
    ["a header that is not JSON", file('{"a":}'), "x has a header that is not JSON:"],
    [
      "invalid UTF-8",
      Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xff, 0x7d),
      "x has a header that is not JSON:",
    ],
    ["a key twice", file(`{"a":${tensor(0, 4)},"a":${tensor(0, 4)}}`, 4), 'x has the key "a" twice in its header'],
    [
      "a key twice, once escaped",
      file(`{"a":${tensor(0, 4)},"\\u0061":${tensor(0, 4)}}`, 4),
      'x has the key "a" twice',
    ],
    [
      "a key twice in a tensor",
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      'x has the key "dtype" twice',
    ],
    [
      "metadata that is no text",
      file('{"__metadata__":{"a":1}}'),
      'x has a "__metadata__" that does not map names to texts',
    ],
    [
      "metadata that is no map",
      file('{"__metadata__":["a"]}'),
      'x has a "__metadata__" that does not map names to texts',
    ],
    [
      "another element type",
      file('{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}', 4),
      'x: the tensor "a" has the type "BF16"; F32 is read',
    ],
    [
      "a type named as a method",
      file('{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,4]}}', 4),
      'has the type "toString"',
    ],
    ["a tensor that is null", file('{"a":null}'), 'x: the tensor "a" has the type undefined'],
    [
      "a negative shape",
      file('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4),
      'x: the tensor "a" must have a shape of at most 8 whole numbers, got Array(1)',
    ],
    [
      "too many dimensions",
      file('{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}', 4),
      "must have a shape of at most 8 whole numbers, got Array(9)",
    ],
    [
      "a fractional offset",
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0.5,4.5]}}', 4),
      "must have two whole numbers as data_offsets, got Array(2)",
    ],
    [
      "an offset past 2^53",
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[9007199254740992,9007199254740996]}}', 4),
      "must have two whole numbers as data_offsets, got Array(2)",
    ],
    [
      "a shape of another size",
      file(`{"a":${tensor(0, 4, [2])}}`, 4),
      'x: the tensor "a" of shape [2] needs 8 bytes, but its data_offsets [0,4] hold 4',
    ],
    [
      "a shape that overflows",
      file(`{"a":${tensor(0, 4, [2 ** 40, 2 ** 40])}}`, 4),
      "but its data_offsets [0,4] hold 4",
    ],
    ["offsets backwards", file(`{"a":${tensor(4, 0, [1])}}`, 4), "but its data_offsets [4,0] hold -4"],
    [
      "an overlap",
      file(`{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12),
      'x: the tensor "b" overlaps the tensor before it: it begins at 4, expected 8',
    ],
    [
      "a gap",
      file(`{"a":${tensor(0, 4)},"b":${tensor(8, 12)}}`, 12),
      'x: the tensor "b" leaves a gap before it: it begins at 8, expected 4',
    ],
    ["too little data", file(`{"a":${tensor(0, 8)}}`, 4), "x is cut short: its tensors need 8 bytes of data, got 4"],
    ["too much data", file(`{"a":${tensor(0, 4)}}`, 8), "x is too long: its tensors need 4 bytes of data, got 8"],
  ])("with %s are refused", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "x")).toThrow(RangeError);
    expect(() => decodeSafetensors(bytes, "x")).toThrow(message);
  });

  it("are refused with a RangeError when cut anywhere", () => {
    const bytes = encodeSafetensors([{ name: "a", shape: [2, 3], data: new Float32Array(6) }], { note: "n" });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length), "x"), `cut at ${length}`).toThrow(RangeError);
    }
  });
});
