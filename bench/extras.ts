// What is measured besides training speed: time to an accuracy, cold start, size, memory, and how the cost grows.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { median } from "../src/median.js";
import { rounded } from "./measure.js";

export interface Extras {
  /** Where and when these were measured; the other results can be of another machine. */
  machine: { processor: string; processors: number; date: string };
  timeToAccuracy: TimeToAccuracy;
  /** Milliseconds from the import to the first prediction of 784-128-10, median of the runs. */
  coldStartMilliseconds: number;
  /** Bytes of the browser's bundle with all kernels, minified, and gzipped. */
  bundleBytes: number;
  bundleGzipBytes: number;
  /** Largest resident megabytes while training 784-128-10 on MNIST, and megabytes added by a million steps. */
  residentMegabytes: number;
  grownMegabytes: number;
  /**
   * Samples per second with `digitAugmentation` divided by those without, for 784-512-256-10 in batches of 128 with two
   * threads; median of pairs of epochs.
   */
  augmentedShare: number;
  /** Cost of one sample as the width, the batch and the data grow. */
  growth: { what: string; microseconds: number }[];
}

/** Training until the first epoch after which a share `accuracy` of MNIST's 10,000 test images is classified correctly. */
interface TimeToAccuracy {
  network: string;
  accuracy: number;
  /** From the call of `fit` to the test of that epoch, all tests included; the median of the runs, each with its own seed. */
  seconds: number;
  /** Epochs of the median run. */
  epochs: number;
  runs: number;
}

/** The address of a built entry as a string literal, for the programs below: each runs in a Node process of its own. */
const library = (name: string) => JSON.stringify(new URL(`../build/${name}.js`, import.meta.url).href);

/** Cold start: prints the milliseconds. */
const COLD = `
const started = performance.now();
const { Network } = await import(${library("index")});
const layers = [{ units: 128, activation: "relu" }, { units: 10, activation: "softmax" }];
const net = await Network.create({ inputs: 784, layers, loss: "crossEntropy" });
net.predict(new Uint8Array(784).fill(9));
console.log(performance.now() - started);`;

const TARGET = 0.97;
/** One run, its seed the argument: `[seconds, epochs]`. */
const ACCURACY = `
const { Network, loadMnist, sgd } = await import(${library("node")});
const { train, test } = await loadMnist();
const layers = [{ units: 128, activation: "relu" }, { units: 10, activation: "softmax" }];
const seed = Number(process.argv[2]);
const net = await Network.create({ inputs: 784, layers, loss: "crossEntropy", seed });
const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
const enough = new AbortController();
const started = performance.now();
await net.fit(train, {
  ...{ epochs: 30, batchSize: 128, optimizer, validation: test, signal: enough.signal },
  onEpoch({ epoch, validation }) {
    if (validation.accuracy < ${TARGET}) return;
    console.log(JSON.stringify([(performance.now() - started) / 1000, epoch]));
    enough.abort();
  },
}).catch((error) => {
  if (error !== enough.signal.reason) throw error;
});`;

/** Memory: prints [resident megabytes while training MNIST, megabytes added by a million further steps]. */
const MEMORY = `
const { Dataset, Network, loadMnist, sgd } = await import(${library("node")});
const { train } = await loadMnist();
const layers = [{ units: 128, activation: "relu" }, { units: 10, activation: "softmax" }];
const net = await Network.create({ inputs: 784, layers, loss: "crossEntropy", seed: 1 });
await net.fit(train, { epochs: 2, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }) });
const trained = process.resourceUsage().maxRSS / 1024;
const few = train.select([...Array(10000).keys()]);
const small = await Network.create({ inputs: 784, layers: [{ units: 16, activation: "relu" }, layers[1]], loss: "crossEntropy" });
const optimizer = sgd({ learningRate: 0.001 });
await small.fit(few, { epochs: 50, batchSize: 1, optimizer });
globalThis.gc();
const before = process.memoryUsage().rss;
await small.fit(few, { epochs: 100, batchSize: 1, optimizer });
globalThis.gc();
console.log(JSON.stringify([trained, (process.memoryUsage().rss - before) / 2 ** 20]));`;

