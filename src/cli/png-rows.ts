// The rows of a PNG: from decompressed bytes to pixels of 8 bits per sample.

import { type PixelSink, packedSample } from "./image-file.js";

export interface PngHeader {
  width: number;
  height: number;
  /** Bits per sample. */
  depth: number;
  /** Colour type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. */
  colour: number;
  /** One pass, or the seven of an interlaced image. */
  passes: Pass[];
  /** Three bytes per colour. */
  palette: Buffer;
  /** Chunk tRNS: alpha by palette index, or the colour that is transparent; undefined if there is none. */
  transparent: Buffer | undefined;
}

/** A part of an image: every `strideX`-th column from `firstX` of every `strideY`-th row from `firstY`. */
interface Pass {
  firstX: number;
  firstY: number;
  strideX: number;
  strideY: number;
  columns: number;
  rows: number;
}

/** Adam7: the first column and row, and their strides, of the seven passes of an interlaced image. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The passes of an image that contain pixels. */
export function passesOf(width: number, height: number, isInterlaced: boolean): Pass[] {
  const parts = isInterlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  return parts
    .map(([firstX, firstY, strideX, strideY]) => {
      const [columns, rows] = [Math.ceil((width - firstX) / strideX), Math.ceil((height - firstY) / strideY)];
      return { firstX, firstY, strideX, strideY, columns, rows };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Samples per pixel, by colour type. */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Takes decompressed bytes in pieces of any size and adds complete rows to a sink. */
export class PngRows {
  isDone = false;
  private pass = 0;
  private y = 0;
  /** The filter's number and the filtered bytes of the current row. */
  private row: Buffer;
  private above: Buffer;
  private filled = 0;
  private readonly bits: number;
  private readonly toPixels: Conversion;
  private readonly pixels: Uint8Array;

  constructor(
    private readonly header: PngHeader,
    private readonly sink: PixelSink,
    channels: number,
  ) {
    this.bits = header.depth * (SAMPLES[header.colour] as number);
    this.toPixels = conversionOf(header);
    this.pixels = new Uint8Array(header.width * channels);
    [this.row, this.above] = this.emptyRows();
  }

  private emptyRows(): [Buffer, Buffer] {
    const size = 1 + Math.ceil((this.current.columns * this.bits) / 8);
    return [Buffer.alloc(size), Buffer.alloc(size)];
  }

  private get current(): Pass {
    return this.header.passes[this.pass] as Pass;
  }

  /** Returns whether more is needed. Throws an error for an unknown filter. */
  add(piece: Buffer): boolean {
    for (let at = 0; at < piece.length && !this.isDone; ) {
      const count = Math.min(piece.length - at, this.row.length - this.filled);
      piece.copy(this.row, this.filled, at, at + count);
      at += count;
      this.filled += count;
      if (this.filled === this.row.length) this.endRow();
    }
    return !this.isDone;
  }

  private endRow(): void {
    unfilter(this.row, this.above, Math.max(1, this.bits >> 3));
    const { firstX, firstY, strideX, strideY, columns, rows } = this.current;
    this.toPixels(this.row.subarray(1), columns, this.pixels);
    this.sink.add(firstY + this.y * strideY, this.pixels, columns, firstX, strideX);
    [this.row, this.above] = [this.above, this.row];
    this.filled = 0;
    if (++this.y < rows) return;
    this.y = 0;
    this.isDone = ++this.pass === this.header.passes.length;
    if (!this.isDone) [this.row, this.above] = this.emptyRows();
  }
}

/** Removes the filter from a row, in place; the first byte is its number. `size` is the distance to the pixel before. */
function unfilter(row: Buffer, above: Buffer, size: number): void {
  const filter = row[0] as number;
  if (filter > 4) throw new Error(`there is no filter ${filter}`);
  if (filter === 0) return;
  for (let i = 1; i < row.length; i++) {
    const left = i > size ? (row[i - size] as number) : 0;
    const up = above[i] as number;
    const corner = i > size ? (above[i - size] as number) : 0;
    const prediction =
      filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    row[i] = ((row[i] as number) + prediction) & 255;
  }
}

/** The one of the three neighbours that is nearest to left + up − corner. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Converts `count` pixels of a row without filter to grey, RGB or RGBA. */
type Conversion = (row: Uint8Array, count: number, out: Uint8Array) => void;

function conversionOf(header: PngHeader): Conversion {
  const { colour, depth, transparent } = header;
  if (colour === 3 || depth < 8) return byTable(header);
  const [samples, bytes] = [SAMPLES[colour] as number, depth / 8];
  if (!transparent && colour !== 4) return (row, count, out) => copyFirst(row, bytes, count * samples, out);
  const colours = samples < 3 ? 1 : 3;
  // The key has 16 bits per channel; in an image of 8 only the lower ones count.
  const key =
    transparent && Array.from({ length: samples }, (_, k) => transparent.subarray(2 * k + 2 - bytes, 2 * k + 2));
  return (row, count, out) => {
    for (let i = 0, at = 0; i < count; i++, at += samples * bytes) {
      for (let k = 0; k < 3; k++) out[4 * i + k] = row[at + (k % colours) * bytes] as number;
      const isKey = key?.every((part, k) => part.every((value, byte) => value === row[at + k * bytes + byte]));
      out[4 * i + 3] = key ? (isKey ? 0 : 255) : (row[at + colours * bytes] as number);
    }
  };
}

/** Copies the first byte, which is the higher one, of each sample. */
function copyFirst(row: Uint8Array, bytes: number, count: number, out: Uint8Array): void {
  if (bytes === 1) out.set(row.subarray(0, count));
  else for (let i = 0; i < count; i++) out[i] = row[2 * i] as number;
}

/** The conversion of samples of up to 8 bits by a table of their colours: those of the palette, or greys. */
function byTable({ colour, depth, palette, transparent }: PngHeader): Conversion {
  const most = 2 ** depth - 1;
  const isGrey = colour === 0;
  const channels = transparent ? 4 : isGrey ? 1 : 3;
  const key = isGrey && transparent ? transparent.readUInt16BE(0) & most : -1;
  const table = Array.from({ length: most + 1 }, (_, i) => {
    const grey = Math.round((255 * i) / most);
    const colours = isGrey ? [grey, grey, grey] : Array.from({ length: 3 }, (_, k) => palette[3 * i + k] ?? 0);
    const alpha = isGrey ? (i === key ? 0 : 255) : (transparent?.[i] ?? 255);
    return [...colours, alpha];
  }).map((pixel) => pixel.slice(0, channels));
  return (row, count, out) => {
    for (let i = 0; i < count; i++) {
      const pixel = table[packedSample(row, i, depth)] as number[];
      for (let k = 0; k < channels; k++) out[i * channels + k] = pixel[k] as number;
    }
  };
}
