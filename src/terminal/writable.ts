// Checks that a result can be written to its path, before an hour of training rather than after it.

import { randomBytes } from "node:crypto";
import { access, constants, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { followLinks, reason } from "../data/files.js";

/** Throws an error with `path` and the reason if it cannot be written. An existing file is not changed. */
export async function checkWritable(path: string): Promise<void> {
  try {
    await checkTarget(path);
    await tryFolder(dirname(await followLinks(path)));
  } catch (cause) {
    throw new Error(`cannot write ${path}: ${reason(cause)}`, { cause });
  }
}

/** An existing target must be an ordinary file: saving renames a new file over it, which would replace even a device. */
async function checkTarget(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found?.isDirectory() || /[/\\]$/.test(path)) throw new Error("it is a folder");
  if (found && !found.isFile()) throw new Error("it is not an ordinary file");
  if (found) await access(path, constants.W_OK);
}

/** Creates and removes a file in the folder: no other check is reliable on all file systems. */
async function tryFolder(folder: string): Promise<void> {
  const probe = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  const file = await open(probe, "wx");
  await file.close();
  await rm(probe);
}
