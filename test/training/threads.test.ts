// The number of threads changes no bit, and a thread that ends or cannot start does not block the others.

import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Engine } from "../../src/engine.js";
import {
  Dataset,
  Network,
  type NetworkOptions,
  type NetworkSpec,
  type Optimizer,
  sgd,
  type Threads,
} from "../../src/index.js";
import { initialParameters } from "../../src/initial.js";
import { chooseBuild } from "../../src/kernels/features.js";
import type { InputPath } from "../../src/threads/cost-model.js";
import { fit } from "../../src/training/fit.js";
import { distributions, gaussians, layersOf, OPTIMIZERS, stripes } from "../support/networks.js";
import { refuseWorkers, restoreWorkers, watchWorkers, workers } from "../support/node-workers.js";
import { partOf } from "../support/whole.js";

const specOf = (inputs: number, units: number[], output: "softmax" | "sigmoid" | "tanh"): NetworkSpec => ({
  ...{ inputs, layers: layersOf(units, "relu", output), inputScale: 1 / 255 },
  loss: output === "tanh" ? "quadratic" : "crossEntropy",
});

/** Float rows of which `share` are non-zero. */
function sparseRows(count: number, inputs: number, share: number): Float32Array {
  return gaussians(count * inputs, 3).map((x, i) => ((i * 7919) % 100 < share * 100 ? x || 1 : 0));
}

/** All parameters after two epochs of training. */
async function trained(
  spec: NetworkSpec,
  data: Dataset,
  batchSize: number,
  wanted: Threads,
  path: InputPath,
  optimizer: Optimizer = sgd({ learningRate: 0.05 }),
): Promise<{ parameters: Float32Array[]; losses: number[]; accuracies: unknown[] }> {
  const engine = await Engine.create(spec, chooseBuild(false), wanted);
  engine.arena.writeLayers(initialParameters(spec, 5, "auto", "gaussian"));
  engine.inputPath = path;
  const options = {
    epochs: 2,
    batchSize,
    shuffle: true,
    optimizer,
    seed: 1,
    experience: { epochs: 0, inputs: new Set<never>() },
  };
  const history = await fit(engine, data, { ...options, validation: data });
  const result = {
    parameters: engine.plan.tensors.map((tensor) => engine.arena.readTensor(tensor)),
    losses: history.flatMap(({ loss, validation }) => [loss, validation?.loss ?? 0]),
    accuracies: history.map(({ accuracy, validation }) => [accuracy, validation?.confusion]),
  };
  expect(paddingSum(engine), "padding of parameters").toBe(0);
  engine.dispose();
  return result;
}

/** The sum of the magnitudes of all padding of parameters; NaN if one of them is. */
function paddingSum(engine: Engine): number {
  const { params, paramFloats, tensors } = engine.plan;
  const all = engine.arena.floats.slice(params / 4, params / 4 + paramFloats);
  const sum = (values: Float32Array) => values.reduce((total, x) => total + Math.abs(x), 0);
  const real = tensors.map((tensor) => sum(engine.arena.readTensor(tensor))).reduce((a, b) => a + b, 0);
  // The sums differ by rounding, in either direction.
  return Math.abs(Math.round((sum(all) - real) * 1e3));
}

const CASES: [string, NetworkSpec, Dataset, number][] = [
  ["two layers, the last repeated", specOf(64, [48, 4], "softmax"), stripes(300, 4, 1), 16],
  ["a last short batch of one", specOf(64, [80, 4], "softmax"), stripes(201, 4, 1), 50],
  ["nothing to share out", specOf(64, [16, 16, 4], "softmax"), stripes(100, 4, 1), 10],
  ["four layers, all shared but the last", specOf(64, [64, 96, 48, 4], "softmax"), stripes(150, 4, 1), 30],
  ["a wide last layer of classes", specOf(64, [40, 80], "softmax"), stripes(150, 4, 1), 30],
  ["one layer only", specOf(64, [80], "sigmoid"), stripes(150, 4, 1), 30],
  ["batches past the gradient block", specOf(64, [48, 4], "softmax"), stripes(1500, 4, 1), 1300],
  [
    "float rows with target vectors",
    specOf(70, [50, 33, 40], "tanh"),
    new Dataset({ inputs: sparseRows(90, 70, 0.2), shape: 70, targets: distributions(90, 40, 2) }),
    20,
  ],
];

