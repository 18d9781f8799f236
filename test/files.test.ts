import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { gunzipMaybe, readIdx, readMaybeGzip, writeAtomic } from "../src/files.js";
import { loadNetwork, Network, saveNetwork } from "../src/node.js";
import { flat } from "./networks.js";

const folder = mkdtempSync(join(tmpdir(), "wasmlp-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

describe("files", () => {
  it("are read as they are or unfolded", async () => {
    const idx = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);
    writeFileSync(at("plain"), idx);
    writeFileSync(at("folded.gz"), gzipSync(idx));
    for (const name of ["plain", "folded.gz"]) {
      expect(new Uint8Array(await readMaybeGzip(at(name)))).toEqual(idx);
      expect((await readIdx(at(name))).shape).toEqual([2]);
    }
  });

  it("that are missing, folders, or no whole gzip are refused with a sentence", async () => {
    await expect(readMaybeGzip(at("none"))).rejects.toThrow(
      `cannot read ${at("none")}: there is no such file or folder`,
    );
    await expect(readMaybeGzip(folder)).rejects.toThrow(`cannot read ${folder}: it is a folder`);
    const cut = gzipSync(new Uint8Array(1000)).subarray(0, 15);
    await expect(gunzipMaybe(cut, "x")).rejects.toThrow("x is no whole gzip file: unexpected end of file");
  });

  it("that unfold without end are refused before they are unfolded", async () => {
    const bomb = gzipSync(new Uint8Array(1e6));
    await expect(gunzipMaybe(bomb, "x", 1000)).rejects.toThrow(
      "x is no whole gzip file: it unfolds to more than 1000 bytes",
    );
  });

  it("are written whole or not at all", async () => {
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

  it("that replace a model keep it when they fail", async () => {
    const net = await Network.create({ inputs: 2, layers: [{ units: 2, activation: "tanh" }], loss: "quadratic" });
    const path = at("model.safetensors");
    await saveNetwork(path, net);
    expect(flat(await loadNetwork(path))).toEqual(flat(net));
    const before = readFileSync(path);
    const broken = { toBytes: () => "not bytes" } as unknown as Network;
    chmodSync(folder, 0o755);
    await expect(saveNetwork(join(path, "below"), broken)).rejects.toThrow("a part of the path is not a folder");
    expect(readFileSync(path)).toEqual(before);
    writeFileSync(path, before.subarray(0, 100));
    await expect(loadNetwork(path)).rejects.toThrow(`${path} is cut short`);
    await expect(loadNetwork(at("absent"))).rejects.toThrow(
      `cannot read ${at("absent")}: there is no such file or folder`,
    );
    expect(existsSync(at("absent"))).toBe(false);
  });
});
