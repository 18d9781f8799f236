/** The one build: kernels (asc), what carries them into TypeScript, bundles (esbuild), type declarations (tsc). */

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stderr } from "node:process";
import { deflateRawSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { build } from "esbuild";
import { tilesSource } from "./assembly/tiles.mjs";
import { packModel } from "./models/pack.mjs";
import { buildPage } from "./web/build.mjs";

/** Register tiles of the kernels: rows × columns, rows × panels, or panels. */
const TILES = {
  forward: ["4x8", "5x8", "6x8", "4x16", "5x16", "6x16"],
  forwardPanels: ["1x1", "1x2", "1x3", "2x1", "3x1"],
  inputGradient: ["2x1", "2x4", "2x6", "3x1", "3x4"],
  gradient: ["1x16", "5x8", "6x8", "6x16"],
  sparseForward: ["1", "2", "3"],
  sparseGradient: ["1", "2", "3"],
  sparseRows: ["1", "2"],
};

async function compileKernels(target, ...more) {
  const result = await asc.main(["--config", "asconfig.json", "--target", target, ...more]);
  stderr.write(result.stdout.toString() + result.stderr.toString());
  if (result.error) throw result.error;
}

/** build/ready.ts: what a network's worker says of itself, which tells a copy of its script from one of another version. */
function writeReady() {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  writeFileSync("build/ready.ts", `// Written by build.mjs.\nexport const ready = "wasmlp ${version} is ready";\n`);
}

/** The kernels' types as asc wrote them, so that no signature is written twice. */
function kernelTypes() {
  const declared = readFileSync("build/simd.d.ts", "utf8");
  const functions = [...declared.matchAll(/export function (\w+\([^)]*\): \w+);/g)].map((match) => `  ${match[1]};\n`);
  return `export interface KernelExports {\n${functions.join("")}}\n`;
}

/**
 * build/wasm.ts: the binaries, one after the other and deflated as one, since they are much alike, as base64 (what every
 * bundler and engine takes); where the second begins; and their types.
 */
function writeCarrier() {
  const [simd, relaxed] = ["simd", "relaxed"].map((name) => readFileSync(`build/${name}.wasm`));
  const packed = deflateRawSync(Buffer.concat([simd, relaxed]), { level: 9 }).toString("base64");
  const constants = `export const simdBytes = ${simd.length};\nexport const relaxedBytes = ${relaxed.length};\nexport const binaries =\n  "${packed}";\n`;
  writeFileSync("build/wasm.ts", `// Written by build.mjs.\n${constants}${kernelTypes()}`);
}

/** build/digits-weights.ts: the pretrained model of `wasmlp/digits`, packed, deflated, as base64. */
function writeWeights() {
  const packed = deflateRawSync(packModel(readFileSync("models/digits.safetensors")), { level: 9 }).toString("base64");
  // The type keeps the text out of the declarations.
  const constant = `export const packedDigits: string =\n  "${packed}";\n`;
  writeFileSync("build/digits-weights.ts", `// Written by build.mjs.\n${constant}`);
}

const COMMON = { bundle: true, format: "esm", target: "es2022", outdir: "build", logLevel: "warning", metafile: true };

/** Takes modules from beside the bundle, where the build puts them, rather than carrying them in it. */
function beside(filter) {
  const external = ({ path }) => ({ path: `./${basename(path)}`, external: true });
  return { name: "beside", setup: ({ onResolve }) => onResolve({ filter }, external) };
}

/** A worker's script, whole in itself. `left` are modules that it does without: what they carry it is sent. */
async function workerScript(entry, left) {
  const empty = {
    name: "empty",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: left }, ({ path }) => ({ path, namespace: "empty" }));
      onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: EMPTY }));
    },
  };
  const options = { bundle: true, format: "iife", target: "es2022", minify: true, write: false, logLevel: "warning" };
  const mainFields = ["module", "main"];
  const { outputFiles } = await build({ ...options, mainFields, entryPoints: [entry], plugins: [empty] });
  return outputFiles[0].text.trim();
}

