// Checks that a result can be written to its path, before an hour of training rather than after it.

import { open, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { followLinks, reason } from "../data/files.js";
import { temporaryName } from "../data/temporary.js";
import { CLOSED } from "../data/write.js";

/** Throws an error with `path` and the reason if it cannot be written. An existing file is not changed. */
export async function checkWritable(path: string): Promise<void> {
  try {
    const isThere = await checkTarget(path);
    await tryFolder(await followLinks(path)).catch((error: NodeJS.ErrnoException) => {
      // An existing file is overwritten in place if its folder takes no new files, as of a file mounted into a container.
      if (!isThere || !CLOSED.includes(error.code ?? "")) throw error;
    });
  } catch (cause) {
    throw new Error(`cannot write ${path}: ${reason(cause)}`, { cause });
  }
}

/**
 * Throws unless the target is a file that can be written, or is missing: saving renames a new file over it, which would replace
 * even a device. Returns whether it exists.
 */
async function checkTarget(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found?.isDirectory() || /[/\\]$/.test(path)) throw new Error("it is a folder");
  if (!found) return false;
  if (!found.isFile()) throw new Error("it is not an ordinary file");
  // Opened, because `access` grants the superuser everything.
  await (await open(path, "r+")).close();
  return true;
}

/** Creates and removes a file in the folder of `path`: no other check is reliable on all file systems. */
async function tryFolder(path: string): Promise<void> {
  const probe = join(dirname(path), temporaryName(basename(path)));
  const file = await open(probe, "wx");
  await file.close();
  await rm(probe);
}
