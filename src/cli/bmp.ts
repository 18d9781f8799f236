// Decoding of BMP files, those of OS/2 included, without compression.

import { checkSize, cutShort, damaged, type Picture, PixelSink, packedSample, unread } from "./image-file.js";

export function isBmp(bytes: Buffer): boolean {
  // The length of the second header tells a bitmap from a text that begins with BM.
  return bytes.toString("latin1", 0, 2) === "BM" && bytes.length > 26 && HEADERS.includes(bytes.readUInt32LE(14));
}

/** Lengths of the header: OS/2, Windows 3, with masks of colours and of alpha, versions 4 and 5. */
const HEADERS = [12, 40, 52, 56, 64, 108, 124];
const OS2 = 12;
/** Values of the header's field for the compression. */
const [NONE, MASKS, ALPHA_MASKS] = [0, 3, 6];

interface Header {
  width: number;
  height: number;
  /** Whether the first row of the file is the lowest. */
  isUpward: boolean;
  /** Bits per pixel. */
  bits: number;
  /** Where the pixels begin. */
  start: number;
  /** The bits of red, green and blue in a pixel of 16 or 32 bits. */
  masks: [red: number, green: number, blue: number];
  palette: Buffer;
  /** Bytes per colour of the palette. */
  entry: number;
}

/** The RGB pixels of a BMP. Alpha, which most programs leave undefined, is ignored. Throws an error with the path. */
export function decodeBmp(bytes: Buffer, path: string): Picture {
  const header = readHeader(bytes, path);
  const { width, height, isUpward, bits, start } = header;
  checkSize(width, height, path);
  // Rows are padded to four bytes. The padding of the last one may be missing.
  const length = Math.ceil((width * bits) / 32) * 4;
  if (bytes.length < start + length * (height - 1) + Math.ceil((width * bits) / 8)) throw cutShort(path, "BMP");
  const sink = new PixelSink(width, height, 3);
  const out = new Uint8Array(3 * width);
  const convert = bits <= 8 ? byPalette : byMasks;
  for (let y = 0; y < height; y++) {
    const at = start + length * (isUpward ? height - 1 - y : y);
    convert(bytes.subarray(at, at + length), header, out);
    sink.add(y, out);
  }
  return sink.picture();
}

function readHeader(bytes: Buffer, path: string): Header {
  const size = bytes.readUInt32LE(14);
  const isOld = size === OS2;
  if (bytes.length < 14 + size) throw cutShort(path, "BMP");
  const [width, tall] = isOld
    ? [bytes.readUInt16LE(18), bytes.readUInt16LE(20)]
    : [bytes.readInt32LE(18), bytes.readInt32LE(22)];
  const bits = bytes.readUInt16LE(isOld ? 24 : 28);
  const compression = isOld ? NONE : bytes.readUInt32LE(30);
  if (![NONE, MASKS, ALPHA_MASKS].includes(compression)) throw unread(path, "a compressed BMP");
  if (width <= 0 || tall === 0 || ![1, 2, 4, 8, 16, 24, 32].includes(bits)) {
    throw damaged(path, "BMP", "its header makes no sense");
  }
  const hasMasks = compression !== NONE && (bits === 16 || bits === 32);
  if (hasMasks && bytes.length < 66) throw cutShort(path, "BMP");
  const given = [54, 58, 62].map((at) => (hasMasks ? bytes.readUInt32LE(at) : 0));
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const start = bytes.readUInt32LE(10);
  return {
    ...{ width, height: Math.abs(tall), isUpward: tall > 0, bits, start, entry: isOld ? 3 : 4 },
    masks: (hasMasks ? given : usual) as Header["masks"],
    palette: bytes.subarray(14 + size + (hasMasks && size === 40 ? 12 : 0), start),
  };
}

function byPalette(row: Buffer, { width, bits, palette, entry }: Header, out: Uint8Array): void {
  for (let x = 0; x < width; x++) {
    const index = packedSample(row, x, bits);
    // The file has blue first.
    for (let k = 0; k < 3; k++) out[3 * x + k] = palette[entry * index + 2 - k] ?? 0;
  }
}

function byMasks(row: Buffer, { width, bits, masks }: Header, out: Uint8Array): void {
  const bytes = bits / 8;
  const lowest = masks.map((mask) => mask & -mask);
  for (let x = 0; x < width; x++) {
    const pixel = row.readUIntLE(x * bytes, bytes);
    masks.forEach((mask, k) => {
      // Unsigned: a mask may have the highest bit.
      const most = (mask >>> 0) / ((lowest[k] as number) >>> 0);
      out[3 * x + k] =
        mask === 0 ? 0 : Math.round((255 * (((pixel & mask) >>> 0) / ((lowest[k] as number) >>> 0))) / most);
    });
  }
}
