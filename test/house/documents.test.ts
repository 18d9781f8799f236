// The documents are short, complete and lead somewhere.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(root, name), "utf8");

const DOCUMENTS = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "build/README.md", "examples/README.md"],
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

it("the README has at most 200 lines and 1,500 words", () => {
  const text = read("README.md");
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  expect(text.split(/\s+/).filter((word) => word !== "").length).toBeLessThanOrEqual(1500);
});

/** The anchor of a heading, as hosts of markdown make it. */
function anchor(heading: string): string {
  const plain = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "");
  return plain.trim().replaceAll(/\s/g, "-");
}

/** Links of a document to files or headings that do not exist. */
function brokenLinks(name: string, text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link as string);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = "", fragment] = link.split("#");
    const path = file === "" ? name : join(dirname(name), file);
    if (!existsSync(join(root, path))) return true;
    const headings = path === name ? text : fragment === undefined ? "" : read(path);
    const anchors = [...headings.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading as string));
    return fragment !== undefined && !anchors.includes(fragment);
  });
}

describe("links", () => {
  it.each(DOCUMENTS)("%s", (name) => {
    expect(brokenLinks(name, read(name))).toEqual([]);
  });

  it("that are broken are seen", () => {
    const text = "# Here\n\n[a](nowhere.md) [b](README.md#nothing) [c](#here) [d](#there) [e](https://example.org/)";
    expect(brokenLinks("README.md", text)).toEqual(["nowhere.md", "README.md#nothing", "#there"]);
  });
});

/** Files and folders in backquotes that do not exist, of those that begin with a folder of this repository. */
function missingPaths(text: string): string[] {
  const named = [...text.matchAll(/`((?:src|assembly|test|bench|models|web|docs|examples)\/[\w./-]*)`/g)];
  return [...new Set(named.map(([, path]) => path as string))].filter((path) => !existsSync(join(root, path)));
}

it.each(DOCUMENTS)("%s names files that exist", (name) => {
  expect(missingPaths(read(name))).toEqual([]);
});

it("a named file that does not exist is seen", () => {
  expect(missingPaths("`src/network.ts`, `src/nothing.ts`, `examples/`")).toEqual(["src/nothing.ts"]);
});

it("docs/command-line.md has the help of every command", () => {
  const help = execFileSync(process.execPath, [join(root, "build/cli.js"), "--help"], { encoding: "utf8" });
  const [, list = ""] = help.split("Commands:\n");
  const commands = [...(list.split("\n\n")[0] as string).matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name as string);
  expect(commands.length).toBeGreaterThan(4);
  const text = read("docs/command-line.md");
  for (const name of ["wasmlp", ...commands])
    expect(text).toContain(`<!-- help:${name} -->\n\`\`\`text\nUsage: wasmlp`);
});

it("build/README.md names every file of the folder", () => {
  const named = [...read("build/README.md").matchAll(/`([\w*.-]+\/?)`/g)].map(([, name]) => name as string);
  const patterns = named.map(
    (name) => new RegExp(`^${name.replaceAll(".", "\\.").replace("*", ".*").replace("/", "")}$`),
  );
  const files = readdirSync(join(root, "build")).filter((name) => name !== "README.md");
  expect(files).toContain("index.js");
  expect(files.filter((name) => !patterns.some((pattern) => pattern.test(name)))).toEqual([]);
});
