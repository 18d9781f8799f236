// One sigmoid output is a classifier of two classes: labels give what the same training with targets 0 and 1 gives.

import { afterEach, describe, expect, it } from "vitest";
import {
  type Augmentation,
  adam,
  Dataset,
  type EpochRecord,
  type FitOptions,
  Network,
  type NetworkOptions,
  sgd,
} from "../../src/index.js";
import type { Loss } from "../../src/losses.js";
import { Network as WorkerNetwork } from "../../src/worker.js";
import { flat, layersOf, stripes } from "../support/networks.js";

const networks: { dispose(): void }[] = [];

afterEach(() => {
  for (const network of networks.splice(0)) network.dispose();
});

function options(loss: Loss = "crossEntropy", more: Partial<NetworkOptions> = {}): NetworkOptions {
  return { inputs: 64, layers: layersOf([6, 1], "tanh", "sigmoid"), loss, seed: 3, threads: 1, ...more };
}

async function create(loss?: Loss, more?: Partial<NetworkOptions>): Promise<Network> {
  const network = await Network.create(options(loss, more));
  networks.push(network);
  return network;
}

/** The same samples with labels, and with the labels as targets. */
function twins(count: number): [labelled: Dataset, targeted: Dataset] {
  const labelled = stripes(count, 2, 7);
  const { inputs, shape, labels = [] } = labelled;
  return [labelled, new Dataset({ inputs, shape, targets: Float32Array.from(labels) })];
}

/** Accuracy and confusion by the rule, from the outputs. */
function byRule(network: Network, { inputs, labels, count }: Dataset) {
  const confusion = [
    [0, 0],
    [0, 0],
  ];
  network.predict(inputs).forEach((output, i) => {
    const row = confusion[labels?.[i] as number] as number[];
    row[Number(output >= 0.5)] = (row[Number(output >= 0.5)] as number) + 1;
  });
  return { confusion, accuracy: ((confusion[0]?.[0] ?? 0) + (confusion[1]?.[1] ?? 0)) / count };
}

/** What of a record does not depend on the machine's speed. */
function facts({ epoch, loss }: EpochRecord) {
  return { epoch, loss };
}

const HOW: [string, Partial<FitOptions>, Partial<NetworkOptions>][] = [
  ["small mini-batches", { batchSize: 7 }, {}],
  ["Adam", { batchSize: 16, optimizer: adam() }, {}],
  ["a mini-batch of over 256 samples", { batchSize: 300 }, {}],
  ["a mini-batch of over 1,024 samples", { batchSize: 1100 }, {}],
  ["augmentation", { batchSize: 16, augment: { shift: 1 } as Augmentation }, {}],
  [
    "dropout",
    { batchSize: 16 },
    {
      layers: [
        { units: 6, activation: "tanh", dropout: 0.3 },
        { units: 1, activation: "sigmoid" },
      ],
    },
  ],
  ["no hidden layer", { batchSize: 5 }, { layers: [{ units: 1, activation: "sigmoid" }] }],
  ["two threads", { batchSize: 64 }, { threads: 2, layers: layersOf([64, 1], "relu", "sigmoid") }],
  ["plain kernels", { batchSize: 16 }, { deterministic: true }],
];

