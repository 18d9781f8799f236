// Kills trainings at random moments, while they save too, and resumes them: what they end with is the same, byte for byte, and no
// file is ever half written.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { decodeSafetensors } from "../../src/format/safetensors.js";
import { writeIdxFolder } from "../support/idx-folder.js";
import { RandomBytes } from "./choices.js";

const TRAINING = [
  ...["train", "--data", "data", "--layers", "64,24,3", "--epochs", "60", "--batch", "8", "--seed", "3", "--quiet"],
  ...["--activation", "relu", "--output-activation", "softmax", "--loss", "crossEntropy", "--dropout", "0.2"],
  ...["--optimizer", "adamw", "--schedule", "cosine", "--patience", "60", "--holdout", "0.2"],
  ...["--checkpoint", "run.checkpoint", "--checkpoint-every", "15steps"],
];
const FILES = ["data", "run.checkpoint", "model"];

interface Tally {
  kills: number;
  /** Kills that came when a temporary file had just appeared. */
  inSaves: number;
  /** Trainings that came to their end. */
  ends: number;
  /** Trainings that a kill came too late for. */
  late: number;
}

export function addKills(program: Command): void {
  program
    .command("kills")
    .description("Kills trainings at random moments and resumes them; the model must be the same, byte for byte.")
    .option("--times <n>", "number of kills", "200")
    .option("--seed <n>", "determines the moments", "1")
    .option("--report <FILE>", "writes the numbers of tests passed and failed as JSON")
    .action(kills);
}

async function kills({ times, seed, report }: { times: string; seed: string; report?: string }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wasmlp-kills-"));
  const labels = Array.from({ length: 240 }, (_, i) => i % 3);
  try {
    writeIdxFolder(join(folder, "data"), labels);
    const started = performance.now();
    await run(folder, ["--out", "model"]);
    const lasts = performance.now() - started;
    const whole = readFileSync(join(folder, "model"));
    clear(folder);
    const tally = await killAndResume(folder, whole, Number(times), new RandomBytes(Number(seed)), lasts);
    const { kills, inSaves, ends, late } = tally;
    console.log(`${kills} kills, ${inSaves} of them in a save, ${ends} trainings ended, ${late} kills came too late`);
    console.log("every file was whole, every model the same byte for byte");
  } catch (error) {
    process.exitCode = 1;
    console.error((error as Error).message);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const failed = process.exitCode === 1 ? 1 : 0;
  if (report !== undefined)
    writeFileSync(report, JSON.stringify({ numPassedTests: 1 - failed, numFailedTests: failed }));
}

async function killAndResume(
  folder: string,
  whole: Buffer,
  times: number,
  random: RandomBytes,
  lasts: number,
): Promise<Tally> {
  const tally: Tally = { kills: 0, inSaves: 0, ends: 0, late: 0 };
  // A last training is never killed, so that what the last kill left behind is resumed too.
  for (let isLast = false; !isLast; ) {
    isLast = tally.kills >= times;
    const resume = existsSync(join(folder, "run.checkpoint")) ? ["--resume", "run.checkpoint"] : [];
    const moment = isLast ? undefined : chooseMoment(folder, random, lasts);
    const code = await run(folder, ["--out", "model", ...resume], moment);
    checkFiles(folder);
    if (code === null) tally.kills++;
    if (code === null && moment?.isSave) tally.inSaves++;
    if (code === 0) {
      if (!isLast) tally.late++;
      tally.ends++;
      if (!readFileSync(join(folder, "model")).equals(whole))
        throw new Error("a resumed training ended with other bytes");
      checkNothingLeft(folder);
      clear(folder);
    } else if (code !== null) throw new Error(`a resumed training failed with code ${code}`);
  }
  return tally;
}

/** When a kill is due. */
interface Moment {
  isSave: boolean;
  due: (kill: () => void) => void;
}

/** After some of the time that a whole training takes, or shortly after a temporary file has appeared. */
function chooseMoment(folder: string, random: RandomBytes, lasts: number): Moment {
  const share = random.word() / 2 ** 32;
  if (random.below(2) === 0) return { isSave: false, due: (kill) => void wait(share * lasts).then(kill) };
  let saves = 1 + random.below(12);
  const due = (kill: () => void) => {
    const watcher = watch(folder, (_, name) => {
      if (name === null || FILES.includes(name) || --saves > 0) return;
      watcher.close();
      // The microseconds of a write: not a wait.
      for (const end = performance.now() + share; performance.now() < end; );
      kill();
    });
    watcher.unref();
  };
  return { isSave: true, due };
}

/** Runs the training to its end or until the kill; gives the exit code, null after a kill. */
function run(folder: string, more: string[], moment?: Moment): Promise<number | null> {
  const program = resolve(import.meta.dirname, "cli.js");
  const child = spawn(process.execPath, [program, ...TRAINING, ...more], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (piece) => {
    text += piece;
  });
  moment?.due(() => child.kill("SIGKILL"));
  return new Promise((done) => {
    child.on("close", (code) => {
      if (code !== 0 && code !== null) console.error(text.trim());
      done(code);
    });
  });
}

/** Throws if a file is damaged. What has a temporary name may be. */
function checkFiles(folder: string): void {
  for (const name of ["run.checkpoint", "model"]) {
    const path = join(folder, name);
    if (existsSync(path)) decodeSafetensors(readFileSync(path), name, ["F32", "U8"]);
  }
}

/** Throws if a temporary file was not removed by a later save. */
function checkNothingLeft(folder: string): void {
  const left = readdirSync(folder).filter((name) => !FILES.includes(name));
  if (left.length > 0) throw new Error(`temporary files were left: ${left.join(", ")}`);
}

function clear(folder: string): void {
  for (const name of readdirSync(folder)) if (name !== "data") rmSync(join(folder, name));
}
