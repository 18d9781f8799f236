import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it, vi } from "vitest";
import { gunzipMaybe, readMaybeGzip, readWhole } from "../../src/data/files.js";
import { readIdx } from "../../src/data/idx-folder.js";
import { writeAtomic } from "../../src/data/write.js";
import { loadNetwork, Network, saveNetwork } from "../../src/node.js";
import { flat } from "../support/networks.js";

const folder = mkdtempSync(join(tmpdir(), "wasmlp-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

describe("files", () => {
  it("are read unchanged or decompressed", async () => {
    const idx = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);
    writeFileSync(at("plain"), idx);
    writeFileSync(at("folded.gz"), gzipSync(idx));
    for (const name of ["plain", "folded.gz"]) {
      expect(new Uint8Array(await readMaybeGzip(at(name)))).toEqual(idx);
      expect((await readIdx(at(name))).shape).toEqual([2]);
    }
  });

  it("that are missing, folders or incomplete gzip are refused with an error that says so", async () => {
    await expect(readMaybeGzip(at("none"))).rejects.toThrow(
      `cannot read ${at("none")}: there is no such file or folder`,
    );
    await expect(readMaybeGzip(folder)).rejects.toThrow(`cannot read ${folder}: it is a folder`);
    const cut = gzipSync(new Uint8Array(1000)).subarray(0, 15);
    await expect(gunzipMaybe(cut, "x")).rejects.toThrow("x is not a complete gzip file: unexpected end of file");
  });

  it("that decompress to too much are refused before they are decompressed", async () => {
    const bomb = gzipSync(new Uint8Array(1e6));
    await expect(gunzipMaybe(bomb, "x", 1000)).rejects.toThrow(
      "x is not a complete gzip file: it decompresses to more than 1000 bytes",
    );
  });

  it("are written completely or not at all", async () => {
    const path = at("out");
    await writeAtomic(path, Uint8Array.of(1));
    await writeAtomic(path, Uint8Array.of(2, 3));
    expect([...readFileSync(path)]).toEqual([2, 3]);
    mkdirSync(at("taken"));
    await expect(writeAtomic(at("taken"), Uint8Array.of(1))).rejects.toThrow(
      `cannot write ${at("taken")}: it is a folder`,
    );
    await expect(writeAtomic(at("no/out"), Uint8Array.of(1))).rejects.toThrow(
      `cannot write ${at("no/out")}: there is no such file or folder`,
    );
    execFileSync("mkfifo", [at("pipe")]);
    await expect(writeAtomic(at("pipe"), Uint8Array.of(1))).rejects.toThrow(
      `cannot write ${at("pipe")}: it is not a regular file`,
    );
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("that never end are refused", async () => {
    await expect(readMaybeGzip("/dev/zero")).rejects.toThrow("cannot read /dev/zero: it is not a file");
    execFileSync("mkfifo", [at("endless")]);
    const writer = spawn("sh", ["-c", `cat /dev/zero > ${at("endless")}`], { stdio: "ignore" });
    const ended = new Promise((done) => writer.on("close", done));
    await expect(readWhole(at("endless"), 1e6)).rejects.toThrow(
      `cannot read ${at("endless")}: it has more than 1000000 bytes, which is the maximum`,
    );
    await ended;
    writeFileSync(at("large"), new Uint8Array(11));
    await expect(readWhole(at("large"), 10)).rejects.toThrow("it has 11 bytes, the maximum is 10");
  });

  it("behind links are written there, and the links are kept", async () => {
    mkdirSync(at("far"));
    symlinkSync("far", at("near"));
    writeFileSync(at("far/there"), "old");
    symlinkSync("near/there", at("link"));
    await writeAtomic(at("link"), Uint8Array.of(1));
    expect(readlinkSync(at("link"))).toBe("near/there");
    expect([...readFileSync(at("far/there"))]).toEqual([1]);
    symlinkSync("../far/new", at("far/dangling"));
    await writeAtomic(at("near/dangling"), Uint8Array.of(2));
    expect(lstatSync(at("far/dangling")).isSymbolicLink()).toBe(true);
    expect([...readFileSync(at("far/new"))]).toEqual([2]);
    symlinkSync("circle", at("circle"));
    await expect(writeAtomic(at("circle"), Uint8Array.of(1))).rejects.toThrow("its links lead in a circle");
  });

  it("keep their permissions", async () => {
    for (const mode of [0o600, 0o666, 0o755]) {
      writeFileSync(at("private"), "old");
      chmodSync(at("private"), mode);
      await writeAtomic(at("private"), Uint8Array.of(1));
      expect(statSync(at("private")).mode & 0o777).toBe(mode);
    }
  });

  it("and networks of the wrong type are refused by name", async () => {
    const net = await Network.create({ inputs: 2, layers: [{ units: 2, activation: "tanh" }], loss: "quadratic" });
    const url = new URL("file:///nowhere") as never;
    await expect(saveNetwork(url, net)).rejects.toThrow(new TypeError('"path" must be a string, got URL'));
    await expect(saveNetwork("", net)).rejects.toThrow(new RangeError('"path" must be a path, got ""'));
    const path = at("untouched");
    await expect(saveNetwork(path, {} as never)).rejects.toThrow(
      new TypeError('"network" must be a Network of wasmlp, got Object'),
    );
    expect(existsSync(path)).toBe(false);
    await expect(loadNetwork(url)).rejects.toThrow(new TypeError('"path" must be a string, got URL'));
    await expect(loadNetwork(path, null as never)).rejects.toThrow(
      new TypeError('"options" must be an object, got null'),
    );
    await expect(loadNetwork(path, { sead: 1 } as never)).rejects.toThrow(RangeError);
    await expect(readIdx(null as never)).rejects.toThrow(new TypeError('"path" must be a string, got null'));
  });

  it("that replace a model leave it unchanged when they fail", async () => {
    const net = await Network.create({ inputs: 2, layers: [{ units: 2, activation: "tanh" }], loss: "quadratic" });
    const path = at("model.safetensors");
    await saveNetwork(path, net);
    expect(flat(await loadNetwork(path))).toEqual(flat(net));
    const before = readFileSync(path);
    chmodSync(folder, 0o755);
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
    await expect(saveNetwork(join(path, "below"), net)).rejects.toThrow(
      `a part of the path is not a folder; it was saved to ${realpathSync(folder)}/below.saved instead`,
    );
    cwd.mockRestore();
    expect(readFileSync(path)).toEqual(before);
    writeFileSync(path, before.subarray(0, 100));
    await expect(loadNetwork(path)).rejects.toThrow(`${path} is cut short`);
    await expect(loadNetwork(at("absent"))).rejects.toThrow(
      `cannot read ${at("absent")}: there is no such file or folder`,
    );
    expect(existsSync(at("absent"))).toBe(false);
  });
});
