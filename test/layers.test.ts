// Imports point down this list only; a new file has to find its place in it.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** From the ground up. A file may import from those before it; those of one folder name stand together. */
const SOURCE = [
  ...["abi", "check", "random", "spec"],
  ...["plan", "init", "idx"],
  ...["kernels", "optimizer", "dataset", "safetensors", "files"],
  ...["engine", "mnist"],
  ...["evaluate", "fit", "explain"],
  ...["network", "index", "node", "cli/"],
];
const ASSEMBLY = ["../src/abi", "simd", "../build/tiles", "activation", "dense", "loss", "optimizer", "batch", "index"];

function importsOf(path: string): string[] {
  const code = readFileSync(path, "utf8");
  return [...code.matchAll(/(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"/g)].map(
    (m) => (m[1] ?? m[2]) as string,
  );
}

/** A file's place in the list; -1 if it has none. */
function rank(list: string[], name: string): number {
  const folder = list.findIndex((entry) => entry.endsWith("/") && name.startsWith(entry));
  return folder >= 0 ? folder : list.indexOf(name);
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.replaceAll("\\", "/").replace(/\.ts$/, ""));
}

describe("imports in src/ point down", () => {
  it.each(filesBelow("src"))("%s", (name) => {
    const own = rank(SOURCE, name);
    expect(own, `${name} has no place in the list`).toBeGreaterThanOrEqual(0);
    for (const path of importsOf(join(root, "src", `${name}.ts`)).filter((target) => target.startsWith("."))) {
      const target = new URL(path, `file:///src/${name}.ts`).pathname.replace(/^\/src\//, "").replace(/\.js$/, "");
      if (target.startsWith("/build/") || target === "/package.json") continue;
      const other = rank(SOURCE, target);
      expect(other, `${name} imports ${target}`).toBeGreaterThanOrEqual(0);
      const within = SOURCE[own] === "cli/" && other === own;
      if (!within) expect(other, `${name} imports ${target}`).toBeLessThan(own);
    }
  });
});

describe("imports in assembly/ point down", () => {
  it.each(filesBelow("assembly"))("%s", (name) => {
    const own = rank(ASSEMBLY, name);
    expect(own, `${name} has no place in the list`).toBeGreaterThanOrEqual(0);
    for (const path of importsOf(join(root, "assembly", `${name}.ts`))) {
      const other = rank(ASSEMBLY, path.replace(/^\.\//, ""));
      expect(other, `${name} imports ${path}`).toBeGreaterThanOrEqual(0);
      expect(other, `${name} imports ${path}`).toBeLessThan(own);
    }
  });
});

describe("boundaries", () => {
  it("only kernels.ts says WebAssembly", () => {
    const saying = filesBelow("src").filter((name) =>
      /\bWebAssembly\./.test(readFileSync(join(root, "src", `${name}.ts`), "utf8")),
    );
    expect(saying).toEqual(["kernels"]);
  });

  it("nothing below the entry for browsers knows Node", () => {
    const below = SOURCE.slice(0, SOURCE.indexOf("node")).filter((name) => !["files", "mnist"].includes(name));
    for (const name of below) {
      const imports = importsOf(join(root, "src", `${name}.ts`));
      expect(
        imports.filter((path) => path.startsWith("node:") || /\/(files|mnist)\.js$/.test(path)),
        name,
      ).toEqual([]);
    }
  });
});
