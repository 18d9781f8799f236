// The package as its users get it: packed, installed into an empty project, imported, type-checked, bundled, run.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "../support/installed.js";

const root = resolve(import.meta.dirname, "../..");
let project: string;

function run(command: string, args: string[]): string {
  return execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** `count` samples of 4x4 bytes: class c has its bright pixels in row c. */
function writeIdxFolder(folder: string, count: number): void {
  mkdirSync(folder);
  for (const [set, offset] of [
    ["train", 0],
    ["t10k", 1],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => (i + offset) % 3);
    const images = Uint8Array.from({ length: count * 16 }, (_, i) => {
      const inRow = Math.floor((i % 16) / 4) === labels[Math.floor(i / 16)];
      return inRow ? 200 + ((i * 7) % 50) : (i * 13) % 40;
    });
    writeFileSync(
      join(folder, `${set}-images-idx3-ubyte`),
      Buffer.from([0, 0, 8, 3, ...word(count), ...word(4), ...word(4), ...images]),
    );
    writeFileSync(join(folder, `${set}-labels-idx1-ubyte`), Buffer.from([0, 0, 8, 1, ...word(count), ...labels]));
  }
}

function word(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
}

/** A program with the network in a worker; it must type-check with the types of every environment. */
const REMOTE = `
using remote = await Remote.fromBytes(new Uint8Array(8));
const outputs: Float32Array = await remote.predict([1, 2]);
await init({ workerUrl: "/worker-script.js", wasm: { simd: outputs } });
// @ts-expect-error That is no address.
await init({ workerUrl: 5 });
// @ts-expect-error Those are no kernels.
await init({ wasm: { simd: null } });`;

let workshop: Workshop;
beforeAll(() => {
  workshop = new Workshop();
  project = workshop.project("empty");
});
afterAll(() => workshop.remove());

/** An import that a bundler would follow. The name alone is also in an import by a variable, which only Node runs. */
const IMPORTS_NODE = /\b(from|import|import\(|require\()\s*["']node:/;

describe("the installed package", () => {
  it("has no dependencies and no install script", () => {
    const manifest = JSON.parse(readFileSync(join(project, "node_modules/wasmlp/package.json"), "utf8"));
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.scripts).filter((name) => /install/.test(name))).toEqual([]);
    expect(readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["wasmlp"]);
  });

  it("has the weights of one model, and no other", () => {
    const files = readdirSync(join(project, "node_modules/wasmlp"), { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => /\.safetensors$|models|weights.*\.js$/.test(name))).toEqual([
      "build/digits-weights.js",
    ]);
  });

  it("trains through each entry, and both have the same classes", () => {
    writeFileSync(
      join(project, "train.js"),
      `import { Dataset, Network, sgd } from "wasmlp";
      import { Network as NodeNetwork, saveNetwork, loadNetwork } from "wasmlp/node";
      const data = new Dataset({ inputs: Float32Array.of(0, 1), shape: 1, targets: Float32Array.of(1, 0) });
      const network = await Network.create({ inputs: 1, layers: [{ units: 1, activation: "sigmoid" }], loss: "quadratic" });
      const history = await network.fit(data, { epochs: 50, optimizer: sgd({ learningRate: 1 }) });
      await saveNetwork("model.safetensors", network);
      const same = (await loadNetwork("model.safetensors")).predict([0])[0] === network.predict([0])[0];
      console.log(JSON.stringify({ fell: history[49].loss < history[0].loss, same, one: Network === NodeNetwork }));`,
    );
    expect(JSON.parse(run(process.execPath, ["train.js"]))).toEqual({ fell: true, same: true, one: true });
  });

  const typeCheck = (options: object): void => {
    const all = { target: "es2022", strict: true, exactOptionalPropertyTypes: true, noEmit: true, ...options };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: all, files: ["check.ts"] }));
    run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
  };

  it.each([
    ["node16", "node16"],
    ["bundler", "esnext"],
  ])("type-checks under moduleResolution %s", (moduleResolution, module) => {
    mkdirSync(join(project, "node_modules/@types"), { recursive: true });
    for (const [name, target] of [
      ["@types/node", "@types/node"],
      ["undici-types", "undici-types"],
    ] as const) {
      rmSync(join(project, "node_modules", name), { force: true });
      symlinkSync(join(root, "node_modules", target), join(project, "node_modules", name));
    }
    writeFileSync(
      join(project, "check.ts"),
      `import { Dataset, Network, sgd, type EpochRecord } from "wasmlp";
      import { type DigitImage, loadDigits, preprocessDigit, readDigit } from "wasmlp/digits";
      import { loadMnist } from "wasmlp/node";
      import { init, Network as Remote } from "wasmlp/worker";
      const canvas = (context: CanvasRenderingContext2D): Uint8Array | undefined =>
        preprocessDigit(context.getImageData(0, 0, 280, 280) satisfies DigitImage);
      const pretrained: Network = await loadDigits({ threads: 1 });
      const read: number | undefined = readDigit(pretrained, { data: new Uint8Array(4), width: 2, height: 2 })?.label;
      const network: Network = await Network.create({ inputs: 2, layers: [{ units: 1, activation: "sigmoid" }], loss: "quadratic" });
      const data = new Dataset({ inputs: new Float32Array(2), shape: 2, targets: new Float32Array(1) });
      const history: EpochRecord[] = await network.fit(data, { epochs: 1, optimizer: sgd({ learningRate: 1 }) });
      const accuracy: number | undefined = network.evaluate((await loadMnist()).test).accuracy;
      // @ts-expect-error There is no such activation.
      await Network.create({ inputs: 2, layers: [{ units: 1, activation: "sigmoidal" }], loss: "quadratic" });
      export { accuracy, canvas, history, read };
      ${REMOTE}`,
    );
    typeCheck({ module, moduleResolution, types: ["node"] });
  });

  it.each([
    ["a page's", { lib: ["es2022", "dom"], types: [] }],
    ["a worker's", { lib: ["es2022", "webworker"], types: [] }],
    ["Node's", { lib: ["es2022"], types: ["node"] }],
  ])("type-checks with no types but %s", (_, options) => {
    writeFileSync(join(project, "check.ts"), `import { init, Network as Remote } from "wasmlp/worker";\n${REMOTE}`);
    typeCheck({ module: "esnext", moduleResolution: "bundler", ...options });
  });

  // The matrix compiles it with older versions of TypeScript, and with all libraries.
  it.each([
    { module: "node16", moduleResolution: "node16" },
    { module: "esnext", moduleResolution: "node10", ignoreDeprecations: "6.0" },
  ])("type-checks without any library but the language's under moduleResolution $moduleResolution", (options) => {
    copyFileSync(join(root, "test/environments/consumer/universal.ts"), join(project, "check.ts"));
    typeCheck({ ...options, lib: ["es2022"], types: [], noUncheckedIndexedAccess: true });
  });

  it("bundles for the browser without Node's modules, under 60 kB gzipped", async () => {
    writeFileSync(join(project, "browser.js"), 'export * from "wasmlp";');
    const { outputFiles } = await build({
      absWorkingDir: project,
      entryPoints: ["browser.js"],
      ...{ bundle: true, format: "esm", platform: "browser", minify: true, write: false, logLevel: "silent" },
    });
    const code = (outputFiles[0] as { contents: Uint8Array }).contents;
    expect(gzipSync(code).length).toBeLessThan(60_000);
    expect(Buffer.from(code).toString()).not.toMatch(IMPORTS_NODE);
  });

  const gzipped = async (contents: string): Promise<number> => {
    const { outputFiles } = await build({
      absWorkingDir: project,
      stdin: { contents, resolveDir: project },
      ...{ bundle: true, format: "esm", platform: "browser", minify: true, write: false, logLevel: "silent" },
    });
    const code = (outputFiles[0] as { contents: Uint8Array }).contents;
    expect(Buffer.from(code).toString()).not.toMatch(IMPORTS_NODE);
    return gzipSync(code).length;
  };

  it("bundles the preprocessing of drawn digits alone, under 6 kB gzipped", async () => {
    expect(await gzipped('export { preprocessDigit } from "wasmlp/digits";')).toBeLessThan(6000);
  });

  it("bundles the pretrained network, weights included, under 700 kB gzipped", async () => {
    const size = await gzipped('export * from "wasmlp/digits";');
    expect(size).toBeLessThan(700_000);
    expect(size).toBeGreaterThan(200_000);
  });

  it("reads a first digit", () => {
    writeFileSync(
      join(project, "read.js"),
      `const { loadDigits, readDigit } = await import("wasmlp/digits");
      const data = Float32Array.from({ length: 784 }, (_, i) => (i % 28 > 12 && i % 28 < 16 && i > 112 && i < 672 ? 0 : 1));
      const { label } = readDigit(await loadDigits(), { data, width: 28, height: 28 });
      console.log(JSON.stringify({ label }));`,
    );
    // The benchmark measures how soon.
    expect(JSON.parse(run(process.execPath, ["read.js"]))).toEqual({ label: 1 });
  });

  it("trains from the command line on a small IDX folder", () => {
    writeIdxFolder(join(project, "data"), 120);
    const args = [
      "train",
      "--data",
      "data",
      "--layers",
      "16,8,3",
      "--epochs",
      "20",
      "--out",
      "small.safetensors",
      "--json",
    ];
    const lines = run("npx", ["--no-install", "wasmlp", ...args])
      .trim()
      .split("\n");
    expect(lines).toHaveLength(21);
    expect(JSON.parse(lines[20] as string)).toMatchObject({ event: "done", accuracy: 1, out: "small.safetensors" });
  });
});
