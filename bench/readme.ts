// Turns results into tables and writes the tables between the markers of the documents that show them. Pure.

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

/** One candidate's result in a job. */
export interface TrainingCandidate {
  name: string;
  version: string;
  setting: string;
  /** Share of the test samples, after `trainedSamples`; all candidates begin with the same weights. */
  accuracy: number;
  trainedSamples: number;
  /** Samples per second. */
  median: number;
  best: number;
}

/** The results of all candidates in one job. */
export interface TrainingRow {
  network: string;
  batch: number;
  candidates: TrainingCandidate[];
}

/** One candidate's result in inference. */
export interface InferenceRow {
  name: string;
  version: string;
  setting: string;
  latencyMicroseconds: number;
  throughput: number;
}

/** The contents of `bench/results.json`. */
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

/** Our own candidates in the order of the columns. The first is what the others and all peers are compared with. */
const OWN = ["one thread", "two threads", "auto", "turbo", "turbo, two threads"];
const BASELINES = ["JavaScript, register-blocked", "JavaScript, zero-skipping"];
const IDEAS = ["dense", "lists", "Node 20"];

/** The row of the README's short table: the one that most peers take part in. */
export const SHOWN = { network: "784-128-10", batch: 32 };

type Table = (results: Results) => string;

/** The documents that show results, and what stands between the markers of each, by name. */
const DOCUMENTS: Record<string, Record<string, Table>> = {
  "README.md": { accuracy: accuracyLine, short: shortTable },
  "docs/benchmarks.md": {
    accuracy: accuracyLine,
    training: (results) => `${machineLine(results)} Samples per second, Node 24.\n\n${ownTable(results.training)}`,
    peers: ({ training }) => peerTable(training),
    inference: ({ inference }) => inferenceTable(inference),
    ideas: ideasTable,
    kernels: ({ kernels }) => kernelTable(kernels),
    extras: ({ extras }) => extrasTable(extras),
  },
};

export const documentNames = Object.keys(DOCUMENTS);

/** Every table of the full document as text, for the terminal. */
export function allTables(results: Results): string {
  const tables = Object.entries(DOCUMENTS["docs/benchmarks.md"] as Record<string, Table>);
  return tables.map(([name, table]) => `${name}\n\n${table(results)}\n`).join("\n");
}

/** The text of a document with its tables replaced. Error if it lacks a marker. */
export function withTables(name: string, text: string, results: Results): string {
  const tables = Object.entries(DOCUMENTS[name] as Record<string, Table>);
  return tables.reduce((sofar, [marker, table]) => between(sofar, name, `bench:${marker}`, table(results)), text);
}

function between(text: string, name: string, marker: string, content: string): string {
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${name} lacks the markers ${open} and ${close}`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}

function machineLine({ processor, processors, date, rounds }: Results): string {
  return `Measured on ${processor}, ${processors} cores, ${date}; medians of ${rounds} rounds.`;
}

/** Time to a test accuracy, in one sentence. */
function accuracyLine({ extras }: Results): string {
  const { machine, timeToAccuracy } = extras;
  const { network, accuracy, seconds, epochs, runs } = timeToAccuracy;
  const what = `${network} reaches ${accuracy * 100} % accuracy on MNIST's test images in ${seconds} s`;
  return `**${what}** (${epochs} epochs; median of ${runs} seeds, ${onMachine(machine)}).`;
}

function onMachine({ processor, processors, date }: Extras["machine"]): string {
  return `on ${processor}, ${processors} cores, Node 24, ${date}`;
}

/** One row each for us, numpy, PyTorch, jax-js and tfjs, each library in its fastest configuration with batches of the same size. */
function shortTable(results: Results): string {
  const row = results.training.find(({ network, batch }) => network === SHOWN.network && batch === SHOWN.batch);
  const own = row && find(row, "one thread");
  if (!own) return "This row was not measured.";
  const fastest = ["numpy", "pytorch", "jax-js", "tfjs"].flatMap((library) => {
    const isOfLibrary = (name: string) => name.startsWith(`${library} (`) && !name.endsWith(" (own-batch)");
    const ways = row.candidates.filter(({ name }) => isOfLibrary(name));
    return ways.sort((a, b) => b.median - a.median).slice(0, 1);
  });
  const lines = [own, ...fastest].map((candidate) => [
    candidate === own ? "**wasmlp**, one thread" : peerTitle(candidate.name.replace(" (job-batch)", "")),
    thousands(candidate.median),
    candidate === own ? "" : times(own.median / candidate.median),
  ]);
  const what = `Training ${SHOWN.network} on MNIST in mini-batches of ${SHOWN.batch}`;
  const shown = `${what}, each library in its fastest configuration.`;
  return `${shown} ${machineLine(results)}\n\n${table(["library", "samples/s", "wasmlp ÷ theirs"], lines)}`;
}

