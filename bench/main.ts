// The benchmark: measures this Node and Node 24 in processes of their own, writes bench/results.json and the README's tables.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { engineFeatures } from "../src/kernels.js";
import { benchKernels } from "./kernels.js";
import type { Effort } from "./measure.js";
import { type Results, type Run, withTables } from "./readme.js";
import { benchTraining } from "./training.js";

const HELP = `npm run bench               measure, write bench/results.json and the README's tables (about three minutes)
npm run bench -- --quick    measure briefly, print, write nothing
node build/bench.js --check compare the README's tables with bench/results.json`;

const FULL: Effort = { rounds: 7, time: 150, warmup: 400 };
const QUICK: Effort = { rounds: 3, time: 50, warmup: 200 };
const RESULTS = "bench/results.json";

async function main(args: string[]): Promise<void> {
  if (args.includes("--help")) console.log(HELP);
  else if (args.includes("--check")) check();
  else if (args.includes("--one"))
    console.log(JSON.stringify(await measureThis(args.includes("--quick") ? QUICK : FULL)));
  else await measureAll(args.includes("--quick"));
}

/** The tables must be those of the recorded results. */
function check(): void {
  const readme = readFileSync("README.md", "utf8");
  if (withTables(readme, JSON.parse(readFileSync(RESULTS, "utf8"))) === readme) return;
  console.error(`README.md does not show what ${RESULTS} holds: run "npm run bench"`);
  process.exitCode = 1;
}

async function measureThis(effort: Effort): Promise<Run> {
  const build = engineFeatures().relaxedSimd ? "relaxed" : "simd";
  // Training first: V8 optimizes the JavaScript loops for what they have seen, and kernels show them other shapes.
  const training = await benchTraining(build, effort);
  const kernels = await benchKernels(build, effort);
  return { node: process.version, v8: process.versions.v8, build, kernels, training };
}

async function measureAll(quick: boolean): Promise<void> {
  const script = [fileURLToPath(import.meta.url), "--one", ...(quick ? ["--quick"] : [])];
  const runs = [runChild(process.execPath, script)];
  if (!process.version.startsWith("v24.")) runs.push(runChild("npx", ["-y", "node@24", ...script]));
  const processor = cpus()[0]?.model ?? "an unknown processor";
  const date = new Date().toISOString().slice(0, 10);
  const found = runs.filter((run) => run !== undefined);
  const results: Results = { date, processor, processors: availableParallelism(), runs: found };
  const readme = withTables(readFileSync("README.md", "utf8"), results);
  console.log(readme.slice(readme.indexOf("<!-- bench:kernels -->"), readme.indexOf("<!-- /bench:training -->")));
  if (quick) return;
  if (found.length < runs.length) throw new Error("Node 24 could not be had, so nothing was written");
  writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync("README.md", readme);
}

function runChild(command: string, args: string[]): Run | undefined {
  console.error(`measuring with ${command} ${args.slice(0, -1).join(" ")} …`);
  try {
    const output = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    return JSON.parse(output.trim().split("\n").at(-1) as string);
  } catch (error) {
    console.error(`failed: ${(error as Error).message}`);
    return undefined;
  }
}

await main(process.argv.slice(2));