/** In place of what a worker is sent. */
const EMPTY = 'export const [binaries, simdBytes, relaxedBytes, threadSource] = ["", 0, 0, ""];';

/**
 * The scripts of workers as text, which starts one anywhere without another file: build/thread.ts that of a helping thread,
 * build/worker-source.ts that of a network, and build/worker-script.js the latter as a file, where workers must have an address.
 */
async function writeWorkers() {
  const carried = (name, text) =>
    `// Written by build.mjs.\nexport const ${name}: string =\n  ${JSON.stringify(text)};\n`;
  writeFileSync("build/thread.ts", carried("threadSource", await workerScript("src/threads/thread.ts", /^$/)));
  const script = await workerScript("src/worker/script.ts", /\/build\/(wasm|thread)\.js$/);
  writeFileSync("build/worker-source.ts", carried("workerSource", script));
  writeFileSync("build/worker-script.js", `${script}\n`);
}

async function bundle() {
  const neutral = { platform: "neutral", mainFields: ["module", "main"], external: ["node:*"] };
  const library = {
    ...COMMON,
    ...neutral,
    entryPoints: ["src/index.ts", "src/node.ts", "src/digits.ts", "src/worker.ts"],
    splitting: true,
    minify: true,
    // Only who loads the pretrained network loads its weights.
    plugins: [beside(/^\.\.\/build\/digits-weights\.js$/)],
    // First of all, for the base64 of the kernels packs better apart from the code than in its midst.
    inject: ["build/wasm.ts"],
  };
  const commandLine = {
    ...COMMON,
    ...{ entryPoints: { cli: "src/cli/main.ts" }, platform: "node", minify: true },
    // A second library would have classes of its own.
    plugins: [beside(/^\.\.\/(index|node|digits)\.js$/)],
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire as requireFrom } from "node:module";const require = requireFrom(import.meta.url);',
    },
  };
  const results = [await build(library), await build(commandLine)];
  await build({ ...COMMON, entryPoints: ["build/digits-weights.ts"], minify: true });
  await build({ ...COMMON, entryPoints: { bench: "bench/main.ts" }, platform: "node", external: ["esbuild"] });
  const models = { entryPoints: { models: "models/main.ts" }, banner: commandLine.banner };
  await build({ ...COMMON, ...models, platform: "node" });
  writeFileSync("build/NOTICES.txt", noticesOf(results.flatMap(({ metafile }) => Object.keys(metafile.inputs))));
}

/** A package that ships no licence text, and one of the same project and licence that does. */
const LICENSED_BY = { "@assemblyscript/loader": "assemblyscript" };

/** The licences of the packages that bundles carry, given what they are made of. */
function noticesOf(inputs) {
  const packages = new Set(inputs.flatMap((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []));
  const notices = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const source = name in LICENSED_BY ? join("node_modules", LICENSED_BY[name]) : folder;
    const file = readdirSync(source).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`the package ${name} has no licence text to pass on`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(source, file), "utf8").trim()}\n`;
  });
  return notices.join(`\n${"-".repeat(80)}\n\n`);
}

/** Removes what an earlier build wrote: everything but the folder's description, which is committed. */
function emptyBuild() {
  mkdirSync("build", { recursive: true });
  for (const name of readdirSync("build")) {
    if (name !== "README.md") rmSync(join("build", name), { recursive: true });
  }
}

emptyBuild();
writeFileSync("build/tiles.ts", tilesSource(TILES));
await compileKernels("simd", "--bindings", "raw");
await compileKernels("relaxed");
await compileKernels("debug");
// The benchmark's measure of the machine, compiled as the kernels are and with them.
for (const target of ["simd", "relaxed"]) {
  await compileKernels(target, "assembly/ceiling.ts", "-o", `build/ceiling-${target}.wasm`);
}
writeCarrier();
writeWeights();
writeReady();
await writeWorkers();
if (!process.argv.includes("--kernels")) {
  await bundle();
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src"], { stdio: "inherit" });
}
if (process.argv.includes("--web")) await buildPage(noticesOf);
