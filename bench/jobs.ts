// The networks that the benchmark trains, and the folder that passes a job to any candidate, ours or a peer.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Activation } from "../src/activations.js";
import { initialParameters } from "../src/initial.js";
import type { Loss } from "../src/losses.js";
import { checkRecipe, loadMnist, type Recipe } from "../src/node.js";
import { fillGaussian } from "../src/random.js";
import { OPTIMIZERS } from "../src/recipe/optimizer.js";
import { checkNetworkOptions, specOf } from "../src/recipe/recipe.js";

/** A network, its training and its data. */
export interface Job {
  /** Name in the tables: "784-128-10", with the density for random data. */
  name: string;
  recipe: Recipe;
  /** Share of non-zero inputs in random data; the data is MNIST if absent. */
  density?: number;
}

/** The contents of `job.json`: the task of a candidate. What other libraries need of the recipe stands beside it. */
export interface JobFile {
  kind: "train" | "infer";
  recipe: Recipe;
  inputs: number;
  layers: readonly { units: number; activation: Activation }[];
  loss: Loss;
  batch: number;
  rate: number;
  trainCount: number;
  testCount: number;
  dtype: "u8" | "f32";
  roundSeconds: number;
  /** Samples of the first walk through the data, after which the accuracy is taken. */
  epochSamples: number;
}

const RANDOM = { inputs: 256, classes: 16, train: 8192, test: 2048 };

// The teaching network's settings (Nielsen), and the usual ones of today.
const sigmoid = { hidden: "sigmoid", output: "sigmoid", loss: "quadratic", rate: 1.5 } as const;
const relu = { hidden: "relu", output: "softmax", loss: "crossEntropy", rate: OPTIMIZERS.sgd.usualRate } as const;

/** Plain SGD over one epoch in mini-batches, for layers of these sizes, the inputs first. */
function recipeOf(sizes: number[], batchSize: number, how: typeof sigmoid | typeof relu): Recipe {
  const [inputs, ...units] = sizes;
  const { hidden, output, loss, rate } = how;
  const layers = units.map((n, i) => ({ units: n, activation: i < units.length - 1 ? hidden : output }));
  const optimizer = { name: "sgd", learningRate: rate };
  return checkRecipe({ network: { inputs, layers, loss, seed: 1 }, fit: { epochs: 1, batchSize, optimizer } });
}

function mnistJob(sizes: number[], batchSize: number, how: typeof sigmoid | typeof relu): Job {
  return { name: sizes.join("-"), recipe: recipeOf(sizes, batchSize, how) };
}

export const MNIST_JOBS: Job[] = [
  mnistJob([784, 16, 16, 10], 10, sigmoid),
  mnistJob([784, 30, 10], 10, sigmoid),
  mnistJob([784, 128, 10], 32, relu),
  mnistJob([784, 128, 10], 128, relu),
  mnistJob([784, 800, 10], 100, relu),
  mnistJob([784, 512, 256, 10], 128, relu),
];
const RANDOM_SIZES = [RANDOM.inputs, 512, 256, RANDOM.classes];
export const RANDOM_JOBS: Job[] = [0.05, 0.2, 0.5, 1].map((density) => ({
  name: `${RANDOM_SIZES.join("-")}, ${density * 100} % non-zero`,
  recipe: recipeOf(RANDOM_SIZES, 64, relu),
  density,
}));
export const INFERENCE: Job = mnistJob([784, 128, 10], 256, relu);

/** Samples per step. */
export function batchSizeOf({ recipe }: Job): number {
  return recipe.fit.batchSize as number;
}

/** Writes the folders of jobs below a root folder. Data that several jobs share is written once. */
export class Folders {
  private readonly written = new Set<string>();

  constructor(private readonly root: string) {}

