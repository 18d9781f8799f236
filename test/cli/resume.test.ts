// Checkpoints on the command line: a training that is killed and resumed many times ends with the same model as an undisturbed one.

import type { ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeSafetensors } from "../../src/format/safetensors.js";
import { philox } from "../../src/random.js";
import { type Outcome, runProgram, startProgram } from "../support/command.js";
import { writeIdxFolder } from "../support/idx-folder.js";

const TRAINING = [
  ...["train", "--data", "data", "--layers", "64,24,3", "--epochs", "400", "--batch", "4", "--seed", "3"],
  ...["--optimizer", "adamw", "--schedule", "cosine", "--warm-up", "2", "--dropout", "0.2", "--max-norm", "2"],
  ...["--patience", "400", "--holdout", "0.2"],
];
const CHECKPOINT = ["--checkpoint", "run.checkpoint", "--checkpoint-every", "50steps"];
const KILLS = 10;
let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-resume-"));
  writeIdxFolder(
    at("data"),
    Array.from({ length: 200 }, (_, i) => i % 3),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the training, resumed from the checkpoint if there is one. */
function begin(...more: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  const resume = existsSync(at("run.checkpoint")) ? ["--resume", "run.checkpoint"] : [];
  return startProgram({ cwd: folder }, ...TRAINING, ...CHECKPOINT, ...resume, ...more);
}

/** Resolves when the program has printed an epoch. */
function epochPrinted(child: ChildProcess): Promise<void> {
  return new Promise((done) => child.stderr?.on("data", (text) => /^epoch/m.test(text) && done()));
}

/** Epoch and samples of the checkpoint, read without the code that writes checkpoints. */
function checkpointPosition(): [number, number] {
  const { tensors, bytes } = decodeSafetensors(readFileSync(at("run.checkpoint")), "it", ["F32", "U8"]);
  for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
  const { epoch, samples } = JSON.parse(new TextDecoder().decode(bytes.get("state")));
  return [epoch, samples];
}

describe("a training that is killed", () => {
  it(`at ${KILLS} random moments and resumed ends with the same file, byte for byte`, async () => {
    const block = new Uint32Array(4);
    const seen: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      philox(block, kill, 0, 0, 0, 5, 0);
      const { child, outcome } = begin("--out", "killed");
      await epochPrinted(child);
      await new Promise((resolve) => setTimeout(resolve, ((block[0] as number) / 2 ** 32) * 150));
      child.kill("SIGKILL");
      expect((await outcome).code, "it was still training").toBe(null);
      if (existsSync(at("run.checkpoint"))) seen.push(String(checkpointPosition()));
    }
    expect(seen.length).toBeGreaterThan(KILLS / 2);
    expect(new Set(seen).size).toBeGreaterThan(KILLS / 2);
    expect(existsSync(at("killed"))).toBe(false);
    const end = await begin("--out", "killed").outcome;
    expect(end).toMatchObject({ code: 0 });
    const whole = runProgram(folder, ...TRAINING, "--out", "whole");
    expect(whole.code).toBe(0);
    expect(readFileSync(at("killed")).equals(readFileSync(at("whole")))).toBe(true);
    const result = (text: string) => text.replace(/, [\d,]+ samples\/s\n.*\n$/, "");
    expect(result(end.out)).toBe(result(whole.out));
  }, 120_000);

  it("by Ctrl-C writes a checkpoint and prints how to resume", async () => {
    rmSync(at("run.checkpoint"), { force: true });
    const { child, outcome } = begin("--checkpoint-every", "1000", "--out", "stopped");
    await epochPrinted(child);
    child.kill("SIGINT");
    const { code, err } = await outcome;
    expect(code).toBe(130);
    expect(err).toMatch(/; saved to stopped; add --resume run\.checkpoint to continue\n$/);
    expect(checkpointPosition()[0]).toBeGreaterThan(1);
    expect((await begin("--out", "stopped").outcome).code).toBe(0);
    expect(readFileSync(at("stopped")).equals(readFileSync(at("whole")))).toBe(true);
  }, 60_000);
});

