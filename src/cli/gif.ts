// Decoding of the first picture of GIF files (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).

import { checkSize, cutShort, damaged, type Picture, PixelSink } from "./image-file.js";

export function isGif(bytes: Buffer): boolean {
  return /^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6));
}

const [EXTENSION, IMAGE, CONTROL] = [0x21, 0x2c, 0xf9];

/** The RGBA pixels of the first picture; what it leaves of the screen is transparent. Throws an error with the path. */
export function decodeGif(bytes: Buffer, path: string): Picture {
  try {
    return readScreen(bytes, path);
  } catch (cause) {
    // Node's error for a read past the end.
    throw cause instanceof RangeError ? cutShort(path, "GIF") : cause;
  }
}

function readScreen(bytes: Buffer, path: string): Picture {
  const [width, height, flags] = [bytes.readUInt16LE(6), bytes.readUInt16LE(8), bytes.readUInt8(10)];
  let [at, transparent] = [13 + tableSize(flags), -1];
  const common = bytes.subarray(13, at);
  while (bytes.readUInt8(at) === EXTENSION) {
    const isControl = bytes.readUInt8(at + 1) === CONTROL;
    if (isControl && (bytes.readUInt8(at + 3) & 1) === 1) transparent = bytes.readUInt8(at + 6);
    at = endOfBlocks(bytes, at + 2);
  }
  if (bytes.readUInt8(at) !== IMAGE) throw damaged(path, "GIF", "it has no picture");
  const own = tableSize(bytes.readUInt8(at + 9));
  const table = own > 0 ? bytes.subarray(at + 10, at + 10 + own) : common;
  const size = { width: width || bytes.readUInt16LE(at + 5), height: height || bytes.readUInt16LE(at + 7) };
  checkSize(size.width, size.height, path);
  if (size.width * size.height === 0) throw damaged(path, "GIF", "its size is missing");
  const sink = new PixelSink(size.width, size.height, 4);
  addFrame(bytes, at, own, (y, left, indices) => {
    const count = Math.min(indices.length, size.width - left);
    if (y >= size.height || count <= 0) return;
    const row = new Uint8Array(4 * count);
    for (let i = 0; i < count; i++) {
      const index = indices[i] as number;
      for (let k = 0; k < 3; k++) row[4 * i + k] = table[3 * index + k] ?? 0;
      row[4 * i + 3] = index === transparent ? 0 : 255;
    }
    sink.add(y, row, count, left);
  });
  return sink.picture();
}

/** Bytes of a table of colours, by the flags that announce it. */
function tableSize(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

/** The place after a list of blocks that begins at `at`: each has its length before it, the last has length 0. */
function endOfBlocks(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes.readUInt8(end) > 0) end += 1 + bytes.readUInt8(end);
  return end + 1;
}

/** Decodes the picture whose descriptor is at `at`, with `own` bytes of colours after it; `add` takes each row's indices. */
function addFrame(
  bytes: Buffer,
  at: number,
  own: number,
  add: (y: number, left: number, row: Uint8Array) => void,
): void {
  const [left, top] = [bytes.readUInt16LE(at + 1), bytes.readUInt16LE(at + 3)];
  const [width, height] = [bytes.readUInt16LE(at + 5), bytes.readUInt16LE(at + 7)];
  const order = rowOrder(height, (bytes.readUInt8(at + 9) & 0x40) !== 0);
  const row = new Uint8Array(width);
  let [column, rows] = [0, 0];
  const start = at + 10 + own;
  const blocks: Buffer[] = [];
  for (let block = start + 1; bytes.readUInt8(block) > 0; block += 1 + bytes.readUInt8(block)) {
    blocks.push(bytes.subarray(block + 1, block + 1 + bytes.readUInt8(block)));
  }
  const isComplete = unpack(Buffer.concat(blocks), bytes.readUInt8(start), (index) => {
    row[column++] = index;
    if (column < width) return true;
    add(top + (order[rows] as number), left, row);
    column = 0;
    return ++rows < height;
  });
  if (!isComplete) throw new RangeError("the picture is incomplete");
}

/** The rows in the order of the file: interlaced, every eighth comes first. */
function rowOrder(height: number, isInterlaced: boolean): number[] {
  const passes = isInterlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  const order: number[] = [];
  for (const [first, stride] of passes as [number, number][]) {
    for (let y = first; y < height; y += stride) order.push(y);
  }
  return order;
}

/** The maximum number of codes, of 12 bits. */
const MOST_CODES = 4096;

/** Unpacks LZW data until `take` returns false, which means that the picture is complete; else returns false. */
function unpack(data: Buffer, size: number, take: (index: number) => boolean): boolean {
  const clear = 2 ** size;
  // Each code stands for a sequence: that of an earlier code and one more index.
  const [before, last] = [new Uint16Array(MOST_CODES), new Uint8Array(MOST_CODES)];
  for (let i = 0; i < Math.min(clear, 256); i++) last[i] = i;
  const stack = new Uint8Array(MOST_CODES + 1);
  let [width, next, previous, first] = [size + 1, clear + 2, -1, 0];
  let [bits, count] = [0, 0];
  for (const byte of data) {
    bits |= byte << count;
    count += 8;
    for (; count >= width; ) {
      const code = bits & (2 ** width - 1);
      bits >>>= width;
      count -= width;
      if (code === clear) {
        [width, next, previous] = [size + 1, clear + 2, -1];
        continue;
      }
      if (code === clear + 1 || code > next || (code === next && previous < 0)) return false;
      let [depth, at] = [0, code];
      // A code that is not in the table yet is the sequence before and its first index again.
      if (code === next) [stack[depth++], at] = [first, previous];
      for (; at >= clear; at = before[at] as number) stack[depth++] = last[at] as number;
      first = last[at] as number;
      stack[depth++] = first;
      while (depth > 0) if (!take(stack[--depth] as number)) return true;
      if (previous >= 0 && next < MOST_CODES) {
        [before[next], last[next]] = [previous, first];
        next += 1;
        if (next === 2 ** width && width < 12) width += 1;
      }
      previous = code;
    }
  }
  return false;
}
