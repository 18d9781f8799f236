// Our own side of the benchmark's line protocol: one process trains or predicts in one way. It reads the folder of a job, trains
// on the samples once, reports its accuracy, and then measures one round for every line it reads.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Dataset } from "../src/data/dataset.js";
import { Engine, LOSS } from "../src/engine.js";
import { evaluate, predict } from "../src/inference/evaluate.js";
import { chooseBuild, isPairing } from "../src/kernels/features.js";
import { median } from "../src/median.js";
import type { Threads } from "../src/recipe/recipe.js";
import { type LayerParameters, layerInputs, type NetworkSpec } from "../src/spec.js";
import { StepSettings } from "../src/step/settings.js";
import { JavaScriptNetwork } from "./javascript.js";
import type { JobFile } from "./jobs.js";

/** A job with its data and initial weights, as read from its folder. */
interface Loaded {
  job: JobFile;
  spec: NetworkSpec;
  train: Dataset;
  test: Dataset;
  /** The initial W `[units][inputs]` and B `[units]` of each layer. */
  parameters: LayerParameters[];
}

/** A way to train. `step` trains on `count` samples from sample `from` and returns their mean loss. */
interface Trainer {
  setting: string;
  step: (from: number, count: number) => number | Promise<number>;
  accuracy: () => number;
  /** Waits until all threads are idle. */
  settle: () => void | Promise<void>;
}

/** Reads a job's folder; see `Folders` in `jobs.ts`, which writes it. */
function load(folder: string): Loaded {
  const job = JSON.parse(readFileSync(join(folder, "job.json"), "utf8")) as JobFile;
  const { inputs, layers, loss } = job;
  const spec: NetworkSpec = { inputs, layers, loss, inputScale: 1 / 255 };
  const floats = floatsOf(readFileSync(join(folder, "weights.f32")));
  let at = 0;
  const take = (count: number) => {
    at += count;
    return floats.slice(at - count, at);
  };
  const parameters = layers.map(({ units }, i) => ({
    weights: take(units * layerInputs(spec, i)),
    biases: take(units),
  }));
  return { job, spec, train: dataset(folder, "train", job), test: dataset(folder, "test", job), parameters };
}

/** The training or test samples of a job. */
function dataset(folder: string, set: "train" | "test", { dtype, inputs, layers }: JobFile): Dataset {
  const bytes = Uint8Array.from(readFileSync(join(folder, `${set}-inputs.${dtype}`)));
  const labels = readFileSync(join(folder, `${set}-labels.u8`));
  const classes = layers[layers.length - 1]?.units as number;
  return new Dataset({ inputs: dtype === "u8" ? bytes : floatsOf(bytes), shape: inputs, labels, classes });
}

/** A copy of little-endian bytes as floats; a Buffer's own memory may not be aligned. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

// --- ways to train ---

/** Training with wasmlp. `path` selects dense or sparse inputs, or the automatic choice. */
async function wasmTrainer(loaded: Loaded, threads: Threads, path: Engine["inputPath"]): Promise<Trainer> {
  const { job, train, test } = loaded;
  const engine = await engineOf(loaded, threads);
  engine.inputPath = path;
  await engine.bind(train, job.batch, new StepSettings(job.recipe.fit.optimizer));
  await engine.open();
  const mean = (count: number) => (engine.totals[LOSS] as number) / count;
  return {
    setting: `${engine.build}${isPairing() ? ", turbo" : ""}, ${engine.plan.threads} of ${threads} threads, ${path} inputs`,
    step: (from, count) => {
      engine.totals[LOSS] = 0;
      const late = engine.step(train, from, count);
      return late ? late.then(() => mean(count)) : mean(count);
    },
    accuracy: () => evaluate(engine, test).accuracy ?? 0,
    settle: () => engine.settle(),
  };
}

/** An engine with the job's initial weights. */
async function engineOf({ spec, parameters }: Loaded, threads: Threads): Promise<Engine> {
  const engine = await Engine.create(spec, chooseBuild(false), threads);
  engine.arena.writeLayers(parameters);
  return engine;
}