  /** The folder of a job for a candidate that trains on `epochSamples` samples first. */
  async folder(
    job: Job,
    kind: JobFile["kind"],
    roundSeconds: number,
    epochSamples?: number,
    tested?: number,
  ): Promise<string> {
    const data = job.density === undefined ? "mnist" : `random-${job.density}`;
    const { trainCount, testCount } = await this.writeData(job, data);
    const testedCount = tested ?? testCount;
    const walked = Math.min(epochSamples ?? trainCount, trainCount);
    const name = `${kind}-${job.name.replaceAll(/[^\w-]+/g, "_")}-b${batchSizeOf(job)}-${walked}-${testedCount}`;
    const folder = join(this.root, name);
    if (this.written.has(name)) return folder;
    this.written.add(name);
    mkdirSync(folder);
    const dtype = job.density === undefined ? "u8" : "f32";
    for (const file of [`train-inputs.${dtype}`, "train-labels.u8", `test-inputs.${dtype}`, "test-labels.u8"]) {
      symlinkSync(join(this.root, data, file), join(folder, file));
    }
    const { recipe } = job;
    const { seed, weightInit, biasInit, ...network } = checkNetworkOptions(recipe.network);
    const { inputs, layers, loss } = network;
    const parameters = initialParameters(specOf(network), seed, weightInit, biasInit);
    const tensors = parameters.flatMap((layer) => [layer.weights, layer.biases]);
    writeFileSync(join(folder, "weights.f32"), bytesOf(tensors));
    const [batch, rate] = [batchSizeOf(job), recipe.fit.optimizer.learningRate];
    const counts = { trainCount, testCount: testedCount, dtype, roundSeconds, epochSamples: walked } as const;
    const file: JobFile = { kind, recipe, inputs, layers, loss, batch, rate, ...counts };
    writeFileSync(join(folder, "job.json"), JSON.stringify(file));
    return folder;
  }

  /** Writes the data of a job, if no other job has it yet; returns the numbers of samples. */
  private async writeData(job: Job, data: string): Promise<{ trainCount: number; testCount: number }> {
    const isNew = !this.written.has(data);
    this.written.add(data);
    if (isNew) mkdirSync(join(this.root, data));
    if (job.density !== undefined) {
      if (isNew) this.writeRandom(job.density, join(this.root, data));
      return { trainCount: RANDOM.train, testCount: RANDOM.test };
    }
    if (isNew) await this.writeMnist(join(this.root, data));
    return { trainCount: 60000, testCount: 10000 };
  }

  /** MNIST as raw bytes. */
  private async writeMnist(folder: string): Promise<void> {
    for (const [set, { inputs, labels }] of Object.entries(await loadMnist())) {
      writeFileSync(join(folder, `${set}-inputs.u8`), inputs as Uint8Array);
      writeFileSync(join(folder, `${set}-labels.u8`), Uint8Array.from(labels ?? []));
    }
  }

  /** Gaussian inputs, a share of them set to zero. The class is the residue mod 16 whose inputs have the largest sum. */
  private writeRandom(density: number, folder: string): void {
    for (const [set, count, seed] of [
      ["train", RANDOM.train, 1],
      ["test", RANDOM.test, 2],
    ] as const) {
      const inputs = new Float32Array(count * RANDOM.inputs);
      const chance = new Float32Array(inputs.length);
      fillGaussian(inputs, 1, seed, 1, 0);
      fillGaussian(chance, 1, seed, 1, 1);
      // The rank of a Gaussian draw is uniform, so inputs whose draw is below this quantile are set to zero.
      const sorted = chance.slice(0, 65536).sort();
      const limit = density === 1 ? -Infinity : (sorted[Math.floor((1 - density) * 65536)] as number);
      for (let i = 0; i < inputs.length; i++) if ((chance[i] as number) < limit) inputs[i] = 0;
      const labels = Uint8Array.from({ length: count }, (_, i) => classOf(inputs, i * RANDOM.inputs));
      writeFileSync(join(folder, `${set}-inputs.f32`), bytesOf([inputs]));
      writeFileSync(join(folder, `${set}-labels.u8`), labels);
    }
  }
}

/** The class of a random sample, computed from its inputs, so that the data can be learned. */
function classOf(inputs: Float32Array, from: number): number {
  const sums = new Float64Array(RANDOM.classes);
  for (let i = 0; i < RANDOM.inputs; i++) {
    sums[i % RANDOM.classes] = (sums[i % RANDOM.classes] as number) + (inputs[from + i] as number);
  }
  return sums.indexOf(sums.reduce((a, b) => Math.max(a, b)));
}

/** The bytes of several arrays, one behind the other. */
function bytesOf(parts: Float32Array[]): Uint8Array {
  return Buffer.concat(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
}
