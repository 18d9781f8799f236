// Failed writes lose nothing. The errors of the operating system are injected here; test/cli/lost.test.ts makes real ones.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isStale, shortName, temporaryName } from "../../src/data/temporary.js";
import { disk, type SaveError, writeAtomic, writeSomewhere } from "../../src/data/write.js";
import { fileCheckpoint, loadNetwork, Network, saveNetwork } from "../../src/node.js";
import { flat } from "../support/networks.js";

let root: string;
let [there, current, temporary] = ["", "", ""];
/** Milliseconds that were waited for, without waiting. */
let waited: number[];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "wasmlp-write-")));
  [there, current, temporary] = [join(root, "there"), join(root, "current"), join(root, "temporary")];
  for (const folder of [there, current, temporary]) mkdirSync(folder);
  vi.spyOn(process, "cwd").mockReturnValue(current);
  vi.stubEnv("TMPDIR", temporary);
  waited = [];
  vi.spyOn(disk, "wait").mockImplementation((async (pause: number) => void waited.push(pause)) as typeof disk.wait);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const NEW = Uint8Array.of(1, 2, 3);
const failure = (code: string) => Object.assign(new Error(`${code}: injected`), { code });
const bytesOf = (path: string) => [...readFileSync(path)];

/** Lets the first `times` renames fail. */
function failRename(code: string, times = Number.POSITIVE_INFINITY) {
  let left = times;
  return vi.spyOn(disk, "rename").mockImplementation(async (from, to) => {
    if (left-- > 0) throw failure(code);
    return rename(from, to);
  });
}

/** Lets no file be created in the folders; with `half`, it is created and takes only a part of the content. */
function failOpen(code: string, folders: string[], half = false) {
  vi.spyOn(disk, "open").mockImplementation(async (path, flags, mode) => {
    if (!folders.some((folder) => String(path).startsWith(folder))) return open(path, flags, mode);
    if (!half) throw failure(code);
    return failWrite(await open(path, flags, mode), code);
  });
}

function failWrite(file: FileHandle, code: string): FileHandle {
  file.writeFile = async () => {
    await file.write(Uint8Array.of(1));
    throw failure(code);
  };
  return file;
}

describe("a rename that fails", () => {
  it.each(["EBUSY", "EPERM", "EACCES"])("with %s is tried again for a second", async (code) => {
    const renames = failRename(code, 6);
    writeFileSync(join(there, "out"), "old");
    await writeAtomic(join(there, "out"), NEW);
    expect(bytesOf(join(there, "out"))).toEqual([1, 2, 3]);
    expect(renames).toHaveBeenCalledTimes(7);
    expect(waited.reduce((sum, pause) => sum + pause, 0)).toBe(1000);
    expect(readdirSync(there)).toEqual(["out"]);
  });

  it.each(["EBUSY", "EPERM", "EACCES", "EXDEV"])("for ever with %s ends in overwriting", async (code) => {
    failRename(code);
    writeFileSync(join(there, "out"), "old and longer", { mode: 0o600 });
    const { ino } = statSync(join(there, "out"));
    await writeAtomic(join(there, "out"), NEW);
    expect(bytesOf(join(there, "out"))).toEqual([1, 2, 3]);
    expect(statSync(join(there, "out"))).toMatchObject({ ino, size: 3 });
    expect(readdirSync(there)).toEqual(["out"]);
    expect(waited.length).toBe(code === "EXDEV" ? 0 : 6);
  });

  it("of a new file, or for another reason, is an error at once", async () => {
    failRename("EIO");
    await expect(writeAtomic(join(there, "out"), NEW)).rejects.toThrow("out: the disk reports an error");
    expect(waited).toEqual([]);
    expect(readdirSync(there)).toEqual([]);
  });

  it("while the overwriting fails too leaves the complete copy under another name", async () => {
    failRename("EBUSY");
    writeFileSync(join(there, "out.bin"), "old");
    vi.spyOn(disk, "open").mockImplementation(async (path, flags, mode) => {
      const file = await open(path, flags, mode);
      return flags === "r+" ? failWrite(file, "ENOSPC") : file;
    });
    const error: SaveError = await writeSomewhere(join(there, "out.bin"), NEW).catch((reason) => reason);
    const saved = join(there, "out.saved.bin");
    expect(error.message).toBe(
      `cannot write ${join(there, "out.bin")}: no space is left; it was saved to ${saved} instead`,
    );
    expect(error.savedTo).toBe(saved);
    expect(bytesOf(saved)).toEqual([1, 2, 3]);
    expect(readdirSync(there).sort()).toEqual(["out.bin", "out.saved.bin"]);
    expect([...readdirSync(current), ...readdirSync(temporary)]).toEqual([]);
  });
});

