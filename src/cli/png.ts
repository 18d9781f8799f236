// PNG files as grey bytes. A file is checked before the decoder sees it: decoders believe what a header claims.

import { inflateSync } from "node:zlib";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";
import { readWhole } from "../files.js";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** What makes the picture. All else is dropped: the decoder would unfold an embedded profile of any size. */
const NEEDED = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
const MOST_FILE_BYTES = 64 * 2 ** 20;
const MOST_PIXELS = 4096;
/** Samples a pixel, by the header's colour type. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;

interface Header {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlaced: boolean;
}

/**
 * Brightness `[height][width]` of a PNG, 0 for transparent. `checkSize` may refuse by throwing. Error names the file and
 * what is wrong with it.
 */
export async function readGreyPng(
  path: string,
  checkSize: (width: number, height: number) => void,
): Promise<Uint8Array> {
  const bytes = await readWhole(path, MOST_FILE_BYTES);
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new Error(`${path} is not a PNG file`);
  const chunks = splitChunks(bytes, path);
  const header = readHeader(chunks, path);
  checkSize(header.width, header.height);
  checkPixels(chunks, header, path);
  return decodeGrey(chunks, header, path);
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
  if (first?.type !== "IHDR" || first.data.length !== 13) throw damaged(path, "its header is missing");
  const { data } = first;
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth, colour, interlaced] = [data.readUInt8(8), data.readUInt8(9), data.readUInt8(12) !== 0];
  const twice = chunks.filter(({ type }) => type === "IHDR").length > 1;
  if (twice || width === 0 || height === 0 || CHANNELS[colour] === undefined) {
    throw damaged(path, "its header makes no sense");
  }
  if (width > MOST_PIXELS || height > MOST_PIXELS) {
    throw new Error(`${path} is ${width}x${height} pixels, and ${MOST_PIXELS}x${MOST_PIXELS} is the most`);
  }
  if (depth !== 8 && colour !== PALETTE) throw new Error(`${path} has ${depth} bits a channel; save it with 8`);
  // The decoder takes the pixels of such small pictures for whole bytes.
  if (depth < 8 && interlaced) {
    throw new Error(`${path} is interlaced with ${depth} bits a pixel; save it with 8, or without interlacing`);
  }
  if (colour === PALETTE && !chunks.some(({ type }) => type === "PLTE")) throw damaged(path, "its palette is missing");
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
    throw damaged(path, "its pixels cannot be unfolded", cause);
  }
  if (unfolded.length < expected && !interlaced) throw damaged(path, "it has too few pixels");
}

function decodeGrey(chunks: Chunk[], { colour }: Header, path: string): Uint8Array {
  // A palette beside whole colours is a mere suggestion, which the conversion would take for more.
  const needed = chunks.filter(({ type }) => colour === PALETTE || type !== "PLTE");
  try {
    return toGrey(decode(Buffer.concat([SIGNATURE, ...needed.map(({ whole }) => whole)]), { checkCrc: true }));
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause);
  }
}

function damaged(path: string, problem: string, cause?: unknown): Error {
  return new Error(`${path} is a damaged PNG file: ${problem}`, { cause });
}

/** Rec. 601 luma times opacity. */
function toGrey(png: DecodedPng): Uint8Array {
  const pixels = png.width * png.height;
  const data = png.palette ? convertIndexedToRgb(png) : png.data;
  const channels = data.length / pixels;
  const key = transparentColour(png, channels);
  return Uint8Array.from({ length: pixels }, (_, i) => {
    const pixel = data.subarray(i * channels, (i + 1) * channels);
    if (key?.every((value, channel) => value === pixel[channel])) return 0;
    const [a, b, c, d] = pixel as unknown as [number, number, number, number];
    const grey = channels < 3 ? a : 0.299 * a + 0.587 * b + 0.114 * c;
    const opacity = channels === 2 ? b : channels === 4 ? d : 255;
    return Math.round((grey * opacity) / 255);
  });
}

/** The one colour of a picture without alpha that stands for transparency, if the file names one (tRNS). */
function transparentColour({ transparency }: DecodedPng, channels: number): number[] | undefined {
  if (transparency === undefined) return undefined;
  if (transparency.length !== channels) throw new Error("its transparent colour is not of its channels");
  // Two bytes a channel, of which the lower counts where channels have 8 bits.
  return Array.from(transparency, (value) => value & 255);
}
