// Gradients of whole networks against the float64 reference: its backpropagation, and central differences, which need none.

import { describe, expect, it } from "vitest";
import { type Activation, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { Engine } from "../../src/engine.js";
import { Network, type NetworkOptions } from "../../src/index.js";
import { initialParameters } from "../../src/initial.js";
import { philox } from "../../src/random.js";
import type { LayerSpec, NetworkSpec } from "../../src/spec.js";
import { distributions, gaussians, layersOf, PAIRINGS, specOf, tensorDifference } from "../support/networks.js";
import { centralDifferences, copyParameters, gradient, type Parameters, predict } from "../support/reference.js";

/** Relative to the largest element of each tensor. Float32 keeps seven digits; sums and 1 − a lose up to two. */
const FLOAT_TOLERANCE = 2e-5;
const DIFFERENCE_TOLERANCE = 1e-4;

/** Whether no relu has z close to 0 at this sample: a difference across the kink is not a derivative. */
function isSmooth(spec: NetworkSpec, params: readonly Parameters[], x: Float32Array): boolean {
  return spec.layers.every(({ units, activation }, i) => {
    if (activation !== "relu" && activation !== "leakyRelu") return true;
    const below = [...spec.layers.slice(0, i), { units, activation: "linear" } satisfies LayerSpec];
    return predict({ ...spec, layers: below, loss: "quadratic" }, params, x, 1).every((z) => Math.abs(z) > 2e-4);
  });
}

/** `rows` samples away from every kink. */
function smoothSamples(spec: NetworkSpec, params: readonly Parameters[], rows: number): Float32Array {
  const samples = new Float32Array(rows * spec.inputs);
  for (let row = 0, seed = 7; row < rows; seed++) {
    const x = gaussians(spec.inputs, seed);
    if (isSmooth(spec, params, x)) samples.set(x, row++ * spec.inputs);
  }
  return samples;
}

interface Check {
  rows: number;
  /** Whether to compare with central differences too, which take two forward passes for each parameter. */
  differences: boolean;
  /** Factor for the rows of targets, which sum to 1. */
  targetScale?: number;
}

async function check(options: NetworkOptions, { rows, differences, targetScale = 1 }: Check): Promise<void> {
  const network = await Network.create(options);
  const { spec } = network;
  const params = copyParameters(network.parameters());
  const x = differences ? smoothSamples(spec, params, rows) : gaussians(rows * spec.inputs, 7);
  const y = distributions(rows, options.layers.at(-1)?.units ?? 0, 8).map((value) => value * targetScale);
  const expected = gradient(spec, params, x, y, rows);
  const got = network.gradient(x, y);
  expect(Math.abs(got.loss - expected.loss)).toBeLessThan(1e-5 * Math.max(1, expected.loss));
  expect(tensorDifference(expected.layers, got.layers)).toBeLessThan(FLOAT_TOLERANCE);
  if (!differences) return;
  const byDifferences = centralDifferences(spec, params, x, y, rows);
  expect(tensorDifference(byDifferences, got.layers)).toBeLessThan(DIFFERENCE_TOLERANCE);
}

describe("gradients against central differences of the reference", () => {
  for (const [output, loss] of PAIRINGS) {
    it.each(HIDDEN_ACTIVATIONS)(`%s, ${output}, ${loss}`, async (hidden) => {
      const options = { inputs: 5, layers: layersOf([7, 3], hidden, output), loss, seed: 3 };
      await check({ ...options, biasInit: "gaussian" }, { rows: 4, differences: true });
    });
  }

  it("with one layer, with four, and with sizes around that of a panel", async () => {
    const of = (inputs: number, units: number[]) => ({ inputs, layers: layersOf(units, "tanh", "sigmoid"), seed: 5 });
    await check({ ...of(3, [1]), loss: "quadratic" }, { rows: 1, differences: true });
    await check({ ...of(1, [2]), loss: "crossEntropy" }, { rows: 3, differences: true });
    await check({ ...of(17, [16, 15, 33, 4]), loss: "quadratic" }, { rows: 7, differences: true });
    await check({ ...of(16, [17, 31, 1]), loss: "meanSquaredError" }, { rows: 5, differences: true });
  });

  it("with softmax and targets that do not sum to 1", async () => {
    const options: NetworkOptions = { inputs: 4, layers: layersOf([6, 5], "tanh", "softmax"), loss: "crossEntropy" };
    await check(options, { rows: 3, differences: true, targetScale: 0.5 });
  });
});

/** A whole number from `least` to `most`, determined by (network, place). */
function draw(network: number, place: number, least: number, most: number): number {
  const block = new Uint32Array(4);
  philox(block, network, place, 0, 0, 20, 0);
  return least + ((block[0] as number) % (most - least + 1));
}

/** A network of 1 to 4 layers of random sizes; each but the last has a random activation. */
function randomOptions(n: number): NetworkOptions {
  const [output, loss] = PAIRINGS[n % PAIRINGS.length] as (typeof PAIRINGS)[number];
  const depth = 1 + (Math.floor(n / PAIRINGS.length) % 4);
  const layers = Array.from({ length: depth }, (_, i) => ({
    // One unit of softmax is refused.
    units: draw(n, 2 * i, i === depth - 1 && output === "softmax" ? 2 : 1, 22),
    activation:
      i < depth - 1 ? (HIDDEN_ACTIVATIONS[draw(n, 2 * i + 1, 0, HIDDEN_ACTIVATIONS.length - 1)] as Activation) : output,
  }));
  return { inputs: draw(n, 90, 1, 25), layers, loss, seed: n, biasInit: "gaussian", deterministic: n % 3 === 0 };
}

const RANDOM = Array.from({ length: 4 * PAIRINGS.length }, (_, n) => n);

describe("gradients of random networks against differences and backpropagation", () => {
  it.each(RANDOM.map((n) => [n, specOf(randomOptions(n))] as const))("%i: %s", async (n) => {
    await check(randomOptions(n), { rows: draw(n, 91, 1, 7), differences: true });
  });

  it("cover every depth with every last layer and loss", () => {
    const combinations = RANDOM.map(randomOptions).map(({ layers, loss }) => {
      return `${layers.length} ${layers.at(-1)?.activation} ${loss}`;
    });
    expect(new Set(combinations).size).toBe(4 * PAIRINGS.length);
  });
});

describe("gradients against the reference's backpropagation", () => {
  it.each([1, 2, 255, 256, 257, 600, 1025, 1500])("over %i samples", async (rows) => {
    const options: NetworkOptions = { inputs: 20, layers: layersOf([24, 6], "relu", "softmax"), loss: "crossEntropy" };
    await check({ ...options, seed: 2 }, { rows, differences: false });
  });

  it.each(PAIRINGS)("over 300 samples: %s, %s", async (output, loss) => {
    const options: NetworkOptions = { inputs: 9, layers: layersOf([13, 7, 5], "tanh", output), loss, seed: 6 };
    await check(options, { rows: 300, differences: false });
  });
});

describe("tensorDifference", () => {
  it("detects one wrong element of a tensor whose elements are small beside those of others", async () => {
    const of = (weight: number) => [
      { weights: Float64Array.of(1e3, 2e3), biases: Float64Array.of(1) },
      { weights: Float64Array.of(1e-4, weight), biases: Float64Array.of(1) },
    ];
    expect(tensorDifference(of(2e-5), of(2e-5))).toBe(0);
    expect(tensorDifference(of(2e-5), of(2.1e-5))).toBeGreaterThan(DIFFERENCE_TOLERANCE);
    expect(tensorDifference(of(2e-5), of(Number.NaN))).toBe(Infinity);
  });
});

describe("the padding of rows", () => {
  it.each(PAIRINGS)("is never read: %s, %s", async (output, loss) => {
    const spec: NetworkSpec = { inputs: 5, layers: layersOf([17, 3, 2], "sigmoid", output), loss, inputScale: 1 };
    const engine = await Engine.create(spec, "simd");
    engine.arena.writeLayers(initialParameters(spec, 1, "auto", "gaussian"));
    const samples = { count: 300, inputs: gaussians(1500, 1), sampleSize: 5, labels: undefined };
    const gradientBits = () => {
      const { offset } = engine.gradient({ ...samples, targets: distributions(300, 2, 2), targetSize: 2 });
      return engine.plan.tensors.map((tensor) => engine.arena.readTensor(tensor, offset));
    };
    const expected = gradientBits();
    // Everything except the parameters: a pass must write what it reads.
    const { floats } = engine.arena;
    floats.fill(Number.NaN, engine.plan.grads / 4, engine.plan.end / 4);
    expect(gradientBits()).toEqual(expected);
    expect(expected.flatMap((tensor) => [...tensor]).every(Number.isFinite)).toBe(true);
  });
});
