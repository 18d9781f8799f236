// Decoding of PNG files. A file is checked here first, because the decoder trusts the header.

import { inflateSync } from "node:zlib";
import { convertIndexedToRgb, type DecodedPng, decode, type PngDataArray } from "fast-png";
import type { DigitImage } from "../image/plane.js";
import { checkSize, damaged } from "./image-file.js";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The chunks that define the pixels. Others are dropped: the decoder would decompress an embedded profile of any size. */
const NEEDED = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
/** Samples per pixel and valid bits per sample, by the header's colour type. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, number[]> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
const PALETTE = 3;

interface Header {
  width: number;
  height: number;
  /** Bits per sample. */
  depth: number;
  /** Colour type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. */
  colour: number;
  interlaced: boolean;
}

/** Whether the bytes start with PNG's signature. */
export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/** The pixels of a PNG as grey, RGB or RGBA with 8 bits per sample. Throws an error with the path and the problem. */
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

/** The needed chunks up to IEND. Throws if the file ends before it. */
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

/** Reads the header, and checks it against the standard and the limits of the decoder. */
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
  // The decoder treats interlaced samples of fewer than 8 bits as whole bytes.
  if (depth < 8 && interlaced) {
    throw new Error(`${path} is interlaced with ${depth} bits per pixel; save it with 8, or without interlacing`);
  }
  if (colour === PALETTE && !chunks.some(({ type, data }) => type === "PLTE" && data.length > 0)) {
    throw damaged(path, "PNG", "its palette is missing");
  }
  return { width, height, depth, colour, interlaced };
}

/** Decompresses the pixels once with a limit on their size: the decoder has none, and a few kilobytes can expand to gigabytes. */
function checkPixels(chunks: Chunk[], { width, height, depth, colour, interlaced }: Header, path: string): void {
  const expected = height * (1 + Math.ceil((width * depth * (CHANNELS[colour] as number)) / 8));
  // An interlaced file contains up to seven smaller images, each with its own filter bytes.
  const max = interlaced ? 2 * expected + 64 : expected;
  const compressed = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  let raw: Buffer;
  try {
    raw = inflateSync(compressed, { maxOutputLength: max });
  } catch (cause) {
    throw damaged(path, "PNG", "its pixels cannot be decompressed", cause);
  }
  if (raw.length < expected && !interlaced) throw damaged(path, "PNG", "it has too few pixels");
}

function decodePixels(chunks: Chunk[], { colour }: Header, path: string): DigitImage {
  // With true colours a palette is only a suggestion (for displays of few colours), but the decoder would apply it.
  const needed = chunks.filter(({ type }) => colour === PALETTE || type !== "PLTE");
  try {
    return toImage(decode(Buffer.concat([SIGNATURE, ...needed.map(({ whole }) => whole)]), { checkCrc: true }));
  } catch (cause) {
    throw damaged(path, "PNG", (cause as Error).message, cause);
  }
}

/** The decoded samples as an image of 8 bits per sample, with alpha if there is transparency. */
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

/** The samples unpacked to one array element each. */
function samplesOf(png: DecodedPng): PngDataArray {
  if (png.palette) return convertIndexedToRgb(png);
  if (png.depth >= 8) return png.data;
  // Grey of fewer than 8 bits is packed like palette indices, so it is unpacked with a palette of greys and alphas.
  const max = 2 ** png.depth - 1;
  const [key] = png.transparency ?? [];
  const palette = Array.from({ length: max + 1 }, (_, i) => [(255 * i) / max, i === key ? 0 : 255]);
  return convertIndexedToRgb({ ...png, palette });
}

/** The colour that means transparent in an image without alpha channel (chunk tRNS); undefined if there is none. */
function transparentColour({ transparency, depth }: DecodedPng, channels: number): number[] | undefined {
  if (transparency === undefined || depth < 8) return undefined;
  if (transparency.length !== channels) throw new Error("its transparent colour has the wrong number of channels");
  // Stored with 16 bits per channel; with 8-bit channels only the lower byte counts.
  return Array.from(transparency, (value) => value & (2 ** depth - 1));
}
