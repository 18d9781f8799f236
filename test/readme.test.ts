// The README's examples run, and what its comments say of them is so.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The code between two markers, its imports led to the built entries. */
function example(name: string): string {
  const code = readme.match(
    new RegExp(`<!-- ${name} -->\\n\`\`\`ts\\n([^]*?)\`\`\`\\n<!-- /${name} -->`),
  )?.[1] as string;
  expect(code, `README.md has no example between the markers of ${name}`).toBeTruthy();
  const entry = (file: string) => pathToFileURL(join(root, "build", file)).href;
  return code.replace('"wasmlp/node"', `"${entry("node.js")}"`).replace('"wasmlp"', `"${entry("index.js")}"`);
}

/** Runs an example in an empty folder; gives the lines it printed. */
function run(code: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "wasmlp-readme-"));
  try {
    writeFileSync(join(folder, "example.mjs"), code);
    return execFileSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8" }).trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
