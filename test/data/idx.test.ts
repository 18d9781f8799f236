import { describe, expect, it } from "vitest";
import { parseIdx } from "../../src/data/idx.js";

/** A file: the header for a type and a shape, then these bytes. */
function idx(type: number, shape: number[], data: number[]): Uint8Array {
  const words = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...words, ...data]);
}

describe("IDX files", () => {
  it.each([
    ["u8", 0x08, [0, 255], Uint8Array.of(0, 255)],
    ["i8", 0x09, [255, 127], Int8Array.of(-1, 127)],
    ["i16", 0x0b, [0x01, 0x02, 0xff, 0xfe], Int16Array.of(258, -2)],
    ["i32", 0x0c, [0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff], Int32Array.of(65536, -1)],
    ["f32", 0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], Float32Array.of(1, -2)],
    ["f64", 0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], Float64Array.of(1, -2)],
  ])("of %s", (_, type, data, expected) => {
    expect(parseIdx(idx(type, [2], data), "x")).toEqual({ shape: [2], data: expected });
  });

  it("of several dimensions, at any offset in a buffer", () => {
    const file = idx(8, [2, 1, 3], [1, 2, 3, 4, 5, 6]);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(parseIdx(shifted.subarray(3), "x")).toEqual({ shape: [2, 1, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  it("of no elements", () => {
    expect(parseIdx(idx(8, [0, 28], []), "x")).toEqual({ shape: [0, 28], data: new Uint8Array() });
  });

  it.each([
    ["an empty file", new Uint8Array(), "x is too short for an IDX file: 0 bytes"],
    [
      "wrong magic",
      Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0),
      "x is not an IDX file: expected 0000 and an element type 08, 09 or 0b to 0e, got 01000801",
    ],
    ["an unknown type", idx(0x0a, [1], [0]), "got 00000a01"],
    ["no dimensions", Uint8Array.of(0, 0, 8, 0), "x has no dimensions; an IDX array needs at least one"],
    ["an incomplete header", Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1), "x is cut short: its header needs 12 bytes, got 8"],
    ["a missing byte", idx(8, [2, 2], [1, 2, 3]), "x is cut short: shape [2,2] needs 16 bytes, got 15"],
    ["a byte too many", idx(8, [2, 2], [1, 2, 3, 4, 5]), "x is too long: shape [2,2] needs 16 bytes, got 17"],
    [
      "endless dimensions",
      idx(0x0e, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], []),
      "x claims the shape [4294967295,4294967295,4294967295], more elements than any file here holds",
    ],
    [
      "a gigantic dimension",
      idx(8, [2 ** 32 - 1], []),
      "x is cut short: shape [4294967295] needs 4294967303 bytes, got 8",
    ],
    [
      "too many dimensions to name",
      idx(8, [...Array(254).fill(2 ** 32 - 1), 0], [1]),
      `x is too long: shape [${Array(8).fill(2 ** 32 - 1)},…] of 255 dimensions needs 1024 bytes, got 1025`,
    ],
    [
      "many endless dimensions",
      idx(8, Array(255).fill(2 ** 32 - 1), []),
      `x claims the shape [${Array(8).fill(2 ** 32 - 1)},…] of 255 dimensions, more elements`,
    ],
  ])("with %s are refused", (_, bytes, message) => {
    expect(() => parseIdx(bytes, "x")).toThrow(RangeError);
    expect(() => parseIdx(bytes, "x")).toThrow(message);
  });
});
