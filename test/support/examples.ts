// The files in examples/, and a project outside the repository in which they run as a user's would.

import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { transformSync } from "esbuild";

export const root = resolve(import.meta.dirname, "../..");

/** Names of all files in examples/ with this ending, such as ".ts". */
export function exampleNames(ending: string): string[] {
  return readdirSync(join(root, "examples")).filter((name) => name.endsWith(ending));
}

export function readExample(name: string): string {
  return readFileSync(join(root, "examples", name), "utf8");
}

/** What the code says that it prints: the comments at the ends of lines with `console.log`. */
export function statedOutput(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, stated]) => stated as string);
}

/** An empty project whose node_modules has the built package. */
export class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "wasmlp-examples-")));

  constructor() {
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(root, join(this.folder, "node_modules/wasmlp"), "junction");
    this.write("package.json", '{ "type": "module" }');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs Node in the folder. Returns the lines that it wrote, errors included. */
  node(...args: string[]): string[] {
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: this.folder, encoding: "utf8" });
    return (stdout + stderr).trim().split("\n");
  }

  /** Runs an example without its types, which Node 20 cannot read. Returns the lines that it printed. */
  run(name: string): string[] {
    const { code } = transformSync(readExample(name), { loader: "ts", target: "es2022" });
    this.write("example.js", code);
    return this.node("example.js");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
