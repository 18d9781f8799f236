// Node's lines, Bun and Deno.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Workshop } from "../support/installed.js";
import { command, type Environment, type Outcome, ranOf, smokeOf, smokeProgram } from "./environment.js";

/** The oldest and the newest version of each line that is supported, as far as they exist. */
const NODES = ["20.0.0", "20.20.2", "22.0.0", "22.23.3", "24.0.0", "24.21.0", "26.0.0", "26.10.0"];
const BUN = "1.4.5";
const DENO = "2.9.6";
const ARGUMENTS = ["smoke.mjs", "--worker"];

const node = (version: string): Environment => ({
  name: `Node ${version}`,
  inCi: true,
  async run(workshop) {
    const cwd = workshop.project(`node-${version}`, { "smoke.mjs": smokeProgram });
    return outcome(await command("npx", ["-y", `node@${version}`, ...ARGUMENTS], { cwd }));
  },
});

/** A runtime that comes as an npm package whose program is in a package of its own for each platform. */
async function packaged(workshop: Workshop, name: string, version: string, args: string[]): Promise<Outcome> {
  const cwd = workshop.project(name, { "smoke.mjs": smokeProgram }, [`${name}@${version}`]);
  return outcome(await command(platformProgram(cwd, name), args, { cwd }));
}

/** The program itself: an install script, which links it elsewhere, may not be allowed to run. */
function platformProgram(project: string, name: string): string {
  const scopes = ["@oven", "@deno"]
    .map((scope) => join(project, "node_modules", scope))
    .filter((path) => existsSync(path));
  const folders = scopes.flatMap((scope) => readdirSync(scope).map((folder) => join(scope, folder)));
  const linked = join(project, "node_modules", name, "bin", `${name}.exe`);
  const programs = [...folders.flatMap((folder) => [join(folder, "bin", name), join(folder, name)]), linked];
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) throw new Error(`the package ${name} has no program for this platform`);
  return program;
}

function outcome(stdout: string): Outcome {
  const smoke = smokeOf(stdout);
  return { version: smoke.engine.split(" ")[1] ?? "", ran: ranOf(smoke), hash: smoke.hash };
}

export const RUNTIMES: Environment[] = [
  ...NODES.map(node),
  { name: "Bun", inCi: true, run: (workshop) => packaged(workshop, "bun", BUN, ARGUMENTS) },
  { name: "Deno", inCi: true, run: (workshop) => packaged(workshop, "deno", DENO, ["run", "-A", ...ARGUMENTS]) },
];
