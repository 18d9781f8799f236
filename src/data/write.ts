// Writes files so that their content is never lost: whole or not at all, after retries, in place where a file cannot be
// renamed, and at last in another place. For Node only.

import type { Stats } from "node:fs";
import { open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { followLinks, reason } from "./files.js";
import { isStale, shortName, temporaryName } from "./temporary.js";

/** An error of `saveNetwork` and `fileCheckpoint` about a file that could not be written. */
export interface SaveError extends Error {
  /** The file that holds the content instead; absent if it could not be written anywhere. */
  readonly savedTo?: string;
}

/** The calls of the operating system that tests replace to make them fail. */
export const disk = { open, rename, stat, wait };

/** Milliseconds before each further attempt to rename a file, one second in all: a virus scanner may hold the file. */
const PAUSES = [10, 30, 60, 150, 250, 500];
/** Errors of a rename that may pass, because another program holds the file. */
const PASSING = ["EBUSY", "EPERM", "EACCES"];
/** Errors of a rename after which the file can still be overwritten: it is a mount point, or another file system. */
const FIXED = [...PASSING, "EXDEV"];
/** Errors of a folder in which no file can be created, although the existing ones may be writable. */
export const CLOSED = ["EACCES", "EPERM", "EROFS"];

/** The permission bits of a file's mode. */
const PERMISSIONS = 0o777;

/**
 * Writes a file atomically: at any time, `path` holds either the whole new content or the old one. Symbolic links are
 * followed and kept, and an existing file keeps its permissions. A file that cannot be renamed (a mount point) is
 * overwritten in place while a complete copy lies beside it. Throws an Error that names the path and the reason.
 */
export async function writeAtomic(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await replace(await followLinks(path), bytes);
  } catch (cause) {
    const message = `cannot write ${path}: ${reason(cause)}`;
    const { savedTo } = cause as SaveError;
    throw savedTo === undefined ? new Error(message, { cause }) : savedError(message, savedTo, cause);
  }
}

function savedError(message: string, savedTo: string, cause: unknown): SaveError {
  return Object.assign(new Error(`${message}; it was saved to ${savedTo} instead`, { cause }), { savedTo });
}

/**
 * Writes a file as `writeAtomic` does. If that fails, the content is saved elsewhere: in the same folder under another
 * name, else in the current folder, else in the system's folder for temporary files. Then a `SaveError` is thrown that
 * names the path, the reason and the other file.
 */
export async function writeSomewhere(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeAtomic(path, bytes);
  } catch (error) {
    const { cause, message, savedTo } = error as SaveError;
    if (savedTo !== undefined) throw error;
    const { file, failures } = await saveBeside(path, bytes);
    if (file === undefined) throw new Error(`${message}, and it could not be saved elsewhere: ${failures}`, { cause });
    throw savedError(message, file, cause);
  }
}

// --- replacing a file ---

/** Writes a temporary file beside `path`, on the same file system, and renames it to `path`. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const there = await disk.stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new Error("it is a folder");
  // The rename would replace a device or a pipe by a regular file.
  if (there && !there.isFile()) throw new Error("it is not a regular file");
  const copy = await writeCopy(path, bytes, there);
  try {
    if (!copy.isNear || !(await renamed(copy.file, path, there !== undefined))) await overwrite(path, bytes, copy.file);
  } finally {
    await rm(copy.file, { force: true }).catch(() => {});
  }
  await removeStale(path);
}

/** A complete copy under a temporary name. */
interface Copy {
  file: string;
  /** Whether it lies in the folder of the target. */
  isNear: boolean;
}

/**
 * Writes the copy into the folder of `path`. In a folder that is closed for new files, an existing file may be writable; its
 * copy lies in the system's folder for temporary files.
 */
async function writeCopy(path: string, bytes: Uint8Array, there: Stats | undefined): Promise<Copy> {
  const name = temporaryName(basename(path));
  const mode = there && there.mode & PERMISSIONS;
  for (const folder of [dirname(path), tmpdir()]) {
    const file = join(folder, name);
    const isNear = folder === dirname(path);
    try {
      await writeNew(file, bytes, mode);
      return { file, isNear };
    } catch (error) {
      if (!isNear || !there || !CLOSED.includes(codeOf(error))) throw error;
    }
  }
  throw new Error("the folder for temporary files is read-only too");
}

