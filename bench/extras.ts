// What is measured besides speed at work: cold start, size, memory, and how the cost grows.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { median } from "../src/median.js";
import { rounded } from "./measure.js";

export interface Extras {
  /** Milliseconds from the import to the first prediction of 784-128-10, median of the runs. */
  coldStartMilliseconds: number;
  /** Bytes of the browser's bundle with all kernels, minified, and gzipped. */
  bundleBytes: number;
  bundleGzipBytes: number;
  /** Most resident megabytes while training 784-128-10 on MNIST, and how many more after a million steps. */
  residentMegabytes: number;
  grownMegabytes: number;
  /**
   * Samples a second with `digitAugmentation` over those without, for 784-512-256-10 in batches of 128 by two threads; median of
   * pairs of epochs. Results that were recorded before there was augmentation do not have it.
   */
  augmentedShare?: number;
  /** What a sample costs as the width, the batch and the data grow. */
  growth: { what: string; microseconds: number }[];
}

const library = (name: string) => JSON.stringify(new URL(`../build/${name}.js`, import.meta.url).href);

const COLD = `
const started = performance.now();
const { Network } = await import(${library("index")});
const layers = [{ units: 128, activation: "relu" }, { units: 10, activation: "softmax" }];
const net = await Network.create({ inputs: 784, layers, loss: "crossEntropy" });
net.predict(new Uint8Array(784).fill(9));
console.log(performance.now() - started);`;

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
  // The first are compiled meanwhile.
  if (round > 0) shares.push(samplesPerSecond / without);
}
console.log(shares.sort((a, b) => a - b)[shares.length >> 1]);`;

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
    const run = (name: string, code: string, flags: string[] = []): string => {
      const script = join(folder, `${name}.mjs`);
      writeFileSync(script, code);
      const [command, ...args] = node;
      return execFileSync(command, [...args, ...flags, script], { encoding: "utf8" });
    };
    const cold = Array.from({ length: runs }, () => Number(run("cold", COLD)));
    const [resident, grown] = JSON.parse(run("memory", MEMORY, ["--expose-gc"])) as [number, number];
    const augmentedShare = rounded(Number(run("augmented", AUGMENTED)));
    const growth = JSON.parse(run("growth", GROWTH)) as Extras["growth"];
    const bundle = await browserBundle(folder);
    return {
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

async function browserBundle(folder: string): Promise<Uint8Array> {
  const entry = join(folder, "browser.js");
  writeFileSync(entry, `export * from ${library("index").replace("file://", "")};`);
  const options = { bundle: true, format: "esm", platform: "browser", minify: true, write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [entry] });
  return (outputFiles[0] as { contents: Uint8Array }).contents;
}
