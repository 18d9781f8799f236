// Networks trained with dropout and with max-norm, against the float64 reference and against each other.

import { describe, expect, it } from "vitest";
import { type Activation, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { adam, Dataset, type FitOptions, Network, type NetworkOptions, type Optimizer, sgd } from "../../src/index.js";
import { ascending, Stream, shuffle } from "../../src/random.js";
import type { LayerSpec } from "../../src/spec.js";
import { distributions, flat, gaussians, layersOf, stripes, tensorDifference } from "../support/networks.js";
import { centralDifferences, copyParameters, gradient, type Masks } from "../support/reference.js";
import { dropoutMasks, ReferenceTraining } from "../support/reference-optimizers.js";

const SEED = 11;

function dropoutLayers(units: number[], hidden: Activation, rates: number[]): LayerSpec[] {
  return layersOf(units, hidden, "softmax").map((layer, i) => ({ ...layer, ...(rates[i] && { dropout: rates[i] }) }));
}

function networkOf(hidden: Activation, rates: number[], units = [18, 9, 3]): NetworkOptions {
  return {
    inputs: 9,
    layers: dropoutLayers(units, hidden, rates),
    loss: "crossEntropy",
    seed: SEED,
    biasInit: "gaussian",
  };
}

function samples(count: number): Dataset {
  return new Dataset({ inputs: gaussians(count * 9, 1), shape: 9, targets: distributions(count, 3, 2) });
}

/** Trains a network and the reference. Returns their largest difference, relative to the largest element of each tensor. */
async function apart(
  network: NetworkOptions,
  data: Dataset,
  options: FitOptions,
  maskOf = dropoutMasks,
): Promise<number> {
  const net = await Network.create(network);
  const { maxNorm, optimizer, epochs, batchSize = 32 } = options;
  const reference = new ReferenceTraining(net.spec, net.parameters(), optimizer, maxNorm);
  await net.fit(data, options);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = ascending(data.count);
    shuffle(order, SEED, Stream.shuffle, epoch);
    for (let from = 0; from < data.count; from += batchSize) {
      const rows = order.slice(from, from + batchSize);
      const x = [...rows].flatMap((row) => [...data.sample(row)]);
      const y = [...rows].flatMap((row) => [...data.target(row)]);
      reference.step(x, y, rows.length, 1, maskOf(net.spec, SEED, epoch, rows));
    }
  }
  return tensorDifference(reference.params, net.parameters());
}

describe("dropout", () => {
  it.each(HIDDEN_ACTIVATIONS)("trains as the reference does with the same units dropped: %s", async (hidden) => {
    const options = { epochs: 3, batchSize: 10, optimizer: sgd({ learningRate: 0.1 }) };
    expect(await apart(networkOf(hidden, [0.3, 0.5]), samples(40), options)).toBeLessThan(5e-5);
  });

  it.each<[string, Optimizer, number]>([
    ["adam", adam({ learningRate: 0.01 }), 10],
    ["a batch larger than the gradient block", sgd({ learningRate: 0.3 }), 300],
    ["batches in chunks", sgd({ learningRate: 0.3, momentum: 0.5 }), 1100],
  ])("with %s too", async (_, optimizer, batchSize) => {
    const data = samples(batchSize === 10 ? 40 : batchSize + 50);
    const network = networkOf("tanh", [0, 0.4]);
    expect(await apart(network, data, { epochs: 2, batchSize, optimizer })).toBeLessThan(5e-5);
    // The difference would be large if other units were dropped.
    const others: typeof dropoutMasks = (spec, seed, epoch, rows) => dropoutMasks(spec, seed, epoch + 1, rows);
    expect(await apart(network, data, { epochs: 2, batchSize, optimizer }, others)).toBeGreaterThan(1e-3);
  });

  it.each(HIDDEN_ACTIVATIONS)("has the gradient of the loss with those units dropped: %s", async (hidden) => {
    const net = await Network.create(networkOf(hidden, [0.4, 0.3]));
    const data = samples(6);
    const params = copyParameters(net.parameters());
    const masks: Masks = dropoutMasks(net.spec, SEED, 1, ascending(6));
    const targets = data.targets as Float32Array;
    const byRule = gradient(net.spec, params, data.inputs, targets, 6, masks);
    const byDifferences = centralDifferences(net.spec, params, data.inputs, targets, 6, masks);
    expect(tensorDifference(byDifferences, byRule.layers)).toBeLessThan(1e-6);
    // A step with learning rate 1 subtracts the gradient.
    await net.fit(data, { epochs: 1, batchSize: 6, optimizer: sgd({ learningRate: 1 }), shuffle: false });
    const moved = net.parameters().map(({ weights, biases }, i) => ({
      weights: params[i]?.weights.map((w, j) => w - (weights[j] as number)) ?? [],
      biases: params[i]?.biases.map((b, j) => b - (biases[j] as number)) ?? [],
    }));
    expect(tensorDifference(byDifferences, moved)).toBeLessThan(1e-4);
  });

  it("drops about its share of units, and different ones in each epoch and for each sample", () => {
    const spec = {
      inputs: 9,
      layers: dropoutLayers([4000, 3], "tanh", [0.3]),
      loss: "crossEntropy",
      inputScale: 1,
    } as const;
    const masks = [
      [1, 5],
      [1, 6],
      [2, 5],
    ].map(([epoch, sample]) => dropoutMasks(spec, SEED, epoch as number, [sample as number])[0] as Float64Array);
    for (const mask of masks) expect(mask.filter((factor) => factor === 0).length / 4000).toBeCloseTo(0.3, 1);
    const both = masks.slice(1).map((mask) => mask.filter((factor, i) => factor === 0 && masks[0]?.[i] === 0).length);
    for (const count of both) expect(count / 4000).toBeCloseTo(0.09, 1);
  });

  it("applies in training only: predictions and requested gradients use all units", async () => {
    const [net, plain] = await Promise.all([networkOf("tanh", [0.5, 0.5]), networkOf("tanh", [])].map(Network.create));
    const data = samples(10);
    expect(net?.predict(data.inputs as Float32Array)).toEqual(plain?.predict(data.inputs as Float32Array));
    const gradientOf = (network?: Network) =>
      network?.gradient(data.inputs as Float32Array, data.targets as Float32Array);
    expect(gradientOf(net)).toEqual(gradientOf(plain));
    expect(net?.evaluate(data)).toEqual(plain?.evaluate(data));
  });

  it("is saved with the network; a rate of 0 is not saved", async () => {
    const net = await Network.create(networkOf("tanh", [0.25]));
    expect((await Network.fromBytes(net.toBytes())).spec.layers[0]).toEqual({
      units: 18,
      activation: "tanh",
      dropout: 0.25,
    });
    const none = await Network.create({
      ...networkOf("tanh", []),
      layers: [{ units: 3, activation: "softmax", dropout: 0 }],
    });
    expect(none.spec.layers).toEqual([{ units: 3, activation: "softmax" }]);
  });

  it.each([
    [[{ dropout: 1 }], '"layers[0].dropout" must be a finite number from 0 to 0.99, got 1'],
    [[{ dropout: -0.1 }], '"layers[0].dropout" must be a finite number from 0 to 0.99, got -0.1'],
    [[{ dropout: "0.5" }], '"layers[0].dropout" must be a number, got "0.5"'],
    [[{}, {}, { dropout: 0.5 }], '"layers[2].dropout" must be 0 in the last layer, got 0.5'],
  ])("of %j is refused", async (more, message) => {
    const options = networkOf("tanh", []);
    const layers = options.layers.map((layer, i) => ({ ...layer, ...(more[i] as object) }));
    await expect(Network.create({ ...options, layers })).rejects.toThrow(message);
  });
});

