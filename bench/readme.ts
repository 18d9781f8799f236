// Results to tables, and tables into the README between their markers. Pure.

import { table } from "../src/terminal/markdown.js";
import type { Extras } from "./extras.js";
import type { KernelIdea, KernelResult } from "./kernels.js";

/** What the kernels do on one engine. */
export interface KernelRun {
  node: string;
  build: string;
  turbo: boolean;
  kernels: KernelResult[];
  ideas: KernelIdea[];
}

export interface TrainingCandidate {
  name: string;
  version: string;
  setting: string;
  /** On the test set after `trainedSamples`, from the same first weights. */
  accuracy: number;
  trainedSamples: number;
  /** Samples a second. */
  median: number;
  best: number;
}

export interface TrainingRow {
  network: string;
  batch: number;
  candidates: TrainingCandidate[];
}

export interface InferenceRow {
  name: string;
  version: string;
  setting: string;
  latencyMicroseconds: number;
  throughput: number;
}

export interface Results {
  date: string;
  processor: string;
  processors: number;
  rounds: number;
  kernels: KernelRun[];
  training: TrainingRow[];
  inference: InferenceRow[];
  extras: Extras;
}

/** Names of our own candidates; all others are compared with the first. */
const OWN = ["one thread", "two threads", "auto", "turbo", "turbo, two threads"];
const BASELINES = ["JavaScript, register-blocked", "JavaScript, zero-skipping"];
const IDEAS = ["dense", "lists", "Node 20"];

/** The README with its tables written anew. Error if it lacks a marker. */
export function withTables(readme: string, results: Results): string {
  const { processor, processors, rounds, date } = results;
  const machine = `Measured on ${processor}, ${processors} cores, ${date}; medians of ${rounds} rounds.`;
  const tables = {
    "bench:training": `${machine} Samples a second, Node 24.\n\n${ownTable(results.training)}`,
    "bench:peers": peerTables(results.training),
    "bench:inference": inferenceTable(results.inference),
    "bench:ideas": ideasTable(results),
    "bench:kernels": kernelTable(results.kernels),
    "bench:extras": extrasTable(results.extras),
  };
  return Object.entries(tables).reduce((text, [name, content]) => between(text, name, content), readme);
}

