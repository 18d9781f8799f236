// Training with every optimizer and schedule against the float64 reference.

import { describe, expect, it } from "vitest";
import { power } from "../../src/exact.js";
import {
  adam,
  adamw,
  constant,
  cosine,
  Dataset,
  exponentialDecay,
  type FitOptions,
  Network,
  type NetworkOptions,
  type Optimizer,
  type Schedule,
  type ScheduleFunction,
  sgd,
  stepDecay,
} from "../../src/index.js";
import { factorAt } from "../../src/recipe/schedule.js";
import {
  distributions,
  flat,
  gaussians,
  layersOf,
  OPTIMIZERS,
  stripes,
  tensorDifference,
} from "../support/networks.js";
import { copyParameters } from "../support/reference.js";
import { ReferenceTraining } from "../support/reference-optimizers.js";

const SMALL: NetworkOptions = {
  inputs: 9,
  layers: layersOf([12, 3], "tanh", "softmax"),
  loss: "crossEntropy",
  seed: 3,
};

function samples(count: number): Dataset {
  return new Dataset({ inputs: gaussians(count * 9, 1), shape: 9, targets: distributions(count, 3, 2) });
}

/**
 * How far apart training and the reference end: the larger of the difference of the parameters, relative to the largest
 * element of each tensor, and that of the losses. And how far the parameters have moved.
 */
async function distances(
  data: Dataset,
  options: Pick<FitOptions, "epochs" | "optimizer" | "schedule"> & { batchSize: number },
  factorOf: (step: number) => number = () => 1,
): Promise<{ apart: number; moved: number }> {
  const net = await Network.create({ ...SMALL, biasInit: "gaussian" });
  const start = copyParameters(net.parameters());
  const reference = new ReferenceTraining(net.spec, start, options.optimizer);
  const history = await net.fit(data, { ...options, shuffle: false });
  let [step, lossesApart] = [0, 0];
  for (const { loss } of history) {
    let sum = 0;
    for (let from = 0; from < data.count; from += options.batchSize) {
      const rows = Math.min(options.batchSize, data.count - from);
      const x = data.inputs.subarray(from * 9, (from + rows) * 9);
      const y = (data.targets as Float32Array).subarray(from * 3, (from + rows) * 3);
      sum += rows * reference.step(x, y, rows, factorOf(++step));
    }
    lossesApart = Math.max(lossesApart, Math.abs(loss - sum / data.count) / Math.max(1, loss));
  }
  return {
    apart: Math.max(lossesApart, tensorDifference(reference.params, net.parameters())),
    moved: tensorDifference(reference.params, start),
  };
}

describe("training agrees with the reference", () => {
  const cases = OPTIMIZERS.flatMap((optimizer) =>
    [
      [30, 7, 5],
      [300, 300, 4],
      [1500, 1200, 3],
    ].map(([count, batch, epochs]) => [JSON.stringify(optimizer), count, batch, epochs, optimizer] as const),
  );

  it.each(cases)("%s: %i samples in batches of %i, %i epochs", async (_, count, batchSize, epochs, optimizer) => {
    const options = { epochs: epochs as number, batchSize: batchSize as number, optimizer };
    const { apart, moved } = await distances(samples(count as number), options);
    expect(moved).toBeGreaterThan(1e-3);
    expect(apart).toBeLessThan(5e-5);
  });

  it("and no two optimizers agree with each other", async () => {
    const ends = await Promise.all(
      [...OPTIMIZERS, sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), adamw()].map(async (optimizer) => {
        const net = await Network.create(SMALL);
        await net.fit(samples(60), { epochs: 2, batchSize: 10, optimizer });
        return String(flat(net));
      }),
    );
    expect(new Set(ends).size).toBe(ends.length);
  });

  it("starts without the moments of an earlier fit", async () => {
    const net = await Network.create(SMALL);
    const again = await Network.create(SMALL);
    const options = { epochs: 3, batchSize: 10, optimizer: adam({ learningRate: 0.01 }), shuffle: false };
    await net.fit(samples(60), options);
    again.setParameters(net.parameters());
    await net.fit(samples(60), options);
    await again.fit(samples(60), options);
    expect(again.toBytes()).toEqual(net.toBytes());
  });

  it("does not change when a gradient is requested between two steps", async () => {
    const [net, quiet] = [await Network.create(SMALL), await Network.create(SMALL)];
    const data = samples(60);
    const options = { epochs: 3, batchSize: 10, optimizer: adam({ learningRate: 0.01 }) };
    const onBatch = () => void net.gradient(data.sample(3), data.target(3));
    await net.fit(data, { ...options, onBatch });
    await quiet.fit(data, options);
    expect(net.toBytes()).toEqual(quiet.toBytes());
  });

  it.each<[string, Optimizer]>([
    ["adam", adam({ learningRate: 1e20 })],
    ["momentum", sgd({ learningRate: 1e20, momentum: 0.9 })],
  ])("%s that overflows ends with a sentence", async (_, optimizer) => {
    const net = await Network.create({ ...SMALL, layers: layersOf([8, 3], "relu", "linear"), loss: "quadratic" });
    await expect(net.fit(samples(60), { epochs: 50, batchSize: 10, optimizer })).rejects.toThrow(
      /^training diverged: (the loss|a parameter) is no longer a finite number at epoch \d+, step \d+; the network holds the parameters .*; try a learning rate/,
    );
  });

  it("a squared gradient that overflows is reported as well", async () => {
    const net = await Network.create({ inputs: 1, layers: layersOf([1], "linear", "linear"), loss: "quadratic" });
    const data = new Dataset({ inputs: Float32Array.of(1e12), shape: 1, targets: Float32Array.of(1e12) });
    await expect(net.fit(data, { epochs: 1, optimizer: adam({ learningRate: 1e-20 }) })).rejects.toThrow(
      "training diverged: a moment of the optimizer is no longer a finite number at epoch 1, step 1; the network holds",
    );
  });
});