describe.each(["crossEntropy", "quadratic", "meanAbsoluteError"] as const)("labels with %s", (loss) => {
  it.each(HOW)("give the bits of targets 0 and 1: %s", async (_, how, more) => {
    const [labelled, targeted] = twins(1200);
    const fit = { epochs: 2, optimizer: sgd({ learningRate: 0.3 }), ...how };
    const [a, b] = [await create(loss, more), await create(loss, more)];
    const [withLabels, withTargets] = [await a.fit(labelled, fit), await b.fit(targeted, fit)];
    expect(flat(a)).toEqual(flat(b));
    expect(withLabels.map(facts)).toEqual(withTargets.map(facts));
    expect(a.evaluate(labelled).loss).toBe(b.evaluate(targeted).loss);
    expect(withTargets[0]?.accuracy).toBeUndefined();
    expect(withLabels[1]?.accuracy).toBeGreaterThan(0.4);
  });

  it("give accuracy, confusion, the worst mistakes and metrics by the rule", async () => {
    const [labelled] = twins(600);
    const network = await create(loss);
    await network.fit(labelled, { epochs: 1, batchSize: 200, optimizer: sgd({ learningRate: 0.05 }) });
    const evaluation = network.evaluate(labelled, { worst: 1000, metrics: ["top3", "top5"] });
    expect(evaluation).toMatchObject({ ...byRule(network, labelled), top3: 1, top5: 1 });
    expect(evaluation.worst).toHaveLength(600 - Math.round(600 * (evaluation.accuracy as number)));
    for (const { label, prediction } of evaluation.worst ?? []) expect(prediction).toBe(1 - label);
    for (const i of [0, 1, 2]) {
      const { label, probabilities } = network.classify(labelled.sample(i));
      expect(probabilities).toEqual(network.predict(labelled.sample(i)));
      expect(label).toBe(Number((probabilities[0] as number) >= 0.5));
    }
  });
});

/** A network of one input whose output is sigmoid(input). */
async function identity(): Promise<Network> {
  const network = await create("crossEntropy", { inputs: 1, layers: [{ units: 1, activation: "sigmoid" }] });
  network.setParameters([{ weights: [1], biases: [0] }]);
  return network;
}

it("classify gives class 1 where the output is at least one half, as users see it", async () => {
  const network = await identity();
  const classes = [-5, -1e-3, -1e-12, 0, 1e-12, 5].map((x) => network.classify([x]));
  expect(classes.map(({ label }) => label)).toEqual([0, 0, 1, 1, 1, 1]);
  expect(classes[2]?.probabilities).toEqual(Float32Array.of(0.5));
});

it("an evaluation and the records of a training go by the same rule", async () => {
  const network = await identity();
  const data = new Dataset({ inputs: Float32Array.of(-5, 0, 5, -1e-12), shape: 1, labels: [0, 1, 0, 0] });
  expect(network.evaluate(data)).toMatchObject({
    accuracy: 0.5,
    confusion: [
      [1, 2],
      [0, 1],
    ],
  });
  const accuracies: unknown[] = [];
  await network.fit(data, {
    ...{ epochs: 1, batchSize: 2, shuffle: false, optimizer: sgd({ learningRate: 0 }) },
    onBatch: ({ accuracy }) => accuracies.push(accuracy),
  });
  expect(accuracies).toEqual([1, 0.5]);
});

it("early stopping compares accuracy, and returns to the best epoch", async () => {
  const [train, validation] = [stripes(200, 2, 1), stripes(60, 2, 2)];
  const network = await create();
  const history = await network.fit(train, {
    ...{ epochs: 30, batchSize: 20, optimizer: sgd({ learningRate: 0.3 }), validation },
    earlyStopping: { patience: 2, metric: "accuracy" },
  });
  const best = history.at(-1)?.bestEpoch as number;
  expect(history.length).toBeLessThan(30);
  expect(network.evaluate(validation).accuracy).toBe(history[best - 1]?.validation?.accuracy);
  expect(Math.max(...history.map(({ validation: one }) => one?.accuracy ?? 0))).toBe(
    history[best - 1]?.validation?.accuracy,
  );
});

it("takes labels of a single class, whichever it is", async () => {
  for (const [label, classes] of [
    [0, 1],
    [1, 2],
  ] as const) {
    const network = await create("crossEntropy", { inputs: 1, layers: [{ units: 1, activation: "sigmoid" }] });
    const data = new Dataset({
      inputs: Float32Array.of(1, -1, 0.5, 2),
      shape: 1,
      labels: [label, label, label, label],
    });
    expect(data.classes).toBe(classes);
    const history = await network.fit(data, { epochs: 50, optimizer: sgd({ learningRate: 1 }) });
    expect(history.at(-1)?.accuracy).toBe(1);
    expect(network.classify([1]).label).toBe(label);
  }
});

