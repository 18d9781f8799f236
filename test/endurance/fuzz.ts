// The fuzzer: random cases, and changes of cases that once ended in a new way, against the promise that wrong input is refused in one
// clear sentence and changes nothing. The same seed gives the same cases. Each processor runs a part in a process of its own,
// so that a crash or a hang is seen too.

import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { grouped } from "../../src/text.js";
import { Choices, changed, RandomBytes } from "./choices.js";
import { Violation } from "./refusal.js";
import type { Target } from "./target.js";
import { CALL_TARGETS } from "./targets-calls.js";
import { FILE_TARGETS } from "./targets-files.js";

const TARGETS: Target[] = [...CALL_TARGETS, ...FILE_TARGETS];
const CORPUS = "test/endurance/corpus.txt";
/** Cases between two reports of a process. */
const REPORTED = 2_000;
/** Characters of an outcome by which it differs from others: those of a list of tensors or options differ without end. */
const MOST_COMPARED = 70;
/** Cases of a target in the corpus. */
const MOST_KEPT = 40;
/** A process that reports nothing for so many milliseconds is taken to hang: a report takes about a second. */
const HANGS = 600_000;

interface FuzzOptions {
  cases: string;
  seed: string;
  keep?: true;
  report?: string;
  target?: string;
  case?: string;
}

/** A kept case: the name of its target, and its bytes. */
interface Kept {
  name: string;
  bytes: Uint8Array;
}

interface Part {
  cases: number;
  seed: number;
  keeps: boolean;
}

interface Report {
  cases: number;
  violations: string[];
  found: string[];
  isOver: boolean;
}

export function addFuzz(program: Command): void {
  program
    .command("fuzz")
    .description(
      "Runs random wrong and right input through the library; a case that breaks a promise is printed and kept.",
    )
    .option("--cases <n>", "number of cases", "1000000")
    .option("--seed <n>", "determines all cases", "1")
    .option("--keep", `adds cases that ended in a new way to ${CORPUS}`)
    .option("--report <FILE>", "writes the number of targets that passed and failed as JSON")
    .option("--target <name>", "the target of --case")
    .option("--case <hex>", "runs this case only")
    .action(fuzz);
}

async function fuzz(options: FuzzOptions): Promise<void> {
  if (process.send)
    return runPart(JSON.parse(process.env.WASMLP_FUZZ ?? "{}") as Part, process.send.bind(process) as Send);
  if (options.case !== undefined) return runOne(options);
  const processes = availableParallelism();
  const cases = Math.ceil(Number(options.cases) / processes);
  const started = performance.now();
  const parts = Array.from({ length: processes }, (_, i) => {
    return watch({ cases, seed: Number(options.seed) * 1000 + i, keeps: options.keep ?? false });
  });
  const results = await Promise.all(parts);
  const violations = results.flatMap((result) => result.violations);
  const count = results.reduce((sum, result) => sum + result.cases, 0);
  const found = results.flatMap((result) => result.found);
  if (options.keep) keep([...found, ...violations.map(caseOf)]);
  for (const violation of violations.slice(0, 20)) console.error(violation);
  const seconds = (performance.now() - started) / 1000;
  const rate = `${seconds.toFixed(0)} s, seed ${options.seed}, ${processes} processes`;
  console.log(`${grouped(count)} cases, ${violations.length} violations (${rate})`);
  if (violations.length > 0) process.exitCode = 1;
  if (options.report !== undefined) writeReport(options.report, violations);
}

/** "name hex" of a violation's line. */
function caseOf(violation: string): string {
  return violation.split(":")[0] as string;
}

function writeReport(path: string, violations: string[]): void {
  const failed = new Set(violations.map((line) => line.split(" ")[0])).size;
  const counts = { numPassedTests: Math.max(0, TARGETS.length - failed), numFailedTests: failed };
  writeFileSync(path, JSON.stringify(counts));
}

