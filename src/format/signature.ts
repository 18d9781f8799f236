// What a file is, by the bytes it begins with, for files that are given as a model and are something else.

/** Kinds of binary files by their first bytes in hexadecimal digits; a dot stands for any digit. */
const BINARY: readonly (readonly [beginning: RegExp, kind: string])[] = [
  [/^ffd8ff/, "JPEG picture"],
  [/^89504e470d0a1a0a/, "PNG picture"],
  [/^47494638/, "GIF picture"],
  [/^52494646.{8}57454250/, "WebP picture"],
  [/^424d.{8}00000000/, "BMP picture"],
  [/^(49492a00|4d4d002a)/, "TIFF picture"],
  // "ftyp" with the brands avif and avis; heic, hevc and other brands that begin with "he"; mif1 and msf1.
  [/^.{8}6674797061766/, "AVIF picture"],
  [/^.{8}66747970(6865|6d6966|6d7366)/, "HEIC picture"],
  [/^25504446/, "PDF document"],
  [/^504b0304/, "ZIP archive"],
  [/^1f8b/, "gzip archive"],
  [/^894844460d0a/, "HDF5 file"],
  [/^47475546/, "GGUF file"],
  [/^0000080[1-4]00/, "IDX file of samples"],
];
const TEXT: typeof BINARY = [
  [/^\s*<(!doctype|html|svg|\?xml)/i, "web page or XML text"],
  [/^\s*[{[]\s*["{[\]}\d-]/, "JSON text"],
];

/** What the bytes are by their first 16, such as "JPEG picture"; undefined for anything unknown. */
export function kindOf(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, 16);
  const hex = Array.from(start, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const text = String.fromCharCode(...start);
  const found = BINARY.find(([beginning]) => beginning.test(hex)) ?? TEXT.find(([beginning]) => beginning.test(text));
  return found?.[1];
}
