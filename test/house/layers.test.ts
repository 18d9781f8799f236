// Imports point down this list of folders only; a new folder or file beside them has to find its place in it.

import { readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import * as ts from "typescript";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/**
 * The folders of src/ and the files beside them, from the ground up. A file may import from what stands before its own place,
 * and from its own folder, in which the linter forbids cycles.
 */
const SOURCE = [
  ...[
    "globals",
    "abi",
    "quota",
    "host",
    "yielding",
    "kinds",
    "utf8",
    "check",
    "describe",
    "text",
    "median",
    "exact",
    "random",
    "kernels/",
    "activations",
    "losses",
    "metrics",
    "spec",
    "input-kind",
    "initial",
  ],
  ...["recipe/", "data/", "format/", "image/", "memory/", "step/", "threads/"],
  ...[
    "features",
    "init",
    "room",
    "engine",
    "guards",
    "inference/",
    "training/",
    "calls",
    "calls",
    "network",
    "common",
    "index",
    "turbo",
    "worker/",
    "worker",
  ],
  ...["node", "doubt", "digits", "terminal/", "cli/"],
].map((name) => `src/${name}`);
const ASSEMBLY = [
  ...[
    "src/abi",
    "build/codes",
    "assembly/simd",
    "build/tiles",
    "assembly/activation",
    "assembly/barrier",
    "assembly/random",
  ],
  ...[
    "assembly/dense",
    "assembly/loss",
    "assembly/metric",
    "assembly/optimizer",
    "assembly/batch",
    "assembly/augment",
    "assembly/dropout",
    "assembly/sparse",
    "assembly/ceiling",
    "assembly/index",
  ],
];
/** What the build writes, and the package's own description: below everything. */
const GIVEN = [
  "build/wasm",
  "build/thread",
  "build/worker-source",
  "build/ready",
  "build/digits-weights",
  "package.json",
];

/** Every module that a file imports or exports from, as it is written; types and `import()` included. */
function specifiers(code: string): string[] {
  return ts.preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The file, from the root and without its ending, that `specifier` in file `name` means; a package stays as it is. */
function target(name: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return posix.join(posix.dirname(name), specifier).replace(/\.[jt]s$/, "");
}

function source(name: string): string {
  return readFileSync(join(root, `${name}.ts`), "utf8");
}

function importsOf(name: string, code = source(name)): string[] {
  return specifiers(code).map((specifier) => target(name, specifier));
}

/** A file's place in the list; -1 if it has none. */
function rank(list: string[], name: string): number {
  const folder = list.findIndex((entry) => entry.endsWith("/") && name.startsWith(entry));
  return folder >= 0 ? folder : list.indexOf(name);
}

/** What file `name` imports that does not stand below it. */
function upward(list: string[], name: string, imports: string[]): string[] {
  const own = rank(list, name);
  const below = (other: string) => {
    const place = rank(list, other);
    return (place >= 0 && place < own) || (place === own && list[own]?.endsWith("/"));
  };
  const isOurs = (other: string) =>
    /^(src|build|assembly|test|bench|models|web|examples|docs)\//.test(other) || other.startsWith(".");
  return imports.filter((other) => isOurs(other) && !GIVEN.includes(other) && !below(other));
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name.replaceAll("\\", "/").replace(/\.ts$/, "")}`);
}

describe.each([
  ["src", SOURCE],
  ["assembly", ASSEMBLY],
] as const)("imports in %s/ point down", (folder, list) => {
  it.each(filesBelow(folder))("%s", (name) => {
    expect(rank(list, name), `${name} has no place in the list`).toBeGreaterThanOrEqual(0);
    expect(upward(list, name, importsOf(name))).toEqual([]);
  });

  it("and the list names no file that is not there", () => {
    const files = [...filesBelow(folder), ...filesBelow("src"), "build/tiles", "build/codes"];
    for (const entry of list)
      expect(
        files.some((name) => name === entry || (entry.endsWith("/") && name.startsWith(entry))),
        entry,
      ).toBe(true);
  });
});

/** All files that `name` needs, itself included, and all packages. */
function reachable(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  if (name.startsWith("src/")) for (const other of importsOf(name)) reachable(other, found);
  return found;
}

/** Every identifier in a file that is no property's name: what it takes from around it, and its own names. */
function identifiers(code: string): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isMember =
      (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) ||
      (ts.isQualifiedName(node.parent) && node.parent.right === node) ||
      // `declare global`
      (node.parent.flags & ts.NodeFlags.GlobalAugmentation) !== 0;
    if (ts.isIdentifier(node) && !isMember) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  const file = ts.createSourceFile("file.ts", code, ts.ScriptTarget.Latest, true);
  ts.forEachChild(file, visit);
  return found;
}

describe("boundaries", () => {
  it("only kernels/ says WebAssembly", () => {
    const saying = filesBelow("src").filter((name) => identifiers(source(name)).has("WebAssembly"));
    expect(saying.sort()).toEqual(["src/kernels/features", "src/kernels/memory", "src/kernels/modules"]);
  });

  it.each(["src/index", "src/digits", "src/worker"])(
    "what the entry for browsers, %s, needs knows nothing of Node",
    (entry) => {
      const needed = [...reachable(entry)];
      expect(needed).toEqual(
        expect.arrayContaining(["src/network", "src/engine", "src/kernels/modules", "build/wasm"]),
      );
      expect(needed.filter((name) => !/^(src|build)\//.test(name))).toEqual(["@assemblyscript/loader"]);
      // Only this file tests whether it runs in Node.
      for (const name of needed.filter((name) => name.startsWith("src/") && name !== "src/host")) {
        const globals = ["process", "Buffer", "require", "__dirname", "__filename", "global"];
        const said = identifiers(source(name));
        expect(
          globals.filter((global) => said.has(global)),
          name,
        ).toEqual([]);
      }
    },
  );

  it("the preprocessing of drawn digits needs no other part", () => {
    const needed = [...reachable("src/image/digit")];
    expect(needed.filter((name) => !/^src\/(globals|kinds|check|median|image\/\w+)$/.test(name))).toEqual([]);
    expect(needed).toContain("src/check");
  });

  it("the entry for Node imports the files that read and write", () => {
    const needed = reachable("src/node");
    expect(needed).toContain("src/data/files");
    expect(needed).toContain("node:fs/promises");
    expect([...needed].filter((name) => /^src\/(cli|terminal)\//.test(name))).toEqual([]);
  });

  it("abi.ts, which both compilers read, imports nothing and holds whole numbers only", () => {
    expect(importsOf("src/abi")).toEqual([]);
    const lines = source("src/abi")
      .split("\n")
      .filter((line) => line !== "" && !/^\/[/*]/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).toMatch(/^export const [A-Z_]+ = \d+;$/);
  });
});

describe("these tests see", () => {
  it.each([
    ["src/memory/plan", 'import { fit } from "../training/fit.js";', ["src/training/fit"]],
    ["src/memory/plan", 'import type { Network } from "../network.js";', ["src/network"]],
    ["src/memory/plan", 'export * from "../network.js";', ["src/network"]],
    ["src/memory/plan", 'import "../training/fit.js";', ["src/training/fit"]],
    ["src/memory/plan", 'const later = await import("../training/fit.js");', ["src/training/fit"]],
    ["src/memory/plan", "import {\n  a,\n  b,\n} from '../training/fit.js';", ["src/training/fit"]],
    ["src/memory/arena", 'import { writeSparseRows } from "../step/work.js";', ["src/step/work"]],
    ["src/step/work", 'import { Runner } from "../threads/runner.js";', ["src/threads/runner"]],
    ["src/recipe/optimizer", 'import { planArena } from "../memory/plan.js";', ["src/memory/plan"]],
    ["src/memory/plan", 'import { x } from "../new/file.js";', ["src/new/file"]],
    ["src/memory/plan", 'import { x } from "../../test/support/networks.js";', ["test/support/networks"]],
    ["src/training/fit", 'import { run } from "../cli/train.js";', ["src/cli/train"]],
    ["src/cli/train", 'import { percent } from "../../web/format.js";', ["web/format"]],
    ["src/memory/plan", 'import { x } from "../spec.js"; // import "../training/fit.js"', []],
    ["src/memory/plan", 'import { x } from "./arena.js";', []],
    ["src/cli/train", 'import { x } from "./draw.js"; import { y } from "../node.js";', []],
  ])("an import that points up in %s: %s", (name, code, expected) => {
    expect(upward(SOURCE, name, importsOf(name, code))).toEqual(expected);
  });

  it("the word WebAssembly in code, not in comments, texts or names of properties", () => {
    const says = (code: string) => identifiers(code).has("WebAssembly");
    expect(says("const { Memory } = WebAssembly;")).toBe(true);
    expect(says("let memory: WebAssembly.Memory;")).toBe(true);
    expect(says('// WebAssembly\nconst text = "WebAssembly"; a.WebAssembly;')).toBe(false);
  });
});