/** Renames a copy, with further attempts if that fails. Returns false if `path` exists and can only be overwritten. */
async function renamed(copy: string, path: string, isThere: boolean): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      await disk.rename(copy, path);
      return true;
    } catch (error) {
      const pause = PASSING.includes(codeOf(error)) ? PAUSES[attempt] : undefined;
      if (pause !== undefined) await disk.wait(pause);
      else if (isThere && FIXED.includes(codeOf(error))) return false;
      else throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}

/** Overwrites an existing file in place. If that fails in the middle, `copy` becomes the file to which it was saved. */
async function overwrite(path: string, bytes: Uint8Array, copy: string): Promise<void> {
  const file = await disk.open(path, "r+");
  try {
    await file.writeFile(bytes);
    await file.truncate(bytes.length);
    await file.sync();
  } catch (error) {
    const savedTo = await saveIn(dirname(copy), path, (free) => moveTo(free, copy));
    throw Object.assign(error as Error, { savedTo });
  } finally {
    await file.close();
  }
}

/** Moves a copy to a name that is free. The empty file reserves it: a rename alone would replace what has the name. */
async function moveTo(free: string, copy: string): Promise<void> {
  await writeNew(free, new Uint8Array());
  await rename(copy, free);
}

/** Writes a file that must not exist yet, and flushes it to the disk. Default mode: as the process's umask says. */
async function writeNew(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const file = await disk.open(path, "wx", mode);
  try {
    // `open` clears the bits of the umask, so the mode is set once more.
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/** Removes the temporary files that earlier, killed writes to `path` left. */
async function removeStale(path: string): Promise<void> {
  const folder = dirname(path);
  // A folder that cannot be listed keeps them; the file itself is written.
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    if (await isStale(name, basename(path), file)) await rm(file, { force: true }).catch(() => {});
  }
}

// --- another place ---

/** The files to which this process saved instead of a path, which later saves of that path replace. */
const besides = new Map<string, string>();
/** Files of the same name in one folder, such as those of earlier runs, that are passed over. */
const MOST_NAMES = 1000;

/** Saves in the first folder that takes the content; `failures` says why the others did not. */
async function saveBeside(path: string, bytes: Uint8Array): Promise<{ file: string | undefined; failures: string }> {
  const failures: string[] = [];
  for (const folder of await otherFolders(path)) {
    try {
      return { file: await saveOnce(folder, path, bytes), failures: "" };
    } catch (error) {
      failures.push(`${folder} (${reason(error)})`);
    }
  }
  return { file: undefined, failures: failures.join(", ") };
}

/** Saves in a folder. What this process saved there instead of the same path before, such as a checkpoint, is replaced. */
async function saveOnce(folder: string, path: string, bytes: Uint8Array): Promise<string> {
  const key = `${folder}\0${path}`;
  const known = besides.get(key);
  if (known !== undefined) await replace(known, bytes);
  const file = known ?? (await saveIn(folder, path, (free) => writeNew(free, bytes)));
  besides.set(key, file);
  return file;
}

/** The folders in which the content of `path` may be saved, the best first, without repetition. */
async function otherFolders(path: string): Promise<string[]> {
  const folders = new Set<string>();
  for (const place of [
    async () => dirname(await followLinks(path).catch(() => path)),
    async () => process.cwd(),
    async () => tmpdir(),
  ]) {
    // The folder of the path, or the current folder, may be gone.
    const folder = await place().catch(() => undefined);
    if (folder !== undefined) folders.add(await realpath(folder).catch(() => resolve(folder)));
  }
  return [...folders];
}

/**
 * Saves in a folder under a free name: digits.saved.safetensors, digits.saved-2.safetensors, … `write` writes a file that must
 * not exist. Returns its path.
 */
async function saveIn(folder: string, path: string, write: (file: string) => Promise<void>): Promise<string> {
  const [stem, ending] = [shortName(basename(path, extname(path))), shortName(extname(path))];
  for (let number = 1; number <= MOST_NAMES; number++) {
    const file = join(folder, `${stem}.saved${number === 1 ? "" : `-${number}`}${ending}`);
    try {
      await write(file);
      return file;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
  throw new Error(`it holds ${MOST_NAMES} saved files of this name`);
}
