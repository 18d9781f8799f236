// The package as its users get it: packed once, installed into empty projects.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** A folder for projects, with the package packed into it. */
export class Workshop {
  private readonly tarball: string;

  /** Packs the package into a folder, unless one is given that another workshop has packed it into. */
  constructor(readonly folder = mkdtempSync(join(tmpdir(), "wasmlp-package-"))) {
    const root = resolve(import.meta.dirname, "../..");
    const args = ["pack", "--ignore-scripts", "--pack-destination", folder];
    const packed = (): string | undefined => readdirSync(folder).find((name) => name.endsWith(".tgz"));
    if (packed() === undefined) execFileSync("npm", args, { cwd: root, stdio: "pipe" });
    const tarball = packed();
    if (tarball === undefined) throw new Error("npm pack has left no package");
    this.tarball = join(folder, tarball);
  }

  /** A new project with the package, these files and further packages, such as `vite@8.0.0`. Returns its folder. */
  project(name: string, files: Record<string, string> = {}, packages: string[] = []): string {
    const project = join(this.folder, name);
    const all = { "package.json": '{ "name": "empty", "version": "1.0.0", "type": "module" }', ...files };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(join(project, path, ".."), { recursive: true });
      writeFileSync(join(project, path), text);
    }
    const args = ["install", "--no-audit", "--no-fund", this.tarball, ...packages];
    execFileSync("npm", args, { cwd: project, stdio: "pipe" });
    return project;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
