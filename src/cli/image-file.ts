// Shared by the decoders of image files: the limits on sizes, the collection of pixels, and the errors.

import type { DigitImage } from "../image/plane.js";

/** Maximum number of pixels, about 268 million: more than the largest cameras have. */
const MAX_PIXELS = 2 ** 28;
/** Images of more pixels, 33.6 million, are shrunk while they are decoded, so that the memory is bounded. */
const LARGE_PIXELS = 2 ** 25;
/** The number of pixels to which large images are shrunk, as far as whole steps allow. */
const SHRUNK_PIXELS = 2 ** 22;

/** The pixels of an image file. */
export interface Picture extends DigitImage {
  /** Width and height in the file, if the image was shrunk. */
  original?: [width: number, height: number];
}

/** Whether an image is to be shrunk while it is decoded. */
export function isLarge(width: number, height: number): boolean {
  return width * height > LARGE_PIXELS;
}

/** Throws if the image is too large. Call it before allocating memory for the pixels. */
export function checkSize(width: number, height: number, path: string): void {
  if (width * height <= MAX_PIXELS) return;
  throw new Error(`${path} is ${width}x${height} pixels, and ${MAX_PIXELS} pixels are the most; save it smaller`);
}

/** The error for a file whose content is invalid. */
export function damaged(path: string, kind: string, problem: string, cause?: unknown): Error {
  return new Error(`${path} is a damaged ${kind} file: ${problem}`, { cause });
}

/** The error for a file that is cut off. */
export function cutShort(path: string, kind: string): Error {
  return new Error(`${path} is not a whole ${kind} file: it ends too early`);
}

/** The error for a variety of a format that the decoder does not read. */
export function unread(path: string, variety: string): Error {
  return new Error(`${path} is ${variety}, which is not read; save it as an ordinary PNG or JPEG`);
}

/** Number `i` of the samples of a row, each of `bits` bits, at most 8, the first in the highest bits. */
export function packedSample(row: Uint8Array, i: number, bits: number): number {
  const bit = i * bits;
  return ((row[bit >> 3] as number) >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
}

/**
 * Collects the pixels of an image row by row, in any order. Of a large image each square of `step` pixels becomes one pixel,
 * its mean; colours count by their opacity.
 */
export class PixelSink {
  private readonly step: number;
  private readonly columns: number;
  private readonly rows: number;
  private readonly pixels: Uint8Array;
  /** Sums per cell of a large image; colours are multiplied by their opacity. */
  private readonly sums: Float64Array;

  constructor(
    private readonly width: number,
    private readonly height: number,
    /** 1 (grey), 3 (RGB) or 4 (RGBA). */
    private readonly channels: number,
  ) {
    this.step = isLarge(width, height) ? Math.ceil(Math.sqrt((width * height) / SHRUNK_PIXELS)) : 1;
    this.columns = Math.ceil(width / this.step);
    this.rows = Math.ceil(height / this.step);
    const size = this.columns * this.rows * channels;
    this.pixels = new Uint8Array(size);
    this.sums = new Float64Array(this.step > 1 ? size : 0);
  }

  /** Adds `count` pixels of row `y`, at the columns `first`, `first` + `stride`, …; `row` has `channels` bytes a pixel. */
  add(y: number, row: Uint8Array, count = this.width, first = 0, stride = 1): void {
    const { channels, pixels } = this;
    const start = y * this.width * channels;
    if (this.step > 1) this.sum(y, row, count, first, stride);
    else if (stride === 1) pixels.set(row.subarray(0, count * channels), start + first * channels);
    else {
      for (let i = 0, at = 0; i < count; i++) {
        const to = start + (first + i * stride) * channels;
        for (let k = 0; k < channels; k++) pixels[to + k] = row[at++] as number;
      }
    }
  }

  private sum(y: number, row: Uint8Array, count: number, first: number, stride: number): void {
    const { step, channels, sums } = this;
    const start = Math.floor(y / step) * this.columns;
    for (let i = 0, at = 0; i < count; i++, at += channels) {
      const to = (start + Math.floor((first + i * stride) / step)) * channels;
      const opacity = channels === 4 ? (row[at + 3] as number) : 1;
      const colours = channels === 4 ? 3 : channels;
      for (let k = 0; k < colours; k++) sums[to + k] = (sums[to + k] as number) + opacity * (row[at + k] as number);
      if (channels === 4) sums[to + 3] = (sums[to + 3] as number) + opacity;
    }
  }

  /** The image of all pixels that were added; others are 0, which with an opacity is transparent. */
  picture(): Picture {
    const { columns, rows, pixels, width, height } = this;
    const image = { data: pixels, width: columns, height: rows };
    if (this.step === 1) return image;
    for (let cell = 0; cell < columns * rows; cell++) this.average(cell);
    return { ...image, original: [width, height] };
  }

  /** Writes the mean colour of a cell. Cells at the right and lower edge may have fewer pixels. */
  private average(cell: number): void {
    const { step, columns, channels, sums, pixels } = this;
    const [column, row] = [cell % columns, Math.floor(cell / columns)];
    const count = Math.min(step, this.width - column * step) * Math.min(step, this.height - row * step);
    const weight = channels === 4 ? (sums[cell * channels + 3] as number) : count;
    for (let k = 0; k < channels; k++) {
      const total = sums[cell * channels + k] as number;
      pixels[cell * channels + k] = Math.round(k === 3 ? total / count : total / Math.max(1, weight));
    }
  }
}
