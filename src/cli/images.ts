// Image files by the words of a command line: which there are, and their pixels.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readWhole, reason } from "../data/files.js";
import type { DigitImage } from "../image/plane.js";
import { decodeJpeg, isJpeg } from "./jpeg.js";
import { decodePng, isPng } from "./png.js";

const MOST_FILE_BYTES = 64 * 2 ** 20;
const ENDINGS = /\.(png|jpe?g)$/i;

/** The files that paths name; of a folder, all in it that are called PNG or JPEG, by their names. */
export async function imageFiles(path: string): Promise<string[]> {
  // What is not there is told of when it is read.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const names = await readdir(path).catch((cause) => {
    throw new Error(`cannot read ${path}: ${reason(cause)}`, { cause });
  });
  const images = names.filter((name) => ENDINGS.test(name)).sort();
  if (images.length === 0) throw new Error(`the folder ${path} holds no .png, .jpg or .jpeg files`);
  return images.map((name) => join(path, name));
}

/** The pixels of a PNG or JPEG, whatever its name. Error names the file and why it has none. */
export async function readImage(path: string): Promise<DigitImage> {
  const bytes = await readWhole(path, MOST_FILE_BYTES);
  if (bytes.length === 0) throw new Error(`${path} is empty`);
  if (isPng(bytes)) return decodePng(bytes, path);
  if (isJpeg(bytes)) return decodeJpeg(bytes, path);
  throw new Error(`${path} is neither a PNG nor a JPEG file`);
}
