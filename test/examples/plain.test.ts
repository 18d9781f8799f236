// examples/plain.ts computes what the kernels compute: from the same parameters and samples, to 1e-5 of the largest number.

import { describe, expect, it } from "vitest";
import {
  cost,
  gradient,
  type Layer,
  type Parameters,
  relu,
  type Sample,
  sigmoid,
  train,
} from "../../examples/plain.js";
import { type Activation, Dataset, type LayerParameters, Network, sgd } from "../../src/index.js";
import { gaussians } from "../support/networks.js";

const COUNT = 24;
const INPUTS = 20;
const OUTPUTS = 5;
const BATCH = 8;
const RATE = 0.1;
const S = { sigmoid, relu };

/** `[units][inputs]` and `[units]` as arrays of numbers. */
function plainLayer({ weights, biases }: LayerParameters, activation: keyof typeof S): Layer {
  const inputs = weights.length / biases.length;
  const row = (_: number, j: number) => Array.from(weights.subarray(j * inputs, (j + 1) * inputs));
  return { W: Array.from(biases, row), B: Array.from(biases), S: S[activation] };
}

function flat(layers: readonly Parameters[]): number[] {
  return layers.flatMap(({ W, B }) => [...W.flat(), ...B]);
}

function flatKernels(layers: readonly LayerParameters[]): number[] {
  return layers.flatMap(({ weights, biases }) => [...weights, ...biases]);
}

/** The largest difference between two lists, relative to the largest number of the second. */
function relativeError(actual: number[], expected: number[]): number {
  expect(actual.length).toBe(expected.length);
  const differences = actual.map((value, i) => Math.abs(value - (expected[i] as number)));
  return Math.max(...differences) / Math.max(...expected.map(Math.abs));
}

describe.each(["sigmoid", "relu"] as const)("a network of %s", (activation) => {
  const inputs = gaussians(COUNT * INPUTS, 1);
  const targets = gaussians(COUNT * OUTPUTS, 2).map((value) => 1 / (1 + Math.exp(-value)));
  const data = new Dataset({ inputs, shape: INPUTS, targets });
  const samples: Sample[] = Array.from({ length: COUNT }, (_, i) => ({
    x: [...data.sample(i)],
    y: [...data.target(i)],
  }));

  const create = async (): Promise<[Network, Layer[]]> => {
    const layers = [16, 12, OUTPUTS].map((units) => ({ units, activation: activation as Activation }));
    const network = await Network.create({ inputs: INPUTS, layers, loss: "quadratic", biasInit: "gaussian", seed: 3 });
    return [network, network.parameters().map((layer) => plainLayer(layer, activation))];
  };

  it("has the same cost and gradient", async () => {
    const [network, P] = await create();
    const kernels = network.gradient(inputs, targets);
    expect(cost(P, samples)).toBeCloseTo(kernels.loss, 5);
    const plain = gradient(P, samples);
    kernels.layers.forEach((layer, l) => {
      const { W, B } = plain[l] as Parameters;
      expect(relativeError([...layer.weights], W.flat())).toBeLessThan(1e-5);
      expect(relativeError([...layer.biases], B)).toBeLessThan(1e-5);
    });
  });

  it("has the same parameters after two epochs of three steps", async () => {
    const [network, P] = await create();
    const before = flat(P);
    const optimizer = sgd({ learningRate: RATE });
    await network.fit(data, { epochs: 2, batchSize: BATCH, shuffle: false, optimizer });
    for (let epoch = 0; epoch < 2; epoch++) train(P, samples, BATCH, RATE);
    expect(relativeError(flatKernels(network.parameters()), flat(P))).toBeLessThan(1e-5);
    // The steps are much longer than what is allowed between the two.
    expect(relativeError(flat(P), before)).toBeGreaterThan(1e-2);
  });
});
