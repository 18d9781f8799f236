// Runs the built program.

import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";

export const program = resolve(import.meta.dirname, "../../build/cli.js");

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

export function runProgram(cwd: string, ...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

export function startProgram(
  options: SpawnOptions,
  ...args: string[]
): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [program, ...args], options);
  const texts = { out: "", err: "" };
  child.stdout?.on("data", (text) => (texts.out += text));
  child.stderr?.on("data", (text) => (texts.err += text));
  const outcome = new Promise<Outcome>((done) => child.on("close", (code) => done({ code, ...texts })));
  return { child, outcome };
}
