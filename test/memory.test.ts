// Memory that stays flat, in processes of their own so that nothing else is in it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";

const source = resolve(import.meta.dirname, "../src/node.js");
const folder = mkdtempSync(join(tmpdir(), "wasmlp-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script against the library with `gc` at hand; gives the JSON it prints last. */
function run(name: string, code: string): Record<string, number> {
  const [entry, outfile] = [join(folder, `${name}.ts`), join(folder, `${name}.mjs`)];
  writeFileSync(entry, code.replace("wasmlp/node", source.replaceAll("\\", "/").replace(".js", ".ts")));
  buildSync({ entryPoints: [entry], outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" });
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", outfile], { encoding: "utf8", cwd: resolve(source, "../..") }),
  );
}

describe("memory", () => {
  it("a million steps of a small network leave heap and resident memory flat", () => {
    const { steps, heap, resident } = run(
      "steps",
      `import { Dataset, Network, sgd } from "wasmlp/node";
      const net = await Network.create({ inputs: 8, layers: [{ units: 4, activation: "sigmoid" }, { units: 2, activation: "sigmoid" }], loss: "quadratic" });
      const count = 2000;
      const data = new Dataset({ inputs: new Float32Array(count * 8).fill(0.5), shape: 8, labels: Array.from({ length: count }, (_, i) => i % 2) });
      const fit = (epochs) => net.fit(data, { epochs, batchSize: 2, optimizer: sgd({ learningRate: 0.1 }) });
      await fit(100);
      const measure = () => { gc(); gc(); return process.memoryUsage(); };
      const before = measure();
      await fit(1000);
      const after = measure();
      console.log(JSON.stringify({ steps: 1000 * count / 2, heap: after.heapUsed - before.heapUsed, resident: after.rss - before.rss }));`,
    ) as { steps: number; heap: number; resident: number };
    expect(steps).toBe(1_000_000);
    expect(heap).toBeLessThan(1e6);
    expect(resident).toBeLessThan(16e6);
  });

  it("full-batch descent on the 60,000 digits stays under 400 MB", () => {
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
