/** The one build: kernels (asc), what carries them into TypeScript, bundles (esbuild), type declarations (tsc). */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stderr } from "node:process";
import asc from "assemblyscript/asc";
import { build } from "esbuild";
import { tilesSource } from "./assembly/tiles.mjs";

/** Rows × columns of the register tiles that `assembly/dense.ts` uses. */
const TILES = {
  forward: ["4x8", "5x8", "6x8", "4x16"],
  inputGradient: ["2x1", "2x4", "2x6", "3x1", "3x4"],
  gradient: ["1x16", "5x8", "6x8"],
};

async function compileKernels(target) {
  const result = await asc.main(["--config", "asconfig.json", "--target", target]);
  stderr.write(result.stdout.toString() + result.stderr.toString());
  if (result.error) throw result.error;
}

/** The kernels' types as asc wrote them, so that no signature is written twice. */
function kernelTypes() {
  const declared = readFileSync("build/simd.d.ts", "utf8");
  const functions = [...declared.matchAll(/export function (\w+\([^)]*\): \w+);/g)].map((match) => `  ${match[1]};\n`);
  return `export interface KernelExports {\n${functions.join("")}}\n`;
}

/** build/wasm.ts: the binaries as base64 (what every bundler and engine takes) and their types. */
function writeCarrier() {
  const constants = ["simd", "relaxed"].map((name) => {
    const base64 = readFileSync(`build/${name}.wasm`).toString("base64");
    return `export const ${name} =\n  "${base64}";\n`;
  });
  writeFileSync("build/wasm.ts", `// Written by build.mjs.\n${constants.join("")}${kernelTypes()}`);
}

const COMMON = { bundle: true, format: "esm", target: "es2022", outdir: "build", logLevel: "warning", metafile: true };

/** The command line takes the library from beside it rather than carrying a second one. */
const libraryBeside = {
  name: "library-beside",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/(index|node)\.js$/ }, ({ path }) => ({ path: path.slice(1), external: true }));
  },
};

async function bundle() {
  const neutral = { platform: "neutral", mainFields: ["module", "main"], external: ["node:*"] };
  const library = {
    ...COMMON,
    ...neutral,
    entryPoints: ["src/index.ts", "src/node.ts"],
    splitting: true,
    minify: true,
  };
  const commandLine = {
    ...COMMON,
    ...{ entryPoints: { cli: "src/cli/main.ts" }, platform: "node", plugins: [libraryBeside], minify: true },
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire } from "node:module";const require = createRequire(import.meta.url);',
    },
  };
  const results = [await build(library), await build(commandLine)];
  await build({ ...COMMON, entryPoints: { bench: "bench/main.ts" }, platform: "node" });
  writeNotices(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
}

/** build/NOTICES.txt: the licences of the packages that the bundles carry. */
function writeNotices(inputs) {
  const packages = new Set(inputs.flatMap((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []));
  const notices = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : ""}\n`;
  });
  writeFileSync("build/NOTICES.txt", notices.join(`\n${"-".repeat(80)}\n\n`));
}

if (existsSync("build")) rmSync("build", { recursive: true });
mkdirSync("build");
writeFileSync("build/tiles.ts", tilesSource(TILES));
for (const target of ["simd", "relaxed", "debug"]) await compileKernels(target);
writeCarrier();
if (!process.argv.includes("--kernels")) {
  await bundle();
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src"], { stdio: "inherit" });
}
