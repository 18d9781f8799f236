// Data that is legal but surely not meant gets a sentence; ordinary data gets none.

import { afterEach, describe, expect, it } from "vitest";
import { Dataset, type DatasetOptions, Network, type NetworkOptions, sgd } from "../../src/index.js";
import { loadMnist } from "../../src/node.js";
import { Network as WorkerNetwork } from "../../src/worker.js";
import { gaussians, stripes } from "../support/networks.js";

const networks: { dispose(): void }[] = [];

afterEach(() => {
  for (const network of networks.splice(0)) network.dispose();
});

/** Labels 0 and 1 in turn. */
function halves(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i % 2);
}

function warningsOf(inputs: DatasetOptions["inputs"], shape: number | number[], labels?: number[]): readonly string[] {
  const size = [shape].flat().reduce((product, n) => product * n, 1);
  return new Dataset({ inputs, shape, labels: labels ?? halves(inputs.length / size) }).warnings;
}

describe("the data alone tells", () => {
  it.each<[string, DatasetOptions["inputs"], RegExp]>([
    [
      "bytes made of fractions",
      Uint8Array.from([0.2, 0.7, 0.9, 0.1]),
      /^all inputs are 0: bytes hold no fractions.*Float32Array$/,
    ],
    ["floats that are all 0", new Float32Array(4), /^all inputs are 0$/],
    ["floats that are all the same", new Float32Array(4).fill(0.5), /^all inputs are 0.5$/],
    [
      "features of 1e6",
      Float32Array.of(1e6, 2e6, -3e6, 1),
      /far from unit scale, such as input 0, from -3000000 to 2000000/,
    ],
    ["pixels from 0 to 255 as floats", Float32Array.of(0, 255, 120, 9), /from 0 to 255: subtract the mean/],
    ["tiny features", Float32Array.of(1e-5, 2e-5, -3e-5, 0), /none is above 0.00003 in magnitude/],
  ])("%s", (_, inputs, sentence) => {
    const warnings = warningsOf(inputs, 1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(sentence);
  });

  it("one class only, whichever it is", () => {
    const inputs = Float32Array.of(1, 2, 3, 4);
    for (const label of [0, 1, 5]) {
      expect(warningsOf(inputs, 1, [label, label, label, label])).toEqual([
        `all 4 samples are of class ${label}: there is nothing to tell apart`,
      ]);
    }
    expect(new Dataset({ inputs, shape: 1, targets: new Float32Array(4) }).warnings).toEqual([
      "all 4 samples have the same target",
    ]);
  });

  it("samples that are all the same, and columns of a table that are", () => {
    expect(warningsOf(Float32Array.of(1, 2, 1, 2, 1, 2, 1, 2), 2)).toEqual(["all 4 samples have the same inputs"]);
    const table = gaussians(300, 1).map((x, i) => (i % 3 === 1 ? 7 : x));
    expect(warningsOf(table, 3)).toEqual([
      "1 of 3 inputs are the same in every sample, such as input 1, which is 7: they tell nothing apart",
    ]);
    // Constant in all samples that are looked at, but not in all.
    const long = gaussians(3 * 200_000, 1).map((x, i) => (i % 3 === 1 ? 7 : x));
    long[3 * 199_999 + 1] = 6;
    expect(warningsOf(long, 3)).toEqual([]);
  });
});

describe("no false alarm from", () => {
  it.each<[string, DatasetOptions["inputs"], number | number[]]>([
    ["a standardised table", gaussians(1000, 2), 10],
    [
      "sparse one-hot floats",
      Float32Array.from({ length: 200 * 400 }, (_, i) => Number(i % 400 === (i * 7) % 390)),
      400,
    ],
    [
      "a narrow one-hot table with classes that do not occur",
      Float32Array.from({ length: 50 * 20 }, (_, i) => Number(i % 20 === Math.floor(i / 20) % 15)),
      20,
    ],
    ["images like Fashion", Uint8Array.from(gaussians(64 * 50, 3), (x) => Math.abs(80 * x)), [8, 8]],
    ["bytes of 0 and 255", Uint8Array.from(gaussians(64 * 50, 4), (x) => (x > 0 ? 255 : 0)), [8, 8]],
    ["one sample", Float32Array.of(0, 0), 2],
  ])("%s", (_, inputs, shape) => expect(warningsOf(inputs, shape)).toEqual([]));

  it("MNIST, as bytes, as floats and standardised", async () => {
    const { train, test } = await loadMnist();
    const network = await create(784, "sigmoid", 10);
    const warned: string[] = [];
    await network.fit(test, {
      ...HOW,
      batchSize: 5000,
      validation: test.select([0, 1, 2]),
      onWarning: (warning) => void warned.push(warning),
    });
    const labels = (test.labels as Uint32Array).slice();
    const floats = Float32Array.from(test.inputs, (x) => x / 255);
    for (const inputs of [floats, floats.map((x) => (x - 0.1307) / 0.3081)]) {
      warned.push(...new Dataset({ inputs, shape: 784, labels }).warnings);
    }
    expect([train.warnings, test.warnings, warned]).toEqual([[], [], []]);
  });
});

const HOW = { epochs: 1, optimizer: sgd({ learningRate: 0.01 }) };

type Output = NetworkOptions["layers"][number]["activation"];

async function create(inputs: number, activation: Output, units: number, more: Partial<NetworkOptions> = {}) {
  const loss = activation === "softmax" ? "crossEntropy" : "quadratic";
  const network = await Network.create({ inputs, layers: [{ units, activation }], loss, threads: 1, ...more });
  networks.push(network);
  return network;
}

function targeted(targets: number[], size: number): Dataset {
  const inputs = gaussians(targets.length / size, 5);
  return new Dataset({ inputs, shape: 1, targets: Float32Array.from(targets) });
}

describe("fit tells", () => {
  it.each<[Output, number[], string | undefined]>([
    ["sigmoid", [3, 6, 4, 5], 'the training targets are from 3 to 6, but the outputs of "sigmoid" are 0 to 1'],
    ["tanh", [-2, 0, 1, 1], 'from -2 to 1, but the outputs of "tanh" are -1 to 1'],
    ["relu", [-0.5, 3, 1, 1], '"relu" are at least 0'],
    ["softplus", [-0.5, 3, 1, 1], '"softplus" are at least 0'],
    ["linear", [-100, 3, 1, 1], undefined],
    ["leakyRelu", [-100, 3, 1, 1], undefined],
    ["sigmoid", [0, 1, 1.0001, 0], undefined],
  ])("targets that %s cannot reach: %j", async (activation, targets, sentence) => {
    const data = targeted(targets, 1);
    const network = await create(1, activation, 1);
    await network.fit(data, HOW);
    await network.fit(data, HOW);
    expect(data.warnings).toEqual(sentence === undefined ? [] : [expect.stringContaining(sentence)]);
  });

  it("softmax targets that do not sum to 1", async () => {
    const data = targeted([0.5, 1, 0.3, 0.7, 0, 1, 1, 0], 2);
    await (await create(1, "softmax", 2)).fit(data, HOW);
    expect(data.warnings).toEqual([
      expect.stringMatching(/^the training targets of 1 sample do not sum to 1.*1.5 of sample 0/),
    ]);
  });

  it("bytes of 0 and 1 that are scaled by 1/255, and bytes that are not scaled", async () => {
    const data = () => new Dataset({ inputs: Uint8Array.of(0, 1, 1, 0), shape: 1, labels: [0, 1, 1, 0] });
    const [scaled, whole] = [data(), data()];
    await (await create(1, "sigmoid", 1)).fit(scaled, HOW);
    await (await create(1, "sigmoid", 1, { inputScale: 1 })).fit(whole, HOW);
    expect(scaled.warnings).toEqual([expect.stringContaining('bytes of 0 and 1, of which "inputScale" makes 0.00392')]);
    expect(whole.warnings).toEqual([]);
    const pixels = stripes(20, 2, 1);
    await (await create(64, "sigmoid", 1, { inputScale: 1 })).fit(pixels, HOW);
    expect(pixels.warnings).toEqual([expect.stringContaining("far from unit scale")]);
  });

  it.each([
    ["here", Network],
    ["in a worker", WorkerNetwork],
  ] as const)("each sentence once, %s, to the dataset and the callback", async (_, Kind) => {
    const network = await Kind.create({
      inputs: 1,
      layers: [{ units: 3, activation: "sigmoid" }],
      loss: "quadratic",
      threads: 1,
    });
    networks.push(network);
    const train = new Dataset({ inputs: Float32Array.of(1, 2), shape: 1, labels: [0, 1] });
    const validation = new Dataset({ inputs: Float32Array.of(1, 2, 3), shape: 1, labels: [0, 1, 2] });
    const seen: string[] = [];
    const onWarning = (warning: string) => void seen.push(warning);
    const onBatch = () => void seen.push("step");
    await network.fit(train, { ...HOW, validation, onWarning, onBatch, batchInterval: 0 });
    const sentence =
      "only the validation set has samples of class 2, which the network cannot learn from the training set";
    expect(seen).toEqual([sentence, "step"]);
    expect([train.warnings, validation.warnings]).toEqual([[], [sentence]]);
    const failing = network.fit(train, {
      ...HOW,
      validation,
      onWarning: () => {
        throw new Error("no");
      },
    });
    await expect(failing).rejects.toThrow("no");
  });
});

it("warnings are a copy, and grow where the dataset is frozen", async () => {
  const data = targeted([3, 6], 1);
  Object.freeze(data);
  (data.warnings as string[]).push("mine");
  expect(data.warnings).toEqual([]);
  await (await create(1, "sigmoid", 1)).fit(data, HOW);
  expect(data.warnings).toHaveLength(1);
});
