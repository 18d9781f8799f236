// Image files as people have them: what every viewer opens is read, with the pixels that it shows; the rest gets one sentence.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { encode as encodeJpeg } from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageFiles, readImage } from "../../src/cli/images.js";
import { decodeEighth } from "../../src/cli/jpeg-eighth.js";
import { segmentsOf } from "../../src/cli/jpeg-segments.js";
import { runProgram } from "../support/command.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-images-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads bytes as a file of this name. */
function read(bytes: Uint8Array, name = "file") {
  writeFileSync(join(folder, name), bytes);
  return readImage(join(folder, name));
}

// --- PNG ---

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** A chunk without a correct checksum. */
function chunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  return Buffer.concat([head, Buffer.from(type, "latin1"), data, Buffer.from("none")]);
}

interface Parts {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlace?: number;
  extra?: Buffer[];
}

function png({ width, height, depth, colour, interlace = 0, extra = [] }: Parts, rows: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlace], 8);
  const chunks = [chunk("IHDR", header), ...extra, chunk("IDAT", deflateSync(rows)), chunk("IEND", new Uint8Array())];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

/** The sample of a test image, by place and channel. */
type Sample = (x: number, y: number, channel: number) => number;

type Pass = [x0: number, y0: number, dx: number, dy: number];
const WHOLE: Pass = [0, 0, 1, 1];
/** Rows of packed samples without filter, of every `strideX`-th column and so on. */
function rowsOf(parts: Parts, channels: number, sample: Sample, [x0, y0, dx, dy] = WHOLE): number[] {
  const bytes: number[] = [];
  for (let y = y0; y < parts.height && x0 < parts.width; y += dy) {
    let bits = "";
    for (let x = x0; x < parts.width; x += dx) {
      for (let k = 0; k < channels; k++) bits += sample(x, y, k).toString(2).padStart(parts.depth, "0");
    }
    bytes.push(0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2)));
  }
  return bytes;
}

