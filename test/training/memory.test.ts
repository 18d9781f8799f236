// Memory use does not grow. Each test runs in a process of its own, where nothing else allocates.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { partOf, WHOLE } from "../support/whole.js";

const source = resolve(import.meta.dirname, "../../src/node.js");
const folder = mkdtempSync(join(tmpdir(), "wasmlp-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script that uses the library with `gc` available. Returns the JSON that it prints last. */
function run(name: string, code: string, flags: string[] = []): Record<string, number> {
  const [entry, outfile] = [join(folder, `${name}.ts`), join(folder, `${name}.mjs`)];
  writeFileSync(entry, code.replace("wasmlp/node", source.replaceAll("\\", "/").replace(".js", ".ts")));
  buildSync({ entryPoints: [entry], outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" });
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", ...flags, outfile], {
      encoding: "utf8",
      cwd: resolve(source, "../.."),
    }),
  );
}

/** A network of 8-4-2 that has taken 200,000 steps, and `fit(epochs)` of 1,000 steps an epoch. */
const warm = (how: string): string => `import { adamw, cosine, Dataset, Network, sgd } from "wasmlp/node";
let grown = 0;
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) { grown += pages; return grow.call(this, pages); };
const layers = [{ units: 4, activation: "sigmoid" }, { units: 2, activation: "sigmoid" }];
const net = await Network.create({ inputs: 8, layers, loss: "quadratic" });
const labels = Array.from({ length: 2000 }, (_, i) => i % 2);
const data = new Dataset({ inputs: new Float32Array(2000 * 8).fill(0.5), shape: [2, 4], labels });
const fit = (epochs) => net.fit(data, { epochs, batchSize: 2, ${how} });
await fit(200);
const warm = grown;
`;

describe("memory", () => {
  it("of a large dataset is given back after fit", () => {
    const { during, after, resident } = run(
      "given",
      `import { Dataset, Network, sgd } from "wasmlp/node";
      const memories = [];
      WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
        construct: (target, [descriptor]) => {
          const memory = new target(descriptor);
          memories.push(new WeakRef(memory));
          return memory;
        },
      });
      const bytes = () => memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0);
      const layers = [{ units: 4, activation: "softmax" }];
      const net = await Network.create({ inputs: 1000, layers, loss: "crossEntropy" });
      const labels = Array.from({ length: 18000 }, (_, i) => i % 4);
      const data = new Dataset({ inputs: new Float32Array(18e6).fill(0.5), shape: 1000, labels });
      let [during, within] = [0, 0];
      const onEpoch = () => {
        during = bytes();
        within = process.memoryUsage().rss;
      };
      await net.fit(data, { epochs: 1, batchSize: 100, optimizer: sgd({ learningRate: 0.01 }), onEpoch });
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve));
        gc();
      }
      const resident = within - process.memoryUsage().rss;
      const after = bytes();
      net.evaluate(data);
      console.log(JSON.stringify({ during, after, resident }));`,
    ) as { during: number; after: number; resident: number };
    expect(during).toBeGreaterThan(70e6);
    expect(after).toBeLessThan(16e6);
    expect(resident).toBeGreaterThan(50e6);
  });

  it.runIf(WHOLE)(
    "heap, WebAssembly memory and resident memory do not grow in a million steps of a small network",
    () => {
      const { heap, resident, pages, warmPages } = run(
        "steps",
        `${warm("optimizer: sgd({ learningRate: 0.1 })")}
      const measure = () => { gc(); gc(); return process.memoryUsage(); };
      const before = measure();
      await fit(1000);
      const after = measure();
      const [heap, resident] = [after.heapUsed - before.heapUsed, after.rss - before.rss];
      console.log(JSON.stringify({ heap, resident, pages: grown - warm, warmPages: warm }));`,
      ) as { heap: number; resident: number; pages: number; warmPages: number };
      // The 1000 records of epochs are garbage by then. A single byte for each step would be a million.
      expect(heap).toBeLessThan(500_000);
      expect(resident).toBeLessThan(16e6);
      expect(warmPages).toBeGreaterThan(0);
      expect(pages).toBe(0);
    },
  );

  it.each(
    partOf(
      [
        ["plain gradient descent", "optimizer: sgd({ learningRate: 0.1 })"],
        ["plain gradient descent with augmentation", "optimizer: sgd({ learningRate: 0.1 }), augment: { shift: 1 }"],
        ["adamw and a schedule", "optimizer: adamw(), schedule: cosine({ warmUp: 1 })"],
      ],
      3,
    ),
  )("a step of %s makes no garbage but boxed numbers", (_, how) => {
    // The young generation is large enough for all of it, so that the heap at the end is all that was allocated.
    const { bytes, collections } = run(
      "garbage",
      `${warm(how)}
      import { PerformanceObserver } from "node:perf_hooks";
      let collections = 0;
      await fit(200);
      gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const observer = new PerformanceObserver((list) => { collections += list.getEntries().length; });
      observer.observe({ entryTypes: ["gc"] });
      const before = process.memoryUsage().heapUsed;
      await fit(100);
      const bytes = (process.memoryUsage().heapUsed - before) / 100_000;
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log(JSON.stringify({ bytes, collections }));`,
      ["--min-semi-space-size=64", "--max-semi-space-size=64"],
    ) as { bytes: number; collections: number };
    expect(collections).toBe(0);
    expect(bytes).toBeGreaterThanOrEqual(0);
    // performance.now() and numbers that pass through functions V8 does not inline are boxed: 12 or 16 bytes each, some
    // 40 to 100 bytes a step, depending on what this Node inlines. An object for each step would be more.
    expect(bytes).toBeLessThan(128);
  });

  it.runIf(WHOLE)("networks that are dropped or disposed are collected", () => {
    const { resident } = run(
      "networks",
      `import { Network } from "wasmlp/node";
      const layers = [{ units: 16384, activation: "relu" }, { units: 1, activation: "linear" }];
      for (let i = 0; i < 120; i++) {
        const net = await Network.create({ inputs: 1, layers, loss: "quadratic" });
        net.predict(new Uint8Array(64));
        if (i % 2) net.dispose();
        if (i % 10 === 0) gc();
      }
      console.log(JSON.stringify({ resident: process.resourceUsage().maxRSS * 1024 }));`,
    ) as { resident: number };
    // Each has written to 64 rows of 16,384 activations. All of them together would be 700 MB.
    expect(resident).toBeLessThan(400e6);
  });

  it.runIf(WHOLE)("full-batch gradient descent on the 60,000 digits stays under 400 MB", () => {
    const { resident, fell } = run(
      "full",
      `import { loadMnist, Network, sgd } from "wasmlp/node";
      const { train } = await loadMnist();
      const net = await Network.create({ inputs: 784, layers: [{ units: 128, activation: "relu" }, { units: 10, activation: "softmax" }], loss: "crossEntropy", seed: 1 });
      const history = await net.fit(train, { epochs: 3, batchSize: train.count, optimizer: sgd({ learningRate: 0.1 }) });
      console.log(JSON.stringify({ resident: process.resourceUsage().maxRSS * 1024, fell: history[0].loss - history[2].loss }));`,
    ) as { resident: number; fell: number };
    expect(fell).toBeGreaterThan(0);
    expect(resident).toBeLessThan(400e6);
  });
});