describe("a training that is resumed", () => {
  it("counts the earlier epochs when it is stopped again", async () => {
    // One epoch takes about a second.
    const labels = Array.from({ length: 6000 }, (_, i) => i % 3);
    writeIdxFolder(at("long"), labels);
    const training = [
      "train",
      "--data",
      "long",
      "--layers",
      "64,500,500,3",
      "--epochs",
      "9",
      "--batch",
      "4",
      "--lr",
      ".1",
    ];
    const stop = async (when: RegExp, ...more: string[]) => {
      const { child, outcome } = startProgram({ cwd: folder }, ...training, ...more, "--checkpoint", "long.checkpoint");
      child.stderr?.on("data", (text) => when.test(text) && child.kill("SIGINT"));
      return (await outcome).err.match(/stopped by Ctrl-C after (\d) of 9 epochs/)?.[1];
    };
    expect(await stop(/^epoch 1/m)).toBe("1");
    expect(await stop(/parameters/, "--resume", "long.checkpoint")).toBe("1");
  }, 60_000);
});

describe("--resume", () => {
  const refused = (...args: string[]): Outcome =>
    runProgram(folder, ...TRAINING, "--resume", "run.checkpoint", ...args);

  it.each([
    [["--lr", "0.5"], '"--lr" must be 0.001 as in the checkpoint, got 0.5'],
    [["--batch", "5"], '"--batch" must be 4 as in the checkpoint, got 5'],
    [["--epochs", "401"], '"--epochs" must be 400 as in the checkpoint, got 401'],
    [["--seed", "4"], '"--seed" must be 3 as in the checkpoint, got 4'],
    [["--max-norm", "3"], '"--max-norm" must be 2 as in the checkpoint, got 3'],
    [["--optimizer", "adam"], '"--optimizer" must be "adamw" as in the checkpoint, got "adam"'],
    [["--schedule", "constant"], '"--schedule" must be "cosine" as in the checkpoint, got "constant"'],
    [["--holdout", "0.3"], '"--data" must be "160 x 64'],
    [["--dropout", "0.1"], '"--layers" must be [{"units":24,'],
  ])("with %j is refused with a message", (args, message) => {
    const { code, out, err } = refused(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err.trimEnd().split("\n").at(-1)).toMatch(/^wasmlp: /);
  });

  it("of a missing file or another file is refused with a message", () => {
    const { code, err } = runProgram(folder, ...TRAINING, "--resume", "whole");
    expect(code).toBe(1);
    expect(err).toMatch(
      /wasmlp: cannot resume from whole: the checkpoint holds no training to go on with: its metadata has no "wasmlpCheckpoint" of 2\n$/,
    );
    // "$&" is special in the replacement text of String.replace, which words the message.
    copyFileSync(at("whole"), at("$&"));
    expect(runProgram(folder, ...TRAINING, "--resume", "$&").err).toMatch(
      /wasmlp: cannot resume from \$&: the checkpoint holds no training/,
    );
    const missing = runProgram(folder, ...TRAINING, "--resume", "nowhere");
    expect(missing).toMatchObject({ code: 1, err: "wasmlp: cannot read nowhere: there is no such file or folder\n" });
  });

  it("a checkpoint that can no longer be written is reported once, and training continues", async () => {
    mkdirSync(at("gone"));
    const more = ["--checkpoint", "gone/x", "--checkpoint-every", "10steps", "--out", "saved"];
    const { child, outcome } = startProgram({ cwd: folder }, ...TRAINING, ...more);
    await epochPrinted(child);
    // Moved rather than removed: removing fails while a checkpoint is being written.
    renameSync(at("gone"), at("moved"));
    const { code, err } = await outcome;
    expect(code).toBe(0);
    const words = "warning: cannot write gone/x: there is no such file or folder; continuing without a checkpoint\n";
    expect(err.split(words)).toHaveLength(2);
    expect(readFileSync(at("saved")).equals(readFileSync(at("whole")))).toBe(true);
  }, 60_000);
});
