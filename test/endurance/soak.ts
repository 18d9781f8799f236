// The soak: for an hour everything that people do with networks, again and again; memory and file handles must stay flat.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Command } from "commander";
import { median } from "../../src/median.js";

/** The built package: what people run, with its workers. */
type Library = typeof import("../../src/node.js");
type WorkerLibrary = typeof import("../../src/worker.js");

interface Measure {
  /** Bytes. */
  resident: number;
  heap: number;
  buffers: number;
  /** Open files of the process. */
  handles: number;
}
const UNITS: Record<keyof Measure, string> = { resident: "MB", heap: "MB", buffers: "MB", handles: "" };
/** Growth from the second quarter to the last that counts as flat: a share, and megabytes or handles besides. */
const FLAT = { share: 0.05, megabytes: 8, handles: 4 };

export function addSoak(program: Command): void {
  program
    .command("soak")
    .description(
      "Trains, predicts, saves, loads and disposes of networks for a while; memory and file handles must stay flat.",
    )
    .option("--minutes <n>", "how long", "60")
    .action(soak);
}

async function soak({ minutes }: { minutes: string }): Promise<void> {
  const [library, worker] = await Promise.all(["node", "worker"].map((name) => import(urlOf(name))));
  const folder = mkdtempSync(join(tmpdir(), "wasmlp-soak-"));
  const measures: Measure[] = [];
  const end = performance.now() + Number(minutes) * 60_000;
  const apart = Math.max(1000, (Number(minutes) * 60_000) / 60);
  let [rounds, next] = [0, performance.now() + apart];
  try {
    while (performance.now() < end) {
      await round(library, worker, folder, rounds++);
      if (performance.now() < next) continue;
      next += apart;
      measures.push(measure());
      console.log(lineOf(measures.at(-1) as Measure, rounds));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  report(measures, rounds);
}

function urlOf(name: string): string {
  return pathToFileURL(resolve(import.meta.dirname, `${name}.js`)).href;
}

/** One round: another size each time, with threads and without, in this thread and in a worker, with errors and an abort. */
async function round(library: Library, { Network: WorkerNetwork }: WorkerLibrary, folder: string, index: number) {
  const { adam, Dataset, fileCheckpoint, loadNetwork, Network, readCheckpoint, saveNetwork, sgd } = library;
  const [inputs, count] = [16 + (index % 5) * 48, 200 + (index % 7) * 300];
  const bytes = Uint8Array.from({ length: inputs * count }, (_, i) => (i * 31 + index) % 256);
  const data = new Dataset({ inputs: bytes, shape: inputs, labels: Array.from({ length: count }, (_, i) => i % 4) });
  const layers = [
    { units: 24 + (index % 3) * 40, activation: "relu" as const, dropout: 0.1 },
    { units: 4, activation: "softmax" as const },
  ];
  const options = { inputs, layers, loss: "crossEntropy" as const, seed: index, threads: 1 + (index % 2) };
  const network = await Network.create(options);
  const fit = { epochs: 3, batchSize: 32, optimizer: adam(), validation: data };
  const path = join(folder, "checkpoint");
  await network.fit(data, { ...fit, checkpoint: { save: fileCheckpoint(path), steps: 20 } });
  const resumed = await Network.create(options);
  await resumed.fit(data, { ...fit, resume: await readCheckpoint(path) });
  await saveNetwork(join(folder, "model"), network);
  const loaded = await loadNetwork(join(folder, "model"));
  loaded.predict(bytes);
  loaded.evaluate(data, { worst: 5 });
  await loaded.fit(data, { ...fit, optimizer: sgd({ learningRate: 1e30 }) }).catch(() => {});
  await loaded.fit(data, { ...fit, signal: AbortSignal.abort() }).catch(() => {});
  for (const used of [network, resumed]) used.dispose();
  // One network in four is left to the garbage collector.
  if (index % 4 > 0) loaded.dispose();
  if (index % 3 > 0) return;
  const remote = await WorkerNetwork.create(options);
  await remote.fit(data, fit);
  await remote.predict(bytes.subarray(0, inputs));
  remote.dispose();
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function measure(): Measure {
  collect();
  collect();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { resident: rss, heap: heapUsed, buffers: arrayBuffers, handles: readdirSync("/proc/self/fd").length };
}

function shown(name: keyof Measure, value: number): string {
  return UNITS[name] === "" ? String(value) : `${(value / 1e6).toFixed(1)} ${UNITS[name]}`;
}

function lineOf(values: Measure, rounds: number): string {
  const texts = (Object.keys(UNITS) as (keyof Measure)[]).map((name) => `${name} ${shown(name, values[name])}`);
  return `${rounds} rounds: ${texts.join(", ")}`;
}

/** Compares the second quarter with the last. */
function report(measures: Measure[], rounds: number): void {
  const quarter = Math.floor(measures.length / 4);
  if (quarter === 0) throw new Error("too short: there are fewer than four measures");
  let grown = 0;
  for (const name of Object.keys(UNITS) as (keyof Measure)[]) {
    const values = measures.map((values) => values[name]);
    const [before, after] = [median(values.slice(quarter, 2 * quarter)), median(values.slice(-quarter))];
    const allowed = before * (1 + FLAT.share) + (name === "handles" ? FLAT.handles : FLAT.megabytes * 1e6);
    if (after > allowed) grown++;
    console.log(`${name}: ${shown(name, before)} → ${shown(name, after)}, ${after > allowed ? "it grows" : "flat"}`);
  }
  console.log(`${rounds} rounds, ${grown} of ${Object.keys(UNITS).length} measures grow`);
  if (grown > 0) process.exitCode = 1;
}
