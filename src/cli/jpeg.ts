// Decoding of JPEG files, upright. The size is read and checked here first, because the decoder trusts the header.

import { decode } from "jpeg-js";
import type { DigitImage } from "../image/plane.js";
import { checkSize, damaged } from "./image-file.js";

/** Whether the bytes start like a JPEG file. */
export function isJpeg(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** The RGB pixels of a JPEG, rotated to upright by its Exif orientation. Throws an error with the path and the problem. */
export function decodeJpeg(bytes: Buffer, path: string): DigitImage {
  const { width, height, orientation } = readHeader(bytes, path);
  checkSize(width, height, path);
  return upright(decodePixels(bytes, path), orientation);
}

function decodePixels(bytes: Buffer, path: string): DigitImage {
  try {
    // A second frame header may claim another size than the one checked, so the decoder gets limits too.
    const limits = { maxResolutionInMP: 34, maxMemoryUsageInMB: 1024 };
    const { data, width, height } = decode(bytes, { useTArray: true, formatAsRGBA: false, ...limits });
    return { data, width, height };
  } catch (cause) {
    // The decoder throws a TypeError when the file refers to tables that it does not contain.
    const problem = cause instanceof TypeError ? "parts of it are missing" : (cause as Error).message;
    throw damaged(path, "JPEG", problem, cause);
  }
}

interface Header {
  width: number;
  height: number;
  /** Exif's orientation, 1 to 8; 1 is upright. */
  orientation: number;
}

const [START_OF_SCAN, APP1, FILL] = [0xda, 0xe1, 0xff];
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
/** Frame headers are C0 to CF without C4 (Huffman tables), C8 (reserved) and CC (arithmetic coding). ITU T.81, table B.1. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Reads size and orientation from the segments before the compressed data. */
function readHeader(bytes: Buffer, path: string): Header {
  const header = { width: 0, height: 0, orientation: 1 };
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== FILL) throw damaged(path, "JPEG", "its segments do not follow each other");
    const [marker, length] = [bytes.readUInt8(at + 1), bytes.readUInt16BE(at + 2)];
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (isFrame(marker) && segment.length >= 5) {
      Object.assign(header, { height: segment.readUInt16BE(1), width: segment.readUInt16BE(3) });
    }
    if (marker === APP1) header.orientation = readOrientation(segment) ?? header.orientation;
    if (marker === START_OF_SCAN) return checkHeader(header, bytes.subarray(at), path);
    // A marker may be preceded by any number of fill bytes.
    at += marker === FILL ? 1 : 2 + length;
  }
  throw new Error(`${path} is not a whole JPEG file: it ends too early`);
}

/** Throws if the size is missing, or the end of the image is not in `rest`. */
function checkHeader(header: Header, rest: Buffer, path: string): Header {
  if (header.width === 0 || header.height === 0) throw damaged(path, "JPEG", "its size is missing");
  // In compressed data a byte FF is followed by 00, so these two bytes are a true end marker.
  if (!rest.includes(END_OF_IMAGE)) throw new Error(`${path} is not a whole JPEG file: it ends too early`);
  return header;
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
function upright(image: DigitImage, orientation: number): DigitImage {
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
  return { data: out, width: columns, height: rows };
}
