// Reads whole files, decompressing gzip. For Node only. Errors name the path and the
// reason in words.

import { createReadStream } from "node:fs";
import { readFile, readlink, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { rangeError, shown, typeError } from "../check.js";

const unzip = promisify(gunzip);
/** Maximum size of a file, compressed and decompressed: a small gzip file can decompress to any size. */
const MOST_BYTES = 2 ** 31 - 1;
/** Bytes read at a time from a pipe. */
const PIECE = 2 ** 20;

/** A file's bytes, decompressed if it is gzip. Throws an Error that names the path and the reason. */
export async function readMaybeGzip(path: string): Promise<Uint8Array> {
  return gunzipMaybe(await readWhole(path), path);
}

/** The bytes of a file or pipe of at most `most` bytes. Throws an Error that names the path and the reason. */
export async function readWhole(path: string, most = MOST_BYTES): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error("it is a folder");
    // Reading a device such as /dev/zero may never end.
    if (!found.isFile() && !found.isFIFO()) throw new Error("it is not a file");
    if (found.size > most) throw new Error(`it has ${found.size} bytes, the maximum is ${most}`);
    return found.size > 0 ? await readFile(path) : await readPieces(path, most);
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${reason(cause)}`, { cause });
  }
}

/** Reads a pipe, or a file that reports size 0 as those of /proc do, until its end or more than `most` bytes. */
async function readPieces(path: string, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    length += piece.length;
    if (length > most) throw new Error(`it has more than ${most} bytes, which is the maximum`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** Checks the name of a file or folder that the caller gave: a non-empty string. */
export function checkPath(value: unknown, title: string): string {
  if (typeof value !== "string") throw typeError(title, `must be a string, got ${shown(value)}`);
  if (value === "") throw rangeError(title, `must be a path, got ""`);
  return value;
}

/** Decompresses `bytes` if they are gzip, otherwise returns them unchanged. Throws a RangeError that names `title`. */
export async function gunzipMaybe(bytes: Uint8Array, title: string, most = MOST_BYTES): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await unzip(bytes, { maxOutputLength: most });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === "ERR_BUFFER_TOO_LARGE" ? `it decompresses to more than ${most} bytes` : reason(cause);
    throw new RangeError(`${title} is not a complete gzip file: ${problem}`, { cause });
  }
}

/** The file to which `path` links, whether it exists or not. Needed because a rename would replace the link itself. */
export async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? path : followLinks(resolve(await realpath(dirname(path)), link));
  }
}

/** Common system errors in words. */
const REASONS: Record<string, string> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ELOOP: "its links lead in a circle",
  ENOSPC: "no space is left",
  EDQUOT: "the quota of the disk is used up",
  EFBIG: "it is larger than the file system allows",
  ENAMETOOLONG: "its name is too long",
  EBUSY: "it is in use",
  EXDEV: "it cannot be moved across file systems",
  EIO: "the disk reports an error",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** The reason of a system error in words; of other errors, their message. */
export function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? message;
}