/** Augmentation: prints the median ratio of speeds with and without. */
const AUGMENTED = `
const { digitAugmentation, Network, loadMnist, sgd } = await import(${library("node")});
const train = (await loadMnist()).train.select([...Array(12800).keys()]);
const layers = [512, 256, 10].map((units, i) => ({ units, activation: i < 2 ? "relu" : "softmax" }));
const make = () => Network.create({ inputs: 784, layers, loss: "crossEntropy", seed: 1, threads: 2 });
const [plain, augmented] = [await make(), await make()];
const options = { epochs: 1, batchSize: 128, optimizer: sgd({ learningRate: 0.1 }) };
const shares = [];
for (let round = 0; round < 12; round++) {
  const [{ samplesPerSecond: without }] = await plain.fit(train, options);
  const [{ samplesPerSecond }] = await augmented.fit(train, { ...options, augment: digitAugmentation });
  // V8 is still compiling in the first round.
  if (round > 0) shares.push(samplesPerSecond / without);
}
console.log(shares.sort((a, b) => a - b)[shares.length >> 1]);`;

/** Cost of a sample: prints the rows of `growth`, varying one of width, batch size and number of samples. */
const GROWTH = `
const { Network, loadMnist, sgd } = await import(${library("node")});
const { train } = await loadMnist();
const parts = { 1000: 0, 10000: 0, 60000: 0 };
for (const count of Object.keys(parts)) parts[count] = train.select([...Array(Number(count)).keys()]);
async function cost(width, batchSize, count) {
  const layers = [{ units: width, activation: "relu" }, { units: 10, activation: "softmax" }];
  const net = await Network.create({ inputs: 784, layers, loss: "crossEntropy", seed: 1, threads: 1 });
  const epochs = Math.max(3, Math.ceil(60000 / count));
  const history = await net.fit(parts[count], { epochs, batchSize, optimizer: sgd({ learningRate: 0.01 }) });
  const rates = history.map((epoch) => epoch.samplesPerSecond).sort((a, b) => b - a);
  return { what: "784-" + width + "-10, batch " + batchSize + ", " + count + " samples", microseconds: 1e6 / rates[0] };
}
const rows = [];
for (const width of [16, 64, 256, 1024]) rows.push(await cost(width, 32, 10000));
for (const batch of [1, 8, 128, 1024]) rows.push(await cost(128, batch, 10000));
for (const count of [1000, 10000, 60000]) rows.push(await cost(128, 32, count));
console.log(JSON.stringify(rows));`;

export async function measureExtras(node: [string, ...string[]], runs: number): Promise<Extras> {
  const folder = mkdtempSync(join(tmpdir(), "wasmlp-extras-"));
  try {
    const run = (name: string, code: string, flags: string[] = [], ...given: string[]): string => {
      const script = join(folder, `${name}.mjs`);
      writeFileSync(script, code);
      const [command, ...args] = node;
      return execFileSync(command, [...args, ...flags, script, ...given], { encoding: "utf8" });
    };
    const accurate = Array.from({ length: runs }, (_, i) => JSON.parse(run("accuracy", ACCURACY, [], `${i + 1}`)));
    const cold = Array.from({ length: runs }, () => Number(run("cold", COLD)));
    const [resident, grown] = JSON.parse(run("memory", MEMORY, ["--expose-gc"])) as [number, number];
    const augmentedShare = rounded(Number(run("augmented", AUGMENTED)));
    const growth = JSON.parse(run("growth", GROWTH)) as Extras["growth"];
    const bundle = await browserBundle(folder);
    return {
      machine: thisMachine(),
      timeToAccuracy: timeToAccuracy(accurate),
      coldStartMilliseconds: Math.round(median(cold) * 10) / 10,
      bundleBytes: bundle.length,
      bundleGzipBytes: gzipSync(bundle, { level: 9 }).length,
      residentMegabytes: Math.round(resident),
      grownMegabytes: Math.round(grown * 10) / 10,
      augmentedShare,
      growth: growth.map(({ what, microseconds }) => ({ what, microseconds: rounded(microseconds) })),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function timeToAccuracy(runs: [seconds: number, epochs: number][]): TimeToAccuracy {
  const [seconds, epochs] = runs.sort(([a], [b]) => a - b)[runs.length >> 1] as [number, number];
  return {
    network: "784-128-10",
    accuracy: TARGET,
    seconds: Number(seconds.toPrecision(2)),
    epochs,
    runs: runs.length,
  };
}

export function thisMachine(): Extras["machine"] {
  const processor = cpus()[0]?.model.trim() ?? "an unknown processor";
  return { processor, processors: availableParallelism(), date: new Date().toISOString().slice(0, 10) };
}

async function browserBundle(folder: string): Promise<Uint8Array> {
  const entry = join(folder, "browser.js");
  writeFileSync(entry, `export * from ${library("index").replace("file://", "")};`);
  const options = { bundle: true, format: "esm", platform: "browser", minify: true, write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [entry] });
  return (outputFiles[0] as { contents: Uint8Array }).contents;
}