const ADAM7: Pass[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const palette = (depth: number) =>
  chunk(
    "PLTE",
    Uint8Array.from({ length: 3 * 2 ** depth }, (_, i) => (i * 37) % 256),
  );

describe("a PNG", () => {
  const kinds = Object.entries({ 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }).flatMap(
    ([colour, depths]) => depths.map((depth) => [Number(colour), depth] as const),
  );

  it.each(kinds)("of colour type %i with %i bits has its pixels, interlaced or not", async (colour, depth) => {
    const channels = CHANNELS[colour] as number;
    const sample: Sample = (x, y, k) => (x * 7919 + y * 104729 + k * 31) % 2 ** depth;
    for (const [width, height] of [
      [11, 9],
      [1, 1],
      [3, 8],
    ] as const) {
      const parts = { width, height, depth, colour, extra: colour === 3 ? [palette(depth)] : [] };
      const plain = await read(png(parts, Uint8Array.from(rowsOf(parts, channels, sample))));
      const passes = ADAM7.flatMap((pass) => rowsOf(parts, channels, sample, pass));
      const woven = await read(png({ ...parts, interlace: 1 }, Uint8Array.from(passes)));
      expect(woven).toEqual(plain);
      const eight = (value: number) => (depth === 16 ? value >> 8 : Math.round((255 * value) / (2 ** depth - 1)));
      const expected = Array.from({ length: width * height }, (_, i) => {
        const at = (k: number) => sample(i % width, Math.floor(i / width), k);
        if (colour === 3) return [0, 1, 2].map((k) => ((3 * at(0) + k) * 37) % 256);
        if (colour === 4) return [...Array(3).fill(eight(at(0))), eight(at(1))];
        return Array.from({ length: channels }, (_, k) => eight(at(k)));
      });
      expect([...plain.data]).toEqual(expected.flat());
    }
  });

  it.each<[string, Parts, number[], number[]]>([
    ["a palette", { width: 2, height: 1, depth: 8, colour: 3, extra: [palette(8)] }, [0, 1, 2], [0, 1]],
    ["grey", { width: 2, height: 1, depth: 8, colour: 0 }, [0, 7, 8], [0, 7]],
    ["grey of 16 bits", { width: 2, height: 1, depth: 16, colour: 0 }, [0, 0, 7, 1, 7], [0, 7]],
    ["grey of 2 bits", { width: 2, height: 1, depth: 2, colour: 0 }, [0, 0b0110_0000], [0, 1]],
    ["colours", { width: 2, height: 1, depth: 8, colour: 2 }, [0, 1, 2, 3, 1, 2, 4], [0, 1, 0, 2, 0, 3]],
  ])("with tRNS of %s has transparent pixels", async (_, parts, rows, key) => {
    const transparent = chunk("tRNS", Uint8Array.from(parts.colour === 3 ? [255, 0] : key));
    const { data } = await read(png({ ...parts, extra: [...(parts.extra ?? []), transparent] }, Uint8Array.from(rows)));
    const alphas = [data[3], data[7]];
    expect(alphas).toEqual(parts.colour === 3 ? [0, 255] : [0, 255]);
  });

  const parts = { width: 5, height: 4, depth: 8, colour: 0 };
  const rows = Uint8Array.from(rowsOf(parts, 1, (x, y) => 10 * x + y));
  const whole = png(parts, rows);
  /** Where the last chunk begins. */
  const end = whole.length - 12;

  it.each<[string, Buffer]>([
    ["wrong checksums", whole],
    ["no IEND", whole.subarray(0, end)],
    ["no checksum at the end", whole.subarray(0, end - 4)],
    ["no checksum of the compressed data", whole.subarray(0, end - 8)],
    ["a film after its end", Buffer.concat([whole, Buffer.alloc(5000, 0xff)])],
    ["garbage in place of IEND", Buffer.concat([whole.subarray(0, end), Buffer.alloc(50, 3)])],
    ["more data than its size", png(parts, Buffer.concat([rows, Buffer.alloc(1e6)]))],
    [
      "its data in pieces, some of them empty",
      Buffer.concat([
        whole.subarray(0, 33),
        ...[...deflateSync(rows)].flatMap((byte) => [
          chunk("IDAT", Uint8Array.of(byte)),
          chunk("IDAT", Buffer.alloc(0)),
        ]),
      ]),
    ],
    ["a broken profile", png({ ...parts, extra: [chunk("iCCP", Buffer.from("x\0\0bad"))] }, rows)],
  ])("with %s is read", async (_, bytes) => {
    expect([...(await read(bytes)).data]).toEqual([...rows].filter((_, i) => i % 6 > 0));
  });

  it.each<[string, Buffer, RegExp]>([
    ["a cut row", whole.subarray(0, end - 10), /is not a whole PNG file: it ends too early$/],
    ["no pixels", whole.subarray(0, 33), /is not a whole PNG file/],
    [
      "an unknown filter",
      png(
        parts,
        rows.map((byte, i) => (i === 6 ? 9 : byte)),
      ),
      /its pixels cannot be decompressed/,
    ],
    [
      "the form of iOS",
      Buffer.concat([SIGNATURE, chunk("CgBI", Buffer.alloc(4))]),
      /Apple's apps .* not read; save it/,
    ],
    ["an unknown interlacing", png({ ...parts, interlace: 2 }, rows), /its header makes no sense/],
  ])("with %s gets a sentence", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it.each([
    ["grey", 0, 8, 1],
    ["opaque and transparent", 4, 8, 2],
    ["interlaced", 0, 1, 1],
  ])("of 36 megapixels is shrunk while it is read: %s", async (kind, colour, depth, samples) => {
    const [width, height] = [9001, 4000];
    const interlace = kind === "interlaced" ? 1 : 0;
    const length = 1 + Math.ceil((width * depth * samples) / 8);
    // All rows are 0 but the first, in which every second pixel of the first ones is opaque and bright.
    const data = Buffer.alloc(length * height + 100_000);
    if (samples === 2) data.set([0, 240, 255, 120, 0, 60, 255], 0);
    const image = await read(png({ width, height, depth, colour, interlace }, data));
    expect([image.width, image.height, image.original]).toEqual([3001, 1334, [width, height]]);
    // Of the nine pixels of the first cell two are opaque, of brightness 240 and 60.
    if (samples === 2) expect([...image.data.subarray(0, 4)]).toEqual([150, 150, 150, Math.round((2 * 255) / 9)]);
    expect(image.data.at(-1)).toBe(0);
  });
});

// --- JPEG ---

/** 16x8 pixels of two blocks, white and a dark red, in varieties that jpeg-js does not write (written by Pillow). */
const VARIETIES = {
  progressive:
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//" +
    "wgALCAAIABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABv/aAAgBAQAAAAFOL//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAIAQEAAQUCP//EABQQAQAAAAAA" +
    "AAAAAAAAAAAAABD/2gAIAQEABj8CP//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAIAQEAAT8hP//aAAgBAQAAABB//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/a" +
    "AAgBAQABPxA//9k=",
  restarts:
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/" +
    "2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAIABADAREAAhEBAxEB/8QA" +
    "FQABAQAAAAAAAAAAAAAAAAAABgf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFgEBAQEAAAAAAAAAAAAAAAAAAAUH/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/d" +
    "AAQAAf/aAAwDAQACEQMRAD8Av4P/0C6O0d//2Q==",
  cmyk:
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3KSwwMTQ0NB8nOT04MjwuMzQy/8AA" +
    "FAgACAAQBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAcIAAb/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/AH8/n8/uIRQi" +
    "hn//2Q==",
  rgb:
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3KSwwMTQ0NB8nOT04MjwuMzQy/8AA" +
    "EQgACAAQA1IRAEcRAEIRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAcIBv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAMA1IARwBCAAA/AH8/n9iEUIof/9k=",
};
const grey = Math.round(0.299 * 200 + 0.587 * 40 + 0.114 * 40);
const SHOWN = { progressive: [grey, grey, grey], restarts: [200, 40, 40], cmyk: [200, 40, 40], rgb: [200, 40, 40] };
type Variety = keyof typeof VARIETIES;

const bytesOf = (name: Variety) => Buffer.from(VARIETIES[name], "base64");
const near = (data: ArrayLike<number>, at: number, expected: number[]) => {
  for (const [k, value] of expected.entries()) expect(Math.abs((data[at + k] as number) - value)).toBeLessThan(7);
};

describe("a JPEG", () => {
  it.each(Object.keys(VARIETIES) as Variety[])("of the kind %s has the pixels that viewers show", async (name) => {
    const { data, width, height } = await read(bytesOf(name));
    expect([width, height, data.length]).toEqual([16, 8, 384]);
    near(data, 0, [255, 255, 255]);
    near(data, 3 * 12, SHOWN[name]);
  });

  const bytes = bytesOf("restarts");
  const insert = (at: number, ...more: number[]) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(more), bytes.subarray(at)]);
  it.each<[string, Buffer]>([
    ["fill bytes before a marker", insert(20, 0xff, 0xff, 0xff)],
    ["an empty APPn", insert(20, 0xff, 0xe5, 0, 2)],
    ["an APPn that holds markers", insert(20, 0xff, 0xe1, 0, 8, 0xff, 0xd9, 0xff, 0xd8, 0xff, 0xda)],
    ["bytes between two segments", insert(20, 1, 2, 3, 0)],
    ["no end marker", bytes.subarray(0, -2)],
    ["a second picture after it", Buffer.concat([bytes, bytesOf("progressive")])],
    ["a film after it", Buffer.concat([bytes, Buffer.alloc(1000, 0xff), Buffer.from([0xc0, 0, 17, 12])])],
  ])("with %s is read", async (_, odd) => {
    expect((await read(odd)).data).toEqual((await read(bytes)).data);
  });

  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  it.each<[string, Buffer, RegExp]>([
    ["12 bits", changed(frame + 4, 12), /is a JPEG of 12 bits per sample, which is not read; save it as an ordinary/],
    ["arithmetic codes", changed(frame + 1, 0xc9), /is a JPEG with arithmetic codes, which is not read/],
    ["lossless compression", changed(frame + 1, 0xc3), /is a lossless JPEG, which is not read/],
    [
      "no height",
      Buffer.concat([bytes.subarray(0, frame + 5), Buffer.alloc(2), bytes.subarray(frame + 7)]),
      /its size is mis/,
    ],
    ["a cut scan", bytes.subarray(0, -8), /is not a whole JPEG file: it ends too early/],
    ["a cut header", bytes.subarray(0, 100), /is not a whole JPEG file: it ends too early/],
  ])("with %s gets a sentence", async (_, odd, message) => {
    await expect(read(odd)).rejects.toThrow(message);
  });

  it.each(Object.keys(VARIETIES) as Variety[])("has the means of its blocks as an eighth: %s", (name) => {
    const segments = segmentsOf(bytesOf(name));
    const header = segments.find(({ marker }) => [0xc0, 0xc2].includes(marker));
    const { width, height, planes } = decodeEighth(segments, header as never);
    expect([width, height]).toEqual([2, 1]);
    if (name === "rgb")
      near(
        planes.map((plane) => plane[1] as number),
        0,
        [200, 40, 40],
      );
    if (name === "progressive") near(planes[0] as Uint8Array, 0, [255, grey]);
  });

  it("of 34 megapixels is read at an eighth, upright by its orientation", async () => {
    const image = await read(largeJpeg());
    expect([image.width, image.height, image.original]).toEqual([513, 1024, [8192, 4104]]);
    expect(image.data.every((value) => value === 128)).toBe(true);
    const cut = largeJpeg();
    await expect(read(cut.subarray(0, cut.length - 1000))).rejects.toThrow("it ends too early");
  });
});