describe("threads and input paths give the same bits", () => {
  it.each(CASES)("%s", async (_, spec, data, batchSize) => {
    const one = await trained(spec, data, batchSize, 1, "dense");
    const ways = ([1, 2, 3, "auto"] as const).flatMap((wanted) =>
      (["dense", "sparse", "storedSparse", "auto"] as const).map((path) => [wanted, path] as const),
    );
    // From the second on: the first is `one`.
    for (const [wanted, path] of partOf(ways.slice(1), 5)) {
      expect(await trained(spec, data, batchSize, wanted, path), `${wanted} threads, ${path}`).toEqual(one);
    }
  });

  describe.each(OPTIMIZERS)("with %j", (optimizer) => {
    it.each(partOf([CASES[0], CASES[2], CASES[6], CASES[7]] as typeof CASES, 3))(
      "%s",
      async (_, spec, data, batchSize) => {
        const one = await trained(spec, data, batchSize, 1, "dense", optimizer);
        const ways = [
          [2, "sparse"],
          [1, "storedSparse"],
          [2, "dense"],
          [3, "storedSparse"],
        ] as const;
        for (const [wanted, path] of partOf(ways, 2)) {
          const other = await trained(spec, data, batchSize, wanted, path, optimizer);
          expect(other, `${wanted} threads, ${path}`).toEqual(one);
        }
      },
    );
  });

  it("and so does inference of many samples, in every method", async () => {
    const options: NetworkOptions = {
      inputs: 784,
      layers: layersOf([128, 10], "relu", "softmax"),
      loss: "crossEntropy",
    };
    const inputs = new Uint8Array(6000 * 784).map((_, i) => ((i * 31) % 7 === 0 ? (i * 13) % 256 : 0));
    const labels = Uint8Array.from({ length: 6000 }, (_, i) => i % 10);
    const data = new Dataset({ inputs, shape: [28, 28], labels });
    const one = await Network.create({ ...options, threads: 1 });
    const two = await Network.create({ ...options, threads: 2 });
    await two.fit(data.select([1, 2]), { epochs: 1, batchSize: 2, optimizer: sgd({ learningRate: 0 }) });
    expect(two.evaluate(data, { metrics: ["top3"] })).toEqual(one.evaluate(data, { metrics: ["top3"] }));
    expect(two.evaluate(data)).toEqual(one.evaluate(data));
    expect(two.predict(inputs)).toEqual(one.predict(inputs));
    const floats = Float32Array.from(inputs, (x) => x * Math.fround(1 / 255));
    const filled = two.fillInputs(6000, (view, first) => {
      view.set(floats.subarray(first * 784, first * 784 + view.length));
    });
    expect(filled).toEqual(one.predict(floats));
    two.dispose();
  });
});

const LAYERS = layersOf([96, 4], "relu", "softmax");
const create = (wanted: Threads) =>
  Network.create({ inputs: 64, layers: LAYERS, loss: "crossEntropy", seed: 2, threads: wanted });
const STRIPES = stripes(4000, 4, 1);
const OPTIONS = { epochs: 200, batchSize: 8, optimizer: sgd({ learningRate: 0.01 }) };

