// The README's examples type-check and run, and what their comments say of them is so.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { example, readme } from "../support/readme.js";

const root = resolve(import.meta.dirname, "../..");
const EXAMPLES = ["example", "example:mnist", "example:digits", "example:vite", "example:worker"];
const STRICT = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };

/** What Node prints, complaints too, in a folder with nothing but `files`. */
function node(files: Record<string, string>, ...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "wasmlp-readme-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    return (stdout + stderr).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs code, its imports led to the built entries; gives the lines it printed. */
function run(code: string): string[] {
  const entry = (file: string) => pathToFileURL(join(root, "build", file)).href;
  const led = ["wasmlp/node", "wasmlp/digits", "wasmlp"].reduce((text, name) => {
    return text.replace(`"${name}"`, `"${entry(`${name.split("/")[1] ?? "index"}.js`)}"`);
  }, code);
  return node({ "example.mjs": led }, "example.mjs").split("\n");
}

/** What the compiler says of programs, their imports led to the built types. */
function complaints(programs: Record<string, string>): string {
  const types = (name: string) => [join(root, `build/types/src/${name}.d.ts`)];
  const compilerOptions = {
    ...{ ...STRICT, noEmit: true, target: "es2022", module: "nodenext", lib: ["es2023", "dom"] },
    ...{ types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
    paths: {
      wasmlp: types("index"),
      "wasmlp/node": types("node"),
      "wasmlp/digits": types("digits"),
      "wasmlp/worker": types("worker"),
    },
  };
  const files = Object.fromEntries(Object.entries(programs).map(([name, code]) => [fileOf(name), code]));
  const config = JSON.stringify({ compilerOptions, files: Object.keys(files) });
  return node({ ...files, "tsconfig.json": config }, join(root, "node_modules/typescript/bin/tsc"));
}

function fileOf(name: string): string {
  return `${name.replace(":", "-")}.mts`;
}

it("the types of all examples hold, and a wrong type in any is seen", () => {
  const programs = Object.fromEntries(EXAMPLES.map((name) => [name, example(name)]));
  // The compiler takes seconds to begin: once for all.
  const wrong = EXAMPLES.map((name) => [`wrong ${name}`, `${programs[name]}\nconst text: string = 5;`] as const);
  const told = complaints({ ...programs, ...Object.fromEntries(wrong) }).split("\n");
  const kinds = told.map((line) => line.replace(/\(.*error (TS\d+).*/, " $1"));
  expect(kinds.sort()).toEqual(wrong.map(([name]) => `${fileOf(name)} TS2322`).sort());
});

it("the example that learns exclusive or", () => {
  const code = example("example").replace(
    "console.log(network.predict([0, 1]))",
    "console.log(network.predict([0, 1])[0])",
  );
  const [loss, output] = run(code).map(Number) as [number, number];
  expect(loss).toBeLessThan(0.1);
  expect(output).toBeGreaterThan(0.9);
});

it("the example on MNIST", () => {
  const [epoch, label] = run(example("example:mnist")) as [string, string];
  expect(epoch).toMatch(/^1 0\.\d+ 0\.9\d+$/);
  expect(label).toBe("7");
});

it("the example of the pretrained network", () => {
  expect(run(example("example:digits"))).toEqual(["1"]);
});

it("names functions where they are", () => {
  const places = [...readme.matchAll(/((?:`\w+`(?:, | and )?)+) in `((?:src|assembly)\/[\w/-]+\.ts)`/g)];
  const named = places.flatMap(([, names = "", file = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name, file] as [string, string]),
  );
  expect(named.length).toBeGreaterThan(15);
  const missing = named.filter(([name, file]) => {
    return !new RegExp(`(function|class|private) ${name}\\b`).test(readFileSync(join(root, file), "utf8"));
  });
  expect(missing).toEqual([]);
});
