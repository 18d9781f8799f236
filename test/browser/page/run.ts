// Runs test suites in a page with vitest's runner, which like these suites does not need Node.

import { startTests } from "vitest/internal/browser";
import { Network } from "../../../src/index.js";
import type { TestedBuild } from "../../kernels/suite.js";
import { trainedBytes } from "../determinism.js";
import type { PageTest, SuiteName } from "../suites.js";

type Runner = Parameters<typeof startTests>[1];
type Task = Awaited<ReturnType<typeof startTests>>[number]["tasks"][number];

const kernels = (build: TestedBuild) => async () => (await import("./kernels.js")).testKernels(build);

/** The suites that run in a page as well as in Node. */
const SUITES: Record<SuiteName, () => Promise<unknown>> = {
  "simd kernels": kernels("simd"),
  "debug kernels": kernels("debug"),
  "relaxed kernels": kernels("relaxed"),
  gradient: () => import("../../training/gradient.test.js"),
  network: () => import("../../network/network.test.js"),
  optimizer: () => import("../../training/optimizer.test.js"),
  dropout: () => import("../../training/dropout.test.js"),
  augment: () => import("../../training/augment.test.js"),
  checkpoint: () => import("../../training/checkpoint.test.js"),
  stopping: () => import("../../training/stopping.test.js"),
  dataset: () => import("../../data/dataset.test.js"),
  explain: () => import("../../network/explain.test.js"),
  random: () => import("../../network/random.test.js"),
  safetensors: () => import("../../format/safetensors.test.js"),
  image: () => import("../../image/image.test.js"),
};

const MINUTES = 60_000;
/** The configuration that vitest's command line normally passes to the runner. */
const CONFIG = {
  ...{ root: "/", name: "page", setupFiles: [], passWithNoTests: false, allowOnly: false, includeTaskLocation: false },
  ...{
    testTimeout: 15 * MINUTES,
    hookTimeout: 15 * MINUTES,
    retry: 0,
    maxConcurrency: 1,
    chaiConfig: {},
    diffOptions: {},
  },
  ...{ testNamePattern: undefined, tags: [], tagsFilter: undefined, strictTags: false },
  sequence: { shuffle: false, concurrent: false, seed: 1, hooks: "stack", setupFiles: "list" },
} as unknown as Runner["config"];

/** Runs one suite; returns the result of each test. */
async function runSuite(name: SuiteName): Promise<PageTest[]> {
  const runner: Runner = {
    config: CONFIG,
    importFile: () => SUITES[name](),
    onTestAnnotate: async (_, annotation) => annotation,
  };
  const files = await startTests([name], runner);
  return files.flatMap((file) => [...failureOf(file), ...file.tasks.flatMap((task) => outcomes(task, ""))]);
}

/** Results of the tests below a task, with full names; a suite whose hook failed is a result too. */
function outcomes(task: Task, above: string): PageTest[] {
  const name = above + task.name;
  if (task.type === "suite") {
    return [...failureOf({ ...task, name }), ...task.tasks.flatMap((inner) => outcomes(inner, `${name} > `))];
  }
  const state = task.mode === "skip" ? "skip" : task.result?.state === "pass" ? "pass" : "fail";
  return [{ name, state, errors: errorsOf(task) }];
}

function failureOf(task: Pick<Task, "name" | "result">): PageTest[] {
  const errors = errorsOf(task);
  return errors.length > 0 ? [{ name: task.name, state: "fail", errors }] : [];
}

function errorsOf({ result }: Pick<Task, "result">): string[] {
  return (result?.errors ?? []).map(({ stack, message }) => `${message}\n${stack}`);
}

Object.assign(globalThis, {
  runSuite,
  trainedBytes: async (seed: number) => [...(await trainedBytes(Network, { seed }))],
});