describe("a thread", () => {
  const { Worker } = workers;
  afterEach(() => {
    restoreWorkers();
    vi.restoreAllMocks();
  });

  it("that is terminated during training ends it with an error", async () => {
    const started = watchWorkers();
    const net = await create(2);
    const onBatch = () => void started[0]?.terminate();
    const training = net.fit(STRIPES, { ...OPTIONS, onBatch });
    await expect(training).rejects.toThrow(/^a helper thread ended during training: it was terminated; /);
    expect(started).toHaveLength(1);
    // The network can be trained further, with new threads.
    await net.fit(STRIPES, { ...OPTIONS, epochs: 1 });
    expect(started).toHaveLength(2);
    net.dispose();
  });

  it("that cannot be started is not used", async () => {
    refuseWorkers("no threads here");
    const [alone, one] = [await create(3), await create(1)];
    const data = stripes(100, 4, 1);
    await alone.fit(data, { ...OPTIONS, epochs: 1 });
    await one.fit(data, { ...OPTIONS, epochs: 1 });
    expect(alone.toBytes()).toEqual(one.toBytes());
  });

  it("that dies at its start is not used", async () => {
    workers.Worker = class extends Worker {
      constructor(_source: string | URL, options: ConstructorParameters<typeof Worker>[1]) {
        super("throw new Error('nothing works');", options);
      }
    };
    const [alone, one] = [await create(2), await create(1)];
    const data = stripes(100, 4, 1);
    await alone.fit(data, { ...OPTIONS, epochs: 1 });
    await one.fit(data, { ...OPTIONS, epochs: 1 });
    expect(alone.toBytes()).toEqual(one.toBytes());
  });

  it("is released by dispose, and reused by the next training", async () => {
    const started = watchWorkers();
    const net = await create(2);
    await net.fit(STRIPES, { ...OPTIONS, epochs: 1 });
    await net.fit(STRIPES, { ...OPTIONS, epochs: 1 });
    expect(started).toHaveLength(1);
    const gone = new Promise((resolve) => started[0]?.on("exit", resolve));
    net.dispose();
    await gone;
  });

  it("does not keep the process running", () => {
    const code = `
      import { Dataset, Network, sgd } from ${JSON.stringify(new URL("../../build/index.js", import.meta.url).href)};
      const net = await Network.create({ inputs: 64, layers: ${JSON.stringify(LAYERS)}, loss: "crossEntropy", threads: 3 });
      const data = new Dataset({ inputs: new Uint8Array(640).fill(9), shape: 64, labels: [0, 1, 2, 3, 0, 1, 2, 3, 0, 1] });
      await net.fit(data, { epochs: 1, batchSize: 5, optimizer: sgd({ learningRate: 0.1 }) });
      console.log(net.predict(new Uint8Array(64)).length);`;
    // It would not return.
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
    expect(output).toBe("4\n");
  });

  it.each([
    [0, RangeError, '"threads" must be a whole number from 1 to 64, got 0'],
    [1.5, RangeError, '"threads" must be a whole number from 1 to 64, got 1.5'],
    [65, RangeError, '"threads" must be a whole number from 1 to 64, got 65'],
    ["all", TypeError, '"threads" must be "auto" or a number, got "all"'],
  ])("count of %s is refused", async (wanted, kind, message) => {
    const creation = create(wanted as Threads);
    await expect(creation).rejects.toThrow(kind);
    await expect(creation).rejects.toThrow(message);
  });
});

describe("turbo", () => {
  /** Trains in a process of its own. Returns whether paired vectors were used, and the model's hash. */
  function run(turbo: boolean, deterministic: boolean): { turbo: boolean; hash: string } {
    const code = `
      import { createHash } from "node:crypto";
      import { Dataset, enableTurbo, engineFeatures, Network, sgd } from ${JSON.stringify(new URL("../../build/node.js", import.meta.url).href)};
      if (${turbo}) enableTurbo();
      const layers = [{ units: 80, activation: "sigmoid" }, { units: 40, activation: "tanh" }, { units: 10, activation: "softmax" }];
      const net = await Network.create({ inputs: 300, layers, loss: "crossEntropy", seed: 3, deterministic: ${deterministic} });
      const inputs = new Uint8Array(400 * 300).map((_, i) => (i < 60000 && i % 5 ? 0 : (i * 37) % 256));
      const data = new Dataset({ inputs, shape: 300, labels: Uint8Array.from({ length: 400 }, (_, i) => i % 10) });
      await net.fit(data, { epochs: 30, batchSize: 25, shuffle: false, optimizer: sgd({ learningRate: 0.1 }) });
      console.log(JSON.stringify({ turbo: engineFeatures().turbo, hash: createHash("sha256").update(net.toBytes()).digest("hex") }));`;
    return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" }));
  }

  it.each([false, true])("changes no bit, deterministic: %s", (deterministic) => {
    const [plain, turbo] = [run(false, deterministic), run(true, deterministic)];
    expect(plain.turbo).toBe(false);
    expect(turbo.turbo).toBe(Number.parseInt(process.versions.node, 10) >= 24);
    expect(turbo.hash).toBe(plain.hash);
  });
});

describe("fillInputs", () => {
  it("refuses an invalid count or function", async () => {
    const net = await create(1);
    expect(() => net.fillInputs(0, () => {})).toThrow('"count" must be a whole number from 1');
    expect(() => net.fillInputs(1, 5 as never)).toThrow('"fill" must be a function, got 5');
  });
});
