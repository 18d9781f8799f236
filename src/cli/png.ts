// PNG files as pixels. A file is checked before the decoder sees it: decoders believe what a header claims.

import { inflateSync } from "node:zlib";
import { convertIndexedToRgb, type DecodedPng, decode, type PngDataArray } from "fast-png";
import type { DigitImage } from "../image/plane.js";
import { checkSize, damaged } from "./image-file.js";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** What makes the picture. All else is dropped: the decoder would unfold an embedded profile of any size. */
const NEEDED = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
/** Samples a pixel, by the header's colour type, and the bits that a sample can have. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, number[]> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
const PALETTE = 3;

interface Header {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlaced: boolean;
}

export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/** Grey, RGB or RGBA of a PNG, 8 bits each. Error names the file and what is wrong with it. */
export function decodePng(bytes: Buffer, path: string): DigitImage {
  const chunks = splitChunks(bytes, path);
  const header = readHeader(chunks, path);
  checkPixels(chunks, header, path);
  return decodePixels(chunks, header, path);
}

interface Chunk {
  type: string;
  data: Buffer;
  /** Length, type, data and checksum. */
  whole: Buffer;
}

/** The needed chunks up to the last one, each wholly there. */
function splitChunks(bytes: Buffer, path: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    const type = bytes.toString("latin1", at + 4, at + 8);
    const chunk = { type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) };
    if (NEEDED.includes(type)) chunks.push(chunk);
    if (type === "IEND") return chunks;
    at = end;
  }
  throw new Error(`${path} is not a whole PNG file: it ends too early`);
}

function readHeader(chunks: Chunk[], path: string): Header {
  const [first] = chunks;
  if (first?.type !== "IHDR" || first.data.length !== 13) throw damaged(path, "PNG", "its header is missing");
  const { data } = first;
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth, colour, interlaced] = [data.readUInt8(8), data.readUInt8(9), data.readUInt8(12) !== 0];
  const twice = chunks.filter(({ type }) => type === "IHDR").length > 1;
  if (twice || width === 0 || height === 0 || !DEPTHS[colour]?.includes(depth)) {
    throw damaged(path, "PNG", "its header makes no sense");
  }
  checkSize(width, height, path);
  // The decoder takes the pixels of such small pictures for whole bytes.
  if (depth < 8 && interlaced) {
    throw new Error(`${path} is interlaced with ${depth} bits a pixel; save it with 8, or without interlacing`);
  }
  if (colour === PALETTE && !chunks.some(({ type, data }) => type === "PLTE" && data.length > 0)) {
    throw damaged(path, "PNG", "its palette is missing");
  }
  return { width, height, depth, colour, interlaced };
}

/** Unfolds the pixels once with a limit, as the decoder has none and a few kilobytes can unfold to gigabytes. */
function checkPixels(chunks: Chunk[], { width, height, depth, colour, interlaced }: Header, path: string): void {
  const expected = height * (1 + Math.ceil((width * depth * (CHANNELS[colour] as number)) / 8));
  // Interlaced files hold up to seven small pictures, each with row starts of its own.
  const most = interlaced ? 2 * expected + 64 : expected;
  const folded = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  let unfolded: Buffer;
  try {
    unfolded = inflateSync(folded, { maxOutputLength: most });
  } catch (cause) {
    throw damaged(path, "PNG", "its pixels cannot be unfolded", cause);
  }
  if (unfolded.length < expected && !interlaced) throw damaged(path, "PNG", "it has too few pixels");
}

function decodePixels(chunks: Chunk[], { colour }: Header, path: string): DigitImage {
  // A palette beside whole colours is a mere suggestion, which the conversion would take for more.
  const needed = chunks.filter(({ type }) => colour === PALETTE || type !== "PLTE");
  try {
    return toImage(decode(Buffer.concat([SIGNATURE, ...needed.map(({ whole }) => whole)]), { checkCrc: true }));
  } catch (cause) {
    throw damaged(path, "PNG", (cause as Error).message, cause);
  }
}

function toImage(png: DecodedPng): DigitImage {
  const { width, height } = png;
  const samples = samplesOf(png);
  const channels = samples.length / (width * height);
  const key = transparentColour(png, channels);
  const bytes = samples instanceof Uint16Array ? Uint8Array.from(samples, (value) => value >> 8) : samples;
  if (!key && (channels === 1 || channels === 3)) return { data: bytes, width, height };
  const colours = channels < 3 ? 1 : 3;
  const data = new Uint8Array(4 * width * height);
  for (let i = 0, from = 0; i < data.length; i += 4, from += channels) {
    const isKey = key?.every((value, channel) => value === samples[from + channel]) === true;
    for (let k = 0; k < 3; k++) data[i + k] = bytes[from + (k % colours)] as number;
    data[i + 3] = key ? (isKey ? 0 : 255) : (bytes[from + colours] as number);
  }
  return { data, width, height };
}

/** One number a sample, whatever the file packs them into. */
function samplesOf(png: DecodedPng): PngDataArray {
  if (png.palette) return convertIndexedToRgb(png);
  if (png.depth >= 8) return png.data;
  // Grey of few bits is packed as a palette's indices are, and is unpacked by a palette of greys, transparent or not.
  const most = 2 ** png.depth - 1;
  const [key] = png.transparency ?? [];
  const palette = Array.from({ length: most + 1 }, (_, i) => [(255 * i) / most, i === key ? 0 : 255]);
  return convertIndexedToRgb({ ...png, palette });
}

/** The one colour of a picture without alpha that stands for transparency, if the file names one (tRNS). */
function transparentColour({ transparency, depth }: DecodedPng, channels: number): number[] | undefined {
  if (transparency === undefined || depth < 8) return undefined;
  if (transparency.length !== channels) throw new Error("its transparent colour is not of its channels");
  // Two bytes a channel, of which the lower counts where channels have 8 bits.
  return Array.from(transparency, (value) => value & (2 ** depth - 1));
}
