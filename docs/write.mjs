/**
 * Writes the blocks of README.md and docs/*.md between markers. Between `<!-- example:FILE -->` and `<!-- /example:FILE -->`
 * stands a file of examples/: the whole file, or with `example:FILE#NAME` the lines between `// region NAME` and `// endregion`
 * in it. Between `<!-- help:COMMAND -->` and `<!-- /help:COMMAND -->` stands what `wasmlp COMMAND --help` prints, where
 * `help:wasmlp` is the help of the program; this needs the build. With `--check` nothing is written; the exit code is 1 if a
 * block differs.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { argv, execPath, exit } from "node:process";

/** What stands between the markers `<!-- KIND:NAME -->`, by kind. A function is given the name and returns markdown. */
const KINDS = { example: exampleBlock, help: helpBlock };

const KIND = Object.keys(KINDS).join("|");
const MARKER = new RegExp(`^<!-- /?(?:${KIND}):\\S+ -->$`, "gm");
const BLOCK = new RegExp(`^<!-- (${KIND}):(\\S+) -->\\n(?:[^]*?\\n)??<!-- /\\1:\\2 -->$`, "gm");

/** A region's first and last line, in TypeScript or HTML. */
const REGION = /^\s*(?:\/\/|<!--) (?:region (\S+)|endregion)(?: -->)?$/;

/** A fenced block with the code of `FILE` or `FILE#REGION`. */
function exampleBlock(name) {
  const [file, region] = name.split("#");
  const path = join("examples", file);
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const code = region === undefined ? lines.filter((line) => !REGION.test(line)) : linesOf(region, lines, path);
  return `\`\`\`${extname(file).slice(1)}\n${code.join("\n")}\n\`\`\``;
}

/** The lines of a region, moved left by their common indent. */
function linesOf(region, lines, path) {
  const first = lines.findIndex((line) => line.match(REGION)?.[1] === region);
  const count = lines.slice(first + 1).findIndex((line) => REGION.test(line));
  if (first < 0 || count < 1) throw new Error(`${path} has no region ${region}`);
  const inside = lines.slice(first + 1, first + 1 + count);
  const indent = Math.min(...inside.filter((line) => line !== "").map((line) => line.search(/\S/)));
  return inside.map((line) => line.slice(indent));
}

/** A fenced block with the help of a command. */
function helpBlock(name) {
  const command = name === "wasmlp" ? [] : [name];
  const help = execFileSync(execPath, ["build/cli.js", ...command, "--help"], { encoding: "utf8" });
  return `\`\`\`text\n${help.trimEnd()}\n\`\`\``;
}

/** The text with all its blocks written. Error if a marker has no partner or what it names does not exist. */
function written(text) {
  let markers = 0;
  const result = text.replace(BLOCK, (_, kind, name) => {
    markers += 2;
    return `<!-- ${kind}:${name} -->\n${KINDS[kind](name)}\n<!-- /${kind}:${name} -->`;
  });
  const found = text.match(MARKER) ?? [];
  if (found.length !== markers) throw new Error(`a marker has no partner among ${found.join(" ")}`);
  return result;
}

function documents() {
  const docs = existsSync("docs") ? readdirSync("docs").filter((name) => name.endsWith(".md")) : [];
  return ["README.md", ...docs.sort().map((name) => join("docs", name))];
}

const check = argv.includes("--check");
let stale = 0;
for (const path of documents()) {
  const text = readFileSync(path, "utf8");
  let result;
  try {
    result = written(text);
  } catch (error) {
    console.error(`${path}: ${error.message}`);
    exit(1);
  }
  if (result === text) continue;
  stale++;
  if (check) console.error(`${path}: a block differs from its source; run "npm run docs:write"`);
  else writeFileSync(path, result);
}
if (check && stale > 0) exit(1);