/** Training in pure JavaScript, the baseline. */
function javaScriptTrainer({ spec, job, train, test, parameters }: Loaded, form: "blocked" | "zeroSkipping"): Trainer {
  const network = new JavaScriptNetwork(spec, form, job.batch);
  network.setParameters(parameters);
  const labels = Uint8Array.from(train.labels ?? []);
  return {
    setting: `JavaScript on typed arrays, ${form === "blocked" ? "register-blocked" : "zero-skipping"}`,
    step: (from) => network.step(train.inputs, labels, from, job.rate),
    accuracy: () => network.accuracy(test.inputs, Uint8Array.from(test.labels ?? [])),
    settle: () => {},
  };
}

// --- rounds ---

/** Trains once over the samples, reports the accuracy, then measures training speed, one round per line read. */
async function train(loaded: Loaded, variant: string): Promise<void> {
  const { job } = loaded;
  const [kind, threads = "1", path = "auto"] = variant.split(" ");
  const trainer =
    kind === "wasm"
      ? await wasmTrainer(loaded, threads === "auto" ? threads : Number(threads), path as Engine["inputPath"])
      : javaScriptTrainer(loaded, kind as "blocked" | "zeroSkipping");
  let loss = 0;
  for (let from = 0; from + job.batch <= job.epochSamples; from += job.batch) {
    loss += await trainer.step(from, job.batch);
  }
  await trainer.settle();
  const trainedSamples = Math.floor(job.epochSamples / job.batch) * job.batch;
  const checksum = Math.fround((loss * job.batch) / trainedSamples);
  const { setting } = trainer;
  say({
    ready: true,
    peer: "wasmlp",
    version: process.version,
    setting,
    accuracy: trainer.accuracy(),
    checksum,
    trainedSamples,
  });
  let from = 0;
  await eachLine(async () => {
    const { trainCount, batch, roundSeconds } = job;
    const started = performance.now();
    let samples = 0;
    for (let steps = 1; ; steps++) {
      const result = trainer.step(from, batch);
      if (typeof result !== "number") await result;
      samples += batch;
      from = from + 2 * batch > trainCount ? 0 : from + batch;
      if (steps % 16 === 0 && performance.now() - started >= roundSeconds * 1000) break;
    }
    await trainer.settle();
    say({ samples, seconds: (performance.now() - started) / 1000 });
  });
}

/** Reports the accuracy, then measures latency and throughput of inference, one round per line read. */
async function infer(loaded: Loaded, variant: string): Promise<void> {
  const { test } = loaded;
  const threads = variant.split(" ")[1] ?? "1";
  const engine = await engineOf(loaded, threads === "auto" ? threads : Number(threads));
  const { accuracy } = evaluate(engine, test);
  say({
    ready: true,
    peer: "wasmlp",
    version: process.version,
    setting: `${engine.build}, ${threads} threads`,
    accuracy,
  });
  await eachLine(async () => {
    // Latency: the median over 2000 single samples. Throughput: the whole test set for at least 300 ms.
    const latencies = Array.from({ length: 2000 }, (_, i) => {
      const sample = one(test, i);
      const started = performance.now();
      predict(engine, sample);
      return performance.now() - started;
    });
    const started = performance.now();
    let count = 0;
    for (; performance.now() - started < 300; count += test.count) predict(engine, test);
    const throughput = count / ((performance.now() - started) / 1000);
    say({ latencySeconds: median(latencies) / 1000, throughput });
  });
}

/** Sample `i` as a dataset of one, made without a copy or a check. */
function one(data: Dataset, i: number) {
  const inputs = data.inputs.subarray(i * data.sampleSize, (i + 1) * data.sampleSize);
  return { count: 1, inputs, sampleSize: data.sampleSize, labels: undefined, targets: undefined, targetSize: 0 };
}

/** Calls `run` for each line on stdin, one after the other. */
async function eachLine(run: () => Promise<void>): Promise<void> {
  for await (const _ of createInterface({ input: process.stdin })) await run();
}

/** Writes one line of the protocol. */
function say(record: object): void {
  console.log(JSON.stringify(record));
}

/** Runs one candidate until its input ends. */
export async function beCandidate(folder: string, variant: string): Promise<void> {
  const loaded = load(folder);
  if (loaded.job.kind === "train") await train(loaded, variant);
  else await infer(loaded, variant);
}
