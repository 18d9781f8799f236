/**
 * The build. In order: kernels (asc), TypeScript files that embed the kernels and the pretrained weights, workers'
 * scripts, bundles (esbuild), type declarations (tsc); with --web also the page. With --kernels it stops before the
 * bundles.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stderr } from "node:process";
import { deflateSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { build } from "esbuild";
import ts from "typescript";
import { tilesSource } from "./assembly/tiles.mjs";
import { packModel } from "./models/pack.mjs";
import { buildPage } from "./web/build.mjs";

/** Shapes of the kernels' register tiles (see `assembly/tiles.mjs`): rows × columns, rows × panels, or panels. */
const TILES = {
  forward: ["4x8", "5x8", "6x8", "4x16", "5x16", "6x16"],
  forwardPanels: ["1x1", "1x2", "1x3", "2x1", "3x1"],
  inputGradient: ["2x1", "2x4", "2x6", "3x1", "3x4"],
  gradient: ["1x16", "5x8", "6x8", "6x16"],
  sparseForward: ["1", "2", "3"],
  sparseGradient: ["1", "2", "3"],
  sparseGradientRows: ["1", "2"],
};

/** Characters of a line of what the build writes; a token that is longer has a line of its own. */
const LINE = 120;

/** Compiles assembly/ as a target of asconfig.json, with more options of asc if given. */
async function compileKernels(target, ...more) {
  const result = await asc.main(["--config", "asconfig.json", "--target", target, ...more]);
  stderr.write(result.stdout.toString() + result.stderr.toString());
  if (result.error) throw result.error;
}

/**
 * Writes build/ready.ts: the first message of a network's worker. It has the version, so that outdated copies are
 * noticed.
 */
function writeReady() {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  writeFileSync("build/ready.ts", `// Written by build.mjs.\nexport const ready = "wasmlp ${version} is ready";\n`);
}

/** build/codes.ts: the codes of the activations, which kernels and tests take from the library's table by name. */
async function writeCodes() {
  const options = { bundle: true, format: "esm", write: false, entryPoints: ["src/activations.ts"] };
  const { outputFiles } = await build(options);
  const { ACTIVATIONS } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const lines = Object.entries(ACTIVATIONS).map(([name, { code }]) => {
    return `export const ${name.replace(/[A-Z]/g, "_$&").toUpperCase()} = ${code};\n`;
  });
  writeFileSync("build/codes.ts", `// Written by build.mjs.\n${lines.join("")}`);
}

/** The interface of the kernels, from the declarations that asc writes, so that no signature is written twice. */
function kernelTypes() {
  const declared = readFileSync("build/simd.d.ts", "utf8");
  const functions = [...declared.matchAll(/export function (\w+\([^)]*\): \w+);/g)].map((match) => `  ${match[1]};\n`);
  return `export interface KernelExports {\n${functions.join("")}}\n`;
}

/** Bytes as the source of a text: deflated, in base64, in lines. */
function packed(bytes) {
  const base64 = deflateSync(bytes, { level: 9 }).toString("base64");
  return JSON.stringify(base64.match(new RegExp(`.{1,${LINE}}`, "g")).join("\n"));
}

/**
 * Writes build/wasm.ts: both binaries, concatenated and deflated together, since they have much in common, as base64,
 * which all bundlers and engines accept; their sizes; and the interface of the kernels.
 */
function writeCarrier() {
  const [simd, relaxed] = ["simd", "relaxed"].map((name) => readFileSync(`build/${name}.wasm`));
  const constants = `export const simdBytes = ${simd.length};\nexport const relaxedBytes = ${relaxed.length};\nexport const binaries: string = ${packed(Buffer.concat([simd, relaxed]))};\n`;
  writeFileSync("build/wasm.ts", `// Written by build.mjs.\n${constants}${kernelTypes()}`);
}

/** Writes build/digits-weights.ts: the pretrained models of `wasmlp/digits`, packed, deflated, as base64. */
function writeWeights() {
  const constants = Object.entries({ packedDigits: "digits", packedDoubt: "doubt" }).map(([constant, name]) => {
    // Without the type annotation, the whole text would be a literal type in the declarations.
    return `export const ${constant}: string = ${packed(packModel(readFileSync(`models/${name}.safetensors`)))};\n`;
  });
  writeFileSync("build/digits-weights.ts", `// Written by build.mjs.\n${constants.join("")}`);
}

