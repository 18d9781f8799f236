// What an environment of the matrix is, and what all of them need: the smoke program, commands, and pages in browsers.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { env } from "node:process";
import { type BrowserName, findBrowser, missing } from "../browser/find.js";
import { launch } from "../browser/launch.js";
import type { Workshop } from "../support/installed.js";

/** What a run has shown. */
export interface Outcome {
  /** The version that ran. */
  version: string;
  /** What ran, such as "training, threads, worker". */
  ran: string;
  /** The hash of the trained parameters; absent where nothing is trained, as by a compiler. */
  hash?: string;
  /** A sentence for whoever uses this environment. */
  remark?: string;
}

export interface Environment {
  name: string;
  /** Whether it belongs to the cheap part, which CI runs. */
  inCi?: true;
  /** Runs the package in it. Rejects with an Error that says what failed. */
  run(workshop: Workshop): Promise<Outcome>;
}

export const root = resolve(import.meta.dirname, "../..");
const SMOKE = readFileSync(join(root, "test/environments/smoke.mjs"), "utf8");
/** From here on smoke.mjs is a program for Node, whose modules bundlers for pages cannot resolve. */
const PROGRAM_PART = "// --- as a program ---";

/** The whole smoke program. */
export const smokeProgram = SMOKE;

/** The part of smoke.mjs that every engine can import. */
export function smokeModule(): string {
  const at = SMOKE.indexOf(PROGRAM_PART);
  if (at < 0) throw new Error(`smoke.mjs has no line "${PROGRAM_PART}"`);
  return SMOKE.slice(0, at);
}

/** What the smoke program has found. */
export interface Smoke {
  engine: string;
  hash: string;
  build: string;
  worker: boolean;
  threads: number[];
  helpers?: number;
}

/** Options of `command`. */
interface CommandOptions {
  cwd: string;
  env?: Record<string, string>;
}

/** Runs a program; resolves to what it wrote. Rejects with an Error that has the end of its messages. */
export function command(program: string, args: string[], { cwd, env: more = {} }: CommandOptions): Promise<string> {
  const options = {
    cwd,
    env: { ...env, NO_COLOR: "1", CI: "true", ...more },
    maxBuffer: 1e8,
    encoding: "utf8",
  } as const;
  return new Promise((done, fail) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return done(stdout);
      const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n");
      fail(new Error(`${program} ${args.join(" ")} failed: ${said || error.message}`));
    }).stdin?.end();
  });
}

/** The last line of a program's output that is JSON of the smoke program. */
export function smokeOf(stdout: string): Smoke {
  const line = stdout.split("\n").findLast((text) => text.includes('{"engine"'));
  if (line === undefined) throw new Error(`the smoke program has printed no result: ${stdout.slice(-500)}`);
  return JSON.parse(line.slice(line.indexOf('{"engine"'), line.lastIndexOf("}") + 1)) as Smoke;
}

/** What ran, in words. */
export function ranOf({ worker, helpers, threads }: Smoke, hasThreads = (helpers ?? 0) > 0): string {
  const parts = ["training, prediction"];
  if (hasThreads && Math.max(...threads) > 1) parts.push("threads");
  if (worker) parts.push("worker");
  return parts.join(", ");
}

/** A page's program: its outcome is a result of the smoke program, or an error's text. */
export const PAGE_PROGRAM = `import * as library from "wasmlp";
import * as worker from "wasmlp/worker";
${smokeModule()}
smoke(library, { worker, threads: [1, 2] }).then(
  (result) => { globalThis.outcome = result; },
  (error) => { globalThis.outcome = { error: String(error?.stack ?? error) }; },
);
`;

/** Opens a page and waits for the outcome of its program. */
export async function outcomeInPage(address: string, name: BrowserName = "chromium"): Promise<Smoke> {
  const program = findBrowser(name);
  if (program === undefined) throw new Error(missing(name));
  const session = await launch(name, program);
  try {
    const page = await session.open(address);
    const outcome = await Promise.race([page.evaluate(waitForOutcome, 0), late(session.takeErrors)]);
    if ("error" in outcome) throw new Error(outcome.error);
    return outcome;
  } finally {
    await session.close();
  }
}

/** Runs in the page. */
async function waitForOutcome(): Promise<Smoke | { error: string }> {
  const scope = globalThis as { outcome?: Smoke };
  while (scope.outcome === undefined) await new Promise((done) => setTimeout(done, 50));
  return scope.outcome;
}

/** Minutes until a page without an outcome has failed. */
const PAGE_MINUTES = 4;

async function late(takeErrors: () => string[]): Promise<{ error: string }> {
  await new Promise((done) => setTimeout(done, PAGE_MINUTES * 60_000).unref());
  return { error: `the page had no outcome after ${PAGE_MINUTES} minutes: ${takeErrors().join("; ")}` };
}
