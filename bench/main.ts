// The benchmark. Every candidate runs in its own process and is measured in turn with the others. Writes bench/results.json,
// the tables of README.md and docs/benchmarks.md, and the chart.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PAIRING_OPTION, simdFeatures } from "../src/kernels/features.js";
import { median } from "../src/median.js";
import { beCandidate } from "./candidate.js";
import { chartOf } from "./chart.js";
import { measureExtras, thisMachine } from "./extras.js";
import { batchSizeOf, Folders, INFERENCE, type Job, MNIST_JOBS, RANDOM_JOBS } from "./jobs.js";
import { benchIdeas, benchKernels } from "./kernels.js";
import type { Effort } from "./measure.js";
import { peerCandidates } from "./peers.js";
import {
  allTables,
  documentNames,
  type InferenceRow,
  type KernelRun,
  type Results,
  type TrainingRow,
  withTables,
} from "./readme.js";
import { type Candidate, type Measured, measureInRounds, rateOf } from "./rounds.js";

const HELP = `npm run bench               wasmlp alone: kernels, training, inference, size (about fifteen minutes)
npm run bench:full          the same and every installed peer (see bench/peers/setup.sh; about twenty minutes)
npm run bench -- --quick    a few rounds of the main rows, printed and not recorded (two minutes)
npm run bench -- --extras   time to an accuracy, start, size and memory; keeps the other results (three minutes)
npm run bench -- --tables   writes the tables and the chart from bench/results.json, measures nothing
node build/bench.js --check compares the tables and the chart with bench/results.json`;

const RESULTS = "bench/results.json";
const CHART = "bench/chart.svg";
const SELF = fileURLToPath(import.meta.url);

/** How much is measured. */
interface Plan {
  rounds: number;
  roundSeconds: number;
  effort: Effort;
  peers: boolean;
  jobs: Job[];
}

const FULL: Plan = {
  ...{ rounds: 10, roundSeconds: 0.15, effort: { rounds: 10, time: 20, warmup: 120 }, peers: false },
  jobs: [...MNIST_JOBS, ...RANDOM_JOBS],
};
const QUICK: Plan = {
  ...{ rounds: 3, roundSeconds: 0.2, effort: { rounds: 3, time: 30, warmup: 150 }, peers: false },
  jobs: MNIST_JOBS.slice(1, 3),
};

/** Runs the command that the arguments name. */
async function main(args: string[]): Promise<void> {
  const at = (name: string) => args.indexOf(name) + 1;
  if (at("--help")) console.log(HELP);
  else if (at("--check")) check();
  else if (at("--candidate"))
    await beCandidate(args[at("--candidate")] as string, args[at("--candidate") + 1] as string);
  else if (at("--kernels")) console.log(JSON.stringify(await kernelsHere(args.includes("--quick") ? QUICK : FULL)));
  else if (at("--quick")) await measureAll(QUICK, false);
  else if (at("--extras")) await recordExtras();
  else if (at("--tables")) record(recorded());
  else await measureAll({ ...FULL, peers: args.includes("--peers") }, true);
}

/** The results of the last recorded run. */
function recorded(): Results {
  return JSON.parse(readFileSync(RESULTS, "utf8")) as Results;
}

/** Fails if a table or the chart differs from the recorded results. */
function check(): void {
  const results = recorded();
  const stale = documentNames.filter((name) => {
    const text = readFileSync(name, "utf8");
    return withTables(name, text, results) !== text;
  });
  if (readFileSync(CHART, "utf8") !== chartOf(results)) stale.push(CHART);
  if (stale.length === 0) return;
  console.error(`${stale.join(", ")} does not show what ${RESULTS} holds: run "npm run bench -- --tables"`);
  process.exitCode = 1;
}

// --- Node and its settings ---

/** Commands that start Node in its versions and settings. */
interface Engines {
  node20: [string, ...string[]] | undefined;
  node24: [string, ...string[]];
  turbo: [string, ...string[]];
}

/** This Node if it is older than 24, and Node 24: this one, or one that npx installs. */
function findEngines(): Engines {
  const isNew = Number.parseInt(process.versions.node, 10) >= 24;
  const print = ["-y", "node@24", "-p", "process.execPath"];
  const newer = isNew ? process.execPath : execFileSync("npx", print, { encoding: "utf8" }).trim();
  return { node20: isNew ? undefined : [process.execPath], node24: [newer], turbo: [newer, PAIRING_OPTION] };
}

/** The kernels' results on this process's engine. */
async function kernelsHere({ effort }: Plan): Promise<KernelRun> {
  const build = simdFeatures().relaxedSimd ? "relaxed" : "simd";
  const turbo = process.execArgv.includes(PAIRING_OPTION);
  return {
    node: process.version,
    build,
    turbo,
    kernels: await benchKernels(build, effort),
    ideas: await benchIdeas(build, effort),
  };
}

/** One of our own candidates: this program with `--candidate` on an engine. */
function ours(name: string, engine: [string, ...string[]], folder: string, variant: string): Candidate {
  const [command, ...flags] = engine;
  return { name, command, args: [...flags, SELF, "--candidate", folder, variant] };
}

// --- everything ---

