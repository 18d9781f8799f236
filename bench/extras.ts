// What is measured besides speed at work: cold start, size, memory, and how the cost grows.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { medianOf } from "./measure.js";

export interface Extras {
  /** Milliseconds from the import to the first prediction of 784-128-10, median of the runs. */
  coldStartMilliseconds: number;
  /** Bytes of the browser's bundle with all kernels, minified, and gzipped. */
  bundleBytes: number;
  bundleGzipBytes: number;
  /** Most resident megabytes while training 784-128-10 on MNIST, and how many more after a million steps. */
  residentMegabytes: number;
  grownMegabytes: number;
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
const few = train.select([...Array(64).keys()]);
const small = await Network.create({ inputs: 784, layers: [{ units: 16, activation: "relu" }, layers[1]], loss: "crossEntropy" });
const optimizer = sgd({ learningRate: 0.001 });
await small.fit(few, { epochs: 1000, batchSize: 1, optimizer });
globalThis.gc();
const before = process.memoryUsage().rss;
await small.fit(few, { epochs: 15625, batchSize: 1, optimizer });
globalThis.gc();
console.log(JSON.stringify([trained, (process.memoryUsage().rss - before) / 2 ** 20]));`;

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
    const bundle = await browserBundle(folder);
    return {
      coldStartMilliseconds: Math.round(medianOf(cold) * 10) / 10,
      bundleBytes: bundle.length,
      bundleGzipBytes: gzipSync(bundle, { level: 9 }).length,
      residentMegabytes: Math.round(resident),
      grownMegabytes: Math.round(grown * 10) / 10,
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