it("works in a worker, to the same bits", async () => {
  const [labelled] = twins(300);
  const fit = { epochs: 2, batchSize: 20, optimizer: sgd({ learningRate: 0.3 }) };
  const [local, remote] = [await create(), await WorkerNetwork.create(options())];
  networks.push(remote);
  await local.fit(labelled, fit);
  await remote.fit(labelled, fit);
  expect(await remote.parameters()).toEqual(local.parameters());
  expect(await remote.evaluate(labelled)).toEqual(local.evaluate(labelled));
  expect(await remote.classify(labelled.sample(1))).toEqual(local.classify(labelled.sample(1)));
});

it("is the same network after saving and loading", async () => {
  const [labelled] = twins(100);
  const network = await create();
  await network.fit(labelled, { epochs: 3, optimizer: sgd({ learningRate: 0.3 }) });
  const loaded = await Network.fromBytes(network.toBytes());
  networks.push(loaded);
  expect(loaded.evaluate(labelled)).toEqual(network.evaluate(labelled));
});

describe("refuses", () => {
  const one = (activation: "linear" | "tanh" | "relu") =>
    create("quadratic", { inputs: 1, layers: [{ units: 1, activation }] });

  it.each(["linear", "tanh", "relu"] as const)(
    "labels and classify with one output of %s, naming what to use",
    async (activation) => {
      const network = await one(activation);
      const data = new Dataset({ inputs: Float32Array.of(1, 2), shape: 1, labels: [0, 1] });
      expect(() => network.classify([1])).toThrow(
        `classify() needs classes, but this network has one output of "${activation}": call predict()`,
      );
      const sentence = `"data" has labels, but the network has one output of "${activation}", which tells no classes apart`;
      expect(() => network.evaluate(data)).toThrow(sentence);
      await expect(network.fit(data, { epochs: 1, optimizer: sgd({ learningRate: 1 }) })).rejects.toThrow(
        'one unit of "sigmoid" for two classes',
      );
    },
  );

  it("labels of three classes", async () => {
    const network = await create();
    const sentence = '"data" has labels of 3 classes, but the network has one output, which tells 2 classes apart';
    expect(() => network.evaluate(stripes(6, 3, 1))).toThrow(sentence);
  });

  it("labels of two classes that are changed to others after they were checked", async () => {
    const { inputs, shape } = twins(10)[0];
    const labels = Uint32Array.from(inputs.subarray(0, 10), (_, i) => i % 2);
    const labelled = new Dataset({ inputs, shape, labels });
    const network = await create();
    labels[3] = 2;
    expect(() => network.evaluate(labelled)).toThrow("must be whole numbers from 0 to 1, got 2 at index 3");
  });

  it("softmax over one unit, which learns nothing, also in a saved model", async () => {
    const layers = [{ units: 1, activation: "softmax" as const }];
    const sentence =
      /"layers\[0\]\.units" must be at least 2 with "softmax".* for two classes take one unit of "sigmoid"$/;
    const creating = Network.create({ inputs: 2, layers, loss: "crossEntropy" });
    await expect(creating).rejects.toThrow(RangeError);
    await expect(creating).rejects.toThrow(sentence);
    const network = await create("crossEntropy", { inputs: 2, layers: [{ units: 1, activation: "sigmoid" }] });
    const text = new TextDecoder("latin1").decode(network.toBytes());
    const bytes = Uint8Array.from(text.replace("sigmoid", "softmax"), (letter) => letter.charCodeAt(0));
    await expect(Network.fromBytes(bytes)).rejects.toThrow(
      /^the model has an invalid spec.*take one unit of "sigmoid"$/,
    );
  });
});
