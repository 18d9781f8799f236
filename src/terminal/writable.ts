// Whether a result can be written where it shall go, asked before an hour of training rather than after it.

import { randomBytes } from "node:crypto";
import { access, constants, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { followLinks, reason } from "../data/files.js";

/** Error names `path` and why it cannot be written. Leaves what is there as it is. */
export async function checkWritable(path: string): Promise<void> {
  try {
    await checkTarget(path);
    await tryFolder(dirname(await followLinks(path)));
  } catch (cause) {
    throw new Error(`cannot write ${path}: ${reason(cause)}`, { cause });
  }
}

/** What is there already must be a file: a rename would replace even a device. */
async function checkTarget(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found?.isDirectory() || /[/\\]$/.test(path)) throw new Error("it is a folder");
  if (found && !found.isFile()) throw new Error("it is not an ordinary file");
  if (found) await access(path, constants.W_OK);
}

/** Only making a file tells whether a folder takes one. */
async function tryFolder(folder: string): Promise<void> {
  const probe = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  const file = await open(probe, "wx");
  await file.close();
  await rm(probe);
}