/** A grey JPEG of 8192x4104 pixels with Exif's orientation 6: the header of jpeg-js, and the codes of blocks without contrast. */
function largeJpeg(): Buffer {
  const small = Buffer.from(encodeJpeg({ data: new Uint8Array(4 * 64), width: 8, height: 8 }, 50).data);
  const frame = small.indexOf(Buffer.from([0xff, 0xc0]));
  small.writeUInt16BE(4104, frame + 5);
  small.writeUInt16BE(8192, frame + 7);
  const scan = small.indexOf(Buffer.from([0xff, 0xda]));
  const start = scan + 2 + small.readUInt16BE(scan + 2);
  // Four units of luma 00 1010 (no difference, end of block) and twice chroma 00 00, in the standard's tables: 56 bits.
  const units = "00101000000000".repeat(4).match(/.{8}/g) as string[];
  const blocks = Buffer.from(units.map((byte) => Number.parseInt(byte, 2)));
  const exif = Buffer.from("ffe1002245786966000049492a00080000000100120103000100000006000000000000000000", "hex");
  const data = Buffer.alloc((blocks.length * (1024 * 513)) / 4, blocks);
  return Buffer.concat([
    small.subarray(0, 2),
    exif.subarray(0, 36),
    small.subarray(2, start),
    data,
    Buffer.from([0xff, 0xd9]),
  ]);
}

