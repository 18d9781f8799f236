// Formats of image files, by their first bytes: those that are read, and those that are only known by name.

import { decodeBmp, isBmp } from "./bmp.js";
import { decodeGif, isGif } from "./gif.js";
import type { Picture } from "./image-file.js";
import { decodeJpeg, isJpeg } from "./jpeg.js";
import { decodePng, isPng } from "./png.js";

interface Format {
  is: (start: Buffer) => boolean;
  decode: (bytes: Buffer, path: string) => Picture | Promise<Picture>;
}

/** Bytes that suffice to recognize a format. */
export const START_BYTES = 1024;

const READ: Format[] = [
  { is: isPng, decode: decodePng },
  { is: isJpeg, decode: decodeJpeg },
  { is: isGif, decode: decodeGif },
  { is: isBmp, decode: decodeBmp },
];
export const READ_NAMES = "PNG, JPEG, GIF or BMP";
const READ_ENDINGS = /\.(png|apng|jpe?g|jpe|jfif|gif|bmp|dib)$/i;

/** The decoder for a file; undefined if its format is not read. */
export function formatOf(start: Buffer): Format | undefined {
  return READ.find(({ is }) => is(start));
}

/** Formats that are not read, by the characters (latin-1) with which their files begin at a place. */
const KNOWN: [name: string, at: number, ...starts: string[]][] = [
  ["WebP", 8, "WEBP"],
  ["AVIF", 4, "ftypavif", "ftypavis"],
  ["HEIC", 4, ...["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"].map((brand) => `ftyp${brand}`)],
  ["camera raw", 4, "ftypcrx "],
  ["JPEG XL", 0, "\xff\x0a", "\0\0\0\x0cJXL "],
  ["JPEG 2000", 0, "\xff\x4f\xff\x51", "\0\0\0\x0cjP  "],
  ["camera raw", 0, "FUJIFILM", "IIRO", "IIRS", "IIU\0", "II\x1a\0\0\0HEAP"],
  ["TIFF", 0, "II*\0", "MM\0*", "II+\0", "MM\0+"],
  ["PDF", 0, "%PDF-"],
  ["PostScript", 0, "%!PS"],
  ["Photoshop", 0, "8BPS"],
  ["GIMP", 0, "gimp xcf"],
  ["icon", 0, "\0\0\x01\0", "\0\0\x02\0"],
  ["OpenEXR", 0, "v/1\x01"],
  ["DirectDraw", 0, "DDS "],
  ["QOI", 0, "qoif"],
  ["netpbm", 0, ...["1", "2", "3", "4", "5", "6", "7"].map((kind) => `P${kind}\n`)],
];
/** Formats that are not read, by the ending of a file whose bytes say nothing. */
const KNOWN_ENDINGS =
  /\.(webp|avif|heic|heif|hif|tiff?|pdf|svgz?|jxl|jp2|j2k|psd|xcf|ico|cur|exr|dds|qoi|p[bgpn]m|eps|tga|pcx|dng|cr[23]|nef|arw|raf|orf|rw2)$/i;

/** The name of a format that is known but not read, such as HEIC; undefined for others. */
export function unreadFormat(start: Buffer): string | undefined {
  const text = start.toString("latin1");
  // An SVG may have comments and declarations before its element.
  if (/^\W*</.test(text) && /<svg[\s>]/i.test(text)) return "SVG";
  return KNOWN.find(([, at, ...starts]) => starts.some((begin) => text.startsWith(begin, at)))?.[0];
}

/** What a file in a folder is: to be read, an image of a format that is not read (its name), or no image (undefined). */
export function kindOf(name: string, start: Buffer): "read" | { unread: string } | undefined {
  const known = unreadFormat(start);
  if (formatOf(start)) return "read";
  if (known !== undefined) return { unread: known };
  if (READ_ENDINGS.test(name)) return "read";
  const [, ending] = KNOWN_ENDINGS.exec(name) ?? [];
  return ending === undefined ? undefined : { unread: ending.toUpperCase() };
}
