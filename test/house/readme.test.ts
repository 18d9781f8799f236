// The README and the documents in docs/: their code blocks are the examples, and the places they name exist.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Runs the script that writes code blocks on the documents of a folder. */
function write(cwd: string, ...args: string[]): { status: number | null; complaint: string } {
  const script = join(root, "docs/write.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { cwd, encoding: "utf8" });
  return { status, complaint: stderr.trim() };
}

it("code blocks are the files in examples/", () => {
  expect(write(root, "--check")).toEqual({ status: 0, complaint: "" });
  expect(readme).toMatch(/^<!-- example:xor\.ts -->\n```ts\nimport /m);
});

it("names functions where they are", () => {
  const places = [...readme.matchAll(/((?:`\w+`(?:, | and )?)+) in `((?:src|assembly)\/[\w/-]+\.ts)`/g)];
  const named = places.flatMap(([, names = "", file = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name, file] as [string, string]),
  );
  expect(named.length).toBeGreaterThan(15);
  const missing = named.filter(([name, file]) => {
    const code = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
    return !new RegExp(`(function|class|private) ${name}\\b`).test(code);
  });
  expect(missing).toEqual([]);
});

describe("the script that writes code blocks", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wasmlp-docs-"));
    for (const name of ["docs", "examples"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "README.md"), "# Title\n");
    writeFileSync(
      join(folder, "examples/a.ts"),
      "let a = 1;\n// region one\n  a++;\n\n    a--;\n// endregion\na = 2;\n",
    );
    writeFileSync(
      join(folder, "examples/b.html"),
      "<p>\n  <!-- region two -->\n  <b></b>\n  <!-- endregion -->\n</p>\n",
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const marked = (name: string, content: string) =>
    `before\n<!-- example:${name} -->\n${content}<!-- /example:${name} -->\nafter\n`;
  const read = (name: string) => readFileSync(join(folder, name), "utf8");

  it.each([
    ["a whole file without the marks of its regions", "a.ts", "```ts\nlet a = 1;\n  a++;\n\n    a--;\na = 2;\n```\n"],
    ["a region, moved left", "a.ts#one", "```ts\na++;\n\n  a--;\n```\n"],
    ["a region of a page", "b.html#two", "```html\n<b></b>\n```\n"],
  ])("writes %s", (_, name, block) => {
    for (const document of ["README.md", "docs/training.md"]) writeFileSync(join(folder, document), marked(name, ""));
    expect(write(folder, "--check")).toMatchObject({
      status: 1,
      complaint: expect.stringContaining("docs/training.md: "),
    });
    expect(read("README.md")).toBe(marked(name, ""));
    expect(write(folder)).toEqual({ status: 0, complaint: "" });
    for (const document of ["README.md", "docs/training.md"]) expect(read(document)).toBe(marked(name, block));
    expect(write(folder, "--check")).toEqual({ status: 0, complaint: "" });
  });

  it("replaces a block that differs from its file, and each of two for the same file", () => {
    const old = marked("a.ts#one", "```ts\nlet old = 1;\n```\n");
    writeFileSync(join(folder, "README.md"), old + old);
    expect(write(folder, "--check").status).toBe(1);
    expect(write(folder).status).toBe(0);
    const block = marked("a.ts#one", "```ts\na++;\n\n  a--;\n```\n");
    expect(read("README.md")).toBe(block + block);
  });

  it.each([
    ["a file that does not exist", marked("c.ts", ""), "README.md: there is no file examples/c.ts"],
    ["a region that does not exist", marked("a.ts#two", ""), "README.md: examples/a.ts has no region two"],
    [
      "a marker without a partner",
      "<!-- example:a.ts -->\n",
      "README.md: a marker has no partner among <!-- example:a.ts -->",
    ],
  ])("fails at %s", (_, text, complaint) => {
    writeFileSync(join(folder, "README.md"), text);
    expect(write(folder)).toEqual({ status: 1, complaint });
    expect(read("README.md")).toBe(text);
  });
});
