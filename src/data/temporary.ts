// Names of temporary files: .TARGET.HOST-PROCESS.RANDOM.tmp, from which it follows whether the writing process still lives.

import { createHash, randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { hostname } from "node:os";

/** Bytes of a file's name that a temporary name repeats; file systems allow 255 in all. */
const MOST_NAME = 150;
/** After this time, a temporary file of another machine (or container) counts as left over. */
const DAY_MILLISECONDS = 24 * 3600 * 1000;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const host = () => sha256(hostname()).slice(0, 8);

/** The name, or if it is long a hash of it. */
export function shortName(name: string): string {
  return Buffer.byteLength(name) <= MOST_NAME ? name : sha256(name).slice(0, 16);
}

/** A new temporary name for a file called `name`. */
export function temporaryName(name: string): string {
  return `.${shortName(name)}.${host()}-${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
}

/** Whether `found`, at `path`, is a temporary file of `name` whose process has ended. */
export async function isStale(found: string, name: string, path: string): Promise<boolean> {
  const start = `.${shortName(name)}.`;
  const [, machine, pid] = /^([0-9a-f]{8})-(\d+)\.[0-9a-f]{12}\.tmp$/.exec(found.slice(start.length)) ?? [];
  if (!found.startsWith(start) || machine === undefined) return false;
  const changed = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (machine !== host()) return changed < Date.now() - DAY_MILLISECONDS;
  // In a container every run may have the same number, so a file of this number is judged by its age.
  if (Number(pid) === process.pid) return changed < Date.now() - 1000 * process.uptime();
  return !isAlive(Number(pid));
}

/** Whether a process of this machine is running. A process of another user answers with another error than ESRCH. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
