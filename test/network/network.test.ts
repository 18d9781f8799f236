// The network as its users see it: worked examples, predictions, files, explanations.

import { describe, expect, it } from "vitest";
import { type Activation, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { Dataset, Network, type NetworkOptions, sgd } from "../../src/index.js";
import { distributions, flat, flatten, gaussians, layersOf, PAIRINGS, stripes } from "../support/networks.js";
import { copyParameters, predict } from "../support/reference.js";
import { readSafetensors } from "../support/safetensors-reader.js";

/** One layer with the given weights, row by row, and biases. */
async function layer(
  activation: Activation,
  weights: number[][],
  biases: number[],
  more: Partial<NetworkOptions> = {},
): Promise<Network> {
  const options = { inputs: weights[0]?.length ?? 0, layers: [{ units: biases.length, activation }] };
  const net = await Network.create({ ...options, loss: "quadratic", ...more });
  net.setParameters([{ weights: weights.flat(), biases }]);
  return net;
}

const close = (value: number | undefined, digits: number) => Number(value?.toFixed(digits));

describe("worked examples", () => {
  const W = [
    [-1.48, -2.49, 2.72, 3.46],
    [-1.81, 2.84, -0.438, -4.8],
  ];
  const [L, B] = [
    [0.978, 0.322, 0.315, 0.201],
    [0.884, -0.226],
  ];

  it("a layer's sums and activations", async () => {
    const sums = (await layer("linear", W, B)).predict(L);
    expect(Array.from(sums, (z) => close(z, 5))).toEqual([0.18704, -2.18447]);
    const outputs = (await layer("sigmoid", W, B)).predict(L);
    expect(Array.from(outputs, (a) => close(a, 3))).toEqual([0.547, 0.101]);
  });

  it.each([
    [1, 0.7311],
    [-4, 0.018],
    [-5, 0.0067],
    [5, 0.9933],
  ])("S(%f) = %f", async (z, expected) => {
    expect(close((await layer("sigmoid", [[1]], [0])).predict([z])[0], 4)).toBe(expected);
  });

  it.each([
    [3, -5, 0],
    [4.99, -5, 0],
    [-4, 5, 1],
  ])("ReLU(%f + %f) = %f", async (x, bias, expected) => {
    expect((await layer("relu", [[1]], [bias])).predict([x])[0]).toBe(expected);
  });

  it("dC/dw of one weight, by explain", async () => {
    const net = await layer("sigmoid", [[0.15]], [0.38]);
    const weight = { layer: 0, unit: 0, input: 0 };
    const facts = net.explain({ input: [0.8], target: [1], weight, learningRate: 0.05 });
    expect(close(facts.sum, 4)).toBe(0.5);
    expect(close(facts.outputGradient, 3)).toBe(-0.755);
    expect(close(facts.slope, 3)).toBe(0.235);
    expect(close(facts.gradient, 3)).toBe(-0.142);
    expect(close(facts.corrected, 4)).toBe(0.1571);
    expect(facts.text).toContain("∂C/∂w = 0.8 · 0.235 · (−0.755) = −0.142");
    expect(facts.text).toContain("w − η·∂C/∂w = 0.15 − 0.05·(−0.142) = 0.1571");
  });
});

describe("the corrected weight", () => {
  it.each(PAIRINGS)("of explain is the weight after one step of fit: %s, %s", async (output, loss) => {
    const options: NetworkOptions = { inputs: 4, layers: layersOf([5, 3], "tanh", output), loss, seed: 2 };
    const net = await Network.create(options);
    const [input, target] = [gaussians(4, 1), distributions(1, 3, 2)];
    const positions = [
      { layer: 0, unit: 1, input: 3 },
      { layer: 1, unit: 2, input: 4 },
    ];
    const explained = positions.map((weight) => net.explain({ input, target, weight, learningRate: 0.3 }));
    const data = new Dataset({ inputs: input, shape: 4, targets: target });
    await net.fit(data, { epochs: 1, batchSize: 1, optimizer: sgd({ learningRate: 0.3 }) });
    positions.forEach(({ layer, unit, input }, i) => {
      const { corrected = 0, gradient = 0 } = explained[i] ?? {};
      const inputs = layer === 0 ? 4 : 5;
      expect(Math.abs(gradient)).toBeGreaterThan(0);
      expect(net.parameters()[layer]?.weights[unit * inputs + input]).toBeCloseTo(corrected, 6);
    });
  });

  it("includes the scale of bytes in the input", async () => {
    const net = await Network.create({ inputs: 2, layers: layersOf([3], "tanh", "sigmoid"), loss: "quadratic" });
    const weight = { layer: 0, unit: 1, input: 1 };
    const [bytes, floats] = [Uint8Array.of(51, 204), [51 / 255, 204 / 255]];
    const options = { target: [1, 0, 0], weight, learningRate: 1 };
    const [a, b] = [net.explain({ ...options, input: bytes }), net.explain({ ...options, input: floats })];
    expect(a.input).toBeCloseTo(0.8, 12);
    expect(a.gradient).toBeCloseTo(b.gradient, 6);
    const { layers } = net.gradient(bytes, [1, 0, 0]);
    expect(layers[0]?.weights[3]).toBeCloseTo(a.gradient, 6);
  });
});

describe("the network of 784-16-16-10", () => {
  it("has 13,002 parameters", async () => {
    const net = await Network.create({
      inputs: 784,
      layers: layersOf([16, 16, 10], "sigmoid", "sigmoid"),
      loss: "quadratic",
    });
    expect(net.parameterCount).toBe(13_002);
    expect(flat(net)).toHaveLength(13_002);
  });
});

describe("initial parameters", () => {
  it.each([
    ["sigmoid", "auto", 1 / 900],
    ["relu", "auto", 2 / 900],
    ["relu", "lecunNormal", 1 / 900],
    ["tanh", "heNormal", 2 / 900],
  ] as const)("%s, %s: variance %f, biases zero", async (activation, weightInit, variance) => {
    const net = await Network.create({
      inputs: 900,
      layers: [{ units: 50, activation }],
      loss: "quadratic",
      weightInit,
    });
    const [{ weights, biases } = { weights: [], biases: [] }] = net.parameters();
    const squares = Array.from(weights).reduce((sum, w) => sum + w * w, 0);
    expect(squares / weights.length / variance).toBeGreaterThan(0.97);
    expect(squares / weights.length / variance).toBeLessThan(1.03);
    expect(Array.from(biases)).toEqual(Array(50).fill(0));
  });
});

const SHAPES: NetworkOptions[] = [
  { inputs: 1, layers: [{ units: 1, activation: "sigmoid" }], loss: "quadratic" },
  { inputs: 3, layers: layersOf([1, 40, 2], "leakyRelu", "softmax"), loss: "crossEntropy" },
  { inputs: 33, layers: layersOf([17, 16, 15, 5], "tanh", "sigmoid"), loss: "crossEntropy", biasInit: "gaussian" },
  { inputs: 5, layers: layersOf([3000, 4], "relu", "linear"), loss: "meanSquaredError" },
  { inputs: 4, layers: layersOf(Array(20).fill(6), "tanh", "tanh"), loss: "quadratic" },
];

describe("predictions", () => {
  it.each(SHAPES)("agree with the reference: $inputs inputs, $layers.length layers", async (options) => {
    const net = await Network.create(options);
    const x = gaussians(300 * options.inputs, 1);
    const expected = predict(net.spec, copyParameters(net.parameters()), x, 300);
    const outputs = net.predict(x);
    const worst = Math.max(...outputs.map((value, i) => Math.abs(value - (expected[i] as number))));
    expect(worst).toBeLessThan(1e-5 * Math.max(1, ...expected));
  });

  it.each(SHAPES)("are the same alone and among others: $inputs inputs, $layers.length layers", async (options) => {
    const net = await Network.create(options);
    const x = gaussians(600 * options.inputs, 2);
    const [all, units] = [net.predict(x), options.layers.at(-1)?.units ?? 0];
    for (const i of [0, 1, 255, 256, 257, 599]) {
      const alone = net.predict(x.subarray(i * options.inputs, (i + 1) * options.inputs));
      expect(alone).toEqual(all.slice(i * units, (i + 1) * units));
    }
  });

  it("are copies", async () => {
    const net = await Network.create(SHAPES[1] as NetworkOptions);
    const first = net.predict([1, 2, 3]);
    const kept = first.slice();
    net.predict([3, 2, 1]);
    expect(first).toEqual(kept);
  });

  it("scale bytes and use floats unchanged", async () => {
    const net = await Network.create({ inputs: 2, layers: [{ units: 3, activation: "tanh" }], loss: "quadratic" });
    const floats = Float32Array.of(51 * Math.fround(1 / 255), 255 * Math.fround(1 / 255));
    expect(net.predict(Uint8Array.of(51, 255))).toEqual(net.predict(floats));
    const unscaled = await Network.create({
      inputs: 2,
      layers: [{ units: 3, activation: "tanh" }],
      loss: "quadratic",
      inputScale: 1,
    });
    expect(unscaled.predict(Uint8Array.of(2, 3))).toEqual(unscaled.predict([2, 3]));
    expect(unscaled.predict(Uint8Array.of(2, 3))).not.toEqual(net.predict(Uint8Array.of(2, 3)));
  });

  it("scale bytes in training, evaluation and gradients too", async () => {
    const data = stripes(40, 4, 3);
    const scale = Math.fround(1 / 255);
    const { labels = [] } = data;
    const floats = new Dataset({ inputs: Float32Array.from(data.inputs, (x) => x * scale), shape: 64, labels });
    const options: NetworkOptions = { inputs: 64, layers: layersOf([9, 4], "relu", "softmax"), loss: "crossEntropy" };
    const [a, b] = [await Network.create(options), await Network.create(options)];
    expect(a.gradient(data.inputs.slice(0, 64), data.target(0))).toEqual(
      b.gradient(floats.sample(0), floats.target(0)),
    );
    expect(a.evaluate(data)).toEqual(b.evaluate(floats));
    const fit = { epochs: 2, batchSize: 7, optimizer: sgd({ learningRate: 0.1 }) };
    await a.fit(data, fit);
    await b.fit(floats, fit);
    expect(flat(a)).toEqual(flat(b));
  });

  it("agree with classify and evaluate", async () => {
    const data = stripes(500, 4, 3);
    const net = await Network.create({
      inputs: 64,
      layers: layersOf([9, 4], "relu", "softmax"),
      loss: "crossEntropy",
      seed: 1,
    });
    const labels = Array.from({ length: 500 }, (_, i) => net.classify(data.sample(i)).label);
    const { accuracy = 0, confusion = [], count } = net.evaluate(data);
    expect(count).toBe(500);
    expect(accuracy).toBeCloseTo(labels.filter((label, i) => label === data.labels?.[i]).length / 500, 12);
    expect(confusion.map((row) => row.reduce((sum, n) => sum + n, 0))).toEqual(data.classCounts());
    const guessed = labels.reduce((counts, label) => counts.with(label, (counts[label] ?? 0) + 1), [0, 0, 0, 0]);
    expect([0, 1, 2, 3].map((j) => confusion.reduce((sum, row) => sum + (row[j] ?? 0), 0))).toEqual(guessed);
    const { probabilities } = net.classify(data.sample(0));
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
  });
});

describe("the loss of evaluate", () => {
  it.each(PAIRINGS)("%s, %s", async (output, loss) => {
    const net = await Network.create({ inputs: 6, layers: layersOf([8, 3], "tanh", output), loss, seed: 2 });
    const [inputs, targets] = [gaussians(700 * 6, 1), distributions(700, 3, 2)];
    const result = net.evaluate(new Dataset({ inputs, shape: 6, targets }));
    expect(result.loss).toBeCloseTo(net.gradient(inputs, targets).loss, 9);
    expect(result).toEqual({ loss: result.loss, count: 700 });
  });
});

describe("parameters", () => {
  it("are returned as they were set, each a copy", async () => {
    const net = await Network.create(SHAPES[2] as NetworkOptions);
    const parameters = net.parameters().map(({ weights, biases }) => ({ weights: weights.map((w) => w * 3), biases }));
    net.setParameters(parameters);
    expect(flat(net)).toEqual(flatten(parameters));
    net.parameters()[0]?.weights.fill(0);
    expect(flat(net)).toEqual(flatten(parameters));
  });

  it("lose the sign of −0, because zeros are left out of sums", async () => {
    const net = await layer("linear", [[-0]], [-0]);
    expect(Object.is(net.parameters()[0]?.weights[0], 0)).toBe(true);
    expect(Object.is(net.parameters()[0]?.biases[0], 0)).toBe(true);
  });
});

describe("networks in one process", () => {
  it("do not share memory", async () => {
    const data = stripes(40, 4, 3);
    const options: NetworkOptions = { inputs: 64, layers: layersOf([4], "tanh", "softmax"), loss: "crossEntropy" };
    const [a, b] = [await Network.create(options), await Network.create(options)];
    const before = flat(b);
    await a.fit(data, { epochs: 1, optimizer: sgd({ learningRate: 0.1 }) });
    expect(flat(b)).toEqual(before);
    expect(flat(a)).not.toEqual(before);
  });

  it("train at the same time with the results that each has alone", async () => {
    const data = stripes(400, 4, 3);
    const fit = { epochs: 20, batchSize: 2, optimizer: sgd({ learningRate: 0.1 }) };
    const make = (seed: number) =>
      Network.create({ inputs: 64, layers: layersOf([40, 4], "tanh", "softmax"), loss: "crossEntropy", seed });
    const together = await Promise.all([make(1), make(2)]);
    await Promise.all(together.map((net) => net.fit(data, fit)));
    for (const seed of [1, 2]) {
      const alone = await make(seed);
      await alone.fit(data, fit);
      expect(together[seed - 1]?.toBytes()).toEqual(alone.toBytes());
    }
  });
});

describe("a saved model", () => {
  it.each(SHAPES)("loads bit for bit: $inputs inputs, $layers.length layers", async (options) => {
    const net = await Network.create(options);
    const loaded = await Network.fromBytes(net.toBytes());
    expect(loaded.spec).toEqual(net.spec);
    expect(flat(loaded)).toEqual(flat(net));
    expect(loaded.toBytes()).toEqual(net.toBytes());
  });

  it("loads from a part of a larger buffer, at any offset", async () => {
    const net = await Network.create(SHAPES[2] as NetworkOptions);
    const bytes = net.toBytes();
    for (const offset of [0, 1, 2, 3, 5]) {
      const larger = new Uint8Array(bytes.length + 16).fill(0xff);
      larger.set(bytes, offset);
      const loaded = await Network.fromBytes(larger.subarray(offset, offset + bytes.length));
      expect(loaded.toBytes()).toEqual(bytes);
    }
  });

  it("trains further as the network it was saved from, with the same seed", async () => {
    const data = stripes(40, 4, 3);
    const options: NetworkOptions = { inputs: 64, layers: layersOf([5, 4], "tanh", "softmax"), loss: "crossEntropy" };
    const net = await Network.create({ ...options, seed: 7 });
    const loaded = await Network.fromBytes(net.toBytes(), { seed: 7 });
    for (const each of [net, loaded]) await each.fit(data, { epochs: 2, optimizer: sgd({ learningRate: 0.1 }) });
    expect(loaded.toBytes()).toEqual(net.toBytes());
  });

  it("can be read by another reader of the format", async () => {
    const net = await Network.create(SHAPES[2] as NetworkOptions);
    const { tensors, metadata } = readSafetensors(net.toBytes());
    expect(JSON.parse(metadata.wasmlp ?? "")).toEqual(net.spec);
    net.parameters().forEach(({ weights, biases }, i) => {
      const { units } = net.spec.layers[i] as { units: number };
      expect(tensors[`layers.${i}.weights`]).toEqual({ shape: [units, weights.length / units], values: [...weights] });
      expect(tensors[`layers.${i}.biases`]).toEqual({ shape: [units], values: [...biases] });
    });
    expect(Object.keys(tensors)).toHaveLength(8);
  });
});

describe("explain", () => {
  it.each(PAIRINGS.flatMap(([output, loss]) => HIDDEN_ACTIVATIONS.map((hidden) => [hidden, output, loss] as const)))(
    "agrees with gradient: %s, %s, %s",
    async (hidden, output, loss) => {
      const net = await Network.create({
        inputs: 4,
        layers: layersOf([5, 6, 3], hidden, output),
        loss,
        seed: 9,
        biasInit: "gaussian",
      });
      const [input, target] = [gaussians(4, 1), distributions(1, 3, 2)];
      const { layers } = net.gradient(input, target);
      for (const weight of [
        { layer: 0, unit: 4, input: 3 },
        { layer: 1, unit: 0, input: 2 },
        { layer: 2, unit: 2, input: 5 },
      ]) {
        const facts = net.explain({ input, target, weight, learningRate: 0.5 });
        const inputs = [4, 5, 6][weight.layer] as number;
        const expected = layers[weight.layer]?.weights[weight.unit * inputs + weight.input] as number;
        expect(Math.abs(facts.gradient - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
        expect(facts.corrected).toBeCloseTo(facts.weight - 0.5 * facts.gradient, 12);
        expect(facts.text).not.toMatch(/NaN|undefined/);
        const factors = facts.outputGradient === undefined ? facts.delta : facts.slope * facts.outputGradient;
        expect(facts.input * factors).toBeCloseTo(facts.gradient, 12);
      }
    },
  );

  it("abbreviates sums that are too long", async () => {
    const net = await Network.create({ inputs: 2, layers: layersOf([3, 40, 2], "tanh", "sigmoid"), loss: "quadratic" });
    const facts = net.explain({
      input: [1, 2],
      target: [1, 0],
      weight: { layer: 0, unit: 1, input: 0 },
      learningRate: 1,
    });
    expect(facts.terms).toHaveLength(40);
    expect(facts.text).toContain("the other 24 together:");
  });
});

describe("dispose", () => {
  it("ends the network, whose methods then say so", async () => {
    const net = await Network.create(SHAPES[0] as NetworkOptions);
    net.dispose();
    net.dispose();
    expect(() => net.predict([1])).toThrow("this network has been disposed of");
    await expect(net.fit(stripes(4, 2, 1), { epochs: 1, optimizer: sgd({ learningRate: 1 }) })).rejects.toThrow(
      /disposed/,
    );
  });
});

describe("activations", () => {
  it("are the outputs of every layer, as in the reference", async () => {
    const options: NetworkOptions = {
      inputs: 64,
      layers: layersOf([20, 33, 4], "tanh", "softmax"),
      loss: "crossEntropy",
    };
    const net = await Network.create({ ...options, seed: 3 });
    const sample = stripes(8, 4, 1).sample(5);
    const input = Array.from(sample, (x) => x * net.spec.inputScale);
    const all = net.activations(sample);
    expect(all.map(({ length }) => length)).toEqual([20, 33, 4]);
    options.layers.forEach((_, i) => {
      const layers = i < 2 ? net.spec.layers.slice(0, i + 1) : net.spec.layers;
      const spec = { ...net.spec, layers, loss: i < 2 ? ("quadratic" as const) : net.spec.loss };
      const expected = predict(spec, copyParameters(net.parameters().slice(0, i + 1)), input, 1);
      all[i]?.forEach((a, unit) => {
        expect(Math.abs(a - (expected[unit] as number))).toBeLessThan(1e-5);
      });
    });
    expect(all[2]).toEqual(net.predict(sample));
  });

  it("take one sample and refuse more", async () => {
    const net = await layer("relu", [[1, 2]], [0]);
    expect(net.activations([1, 1])).toEqual([Float32Array.of(3)]);
    expect(() => net.activations([1, 1, 1, 1])).toThrow('"input" must be one sample, got 2');
  });
});

describe("the worst mistakes", () => {
  it("are the misclassified samples with the largest losses, in descending order", async () => {
    const options: NetworkOptions = {
      inputs: 64,
      layers: layersOf([4], "tanh", "softmax"),
      loss: "crossEntropy",
      seed: 5,
    };
    const [net, data] = [await Network.create(options), stripes(900, 4, 1)];
    const all = Array.from({ length: data.count }, (_, index) => {
      const { label: prediction, probabilities } = net.classify(data.sample(index));
      const label = data.labels?.[index] as number;
      return { index, label, prediction, loss: -Math.log(probabilities[label] as number) };
    }).filter(({ label, prediction }) => label !== prediction);
    const expected = all.sort((a, b) => b.loss - a.loss).slice(0, 30);
    expect(expected).toHaveLength(30);
    const { worst = [], ...rest } = net.evaluate(data, { worst: 30 });
    expect(worst.map(({ index, label, prediction }) => [index, label, prediction])).toEqual(
      expected.map(({ index, label, prediction }) => [index, label, prediction]),
    );
    worst.forEach(({ loss }, i) => {
      expect(Math.abs(loss - (expected[i]?.loss as number))).toBeLessThan(1e-5);
    });
    expect(rest).toEqual(net.evaluate(data));
    expect(net.evaluate(data, { worst: 1e6 }).worst).toHaveLength(all.length);
  });

  it("start with those whose loss is NaN or infinite", async () => {
    const net = await layer(
      "linear",
      [
        [3e38, -3e38],
        [0, 1],
      ],
      [0, 0],
      // A fused multiply-add would give infinity.
      { deterministic: true },
    );
    // The first is a mistake with a small loss; of the others exactly one is a mistake, whatever the network predicts.
    const inputs = Float32Array.of(0, 1e-38, 10, 10, 10, 10);
    const data = new Dataset({ inputs, shape: 2, labels: [0, 0, 1] });
    const { worst = [] } = net.evaluate(data, { worst: 2 });
    expect(worst.map(({ loss }) => Math.round(loss))).toEqual([Number.NaN, 16]);
    expect(worst[1]?.index).toBe(0);
  });

  it("are none without labels, and never more than there are", async () => {
    const net = await layer("linear", [[1], [-1]], [0, 0]);
    const labelled = new Dataset({ inputs: Float32Array.of(1, -1, 2), shape: 1, labels: [0, 1, 1] });
    expect(net.evaluate(labelled, { worst: 5 }).worst).toEqual([{ index: 2, label: 1, prediction: 0, loss: 13 }]);
    const vectors = new Dataset({ inputs: Float32Array.of(1), shape: 1, targets: Float32Array.of(1, 0) });
    expect(net.evaluate(vectors, { worst: 5 })).not.toHaveProperty("worst");
    expect(() => net.evaluate(labelled, { worst: 1.5 })).toThrow('"worst" must be a whole number from 0');
    expect(() => net.evaluate(labelled, { best: 1 } as never)).toThrow(
      '"options" has no option "best"; it takes worst',
    );
  });
});
