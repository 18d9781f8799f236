// What a file is, by the bytes it begins with, for files that are given as a model and are something else.

/** Kinds of files by their first bytes as Latin-1 text; a dot stands for any byte. */
const KINDS: readonly (readonly [beginning: RegExp, kind: string])[] = [
  [/^\xff\xd8\xff/, "JPEG picture"],
  [/^\x89PNG\r\n\x1a\n/, "PNG picture"],
  [/^GIF8[79]a/, "GIF picture"],
  [/^RIFF[^]{4}WEBP/, "WebP picture"],
  [/^BM[^]{4}\0{4}/, "BMP picture"],
  [/^(II\*\0|MM\0\*)/, "TIFF picture"],
  [/^[^]{4}ftyp(hei|hev|mif|msf)/, "HEIC picture"],
  [/^[^]{4}ftypavi/, "AVIF picture"],
  [/^%PDF-/, "PDF document"],
  [/^PK\x03\x04/, "ZIP archive"],
  [/^\x1f\x8b/, "gzip archive"],
  [/^\x89HDF\r\n/, "HDF5 file"],
  [/^GGUF/, "GGUF file"],
  [/^\0\0\x08[\x01-\x04]\0/, "IDX file of samples"],
  [/^\s*<(!doctype|html|svg|\?xml)/i, "web page or XML text"],
  [/^\s*[{[]\s*["{[\]}\d-]/, "JSON text"],
];

/** What the bytes are by their first 16, such as "JPEG picture"; undefined for anything unknown. */
export function kindOf(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  return KINDS.find(([beginning]) => beginning.test(start))?.[1];
}
