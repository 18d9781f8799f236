// Image files named on the command line: their paths and their pixels.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readWhole, reason } from "../data/files.js";
import type { DigitImage } from "../image/plane.js";
import { decodeJpeg, isJpeg } from "./jpeg.js";
import { decodePng, isPng } from "./png.js";

/** Maximum size of an image file: more than any camera's, and small enough to be read whole. */
const MAX_FILE_BYTES = 64 * 2 ** 20;
const ENDINGS = /\.(png|jpe?g)$/i;

/** The path itself, or for a folder its PNG and JPEG files by extension, sorted by name. Throws if the folder has none. */
export async function imageFiles(path: string): Promise<string[]> {
  // A missing file is reported later, by `readImage`.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const names = await readdir(path).catch((cause) => {
    throw new Error(`cannot read ${path}: ${reason(cause)}`, { cause });
  });
  const images = names.filter((name) => ENDINGS.test(name)).sort();
  if (images.length === 0) throw new Error(`the folder ${path} holds no .png, .jpg or .jpeg files`);
  return images.map((name) => join(path, name));
}

/** The pixels of a PNG or JPEG; the format is detected from the content. Throws an error with the path and the reason. */
export async function readImage(path: string): Promise<DigitImage> {
  const bytes = await readWhole(path, MAX_FILE_BYTES);
  if (bytes.length === 0) throw new Error(`${path} is empty`);
  if (isPng(bytes)) return decodePng(bytes, path);
  if (isJpeg(bytes)) return decodeJpeg(bytes, path);
  throw new Error(`${path} is neither a PNG nor a JPEG file`);
}