const COMMON = { bundle: true, format: "esm", target: "es2022", outdir: "build", logLevel: "warning", metafile: true };
/** Minified in short lines: an error that is not caught prints the whole line of source in which it was thrown. */
const MINIFIED = { minify: true, lineLimit: LINE };

/**
 * A plugin for esbuild: matching modules are not bundled but imported from the bundle's folder, where the build puts
 * them.
 */
function beside(filter) {
  const external = ({ path }) => ({ path: `./${basename(path)}`, external: true });
  return { name: "beside", setup: ({ onResolve }) => onResolve({ filter }, external) };
}

/** What rows of the tables of activations and losses have for kernels; all else is for checks and texts. */
const FOR_KERNELS = ["code", "slopeNeedsSum", "parameter", "kernel", "takesLogits"];

/** A plugin for esbuild: of the tables of activations and losses only what kernels need, a third of a thread's script. */
const forKernels = {
  name: "for-kernels",
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/(activations|losses)\.ts$/ }, ({ path }) => ({
      contents: rowsForKernels(path),
      loader: "ts",
    }));
  },
};

/** The source of a table whose rows have only the properties of `FOR_KERNELS`. */
function rowsForKernels(path) {
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  const table = (node) => ts.isSatisfiesExpression(node) && node.expression.expression;
  const removed = file.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .flatMap(({ initializer }) => (initializer && table(initializer)?.properties) || [])
    .flatMap((row) => row.initializer.properties.filter(({ name }) => !FOR_KERNELS.includes(name.text)));
  const { text } = file;
  return removed.reduceRight((rest, { pos, end }) => rest.slice(0, pos) + rest.slice(end + 1), text);
}

/**
 * A worker's script as a self-contained text. Modules that match `left` are replaced by empty ones: their content is
 * sent.
 */
async function workerScript(entry, left, ...plugins) {
  const empty = {
    name: "empty",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: left }, ({ path }) => ({ path, namespace: "empty" }));
      onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: EMPTY }));
    },
  };
  const options = { bundle: true, format: "iife", target: "es2022", ...MINIFIED, write: false, logLevel: "warning" };
  const mainFields = ["module", "main"];
  const { outputFiles } = await build({ ...options, mainFields, entryPoints: [entry], plugins: [empty, ...plugins] });
  return outputFiles[0].text.trim();
}

/** Replaces the modules whose content a worker receives in its first message. */
const EMPTY = 'export const [binaries, simdBytes, relaxedBytes, threadSource] = ["", 0, 0, ""];';

/**
 * Writes the scripts of workers. As texts, from which workers start without another file: build/thread.ts for a thread
 * and build/worker-source.ts for a network's worker; the latter also as the file build/worker-script.js, for pages on
 * which workers must be started from an address.
 */
async function writeWorkers() {
  const carried = (name, text) =>
    `// Written by build.mjs.\nexport const ${name}: string =\n  ${JSON.stringify(text)};\n`;
  writeFileSync(
    "build/thread.ts",
    carried("threadSource", await workerScript("src/threads/thread.ts", /^$/, forKernels)),
  );
  const script = await workerScript("src/worker/script.ts", /\/build\/(wasm|thread)\.js$/);
  writeFileSync("build/worker-source.ts", carried("workerSource", script));
  writeFileSync("build/worker-script.js", `${script}\n`);
}

/**
 * Globals that the library looks up most. In a vm context, such as Jest runs tests in, a look-up takes 300 ns, and first
 * weights, shuffles and small steps need millions: 4 times the time to train XOR.
 */
const CAPTURED = ["Array", "Float32Array", "Float64Array", "Math", "Number", "Object", "Uint8Array", "Uint32Array"];

/** build/globals.ts: the same globals as constants of the bundle, which take the place of every look-up. */
function writeGlobals() {
  const lines = CAPTURED.map((name) => `const own${name} = globalThis.${name};\nexport { own${name} as ${name} };\n`);
  // The loader makes a decoder when it is loaded, and uses it for texts, of which the kernels have none. jsdom has no such class.
  lines.push("const decoder = globalThis.TextDecoder ?? class {};\nexport { decoder as TextDecoder };\n");
  writeFileSync("build/globals.ts", `// Written by build.mjs.\n${lines.join("")}`);
}

