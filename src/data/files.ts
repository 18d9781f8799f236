// Files of Node: read whole, gunzipped if need be, and never left half-written.

import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { shown } from "../check.js";

const unzip = promisify(gunzip);
/** Most bytes of a file, also of what a compressed one may unfold to: a small one can claim to be endless. */
const MOST_BYTES = 2 ** 31 - 1;
/** Bytes that are read at once. */
const PIECE = 2 ** 20;

/** A file's bytes, unfolded if they are gzip. Error names the path and why it cannot be read. */
export async function readMaybeGzip(path: string): Promise<Uint8Array> {
  return gunzipMaybe(await readWhole(path), path);
}

/** The bytes of a file or pipe, `most` at most. Error names the path and why it cannot be read. */
export async function readWhole(path: string, most = MOST_BYTES): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error("it is a folder");
    // A device may never end.
    if (!found.isFile() && !found.isFIFO()) throw new Error("it is not a file");
    if (found.size > most) throw new Error(`it has ${found.size} bytes, and ${most} is the most`);
    return found.size > 0 ? await readFile(path) : await readPieces(path, most);
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${reason(cause)}`, { cause });
  }
}

/** What does not tell its size, as a pipe, may have no end. */
async function readPieces(path: string, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    length += piece.length;
    if (length > most) throw new Error(`it has more than ${most} bytes, which is the most`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** What comes from outside as the name of a file or folder. */
export function checkPath(value: unknown, title: string): string {
  if (typeof value !== "string") throw new TypeError(`"${title}" must be a string, got ${shown(value)}`);
  if (value === "") throw new RangeError(`"${title}" must be a path, got ""`);
  return value;
}

/** `bytes`, or what they unfold to if they are gzip. */
export async function gunzipMaybe(bytes: Uint8Array, title: string, most = MOST_BYTES): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await unzip(bytes, { maxOutputLength: most });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === "ERR_BUFFER_TOO_LARGE" ? `it unfolds to more than ${most} bytes` : reason(cause);
    throw new RangeError(`${title} is no whole gzip file: ${problem}`, { cause });
  }
}

/**
 * Writes a file so that `path` holds either all of it or what it held before. Links stay links, and a file that is there
 * keeps its permissions. Error names the path and why.
 */
export async function writeAtomic(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await replace(await followLinks(path), bytes);
  } catch (cause) {
    throw new Error(`cannot write ${path}: ${reason(cause)}`, { cause });
  }
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new Error("it is a folder");
  // A rename would put a file in the place of a device or a pipe.
  if (there && !there.isFile()) throw new Error("it is not a regular file");
  const temporary = join(dirname(path), `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeNew(temporary, bytes, there && there.mode & PERMISSIONS);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw cause;
  }
}

const PERMISSIONS = 0o777;

/** A file that must not be there yet; with the usual permissions unless told. */
async function writeNew(path: string, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    // Opening takes away what the umask forbids.
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The file that `path` leads to, there or not: a rename replaces a link rather than what it leads to. */
export async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? path : followLinks(resolve(await realpath(dirname(path)), link));
  }
}

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ELOOP: "its links lead in a circle",
  ENOSPC: "no space is left",
};

/** What a system error means, in words. */
export function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? message;
}
