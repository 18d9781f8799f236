// Image files named on the command line: their paths and their pixels.

import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readWhole, reason } from "../data/files.js";
import { formatOf, kindOf, READ_NAMES, START_BYTES, unreadFormat } from "./formats.js";
import { type Picture, unread } from "./image-file.js";

/** Maximum size of an image file: more than that of any camera's picture. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

export interface ImageFiles {
  /** Paths of files to read. */
  files: string[];
  /** Sentences about files of the folder that are left out. */
  notes: string[];
}

/**
 * The path itself, or for a folder its image files, by content or else by ending, sorted by name. Hidden files are left out, and
 * with a note images of other formats. Throws if the folder has none that can be read.
 */
export async function imageFiles(path: string): Promise<ImageFiles> {
  // A missing file is reported later, by `readImage`.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return { files: [path], notes: [] };
  const names = await readdir(path).catch((cause) => {
    throw new Error(`cannot read ${path}: ${reason(cause)}`, { cause });
  });
  const [files, others]: [string[], string[]] = [[], []];
  for (const name of names.filter((name) => !name.startsWith(".")).sort()) {
    const kind = kindOf(name, await startOf(join(path, name)));
    if (kind === "read") files.push(join(path, name));
    else if (kind) others.push(`${name} (${kind.unread})`);
  }
  const list = `${others.join(", ")}; save them as PNG or JPEG`;
  const images = others.length === 1 ? "1 image" : `${others.length} images`;
  if (files.length === 0 && others.length > 0) {
    throw new Error(`the folder ${path} holds ${images} of formats that are not read and no other: ${list}`);
  }
  if (files.length === 0) throw new Error(`the folder ${path} holds no images (${READ_NAMES})`);
  const note = `the folder ${path} holds ${images} of formats that are not read, beside ${files.length} others: ${list}`;
  return { files, notes: others.length > 0 ? [note] : [] };
}

/** The first bytes of a regular file; none of what cannot be read, which then counts by its name. */
async function startOf(path: string): Promise<Buffer> {
  const nothing = Buffer.alloc(0);
  try {
    // To open a pipe would wait for its writer.
    if (!(await stat(path)).isFile()) return nothing;
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return nothing;
  }
}

/** The pixels of an image; the format is detected from the content. Rejects with an error with the path and the reason. */
export async function readImage(path: string): Promise<Picture> {
  const bytes = await readWhole(path, MAX_FILE_BYTES);
  if (bytes.length === 0) throw new Error(`${path} is empty`);
  const start = bytes.subarray(0, START_BYTES);
  const format = formatOf(start);
  if (format) return format.decode(bytes, path);
  const known = unreadFormat(start);
  if (known !== undefined) throw unread(path, `a file of the format ${known}`);
  throw new Error(`${path} is no image of a format that is read: ${READ_NAMES}`);
}
