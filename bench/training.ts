// Whole training steps on MNIST: the library against both JavaScript forms, which must first learn the same.

import { initialParameters } from "../src/init.js";
import type { Build } from "../src/kernels.js";
import { loadMnist } from "../src/node.js";
import type { Activation, Loss, NetworkSpec } from "../src/spec.js";
import { type Form, JavaScriptNetwork } from "./javascript.js";
import { type Effort, measure, rounded } from "./measure.js";
import { trainer } from "./trainer.js";

export interface TrainingResult {
  network: string;
  batch: number;
  /** Samples a second. */
  wasm: number;
  blocked: number;
  zeroSkipping: number;
  /** wasm over each. */
  overBlocked: number;
  overZeroSkipping: number;
  /** Mean loss of the steps that were compared, the same for all to float accuracy. */
  loss: number;
}

interface Job {
  units: number[];
  hidden: Activation;
  output: Activation;
  loss: Loss;
  batch: number;
  rate: number;
}

const TEACHING = { units: [16, 16, 10], hidden: "sigmoid", output: "sigmoid", loss: "quadratic", rate: 1.5 } as const;
const MODERN = { units: [128, 10], hidden: "relu", output: "softmax", loss: "crossEntropy", rate: 0.1 } as const;
const JOBS = [
  { ...MODERN, batch: 32 },
  { ...MODERN, batch: 10 },
  { ...TEACHING, batch: 10 },
  { ...TEACHING, batch: 32 },
];

const FORMS: Form[] = ["blocked", "zeroSkipping"];
/** Steps that all candidates take from the same weights before they are timed. */
const COMPARED_STEPS = 200;
/** Samples that one timed call learns from. */
const CALL_SAMPLES = 960;

export async function benchTraining(build: Build, effort: Effort): Promise<TrainingResult[]> {
  const { train } = await loadMnist();
  const labels = Uint8Array.from(train.labels ?? []);
  const results: TrainingResult[] = [];
  for (const job of JOBS) results.push(await benchJob(build, { ...job, units: [...job.units] }, train, labels, effort));
  return results;
}

type Train = Awaited<ReturnType<typeof loadMnist>>["train"];

async function benchJob(
  build: Build,
  job: Job,
  train: Train,
  labels: Uint8Array,
  effort: Effort,
): Promise<TrainingResult> {
  const { batch, rate } = job;
  const spec = specOf(job);
  const parameters = initialParameters(spec, 1, "auto", "zeros");
  const networks = FORMS.map((form) => {
    const network = new JavaScriptNetwork(spec, form, batch);
    network.setParameters(pairs(parameters));
    return network;
  });
  const wasm = await trainer(spec, build, parameters, train, batch);
  const images = train.inputs as Uint8Array;
  const steps = [
    (from: number) => wasm(from, rate),
    ...networks.map((network) => (from: number) => network.step(images, labels, from, rate)),
  ];
  const loss = compareLosses(steps, batch);
  const timings = await measure(
    Object.fromEntries(["wasm", ...FORMS].map((name, i) => [name, walk(steps[i] as Step, batch, train.count)])),
    effort,
  );
  return { network: [784, ...job.units].join("-"), batch, ...speeds(timings, batch), loss };
}

function specOf({ units, hidden, output, loss }: Job): NetworkSpec {
  const layers = units.map((n, i) => ({ units: n, activation: i < units.length - 1 ? hidden : output }));
  return { inputs: 784, layers, loss, inputScale: 1 / 255 };
}

function pairs(parameters: Float32Array[]): { weights: Float32Array; biases: Float32Array }[] {
  return parameters.flatMap((weights, i) =>
    i % 2 === 0 ? [{ weights, biases: parameters[i + 1] as Float32Array }] : [],
  );
}

/** One step on the samples from a number on; gives the batch's mean loss. */
type Step = (from: number) => number;

/** Every candidate takes the same steps; throws unless their losses agree all the way. */
function compareLosses(steps: Step[], batch: number): number {
  let total = 0;
  for (let i = 0; i < COMPARED_STEPS; i++) {
    const [expected = 0, ...others] = steps.map((step) => step(i * batch));
    for (const loss of others) {
      if (Math.abs(loss - expected) <= 2e-3 * Math.max(0.1, expected)) continue;
      throw new Error(`step ${i}: wasm has the loss ${expected}, JavaScript ${loss}; nothing was timed`);
    }
    total += expected;
  }
  return rounded(total / COMPARED_STEPS);
}

/** A call that learns from the next samples, from the first again after the last. */
function walk(step: Step, batch: number, count: number): () => void {
  let from = 0;
  return () => {
    for (let done = 0; done < CALL_SAMPLES; done += batch) {
      step(from);
      from += batch;
      if (from + batch > count) from = 0;
    }
  };
}

function speeds(timings: Record<string, { median: number }>, batch: number) {
  const samples = Math.ceil(CALL_SAMPLES / batch) * batch;
  const [wasm, blocked, zeroSkipping] = ["wasm", ...FORMS].map(
    (name) => (timings[name] as { median: number }).median,
  ) as [number, number, number];
  const speed = (milliseconds: number) => rounded((samples / milliseconds) * 1000);
  return {
    ...{ wasm: speed(wasm), blocked: speed(blocked), zeroSkipping: speed(zeroSkipping) },
    ...{ overBlocked: rounded(blocked / wasm), overZeroSkipping: rounded(zeroSkipping / wasm) },
  };
}
