// The built library where little but the language exists: node:vm contexts, as Jest makes them, and Node's own tests of old versions.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type * as wasmlp from "../../src/index.js";
import { Dataset, Network, sgd } from "../../src/index.js";

const root = resolve(import.meta.dirname, "../..");

/** The universal entry as a script that sets the global `wasmlp`, and the program of smoke.mjs. */
let code: string;
let smoke: string;
let folder: string;

async function scriptOf(entry: string, globalName: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(join(root, entry))};`, resolveDir: root },
    ...{ bundle: true, format: "iife", globalName, platform: "neutral", external: ["node:*"], write: false },
    ...{ logLevel: "error", define: { "import.meta.url": '""' } },
  });
  return `${outputFiles[0]?.text};globalThis.${globalName} = ${globalName};`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-bare-"));
  [code, smoke] = [await scriptOf("build/index.js", "wasmlp"), await scriptOf("test/environments/smoke.mjs", "checks")];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Bare {
  wasmlp: typeof wasmlp;
  checks: { smoke(library: typeof wasmlp, options: object): Promise<{ hash: string }> };
}

/** A context with the ECMAScript globals, WebAssembly and `globals`, in which the library has been loaded. */
function contextWith(globals: object = {}): Bare {
  const context = createContext(globals);
  runInContext(code, context);
  runInContext(smoke, context);
  return context as unknown as Bare;
}

function kernels(): { simd: Uint8Array; relaxed: Uint8Array } {
  const [simd, relaxed] = ["simd", "relaxed"].map((name) => readFileSync(join(root, `build/${name}.wasm`)));
  return { simd: simd as Buffer, relaxed: relaxed as Buffer };
}

/** The hash that smoke.mjs prints, as a process of its own. */
function hashOf(...flags: string[]): { hash: string; helpers: number } {
  const args = [...flags, join(root, "test/environments/smoke.mjs"), join(root, "build"), "--worker"];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", env: {} }));
}

const HASH = "9214e4e8cc447425";

describe("the same training gives the same parameters", () => {
  it("in this Node", () => {
    expect(hashOf()).toMatchObject({ hash: HASH, helpers: 1, worker: true });
  });

  it("in a Node without getBuiltinModule, with threads and workers", () => {
    const old = join(folder, "old.cjs");
    writeFileSync(old, "delete process.getBuiltinModule;");
    // Workers get no hooks of the process, so that they are new here; .ci/run has the old versions themselves.
    expect(hashOf("--require", old)).toMatchObject({ hash: HASH, helpers: 1, worker: true });
  });

  it("in a context that has only the language and WebAssembly, once it is given the kernels", async () => {
    const { wasmlp, checks } = contextWith();
    await expect(checks.smoke(wasmlp, {})).rejects.toThrow("give them to init({ wasm })");
    await wasmlp.init({ wasm: kernels() });
    await expect(checks.smoke(wasmlp, {})).resolves.toMatchObject({ hash: HASH });
  });

  it("in a context whose timers are fakes from the start", async () => {
    const fake = (): object => Object.assign(() => 0, { clock: {} });
    const timers = { setTimeout: fake(), setImmediate: fake(), clearTimeout: fake(), performance: { now: () => 0 } };
    const { wasmlp, checks } = contextWith(timers);
    await wasmlp.init({ wasm: kernels() });
    await expect(checks.smoke(wasmlp, {})).resolves.toMatchObject({ hash: HASH });
  });
});

it("in a context, creating and training look up a global a few times, not once for each number", async () => {
  let lookUps = 0;
  const counted = (value: object): PropertyDescriptor => ({
    get: () => {
      lookUps++;
      return value;
    },
  });
  const globals = Object.defineProperties({}, { Math: counted(Math), Number: counted(Number) });
  const { wasmlp } = contextWith(globals);
  await wasmlp.init({ wasm: kernels() });
  const network = await wasmlp.Network.create({
    inputs: 100,
    layers: [{ units: 50, activation: "sigmoid" }],
    loss: "quadratic",
  });
  const data = new wasmlp.Dataset({ inputs: new Float32Array(200), shape: 100, targets: new Float32Array(100) });
  await network.fit(data, { epochs: 500, batchSize: 1, optimizer: wasmlp.sgd({ learningRate: 0.1 }) });
  expect(lookUps).toBeGreaterThan(0);
  expect(lookUps).toBeLessThan(100);
});

describe("with fake timers, which stand still", () => {
  it("a fit ends, with threads too", async () => {
    vi.useFakeTimers({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "setImmediate", "clearImmediate", "Date", "performance"],
    });
    try {
      const data = new Dataset({ inputs: new Float32Array(64 * 64), shape: 64, targets: new Float32Array(64 * 32) });
      const network = await Network.create({
        inputs: 64,
        layers: [
          { units: 64, activation: "sigmoid" },
          { units: 32, activation: "sigmoid" },
        ],
        ...{ loss: "quadratic", threads: 2 },
      });
      let batches = 0;
      await network.fit(data, {
        ...{ epochs: 20, batchSize: 4, optimizer: sgd({ learningRate: 0.1 }) },
        onBatch: async () => void batches++,
      });
      expect(batches).toBe(320);
      network.dispose();
    } finally {
      vi.useRealTimers();
    }
  });
});