/** Runs a part in a process of its own. */
function watch(part: Part): Promise<Report> {
  const env = { ...process.env, WASMLP_FUZZ: JSON.stringify(part) };
  const child = fork(fileURLToPath(import.meta.url), ["fuzz"], { env });
  let last: Report = { cases: 0, violations: [], found: [], isOver: false };
  return new Promise((resolve) => {
    let timer = setTimeout(() => child.kill("SIGKILL"), HANGS);
    child.on("message", (report: Report) => {
      last = report;
      clearTimeout(timer);
      timer = setTimeout(() => child.kill("SIGKILL"), HANGS);
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (!last.isOver) {
        const where = `after ${last.cases} cases of the part with seed ${part.seed}`;
        last.violations.push(`process : it ended with ${signal ?? code} or hung ${where}`);
      }
      resolve(last);
    });
  });
}

function kept(): Kept[] {
  return readFileSync(CORPUS, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const at = line.lastIndexOf(" ");
      return { name: line.slice(0, at), bytes: Buffer.from(line.slice(at + 1), "hex") };
    });
}

/** Adds cases to the corpus, the shortest first, until a target has enough. */
function keep(lines: string[]): void {
  const text = readFileSync(CORPUS, "utf8");
  const counts = new Map(
    TARGETS.map(({ name }) => [name, text.split("\n").filter((line) => line.startsWith(`${name} `)).length]),
  );
  const fresh = [...new Set(lines)].filter((line) => !text.includes(`${line}\n`)).sort((a, b) => a.length - b.length);
  const taken = fresh.filter((line) => {
    const name = line.slice(0, line.lastIndexOf(" "));
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count <= MOST_KEPT;
  });
  writeFileSync(
    CORPUS,
    text +
      taken
        .sort()
        .map((line) => `${line}\n`)
        .join(""),
  );
}

type Send = (report: Report, done?: (error: unknown) => void) => unknown;

/** All cases of a part: first the kept ones, then random ones. */
async function runPart({ cases, seed, keeps }: Part, send: Send): Promise<void> {
  const report: Report = { cases: 0, violations: [], found: [], isOver: false };
  const random = new RandomBytes(seed);
  const pools = new Map(TARGETS.map((target) => [target.name, [] as Uint8Array[]]));
  const seen = new Set<string>();
  const run = async (target: Target, bytes: Uint8Array) => {
    report.cases++;
    const line = `${target.name} ${Buffer.from(bytes).toString("hex")}`;
    try {
      const outcome = `${target.name} ${await target.run(new Choices(bytes))}`.slice(0, MOST_COMPARED);
      if (seen.has(outcome)) return;
      seen.add(outcome);
      pools.get(target.name)?.push(bytes);
      if (keeps) report.found.push(line);
    } catch (error) {
      report.violations.push(`${line}: ${why(error)}`);
    }
  };
  for (const { name, bytes } of kept()) {
    const target = TARGETS.find((other) => other.name === name);
    if (target) await run(target, bytes);
  }
  // What was kept before is not found.
  report.found = [];
  const wheel = TARGETS.flatMap((target) => Array<Target>(target.weight).fill(target));
  while (report.cases < cases) {
    const target = wheel[random.below(wheel.length)] as Target;
    await run(target, nextCase(pools.get(target.name) as Uint8Array[], target.length, random));
    if (report.cases % REPORTED === 0) send(report);
  }
  await new Promise((done) => send({ ...report, isOver: true }, done));
  process.disconnect();
}

/** A random case, or a change of one that ended in a way of its own. */
function nextCase(pool: Uint8Array[], length: number, random: RandomBytes): Uint8Array {
  if (pool.length === 0 || random.below(3) === 0) return random.take(length);
  const [one, other] = [pool[random.below(pool.length)], pool[random.below(pool.length)]] as [Uint8Array, Uint8Array];
  return changed(one, other, random);
}

function why(error: unknown): string {
  if (error instanceof Violation) return error.message;
  return `unexpected ${(error as Error).stack?.split("\n").slice(0, 3).join(" ") ?? String(error)}`;
}

async function runOne({ target: name, case: hex = "" }: FuzzOptions): Promise<void> {
  const target = TARGETS.find((other) => other.name === name);
  if (!target) throw new Error(`--target must be one of ${TARGETS.map((other) => other.name).join(", ")}, got ${name}`);
  console.log(await target.run(new Choices(Buffer.from(hex, "hex"))));
}