/** What the variants of the peers are, in words. */
const VARIANTS: Record<string, string> = {
  ...{ "1": "one thread", "2": "two threads" },
  ...{ wasm: "wasm backend", cpu: "cpu backend", "wasm-written-out": "wasm backend, manual gradients" },
  ...{ "job-batch": "this batch", "own-batch": "batches of 256" },
};

/** "numpy (2)" as "numpy, two threads". */
export function peerTitle(name: string): string {
  const [, library = name, variant] = /^(.*) \((.*)\)$/.exec(name) ?? [];
  return variant === undefined ? library : `${library}, ${VARIANTS[variant] ?? variant}`;
}

/** A candidate of a row by its name. */
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

function peerTable(rows: TrainingRow[]): string {
  const known = new Set([...OWN, ...BASELINES, ...IDEAS]);
  const lines = rows.flatMap((row) => {
    const own = find(row, "one thread");
    const peers = row.candidates.filter(({ name }) => !known.has(name));
    if (!own || peers.length === 0) return [];
    const line = (candidate: TrainingCandidate) => [
      `${row.network}, batch ${row.batch}`,
      candidate === own ? "**wasmlp**, one thread" : peerTitle(candidate.name),
      candidate === own ? "" : candidate.version,
      thousands(candidate.median),
      candidate === own ? "" : times(own.median / candidate.median),
      `${(candidate.accuracy * 100).toFixed(1)} % after ${thousands(candidate.trainedSamples)}`,
    ];
    return [own, ...peers.sort((a, b) => b.median - a.median)].map(line);
  });
  if (lines.length === 0) return "No peer was installed when this was measured.";
  return table(["network", "library", "version", "samples/s", "wasmlp ÷ theirs", "test accuracy after samples"], lines);
}

/** Latency and throughput of all candidates. */
function inferenceTable(rows: InferenceRow[]): string {
  const own = new Set([...OWN, "Node 20"]);
  const lines = rows.map(({ name, version, latencyMicroseconds, throughput }) => [
    own.has(name) ? `wasmlp, ${name}` : `${peerTitle(name)}, ${version}`,
    latencyMicroseconds.toPrecision(3),
    thousands(throughput),
  ]);
  return table(["784-128-10", "one sample, µs", "10,000 samples, samples/s"], lines);
}

/** The gain of each idea: in training, as the ratio of two candidates of one row, and in one kernel. */
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
    line(
      "relaxed build with fused multiply-adds on Node 24, against the plain build on Node 20",
      "one thread",
      "Node 20",
    ),
    line("sparse inputs, against dense", "lists", "dense"),
    line("a second thread", "two threads", "one thread"),
    line("turbo: two 128-bit operations run as one of 256 bits", "turbo", "one thread"),
    line("turbo and a second thread", "turbo, two threads", "one thread"),
  ];
  const inKernels = (kernels[0]?.ideas ?? []).map(({ idea, shape }, i) => [
    `${idea}, ${shape}`,
    ...kernels.map((run) => times(run.ideas[i]?.ratio ?? 0)),
  ]);
  return `${table(head, lines)}\n\n${table(["idea, in one kernel", ...kernels.map(engineTitle)], inKernels)}`;
}

/** The column title of an engine. */
function engineTitle({ node, build, turbo }: KernelRun): string {
  return `Node ${node.replace(/^v|\..*/g, "")} (${build}${turbo ? ", turbo" : ""})`;
}

/** One row per kernel, one column per engine. */
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

/** The results besides training speed. */
function extrasTable(extras: Extras): string {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  const rows = table(
    ["what", "measured"],
    [
      ["import to first prediction", `${extras.coldStartMilliseconds} ms`],
      ["browser bundle with all kernels, minified", kilobytes(extras.bundleBytes)],
      ["the same, gzipped", kilobytes(extras.bundleGzipBytes)],
      ["largest resident memory, training 784-128-10 on MNIST", `${extras.residentMegabytes} MB`],
      ["resident memory added by a million further steps", `${extras.grownMegabytes} MB`],
      ["training 784-512-256-10 with augmentation ÷ without, batch 128, two threads", `${extras.augmentedShare}x`],
      ...extras.growth.map(({ what, microseconds }) => [`training one sample of ${what}`, `${microseconds} µs`]),
    ],
  );
  return `Measured ${onMachine(extras.machine)}.\n\n${rows}`;
}

/** A number to three significant digits, with separators. */
export function thousands(n: number): string {
  const digits = Number(n.toPrecision(3));
  return digits.toLocaleString("en-US", { maximumFractionDigits: digits < 100 ? 1 : 0 });
}

/** A ratio, such as 2.5x. */
function times(ratio: number): string {
  return `${Number(ratio.toPrecision(3))}x`;
}