describe("max-norm", () => {
  it.each<[string, Optimizer, number]>([
    ["plain gradient descent", sgd({ learningRate: 0.3 }), 10],
    ["momentum and dropout", sgd({ learningRate: 0.1, momentum: 0.9 }), 10],
    ["adam", adam({ learningRate: 0.05 }), 10],
    ["batches larger than the gradient block", sgd({ learningRate: 0.9 }), 300],
  ])("keeps the weights into each unit as short as the reference does: %s", async (name, optimizer, batchSize) => {
    const network = networkOf("tanh", name.includes("dropout") ? [0.2] : []);
    const data = samples(batchSize === 10 ? 40 : 350);
    const options = { epochs: 3, batchSize, optimizer, maxNorm: 0.8 };
    expect(await apart(network, data, options)).toBeLessThan(1e-4);
    const net = await Network.create(network);
    await net.fit(data, options);
    for (const [i, { weights }] of net.parameters().entries()) {
      const inputs = weights.length / (network.layers[i]?.units ?? 0);
      for (let from = 0; from < weights.length; from += inputs) {
        expect(Math.hypot(...weights.subarray(from, from + inputs))).toBeLessThan(0.8 * (1 + 1e-5));
      }
    }
  });

  it.each([
    [0, '"maxNorm" must be a finite number from 1e-15 to 1000000000000000, got 0'],
    [Infinity, '"maxNorm" must be a finite number'],
    ["1", '"maxNorm" must be a number, got "1"'],
  ])("of %j is refused", async (maxNorm, message) => {
    const net = await Network.create(networkOf("tanh", []));
    const options = { epochs: 1, optimizer: adam(), maxNorm: maxNorm as number };
    await expect(net.fit(samples(10), options)).rejects.toThrow(message);
  });
});

it("dropout and max-norm give the same bits with any number of threads", async () => {
  const data = stripes(120, 4, 1);
  const ends = await Promise.all(
    [1, 2, 3].map(async (threads) => {
      const layers = dropoutLayers([64, 40, 4], "relu", [0.2, 0.5]);
      const net = await Network.create({ inputs: 64, layers, loss: "crossEntropy", seed: 3, threads });
      const options = { epochs: 3, batchSize: 16, optimizer: adam({ learningRate: 0.01 }), maxNorm: 1 };
      await net.fit(data, options);
      await net.fit(data, { ...options, optimizer: sgd({ learningRate: 0.1 }) });
      net.evaluate(data);
      const all = flat(net);
      net.dispose();
      return all;
    }),
  );
  expect(ends[1]).toEqual(ends[0]);
  expect(ends[2]).toEqual(ends[0]);
});
