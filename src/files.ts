// Files of Node: read whole, gunzipped if need be, and never left half-written.

import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type Idx, parseIdx } from "./idx.js";

const unzip = promisify(gunzip);
/** Most bytes that a compressed file may unfold to: a small file can claim to be endless. */
const MOST_UNZIPPED = 2 ** 31 - 1;

/** A file's bytes, unfolded if they are gzip. Error names the path and why it cannot be read. */
export async function readMaybeGzip(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${reason(cause)}`, { cause });
  }
  return gunzipMaybe(bytes, path);
}

/** `bytes`, or what they unfold to if they are gzip. */
export async function gunzipMaybe(bytes: Uint8Array, title: string, most = MOST_UNZIPPED): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await unzip(bytes, { maxOutputLength: most });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === "ERR_BUFFER_TOO_LARGE" ? `it unfolds to more than ${most} bytes` : reason(cause);
    throw new RangeError(`${title} is no whole gzip file: ${problem}`, { cause });
  }
}

/** The array in an IDX file, which may be gzipped. */
export async function readIdx(path: string): Promise<Idx> {
  return parseIdx(await readMaybeGzip(path), path);
}

/** Writes a file so that `path` holds either all of it or what it held before. Error names the path and why. */
export async function writeAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new Error(`cannot write ${path}: it is a folder`);
  // A rename would put a file in the place of a device or a pipe.
  if (there && !there.isFile()) throw new Error(`cannot write ${path}: it is not a regular file`);
  const temporary = join(dirname(path), `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new Error(`cannot write ${path}: ${reason(cause)}`, { cause });
  }
}

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "no space is left",
};

/** What a system error means, in words. */
export function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? message;
}
