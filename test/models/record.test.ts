// Recording a model: killed and restarted, it writes the same bytes and leaves no other files.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadMnist } from "../../src/node.js";
import { idx } from "../support/idx-folder.js";
import { atMoment, signal } from "../support/moment.js";

const program = resolve(import.meta.dirname, "../../build/models.js");
const COUNT = 320;
const RECORD = ["record", "digits-tiny", "--data", "data", "--epochs", "30", "--count", "2", "--every", "0"];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-record-"));
  const { train } = await loadMnist();
  for (const name of ["data", "whole", "killed"]) mkdirSync(join(folder, name));
  for (const set of ["train", "t10k"]) {
    const [images, labels] = [train.inputs.slice(0, COUNT * 784) as Uint8Array, train.labels?.slice(0, COUNT) ?? []];
    writeFileSync(join(folder, `data/${set}-images-idx3-ubyte`), idx([COUNT, 28, 28], images));
    writeFileSync(join(folder, `data/${set}-labels-idx1-ubyte`), idx([COUNT], Uint8Array.from(labels)));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: "utf8" });
const read = (path: string): string => readFileSync(join(folder, path), "latin1");

/** Ends a run when it reports this many epochs of its own. */
function killAfter(epochs: number, name: NodeJS.Signals): { code: number | null; err: string } {
  const env = atMoment({ text: "^\\d+/30 ", times: epochs }, signal(name));
  const args = [program, ...RECORD, "--out", "killed"];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", env });
  return { code: status, err: stderr };
}

describe("a recording", () => {
  it("that is killed, stopped and restarted writes the same model as one that was never stopped", () => {
    expect(run(...RECORD, "--out", "whole").stdout).toBe(
      "wrote whole/digits-tiny.safetensors and whole/digits-tiny.md\n",
    );
    expect(killAfter(3, "SIGKILL").code).toBeNull();
    expect(readdirSync(join(folder, "killed"))).toContain("digits-tiny.checkpoint");
    const { code, err } = killAfter(3, "SIGTERM");
    expect(code).toBe(143);
    expect(err).toMatch(/^stopped by SIGTERM; the same command resumes from there$/m);
    const { stderr, status } = run(...RECORD, "--out", "killed");
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/^[12]\/30 /m);
    expect(read("killed/digits-tiny.safetensors") === read("whole/digits-tiny.safetensors")).toBe(true);
    const timeless = (card: string) => card.replace(/^\| training .*$/m, "");
    expect(timeless(read("killed/digits-tiny.md"))).toBe(timeless(read("whole/digits-tiny.md")));
    expect(readdirSync(join(folder, "whole"))).toEqual(["digits-tiny.md", "digits-tiny.safetensors"]);
  });

  it("refuses a checkpoint that is damaged or of another training", () => {
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other/digits-tiny.checkpoint"), "something");
    const { stderr, status } = run(...RECORD, "--out", "other");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^cannot resume from other\/digits-tiny\.checkpoint; remove it to start again: .+\n$/);
  });

  it.each([
    ["--epochs", "many", '"--epochs" must be a whole number from 1 to 2147483647, got NaN\n'],
    ["--every", "-1", '"--every" must be a finite number of at least 0, got -1\n'],
  ])("does not blame a checkpoint for a wrong %s", (option, value, message) => {
    mkdirSync(join(folder, "blamed"), { recursive: true });
    writeFileSync(join(folder, "blamed/digits-tiny.checkpoint"), "something");
    expect(run(...RECORD, "--out", "blamed", option, value)).toMatchObject({ status: 1, stderr: message });
  });

  it("refuses a folder that does not exist before it trains", () => {
    const { stderr, status } = run(...RECORD, "--out", "nowhere");
    expect(status).toBe(1);
    expect(stderr).toBe("cannot write nowhere/digits-tiny.checkpoint: there is no such file or folder\n");
  });

  it("refuses a model without a recipe", () => {
    const { stderr, status } = run("record", "letters");
    expect(status).toBe(1);
    expect(stderr).toBe('"name" must be one of digits-tiny, digits, digits-best, got "letters"\n');
  });

  it("refuses to measure a count of 0", () => {
    const { stderr, status } = run(...RECORD, "--count", "0");
    expect(status).toBe(1);
    expect(stderr).toBe('"--count" must be a whole number from 1 to 2147483647, got 0\n');
  });

  it("with held-out samples writes no model and prints the accuracy", () => {
    const before = readdirSync(folder);
    const { stdout } = run("record", "digits-tiny", "--holdout", "--data", "data", "--epochs", "2", "--count", "2");
    const { accuracy, kinds } = JSON.parse(stdout);
    expect(accuracy).toBeGreaterThan(0);
    expect(kinds[0]).toMatchObject({ kind: "MNIST", count: 2 });
    expect(readdirSync(folder)).toEqual(before);
  });
});