/** Factors by the textbook formulas, after `done` epochs. */
const FORMULAS: [Schedule | ScheduleFunction, (done: number, epochs: number) => number][] = [
  [constant(), () => 1],
  [stepDecay({ factor: 0.3, every: 2 }), (done) => 0.3 ** Math.floor(done / 2)],
  [stepDecay({ factor: 0.5, every: 0.5 }), (done) => 0.5 ** Math.floor(done / 0.5)],
  [exponentialDecay({ factor: 0.7 }), (done) => 0.7 ** done],
  [exponentialDecay({ factor: 1 }), () => 1],
  [cosine(), (done, epochs) => (1 + Math.cos((Math.PI * done) / epochs)) / 2],
  [cosine({ floor: 0.1 }), (done, epochs) => 0.1 + (0.9 * (1 + Math.cos((Math.PI * done) / epochs))) / 2],
  [(done, epochs) => 1 / (1 + done * epochs), (done, epochs) => 1 / (1 + done * epochs)],
];

describe("schedules", () => {
  it.each(FORMULAS)("%o follows its formula at every step", (schedule, formula) => {
    for (const [stepsPerEpoch, epochs] of [
      [1, 1],
      [7, 5],
      [100, 30],
    ] as const) {
      for (let step = 1; step <= stepsPerEpoch * epochs; step++) {
        const expected = formula((step - 1) / stepsPerEpoch, epochs);
        expect(factorAt(schedule, step, stepsPerEpoch, epochs)).toBeCloseTo(expected, 12);
      }
    }
  });

  it("rise linearly during the warm-up, and their decay starts after it", () => {
    const factors = (schedule: Schedule | ScheduleFunction) =>
      Array.from({ length: 12 }, (_, i) => factorAt(schedule, i + 1, 4, 3));
    const rise = [0.25, 0.5, 0.75];
    const close = (got: number[], expected: number[]) =>
      got.forEach((value, i) => void expect(value).toBeCloseTo(expected[i] as number, 12));
    close(factors(constant({ warmUp: 1 })), [...rise, ...Array<number>(9).fill(1)]);
    close(factors(stepDecay({ warmUp: 1, factor: 0.1, every: 1 })), [...rise, 1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1]);
    const half = Array.from({ length: 8 }, (_, i) => (1 + Math.cos((Math.PI * i) / 8)) / 2);
    close(factors(cosine({ warmUp: 1 })), [...rise, 1, ...half]);
    close(factors(constant({ warmUp: 0.1 })), Array<number>(12).fill(1));
  });

  it("multiply the learning rate in training", async () => {
    for (const schedule of [cosine({ warmUp: 1 }), stepDecay({ factor: 0.2, every: 1 })]) {
      for (const optimizer of [sgd({ learningRate: 0.2 }), adamw({ learningRate: 0.02, weightDecay: 0.3 })]) {
        const options = { epochs: 4, batchSize: 8, optimizer, schedule };
        const factor = (step: number) => factorAt(schedule, step, 5, 4);
        expect((await distances(samples(40), options, factor)).apart).toBeLessThan(5e-5);
        expect((await distances(samples(40), options)).apart).toBeGreaterThan(1e-3);
      }
    }
  });

  it("apply to batches larger than the gradient block", async () => {
    const options = { epochs: 4, batchSize: 300, optimizer: sgd({ learningRate: 0.5 }), schedule: cosine() };
    const factor = (step: number) => factorAt(cosine(), step, 1, 4);
    expect((await distances(samples(300), options, factor)).apart).toBeLessThan(5e-5);
  });

  it("powers agree with Math.pow except in their last bits", () => {
    for (const base of [0, 0.3, 0.9, 0.999]) {
      for (const exponent of [0, 1, 2, 3, 10, 1000, 12_345]) {
        expect(power(base, exponent) / base ** exponent || 1).toBeCloseTo(1, 11);
      }
    }
  });

  it("that return no valid factor end training with an error, and the network can be trained further", async () => {
    const net = await Network.create({ ...SMALL, inputs: 64 });
    const data = stripes(30, 3, 1);
    const fit = (schedule?: Schedule | ScheduleFunction) =>
      net.fit(data, { epochs: 2, optimizer: adam(), ...(schedule && { schedule }) });
    await expect(fit(() => Number.NaN)).rejects.toThrow('"schedule()" must be a finite number');
    await expect(fit(() => "1" as never)).rejects.toThrow('"schedule()" must be a number, got "1"');
    await expect(fit(() => -1)).rejects.toThrow('"schedule()" must be a finite number of at least 0');
    expect(await fit()).toHaveLength(2);
  });
});