// --- GIF and BMP ---

describe("a GIF", () => {
  /** 3x2 pixels: white, black, white / black, transparent, black; 2 bits a colour. */
  const gif = Buffer.from(
    "47494638396103000200810000ffffff000000ff000000000021f90401000002002c00000000030002000008080001041028204040003b",
    "hex",
  );

  it("has the pixels of its first picture", async () => {
    const { data, width, height } = await read(gif);
    expect([width, height]).toEqual([3, 2]);
    expect([0, 4, 8, 12, 20].map((at) => data[at])).toEqual([255, 0, 255, 0, 0]);
    expect([3, 7, 11, 15, 19, 23].map((at) => data[at])).toEqual([255, 255, 255, 255, 0, 255]);
  });

  it("that is cut gets a sentence", async () => {
    for (const length of [12, 30, 45, gif.length - 4]) {
      await expect(read(gif.subarray(0, length))).rejects.toThrow("is not a whole GIF file: it ends too early");
    }
  });
});

describe("a BMP", () => {
  function bmp(bits: number, height: number, rows: number[], palette: number[] = [], masks: number[] = []): Buffer {
    const start = 54 + palette.length + 4 * masks.length;
    const head = Buffer.alloc(54 + 4 * masks.length);
    head.write("BM");
    head.writeUInt32LE(start, 10);
    head.writeUInt32LE(40, 14);
    head.writeInt32LE(2, 18);
    head.writeInt32LE(height, 22);
    head.writeUInt16LE(bits, 28);
    head.writeUInt32LE(masks.length > 0 ? 3 : 0, 30);
    for (const [i, mask] of masks.entries()) head.writeUInt32LE(mask >>> 0, 54 + 4 * i);
    return Buffer.concat([head, Buffer.from(palette), Buffer.from(rows)]);
  }
  const colours = [0, 0, 255, 0, 255, 255, 255, 0];

  it.each<[string, Buffer]>([
    ["1 bit", bmp(1, 2, [0b1000_0000, 0, 0, 0, 0b0100_0000, 0, 0, 0], colours)],
    ["8 bits", bmp(8, 2, [1, 0, 0, 0, 0, 1, 0, 0], colours)],
    ["8 bits from the top", bmp(8, -2, [0, 1, 0, 0, 1, 0, 0, 0], colours)],
    ["24 bits", bmp(24, 2, [255, 255, 255, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0])],
    ["32 bits", bmp(32, 2, [255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 255, 255, 0])],
    ["16 bits", bmp(16, 2, [0xff, 0x7f, 0, 0x7c, 0, 0x7c, 0xff, 0x7f])],
    ["masks", bmp(16, 2, [0xff, 0xff, 0, 0xf8, 0, 0xf8, 0xff, 0xff], [], [0xf800, 0x7e0, 0x1f])],
    [
      "32-bit masks",
      bmp(
        32,
        2,
        [255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255],
        [],
        [0xff000000, 0xff0000, 0xff00],
      ),
    ],
  ])("of %s has its pixels", async (_, bytes) => {
    const { data } = await read(bytes);
    expect([...data]).toEqual([255, 0, 0, 255, 255, 255, 255, 255, 255, 255, 0, 0]);
  });

  it("that is compressed or cut gets a sentence", async () => {
    const bytes = bmp(8, 2, [1, 0, 0, 0, 0, 1], colours);
    expect((await read(bytes)).height).toBe(2);
    await expect(read(bytes.subarray(0, -1))).rejects.toThrow("is not a whole BMP file: it ends too early");
    bytes.writeUInt32LE(1, 30);
    await expect(read(bytes)).rejects.toThrow(
      "is a compressed BMP, which is not read; save it as an ordinary PNG or JPEG",
    );
  });
});