/** Restores the comments, which the minifier removes, that tell bundlers to leave an `import()` of a variable alone. */
function hideImports(name) {
  const text = readFileSync(name, "utf8");
  const hidden = text.replace(/\bimport\(\s*(\w+)\s*\)/g, "import(/* webpackIgnore: true */ /* @vite-ignore */ $1)");
  if (hidden !== text) writeFileSync(name, hidden);
}

async function bundle() {
  const neutral = { platform: "neutral", mainFields: ["module", "main"], external: ["node:*"] };
  const library = {
    ...COMMON,
    ...neutral,
    // check.ts is an entry, so that it has a file of its own: the preprocessing of digits needs nothing else.
    entryPoints: ["src/index.ts", "src/node.ts", "src/digits.ts", "src/worker.ts", "src/check.ts"],
    splitting: true,
    ...MINIFIED,
    // The weights are loaded only by `loadDigits`.
    plugins: [beside(/^\.\.\/build\/digits-weights\.js$/)],
    // Injected, the base64 of the kernels is the first of the bundle: it compresses better apart from the code.
    inject: ["build/wasm.ts", "build/globals.ts"],
  };
  const commandLine = {
    ...COMMON,
    ...{ entryPoints: { cli: "src/cli/main.ts" }, platform: "node", ...MINIFIED },
    // A copy of the library inside the program would have classes of its own, and `instanceof` would fail.
    plugins: [beside(/^\.\.\/(index|node|digits)\.js$/)],
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire as requireFrom } from "node:module";const require = requireFrom(import.meta.url);',
    },
  };
  const results = [await build(library), await build(commandLine)];
  for (const name of Object.keys(results[0].metafile.outputs)) hideImports(name);
  await build({ ...COMMON, entryPoints: ["build/digits-weights.ts"], ...MINIFIED });
  await build({ ...COMMON, entryPoints: { bench: "bench/main.ts" }, platform: "node", external: ["esbuild"] });
  const matrix = { entryPoints: ["test/environments/matrix.ts"], outdir: "build/environments", packages: "external" };
  await build({ ...COMMON, ...matrix, platform: "node" });
  const programs = { models: "models/main.ts", endurance: "test/endurance/main.ts" };
  await build({ ...COMMON, entryPoints: programs, banner: commandLine.banner, platform: "node" });
  writeFileSync("build/NOTICES.txt", noticesOf(results.flatMap(({ metafile }) => Object.keys(metafile.inputs))));
}

/** Packages without a licence text, and a package of the same project and licence that has it. */
const LICENSED_BY = { "@assemblyscript/loader": "assemblyscript" };

/** The licence texts of all packages that are part of bundles; `inputs` are the bundled files. */
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

/**
 * Makes the declarations mean the same to every TypeScript since 5.0. Until 5.6 typed arrays had no parameter: there
 * `Uint8Array<ArrayBuffer>` is an error, and without `skipLibCheck: false` silently `any`. What `Uint8Array.of` returns is that
 * type where it exists, and `Uint8Array` elsewhere.
 */
function makeTypesPortable(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const portable = text
      .replace(/\b((?:Big)?(?:Uint|Int|Float)\d+(?:Clamped)?Array)<ArrayBuffer>/g, 'ReturnType<$1Constructor["of"]>')
      .replace(/\b((?:Big)?(?:Uint|Int|Float)\d+(?:Clamped)?Array)<ArrayBufferLike>/g, "$1");
    if (portable !== text) writeFileSync(path, portable);
  }
}

emptyBuild();
writeFileSync("build/tiles.ts", tilesSource(TILES));
await writeCodes();
await compileKernels("simd", "--bindings", "raw");
await compileKernels("relaxed");
await compileKernels("debug");
// The benchmark's measure of the machine's peak, compiled with the same options as the kernels.
for (const target of ["simd", "relaxed"]) {
  await compileKernels(target, "assembly/ceiling.ts", "-o", `build/ceiling-${target}.wasm`);
}
writeCarrier();
writeWeights();
writeReady();
writeGlobals();
await writeWorkers();
if (!process.argv.includes("--kernels")) {
  await bundle();
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src"], { stdio: "inherit" });
  makeTypesPortable("build/types");
}
if (process.argv.includes("--web")) await buildPage(noticesOf);
