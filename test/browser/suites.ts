// Runs test suites in a page; the counterpart in the page is page/run.ts.

import { join, resolve } from "node:path";
import { build } from "esbuild";
import type { AnyPage } from "./launch.js";
import { type Site, serve } from "./site.js";

export const SUITE_NAMES = [
  "simd kernels",
  "debug kernels",
  "relaxed kernels",
  "gradient",
  "network",
  "optimizer",
  "dropout",
  "augment",
  "checkpoint",
  "stopping",
  "dataset",
  "explain",
  "random",
  "safetensors",
  "image",
] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

/** The result of a test in a page. */
export interface PageTest {
  name: string;
  state: "pass" | "fail" | "skip";
  errors: string[];
}

/** The global functions of the page of `serveSuites`. */
interface SuitePage {
  runSuite(name: SuiteName): Promise<PageTest[]>;
  trainedBytes(seed: number): Promise<number[]>;
}

const root = resolve(import.meta.dirname, "../..");

/** A site whose page can run every suite with the built kernels. */
export async function serveSuites(): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "test/browser/page/run.ts")],
    ...{ bundle: true, format: "esm", target: "es2022", write: false, logLevel: "error" },
    // The suites read these variables, and pages have no environment.
    define: {
      "process.env.WASMLP_TIER": "undefined",
      "process.env.WASMLP_TESTS": JSON.stringify(process.env.WASMLP_TESTS ?? ""),
    },
  });
  const script = outputFiles[0]?.contents ?? new Uint8Array();
  const page = '<!doctype html><meta charset="utf-8"><title>Tests</title><script type="module" src="run.js"></script>';
  return serve({ files: { "run.js": script, "index.html": page }, folders: [join(root, "build")] });
}

/** Runs a suite in a page of `serveSuites`. */
export function runSuite(page: AnyPage, suite: SuiteName): Promise<PageTest[]> {
  return page.evaluate((name) => (globalThis as unknown as SuitePage).runSuite(name), suite);
}

/** `trainedBytes` of `determinism.ts`, in a page of `serveSuites`. */
export async function trainedBytesIn(page: AnyPage, seed: number): Promise<Uint8Array> {
  return Uint8Array.from(
    await page.evaluate((drawn) => (globalThis as unknown as SuitePage).trainedBytes(drawn), seed),
  );
}