/** Measures everything in the plan and prints it; records it if asked. */
async function measureAll(plan: Plan, isRecorded: boolean): Promise<void> {
  const engines = findEngines();
  const root = mkdtempSync(join(tmpdir(), "wasmlp-bench-"));
  try {
    const folders = new Folders(root);
    const results: Results = {
      ...thisMachine(),
      rounds: plan.rounds,
      kernels: kernelRuns(engines, plan),
      training: [],
      inference: await inferenceRows(engines, folders, plan),
      extras: await measureExtras(engines.node24, plan.rounds),
    };
    for (const job of plan.jobs) results.training.push(await trainingRow(engines, folders, job, plan));
    console.log(allTables(results));
    if (isRecorded) record(results);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Measures the extras again and keeps the other recorded results. */
async function recordExtras(): Promise<void> {
  const results = { ...recorded(), extras: await measureExtras(findEngines().node24, FULL.rounds) };
  console.log(allTables(results));
  record(results);
}

/** Writes results, tables and chart. */
function record(results: Results): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 1)}\n`);
  for (const name of documentNames) writeFileSync(name, withTables(name, readFileSync(name, "utf8"), results));
  writeFileSync(CHART, chartOf(results));
}

/** The kernels' results of each engine, each measured in a process of its own. */
function kernelRuns(engines: Engines, plan: Plan): KernelRun[] {
  const all = [engines.node20, engines.node24, engines.turbo].filter((engine) => engine !== undefined);
  return all.map(([command, ...flags]) => {
    console.error(`kernels: ${[command, ...flags].join(" ")}`);
    const args = [...flags, SELF, "--kernels", ...(plan.rounds === QUICK.rounds ? ["--quick"] : [])];
    return JSON.parse(execFileSync(command, args, { encoding: "utf8" }));
  });
}

/** Measures all candidates that train one job. */
async function trainingRow(engines: Engines, folders: Folders, job: Job, plan: Plan): Promise<TrainingRow> {
  console.error(`training: ${job.name}, batch ${batchSizeOf(job)}`);
  const { node20, node24, turbo } = engines;
  const folder = await folders.folder(job, "train", plan.roundSeconds);
  const short = await folders.folder(job, "train", plan.roundSeconds, 6400);
  const isRandom = job.density !== undefined;
  const candidates = [
    ours("one thread", node24, folder, "wasm 1 auto"),
    ours("two threads", node24, folder, "wasm 2 auto"),
    ours("auto", node24, folder, "wasm auto auto"),
    ours("turbo", turbo, folder, "wasm 1 auto"),
    ours("turbo, two threads", turbo, folder, "wasm 2 auto"),
    ours("dense", node24, folder, "wasm 1 dense"),
    ours("lists", node24, folder, "wasm 1 storedSparse"),
    ...(node20 ? [ours("Node 20", node20, folder, "wasm 1 auto")] : []),
    ours("JavaScript, register-blocked", node24, short, "blocked"),
    ours("JavaScript, zero-skipping", node24, short, "zeroSkipping"),
  ];
  if (plan.peers) candidates.push(...(await peerCandidates(folders, job, "train", plan.roundSeconds)));
  const measured = await measureInRounds(candidates, plan.rounds);
  compareAccuracies(job, measured, isRandom);
  const rows = measured.map(({ name, version, setting, accuracy, trainedSamples = 0, rounds }) => {
    return { name, version, setting, accuracy, trainedSamples, ...rateOf(rounds) };
  });
  return { network: job.name, batch: batchSizeOf(job), candidates: rows };
}

/** All our own candidates must have learned the same bits, except on Node 20, whose build rounds differently. */
function compareAccuracies({ name }: Job, measured: Measured[], isRandom: boolean): void {
  const own = measured.filter(({ setting }) => setting.startsWith("relaxed"));
  const sums = new Set(own.map(({ checksum }) => checksum));
  if (sums.size > 1)
    throw new Error(`${name}: candidates that must agree to the bit have losses ${[...sums].join(", ")}`);
  // Some peers are so slow that they are trained on a few hundred samples only.
  for (const { name: who, accuracy } of measured.filter(({ trainedSamples = 0 }) => trainedSamples >= 5000)) {
    if (!isRandom && !(accuracy > 0.5)) throw new Error(`${name}: ${who} has an accuracy of ${accuracy}`);
  }
}

/** Measures all candidates that predict. */
async function inferenceRows(engines: Engines, folders: Folders, plan: Plan): Promise<InferenceRow[]> {
  console.error("inference");
  const folder = await folders.folder(INFERENCE, "infer", plan.roundSeconds);
  const candidates = [
    ours("one thread", engines.node24, folder, "wasm 1"),
    ours("two threads", engines.node24, folder, "wasm 2"),
    ours("turbo", engines.turbo, folder, "wasm 1"),
    ...(engines.node20 ? [ours("Node 20", engines.node20, folder, "wasm 1")] : []),
  ];
  if (plan.peers) candidates.push(...(await peerCandidates(folders, INFERENCE, "infer", plan.roundSeconds)));
  return (await measureInRounds(candidates, plan.rounds)).map(({ name, version, setting, rounds }) => ({
    ...{ name, version, setting },
    latencyMicroseconds: median(rounds.map(({ latencySeconds = 0 }) => latencySeconds * 1e6)),
    throughput: median(rounds.map(({ throughput = 0 }) => throughput)),
  }));
}

await main(process.argv.slice(2));
