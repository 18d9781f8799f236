// Decoding of PNG files (https://www.w3.org/TR/png-3/), as tolerant as viewers: checksums are not compared, what follows the
// pixels is ignored, and the end may be missing. The pixels are decompressed row by row, so that no file takes more memory
// than its image.

import { Readable } from "node:stream";
import { constants, createInflateRaw } from "node:zlib";
import { checkSize, cutShort, damaged, type Picture, PixelSink, unread } from "./image-file.js";
import { type PngHeader, PngRows, passesOf } from "./png-rows.js";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const DEPTHS: Record<number, number[]> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
const PALETTE = 3;

/** Whether the bytes start with PNG's signature. */
export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/** The pixels of a PNG as grey, RGB or RGBA with 8 bits per sample. Rejects with an error with the path and the problem. */
export async function decodePng(bytes: Buffer, path: string): Promise<Picture> {
  const chunks = splitChunks(bytes);
  const header = readHeader(chunks, path);
  const isOpaque = header.transparent === undefined && header.colour < 4;
  const channels = isOpaque ? (header.colour === 0 ? 1 : 3) : 4;
  const sink = new PixelSink(header.width, header.height, channels);
  const rows = new PngRows(header, sink, channels);
  const compressed = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  try {
    await inflate(compressed, (piece) => rows.add(piece));
  } catch (cause) {
    throw damaged(path, "PNG", "its pixels cannot be decompressed", cause);
  }
  if (!rows.isDone) throw cutShort(path, "PNG");
  return sink.picture();
}

interface Chunk {
  type: string;
  data: Buffer;
}

/** The chunks up to IEND or the end of the file, at which the last one may be cut. */
function splitChunks(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IEND" || !/^[A-Za-z]{4}$/.test(type)) break;
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** Reads the header, the palette and the transparency, and checks them against the standard and the limits. */
function readHeader(chunks: Chunk[], path: string): PngHeader {
  if (chunks[0]?.type === "CgBI") throw unread(path, "a PNG in the form of Apple's apps (CgBI)");
  const [first] = chunks;
  if (first?.type !== "IHDR" || first.data.length !== 13) throw damaged(path, "PNG", "its header is missing");
  const { data } = first;
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth, colour, interlace] = [data.readUInt8(8), data.readUInt8(9), data.readUInt8(12)];
  const methods = data.readUInt16BE(10);
  const twice = chunks.filter(({ type }) => type === "IHDR").length > 1;
  if (twice || width === 0 || height === 0 || methods !== 0 || interlace > 1 || !DEPTHS[colour]?.includes(depth)) {
    throw damaged(path, "PNG", "its header makes no sense");
  }
  checkSize(width, height, path);
  const of = (name: string) => chunks.find(({ type }) => type === name)?.data;
  const palette = of("PLTE") ?? Buffer.alloc(0);
  if (colour === PALETTE && palette.length === 0) throw damaged(path, "PNG", "its palette is missing");
  const transparent = colour < 4 ? of("tRNS") : undefined;
  // The transparent colour of an image without palette has 16 bits per channel.
  const needed = { 0: 2, 2: 6 }[colour];
  if (transparent && needed !== undefined && transparent.length !== needed) {
    throw damaged(path, "PNG", "its transparent colour has the wrong number of channels");
  }
  return { width, height, depth, colour, passes: passesOf(width, height, interlace === 1), palette, transparent };
}

/** Decompresses data of zlib's format and passes it on in pieces, until `take` returns false. Its checksum is ignored. */
async function inflate(compressed: Buffer[], take: (piece: Buffer) => boolean): Promise<void> {
  const [header, rest] = split(compressed, 2);
  const [method, flags] = header;
  if (method === undefined || flags === undefined) return;
  if ((method & 15) !== 8 || (256 * method + flags) % 31 !== 0 || (flags & 32) !== 0) {
    throw new Error("the header of the compressed data makes no sense");
  }
  // A missing end is not an error: the pixels may be complete.
  const stream = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 2 ** 16 });
  Readable.from(rest, { objectMode: false }).pipe(stream);
  for await (const piece of stream) if (!take(piece)) return;
}

/** The first `count` bytes of the pieces, and the pieces without them. */
function split(pieces: Buffer[], count: number): [Buffer, Buffer[]] {
  let left = count;
  const first: Buffer[] = [];
  const rest = pieces.map((piece) => {
    const taken = piece.subarray(0, left);
    left -= taken.length;
    first.push(taken);
    return piece.subarray(taken.length);
  });
  return [Buffer.concat(first), rest.filter(({ length }) => length > 0)];
}
