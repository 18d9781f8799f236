// Decoding of JPEG files, upright. The segments are read and checked here first, because the decoder trusts the header and
// stops at much that viewers ignore.

import { decode } from "jpeg-js";
import { checkSize, cutShort, damaged, isLarge, type Picture, unread } from "./image-file.js";
import { decodeEighth, type Eighth } from "./jpeg-eighth.js";
import { joinSegments, type Segment, START_OF_SCAN, segmentsOf } from "./jpeg-segments.js";

/** Whether the bytes start like a JPEG file. */
export function isJpeg(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * The RGB pixels of a JPEG, rotated to upright by its Exif orientation; of a large one an eighth of the columns and rows. Throws an
 * error with the path and the problem.
 */
export function decodeJpeg(bytes: Buffer, path: string): Picture {
  const segments = segmentsOf(bytes);
  const frame = readFrame(segments, path);
  checkSize(frame.width, frame.height, path);
  const exif = segments.filter(({ marker }) => marker === APP1).map(({ data }) => readOrientation(data));
  const orientation = exif.find((found) => found !== undefined) ?? 1;
  const picture = isLarge(frame.width, frame.height) ? eighth(segments, frame, path) : whole(segments, frame, path);
  return upright(picture, orientation);
}

const [APP1, APP14, TABLES, STEPS, INTERVAL] = [0xe1, 0xee, 0xc4, 0xdb, 0xdd];
/** Markers of frame headers that are read: baseline, extended and progressive with Huffman codes. T.81, table B.1. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Frames that are not read: lossless, hierarchical, arithmetic, and those of JPEG-LS. */
const OTHER_FRAMES: Record<number, string> = {
  ...Object.fromEntries([0xc3, 0xf7].map((marker) => [marker, "a lossless JPEG"])),
  ...Object.fromEntries([0xc5, 0xc6, 0xc7].map((marker) => [marker, "a hierarchical JPEG"])),
  ...Object.fromEntries([0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf].map((marker) => [marker, "a JPEG with arithmetic codes"])),
};

interface Frame {
  width: number;
  height: number;
  segment: Segment;
  /** The identifiers of the colour components. */
  ids: number[];
  /** Whether the colours are RGB or CMYK, not luma and chroma. */
  isDirect: boolean;
}

/** Reads the frame header. Throws if it is missing, or of a kind that is not read. */
function readFrame(segments: Segment[], path: string): Frame {
  const other = segments.find(({ marker }) => OTHER_FRAMES[marker] !== undefined);
  if (other) throw unread(path, OTHER_FRAMES[other.marker] as string);
  const frames = segments.filter(({ marker }) => FRAMES.includes(marker));
  const [segment] = frames;
  if (!segment || segment.data.length < 6) throw cutShort(path, "JPEG");
  const { data } = segment;
  const [precision, height, width, count] = [
    data.readUInt8(0),
    data.readUInt16BE(1),
    data.readUInt16BE(3),
    data.readUInt8(5),
  ];
  if (frames.length > 1 || data.length < 6 + 3 * count) throw damaged(path, "JPEG", "its header makes no sense");
  if (precision !== 8) throw unread(path, `a JPEG of ${precision} bits per sample`);
  if (width === 0 || height === 0) throw damaged(path, "JPEG", "its size is missing");
  if (!segments.some(({ marker }) => marker === START_OF_SCAN)) throw cutShort(path, "JPEG");
  const ids = Array.from({ length: count }, (_, i) => data.readUInt8(6 + 3 * i));
  const adobe = segments.find((one) => one.marker === APP14 && one.data.toString("latin1", 0, 5) === "Adobe");
  if (![1, 3].includes(count) && !(count === 4 && adobe)) throw unread(path, `a JPEG of ${count} colour components`);
  // Without Adobe's marker, only the identifiers tell that the colours are RGB.
  const isDirect = adobe ? adobe.data[11] === 0 : String.fromCharCode(...ids) === "RGB";
  return { width, height, segment, ids, isDirect };
}

/** Decodes all pixels. */
function whole(segments: Segment[], { width, height, segment, isDirect }: Frame, path: string): Picture {
  const needed = segments.filter(({ marker }) =>
    [...FRAMES, APP14, TABLES, STEPS, INTERVAL, START_OF_SCAN].includes(marker),
  );
  const limits = { maxResolutionInMP: 34, maxMemoryUsageInMB: 1024 };
  try {
    // Quick, and notices missing data, for which the other decoder leaves grey areas.
    decodeEighth(segments, segment);
    const colours = isDirect ? { colorTransform: false } : {};
    const { data } = decode(joinSegments(needed), { useTArray: true, formatAsRGBA: false, ...limits, ...colours });
    return { data, width, height };
  } catch (cause) {
    throw failure(path, cause as Error);
  }
}

/** The error for what a decoder threw. */
function failure(path: string, cause: Error): Error {
  // The end marker in the middle of the data: `joinSegments` has put it there.
  if (/unexpected marker: ffd9|ends too early/.test(cause.message)) return cutShort(path, "JPEG");
  // The decoder throws a TypeError when the file refers to tables that it does not contain, Node a RangeError past the end.
  const isMissing = cause instanceof TypeError || cause instanceof RangeError;
  return damaged(path, "JPEG", isMissing ? "parts of it are missing" : cause.message, cause);
}

/** Decodes a large image at an eighth of its size. */
function eighth(segments: Segment[], { width, height, segment, isDirect }: Frame, path: string): Picture {
  try {
    const small = decodeEighth(segments, segment);
    const data = toRgb(small, isDirect);
    return { data, width: small.width, height: small.height, original: [width, height] };
  } catch (cause) {
    throw failure(path, cause as Error);
  }
}

/** The planes as RGB: one of grey, luma and two of chroma (JFIF), or RGB; with a fourth, inverted CMYK. */
function toRgb({ width, height, planes }: Eighth, isDirect: boolean): Uint8Array {
  const [first, second, third, black] = planes as [Uint8Array, Uint8Array?, Uint8Array?, Uint8Array?];
  const data = new Uint8ClampedArray(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const [a, b, c] = [first[i] as number, second?.[i] ?? 128, third?.[i] ?? 128];
    const share = black ? (black[i] as number) / 255 : 1;
    const isPlain = isDirect && planes.length > 1;
    data[3 * i] = share * (isPlain ? a : a + 1.402 * (c - 128));
    data[3 * i + 1] = share * (isPlain ? b : a - 0.344136 * (b - 128) - 0.714136 * (c - 128));
    data[3 * i + 2] = share * (isPlain ? c : a + 1.772 * (b - 128));
  }
  return new Uint8Array(data.buffer);
}

// --- orientation ---

const ORIENTATION = 0x112;

/** The orientation of an Exif segment, which contains a TIFF directory (Exif 2.3, section 4.6.4); undefined if it has none. */
function readOrientation(segment: Buffer): number | undefined {
  if (segment.toString("latin1", 0, 6) !== "Exif\0\0") return undefined;
  const tiff = segment.subarray(6);
  // Reads past the end give 0, which ends the search.
  const isLittle = tiff.toString("latin1", 0, 2) === "II";
  const at16 = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const at32 = (at: number) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = at32(4);
  for (let entry = 0; entry < at16(directory); entry++) {
    const at = directory + 2 + 12 * entry;
    if (at16(at) === ORIENTATION) return at16(at + 8);
  }
  return undefined;
}

/** A copy of the image that is upright: orientations 5 to 8 exchange rows and columns, several mirror an axis. */
function upright(image: Picture, orientation: number): Picture {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const isSwapped = orientation >= 5;
  const [mirrorX, mirrorY] = [[2, 3, 7, 8].includes(orientation), [3, 4, 6, 7].includes(orientation)];
  const { data, width, height } = image;
  const [columns, rows] = isSwapped ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, to += 3) {
      const [fromX, fromY] = isSwapped ? [y, x] : [x, y];
      const [column, row] = [mirrorX ? width - 1 - fromX : fromX, mirrorY ? height - 1 - fromY : fromY];
      const from = 3 * (row * width + column);
      for (let k = 0; k < 3; k++) out[to + k] = data[from + k] as number;
    }
  }
  return { ...image, data: out, width: columns, height: rows };
}
