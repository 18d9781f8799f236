// TypeScript's versions: a project with every entry compiles, and no type of the package has become `any`.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Workshop } from "../support/installed.js";
import { command, type Environment, type Outcome, root } from "./environment.js";

/** Each version of TypeScript with Node's types of its time: newer types need a newer TypeScript. */
const VERSIONS = [
  ["5.0.4", "20.2.5"],
  ["5.4.5", "20.12.7"],
  ["5.9.3", "20.19.43"],
  ["6.0.3", "20.19.43"],
] as const;

/** Checks the whole package: `skipLibCheck` would turn what an old compiler does not know into `any`. */
const STRICT = {
  ...{ strict: true, noEmit: true, target: "es2022", lib: ["es2022"], types: [], skipLibCheck: false },
  ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
};
const RESOLUTIONS = [
  { module: "node16", moduleResolution: "node16" },
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
  { module: "esnext", moduleResolution: "node10" },
];
/** What the entries for every engine must compile with: nothing but the language, a page's library, a worker's, Node's. */
const LIBRARIES = [{}, { lib: ["es2022", "dom"] }, { lib: ["es2022", "webworker"] }, { types: ["node"] }];

const consumer = (name: string): string => readFileSync(join(root, "test/environments/consumer", name), "utf8");

/** All projects that one compiler has to accept, by the names of their configurations. */
function configurations(version: string): Record<string, string> {
  const major = Number.parseInt(version, 10);
  const usable = RESOLUTIONS.filter(({ moduleResolution }) => major < 7 || moduleResolution !== "node10");
  const silenced = (resolution: string) =>
    major === 6 && resolution === "node10" ? { ignoreDeprecations: "6.0" } : {};
  const named = (resolution: string) => (resolution === "node10" && major === 5 ? "node" : resolution);
  const all = usable.flatMap(({ module, moduleResolution }) => {
    const base = { ...STRICT, module, moduleResolution: named(moduleResolution), ...silenced(moduleResolution) };
    // A library changes nothing about how modules are found: each is tried with one resolution.
    const libraries = moduleResolution === "bundler" ? LIBRARIES : [{}];
    const universal = libraries.map((library) => ({
      compilerOptions: { ...base, ...library },
      files: ["universal.ts"],
    }));
    return [...universal, { compilerOptions: { ...base, types: ["node"] }, files: ["node.ts"] }];
  });
  return Object.fromEntries(all.map((config, i) => [`tsconfig.${i}.json`, JSON.stringify(config)]));
}

async function compile(workshop: Workshop, version: string, nodeTypes: string): Promise<Outcome> {
  const configs = configurations(version);
  const files = { ...configs, "universal.ts": consumer("universal.ts"), "node.ts": consumer("node.ts") };
  const packages = [`typescript@${version}`, `@types/node@${nodeTypes}`];
  const cwd = workshop.project(`typescript-${version}`, files, packages);
  for (const config of Object.keys(configs)) {
    await command(process.execPath, ["node_modules/typescript/bin/tsc", "-p", config], { cwd }).catch(
      (error: Error) => {
        throw new Error(`${configs[config]}: ${error.message}`);
      },
    );
  }
  return { version, ran: `types of all entries in ${Object.keys(configs).length} configurations` };
}

/** The oldest and the newest version run in CI. */
export const TYPESCRIPTS: Environment[] = VERSIONS.map(([version, nodeTypes], i) => ({
  name: `TypeScript ${version.slice(0, 3)}`,
  ...((i === 0 || i === VERSIONS.length - 1) && { inCi: true as const }),
  run: (workshop) => compile(workshop, version, nodeTypes),
}));