function between(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${open} and ${close}`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}

export function find(row: TrainingRow, name: string): TrainingCandidate | undefined {
  return row.candidates.find((candidate) => candidate.name === name);
}

function ownTable(rows: TrainingRow[]): string {
  const names = [...OWN, ...BASELINES];
  const lines = rows.map((row) => {
    const base = find(row, "one thread")?.median ?? 0;
    const cells = names.map((name) => {
      const rate = find(row, name)?.median;
      if (rate === undefined) return "";
      return BASELINES.includes(name) ? `${thousands(rate)} (${times(base / rate)})` : thousands(rate);
    });
    return [row.network, String(row.batch), ...cells];
  });
  return table(["network", "batch", ...names], lines);
}

function peerTables(rows: TrainingRow[]): string {
  const known = new Set([...OWN, ...BASELINES, ...IDEAS]);
  const lines = rows.flatMap((row) => {
    const own = find(row, "one thread");
    const peers = row.candidates.filter(({ name }) => !known.has(name));
    if (!own || peers.length === 0) return [];
    const line = (candidate: TrainingCandidate) => [
      `${row.network}, batch ${row.batch}`,
      candidate === own ? "**wasmlp**, one thread" : `${candidate.name} ${candidate.version}`,
      thousands(candidate.median),
      candidate === own ? "" : times(own.median / candidate.median),
      `${(candidate.accuracy * 100).toFixed(1)} % after ${thousands(candidate.trainedSamples)}`,
    ];
    return [own, ...peers.sort((a, b) => b.median - a.median)].map(line);
  });
  if (lines.length === 0) return "No peer was there when this was measured.";
  return table(["network", "library", "samples/s", "wasmlp is faster by", "test accuracy after samples"], lines);
}

function inferenceTable(rows: InferenceRow[]): string {
  const own = new Set([...OWN, "Node 20"]);
  const lines = rows.map(({ name, version, latencyMicroseconds, throughput }) => [
    own.has(name) ? `wasmlp, ${name}` : `${name} ${version}`,
    latencyMicroseconds.toPrecision(3),
    thousands(throughput),
  ]);
  return table(["784-128-10", "one sample, µs", "10,000 samples, samples/s"], lines);
}

/** What each idea brings: to training, as the ratio of two candidates of one row; and to a kernel. */
function ideasTable({ training, kernels }: Results): string {
  const ratio = (network: string, batch: number, a: string, b: string): string => {
    const row = training.find((one) => one.network === network && one.batch === batch);
    const [upper, lower] = row ? [find(row, a)?.median, find(row, b)?.median] : [];
    return upper && lower ? times(upper / lower) : "";
  };
  const jobs = training
    .filter(({ network }) => network.startsWith("784"))
    .map(({ network, batch }) => ({ network, batch }));
  const line = (idea: string, a: string, b: string) => [
    idea,
    ...jobs.map(({ network, batch }) => ratio(network, batch, a, b)),
  ];
  const head = ["idea", ...jobs.map(({ network, batch }) => `${network}, ${batch}`)];
  const lines = [
    line(
      "tiled SIMD kernels over panels, against register-blocked JavaScript",
      "dense",
      "JavaScript, register-blocked",
    ),
    line("relaxed build with fused multiply-adds, Node 24 against the plain one on Node 20", "one thread", "Node 20"),
    line("lists of what is not zero, against dense", "lists", "dense"),
    line("a second thread", "two threads", "one thread"),
    line("turbo: pairs of vectors run as one", "turbo", "one thread"),
    line("turbo and a second thread", "turbo, two threads", "one thread"),
  ];
  const inKernels = (kernels[0]?.ideas ?? []).map(({ idea, shape }, i) => [
    `${idea}, ${shape}`,
    ...kernels.map((run) => times(run.ideas[i]?.ratio ?? 0)),
  ]);
  return `${table(head, lines)}\n\n${table(["idea, in one kernel", ...kernels.map(engineTitle)], inKernels)}`;
}

function engineTitle({ node, build, turbo }: KernelRun): string {
  return `Node ${node.replace(/^v|\..*/g, "")} (${build}${turbo ? ", turbo" : ""})`;
}

function kernelTable(runs: KernelRun[]): string {
  const rows = (runs[0]?.kernels ?? []).map(({ kernel, shape, unit }, i) => [
    `${kernel} ${shape}`,
    unit,
    ...runs.map((run) => {
      const { wasm, share, ratio } = run.kernels[i] as KernelResult;
      const note = share === undefined ? times(ratio ?? 0) : `${Math.round(share * 100)} %`;
      return `${wasm} (${note})`;
    }),
  ]);
  return table(["kernel", "unit", ...runs.map(engineTitle)], rows);
}

function extrasTable(extras: Extras): string {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  return table(
    ["what", "measured"],
    [
      ["import to first prediction, Node 24", `${extras.coldStartMilliseconds} ms`],
      ["browser bundle with all kernels, minified", kilobytes(extras.bundleBytes)],
      ["the same, gzipped", kilobytes(extras.bundleGzipBytes)],
      ["most resident memory, training 784-128-10 on MNIST", `${extras.residentMegabytes} MB`],
      ["resident memory that a million further steps add", `${extras.grownMegabytes} MB`],
      ...(extras.augmentedShare === undefined
        ? []
        : [["training 784-512-256-10 augmented, batch 128, two threads, against not", `${extras.augmentedShare}x`]]),
      ...extras.growth.map(({ what, microseconds }) => [`training one sample of ${what}`, `${microseconds} µs`]),
    ],
  );
}

export function thousands(n: number): string {
  const digits = Number(n.toPrecision(3));
  return digits.toLocaleString("en-US", { maximumFractionDigits: digits < 100 ? 1 : 0 });
}

function times(ratio: number): string {
  return `${Number(ratio.toPrecision(3))}x`;
}
