// Checkpoints on the command line: a training that is killed and resumed many times ends with the same model as an undisturbed one.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeSafetensors } from "../../src/format/safetensors.js";
import { philox } from "../../src/random.js";
import { type Outcome, runProgram, startProgram } from "../support/command.js";
import { writeIdxFolder } from "../support/idx-folder.js";
import { atMoment, signal } from "../support/moment.js";

const TRAINING = [
  ...["train", "--data", "data", "--layers", "64,24,3", "--epochs", "400", "--batch", "4", "--seed", "3"],
  ...["--optimizer", "adamw", "--schedule", "cosine", "--warm-up", "2", "--dropout", "0.2", "--max-norm", "2"],
  ...["--patience", "400", "--holdout", "0.2"],
];
const CHECKPOINT = ["--checkpoint", "run.checkpoint", "--checkpoint-every", "50steps"];
const KILLS = 10;
/** How often the clock is read in about a twentieth of the training. */
const MOST_CALLS = 1500;
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

/** Runs the training, resumed from the checkpoint if there is one. */
function run(env: NodeJS.ProcessEnv, ...more: string[]): Promise<Outcome> {
  const resume = existsSync(at("run.checkpoint")) ? ["--resume", "run.checkpoint"] : [];
  return startProgram({ cwd: folder, env }, ...TRAINING, ...CHECKPOINT, ...resume, ...more).outcome;
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
      // Up to a twentieth of the training after its first epoch, in the middle of a step, a report or a checkpoint.
      const calls = Math.ceil(((block[0] as number) / 2 ** 32) * MOST_CALLS);
      const { code } = await run(atMoment({ text: "^epoch", calls }, signal("SIGKILL")), "--out", "killed");
      expect(code, "it was still training").toBe(null);
      if (existsSync(at("run.checkpoint"))) seen.push(String(checkpointPosition()));
    }
    expect(seen.length).toBeGreaterThan(KILLS / 2);
    expect(new Set(seen).size).toBeGreaterThan(KILLS / 2);
    expect(existsSync(at("killed"))).toBe(false);
    const end = await run(process.env, "--out", "killed");
    expect(end).toMatchObject({ code: 0 });
    const whole = runProgram(folder, ...TRAINING, "--out", "whole");
    expect(whole.code).toBe(0);
    expect(readFileSync(at("killed")).equals(readFileSync(at("whole")))).toBe(true);
    const result = (text: string) => text.replace(/, [\d,]+ samples\/s\n.*\n$/, "");
    expect(result(end.out)).toBe(result(whole.out));
  });

  it("by Ctrl-C writes a checkpoint and prints how to resume", async () => {
    rmSync(at("run.checkpoint"), { force: true });
    const env = atMoment({ text: "^epoch" }, signal("SIGINT"));
    const { code, err } = await run(env, "--checkpoint-every", "1000", "--out", "stopped");
    expect(code).toBe(130);
    expect(err).toMatch(/; saved to stopped; add --resume run\.checkpoint to continue\n$/);
    expect(checkpointPosition()[0]).toBeGreaterThan(1);
    expect((await run(process.env, "--out", "stopped")).code).toBe(0);
    expect(readFileSync(at("stopped")).equals(readFileSync(at("whole")))).toBe(true);
  });
});

describe("a training that is resumed", () => {
  it("counts the earlier epochs when it is stopped again", async () => {
    const training = ["train", "--data", "data", "--layers", "64,24,3", "--epochs", "9", "--batch", "4", "--lr", ".1"];
    const stop = async (moment: Parameters<typeof atMoment>[0], ...more: string[]) => {
      const env = atMoment(moment, signal("SIGINT"));
      const begun = startProgram({ cwd: folder, env }, ...training, ...more, "--checkpoint", "long.checkpoint");
      return (await begun.outcome).err.match(/stopped by Ctrl-C after (\d) of 9 epochs/)?.[1];
    };
    expect(await stop({ text: "^epoch 1" })).toBe("1");
    // In the first steps.
    expect(await stop({ text: "parameters", calls: 20 }, "--resume", "long.checkpoint")).toBe("1");
  });
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
      /wasmlp: cannot resume from whole: the checkpoint holds no training to go on with: its metadata has no "wasmlpCheckpoint" of 2 or 3\n$/,
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
    // Moved rather than removed: removing fails while a checkpoint is being written.
    const env = atMoment({ text: "^epoch" }, 'require("node:fs").renameSync("gone", "moved")');
    const { code, err } = await startProgram({ cwd: folder, env }, ...TRAINING, ...more).outcome;
    expect(code).toBe(0);
    const words =
      /warning: cannot write gone\/x: there is no such file or folder; it was saved to (.*) instead; continuing\n/g;
    expect([...err.matchAll(words)]).toHaveLength(1);
    expect(readFileSync(at("saved")).equals(readFileSync(at("whole")))).toBe(true);
  });
});