describe("a file that can be written in a folder that cannot", () => {
  it.each(["EACCES", "EPERM", "EROFS"])("(%s) is overwritten, with a copy elsewhere until then", async (code) => {
    writeFileSync(join(there, "out"), "old");
    const opened: string[] = [];
    vi.spyOn(disk, "open").mockImplementation(async (path, flags, mode) => {
      opened.push(String(path));
      if (flags === "wx" && String(path).startsWith(there)) throw failure(code);
      if (flags === "r+") expect(bytesOf(opened.at(-2) as string)).toEqual([1, 2, 3]);
      return open(path, flags, mode);
    });
    await writeAtomic(join(there, "out"), NEW);
    expect(opened.length).toBe(3);
    expect(opened[1]?.startsWith(temporary)).toBe(true);
    expect(bytesOf(join(there, "out"))).toEqual([1, 2, 3]);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("what cannot be written is saved", () => {
  const path = () => join(there, "net.safetensors");
  const attempt = (): Promise<SaveError> => writeSomewhere(path(), NEW).catch((reason) => reason);

  it.each<[string, string, boolean]>([
    ["ENOSPC", "no space is left", true],
    ["EDQUOT", "the quota of the disk is used up", true],
    ["EFBIG", "it is larger than the file system allows", true],
    ["EIO", "the disk reports an error", true],
    ["EROFS", "the file system is read-only", false],
    ["EACCES", "permission denied", false],
    ["ENOENT", "there is no such file or folder", false],
  ])("in the current folder, after %s", async (code, reason, half) => {
    failOpen(code, [there], half);
    const error = await attempt();
    const saved = join(current, "net.saved.safetensors");
    expect(error.message).toBe(`cannot write ${path()}: ${reason}; it was saved to ${saved} instead`);
    expect(error.savedTo).toBe(saved);
    expect(bytesOf(saved)).toEqual([1, 2, 3]);
    expect(readdirSync(there)).toEqual([]);
  });

  it("in the folder for temporary files, if the current folder takes nothing either", async () => {
    failOpen("ENOSPC", [there, current], true);
    expect((await attempt()).savedTo).toBe(join(temporary, "net.saved.safetensors"));
    expect([...readdirSync(there), ...readdirSync(current)]).toEqual([]);
  });

  it("even if the current folder is gone", async () => {
    vi.mocked(process.cwd).mockImplementation(() => {
      throw failure("ENOENT");
    });
    failOpen("EROFS", [there]);
    expect((await attempt()).savedTo).toBe(join(temporary, "net.saved.safetensors"));
  });

  it("in the same folder under another name, if only the name is the problem", async () => {
    mkdirSync(path());
    expect(await attempt()).toMatchObject({ savedTo: join(there, "net.saved.safetensors") });
    const long = join(there, `${"x".repeat(300)}.safetensors`);
    const error: SaveError = await writeSomewhere(long, NEW).catch((reason) => reason);
    expect(error.message).toContain("its name is too long; it was saved to ");
    expect(error.savedTo).toBe(join(there, `${shortName("x".repeat(300))}.saved.safetensors`));
  });

  it("nowhere, and then says of each place why", async () => {
    failOpen("ENOSPC", [root]);
    const error = await attempt();
    expect(error.savedTo).toBeUndefined();
    expect(error.message).toBe(
      `cannot write ${path()}: no space is left, and it could not be saved elsewhere: ` +
        [there, current, temporary].map((folder) => `${folder} (no space is left)`).join(", "),
    );
  });

  it("without replacing a file of another run, but replacing its own", async () => {
    writeFileSync(join(current, "net.saved.safetensors"), "another run's");
    failOpen("EROFS", [there]);
    const saved = join(current, "net.saved-2.safetensors");
    expect((await attempt()).savedTo).toBe(saved);
    const error: SaveError = await writeSomewhere(path(), Uint8Array.of(4)).catch((reason) => reason);
    expect(error.savedTo).toBe(saved);
    expect(bytesOf(saved)).toEqual([4]);
    expect(readdirSync(current).sort()).toEqual(["net.saved-2.safetensors", "net.saved.safetensors"]);
  });

  it("by saveNetwork and fileCheckpoint", async () => {
    const net = await Network.create({ inputs: 2, layers: [{ units: 2, activation: "tanh" }], loss: "quadratic" });
    failOpen("ENOSPC", [there], true);
    const error: SaveError = await saveNetwork(path(), net).catch((reason) => reason);
    expect(flat(await loadNetwork(error.savedTo as string))).toEqual(flat(net));
    const checkpoint: SaveError = await fileCheckpoint(join(there, "c"))(NEW).catch((reason) => reason);
    expect(bytesOf(checkpoint.savedTo as string)).toEqual([1, 2, 3]);
    expect(checkpoint.savedTo).toBe(join(current, "c.saved"));
  });
});

describe("temporary files", () => {
  /** A number that no running process has: the largest of Linux is 2^22. */
  const DEAD = 2 ** 30;
  const named = (name: string, pid: number) => temporaryName(name).replace(`-${process.pid}.`, `-${pid}.`);
  const long = "é".repeat(120);

  it.each(["out", "a [b]*.x", long])("of killed writes are removed by the next write of %s", async (name) => {
    const dead = named(name, DEAD);
    const living = named(name, process.ppid);
    const ours = temporaryName(name);
    const [before, other, foreign] = [temporaryName(name), named("other", DEAD), ".abcdefabcdef.tmp"];
    for (const file of [dead, living, ours, before, other, foreign]) writeFileSync(join(there, file), "");
    utimesSync(join(there, before), 1, 1);
    await writeAtomic(join(there, name), NEW);
    expect(readdirSync(there).sort()).toEqual([living, ours, other, foreign, name].sort());
  });

  it("of another machine are left over after a day", async () => {
    const file = temporaryName("out").replace(/\.[0-9a-f]{8}-/, ".00000000-");
    writeFileSync(join(there, file), "");
    expect(await isStale(file, "out", join(there, file))).toBe(false);
    utimesSync(join(there, file), 1, 1);
    expect(await isStale(file, "out", join(there, file))).toBe(true);
  });

  it("have a name that begins with that of the target and fits any file system", () => {
    expect(temporaryName("out")).toMatch(/^\.out\.[0-9a-f]{8}-\d+\.[0-9a-f]{12}\.tmp$/);
    expect(Buffer.byteLength(temporaryName("x".repeat(255)))).toBeLessThan(255);
  });

  it("stay if the write fails: they may hold the only content", async () => {
    const dead = named("out", DEAD);
    writeFileSync(join(there, dead), "");
    failRename("EIO");
    await expect(writeAtomic(join(there, "out"), NEW)).rejects.toThrow();
    expect(existsSync(join(there, dead))).toBe(true);
  });
});
