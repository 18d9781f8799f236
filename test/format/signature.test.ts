// Files of other kinds that are given as a model: one sentence says what they are.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeSafetensors } from "../../src/format/safetensors.js";
import { kindOf } from "../../src/format/signature.js";
import { Network } from "../../src/index.js";

const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));

/** The beginnings of files as programs write them, padded to 40 bytes. */
const FILES: [kind: string, beginning: string][] = [
  ["JPEG picture", "\xff\xd8\xff\xe0\0\x10JFIF\0"],
  ["JPEG picture", "\xff\xd8\xff\xe1\x12\x34Exif\0\0"],
  ["PNG picture", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
  ["GIF picture", "GIF89a\x1c\0\x1c\0"],
  ["WebP picture", "RIFF\x24\x10\0\0WEBPVP8 "],
  ["BMP picture", "BM\x36\x0c\0\0\0\0\0\0\x36\0\0\0"],
  ["TIFF picture", "II*\0\x08\0\0\0"],
  ["TIFF picture", "MM\0*\0\0\0\x08"],
  ["HEIC picture", "\0\0\0\x18ftypheic"],
  ["AVIF picture", "\0\0\0\x20ftypavif"],
  ["PDF document", "%PDF-1.7\n"],
  ["ZIP archive", "PK\x03\x04\x14\0"],
  ["gzip archive", String.fromCharCode(...gzipSync("text").subarray(0, 12))],
  ["HDF5 file", "\x89HDF\r\n\x1a\n"],
  ["GGUF file", "GGUF\x03\0\0\0"],
  ["IDX file of samples", "\0\0\x08\x03\0\0\xea\x60\0\0\0\x1c"],
  ["IDX file of samples", "\0\0\x08\x01\0\0\x27\x10\x07\x02"],
  ["web page or XML text", "<!DOCTYPE html>"],
  ["web page or XML text", '<?xml version="1.0"?><svg/>'],
  ["JSON text", '{\n  "network": {}'],
  ["JSON text", "[[0.25, 1]]"],
];

describe("a file of another kind", () => {
  it.each(FILES)("as a model: %s", async (kind, beginning) => {
    const bytes = latin1(beginning.padEnd(40, "\0"));
    expect(kindOf(bytes)).toBe(kind);
    const sentence = `holiday.bin is a ${kind}, not a model file`;
    expect(() => decodeSafetensors(bytes, "holiday.bin")).toThrow(new RangeError(sentence));
    await expect(Network.fromBytes(bytes, { title: "holiday.bin" })).rejects.toThrow(sentence);
  });

  it("is not seen in a model, whatever the length of its header", () => {
    // The length stands in the first bytes: 0x4d42 bytes read "BM", 0x8b1f bytes read as gzip.
    for (const length of [0x4d42, 0x8b1f, 0xd8ff]) {
      const bytes = new Uint8Array(8 + length).fill(0x20);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
      bytes.set(latin1('{"__metadata__":{"note":"n"}}'), 8);
      expect(decodeSafetensors(bytes, "x").metadata.get("note")).toBe("n");
    }
  });

  it("that is unknown is refused by the rule that it breaks", () => {
    const bytes = new Uint8Array(100).fill(7);
    expect(kindOf(bytes)).toBeUndefined();
    expect(() => decodeSafetensors(bytes, "x")).toThrow("x claims a header of 506381209866536711 bytes");
  });
});