// --- other formats ---

const OTHERS: [name: string, start: string][] = [
  ["WebP", "RIFF\x24\0\0\0WEBPVP8 "],
  ["HEIC", "\0\0\0\x24ftypheic"],
  ["HEIC", "\0\0\0\x24ftypmif1"],
  ["AVIF", "\0\0\0\x24ftypavif"],
  ["TIFF", "II*\0\x08\0\0\0"],
  ["TIFF", "MM\0*\0\0\0\x08"],
  ["PDF", "%PDF-1.7\n"],
  ["SVG", '<svg xmlns="x">'],
  ["SVG", '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<!DOCTYPE svg>\n<svg xmlns="x">'],
  ["JPEG XL", "\xff\x0a\xfa"],
  ["JPEG 2000", "\0\0\0\x0cjP  \r\n\x87\n"],
  ["Photoshop", "8BPS\0\x01"],
  ["icon", "\0\0\x01\0\x01\0"],
];

describe("formats that are not read", () => {
  it.each(OTHERS)("are named: %s %j", async (name, start) => {
    await expect(read(Buffer.from(`${start}${"\0".repeat(30)}`, "latin1"))).rejects.toThrow(
      `is a file of the format ${name}, which is not read; save it as an ordinary PNG or JPEG`,
    );
  });

  it("are named and counted in a folder, where hidden files and others are left out", async () => {
    const photos = join(folder, "photos");
    mkdirSync(photos);
    const files: Record<string, string | Buffer> = {
      "b.heic": "\0\0\0\x24ftypheic",
      "a.tif": "II*\0",
      "empty.webp": "",
      "wrong-ending.png": "RIFF\x24\0\0\0WEBP",
      seven: png({ width: 1, height: 1, depth: 8, colour: 0 }, Uint8Array.of(0, 9)),
      "x.jfif": "",
      "notes.txt": "BM is not enough",
      ".hidden.heic": "\0\0\0\x24ftypheic",
      "._x.jpg": "\0\x05\x16\x07",
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(photos, name), content, "latin1");
    mkdirSync(join(photos, "folder.png"));
    rmSync(join(photos, "folder.png"), { recursive: true });
    expect(await imageFiles(photos)).toEqual({
      files: [join(photos, "seven"), join(photos, "x.jfif")],
      notes: [
        `the folder ${photos} holds 4 images of formats that are not read, beside 2 others: ` +
          "a.tif (TIFF), b.heic (HEIC), empty.webp (WEBP), wrong-ending.png (WebP); save them as PNG or JPEG",
      ],
    });
    const { err, code } = runProgram(folder, "predict", "photos");
    expect(err).toContain(
      "warning: the folder photos holds 4 images of formats that are not read, beside 2 others: a.tif",
    );
    expect(code).toBe(1);
  });

  it("alone in a folder are an error", async () => {
    const only = join(folder, "only");
    mkdirSync(only);
    writeFileSync(join(only, "a.heic"), "");
    await expect(imageFiles(only)).rejects.toThrow(
      `the folder ${only} holds 1 image of formats that are not read and no other: a.heic (HEIC); save them as PNG or JPEG`,
    );
  });
});
