// Training against the float64 reference, and the other promises of `fit`.

import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { Activation } from "../../src/activations.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/format/safetensors.js";
import { turn } from "../../src/host.js";
import {
  type BatchRecord,
  Dataset,
  type EpochRecord,
  type FitOptions,
  Network,
  type NetworkOptions,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";
import type { Loss } from "../../src/losses.js";
import { ascending, Stream, shuffle } from "../../src/random.js";
import { withoutConfusion } from "../../src/training/record.js";
import { distributions, flat, gaussians, layersOf, PAIRINGS, stripes, tensorDifference } from "../support/networks.js";
import { copyParameters, type Parameters, trainStep } from "../support/reference.js";
import { holdClock, inEveryTurn, restoreClock, yieldAlways } from "../support/yields.js";

afterEach(restoreClock);

const SMALL: NetworkOptions = {
  inputs: 64,
  layers: layersOf([20, 4], "tanh", "softmax"),
  loss: "crossEntropy",
  seed: 4,
};
const DATA = stripes(200, 4, 1);
const RATE = sgd({ learningRate: 0.2 });

async function trained(options: Partial<FitOptions> = {}, network: Partial<NetworkOptions> = {}): Promise<Network> {
  const net = await Network.create({ ...SMALL, ...network });
  await net.fit(DATA, { epochs: 2, batchSize: 16, optimizer: RATE, ...options });
  return net;
}

/** A model file without the kinds of inputs that the network was trained on, which the golden files are older than. */
function withoutKinds(bytes: Uint8Array): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes, "x");
  expect(metadata.delete("wasmlpInputs")).toBe(true);
  return encodeSafetensors(
    [...tensors].map(([name, tensor]) => ({ name, ...tensor })),
    Object.fromEntries(metadata),
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** One epoch of the reference over `data` in `order`; changes `params`. Returns the mean loss. */
function referenceEpoch(
  spec: NetworkSpec,
  params: Parameters[],
  data: Dataset,
  order: Uint32Array,
  batch: number,
  rate: number,
): number {
  const scale = data.inputs instanceof Uint8Array ? spec.inputScale : 1;
  let loss = 0;
  for (let from = 0; from < data.count; from += batch) {
    const rows = [...order.subarray(from, from + batch)];
    const x = rows.flatMap((row) => Array.from(data.sample(row), (value) => value * scale));
    const y = rows.flatMap((row) => [...data.target(row)]);
    loss += rows.length * trainStep(spec, params, x, y, rows.length, rate);
  }
  return loss / data.count;
}

/** The difference after `epochs` without shuffling, relative to the largest element of each tensor. */
async function distance(options: NetworkOptions, data: Dataset, epochs: number, batchSize: number): Promise<number> {
  const net = await Network.create(options);
  const params = copyParameters(net.parameters());
  const start = copyParameters(net.parameters());
  const history = await net.fit(data, { epochs, batchSize, optimizer: RATE, shuffle: false });
  for (const { loss } of history) {
    const expected = referenceEpoch(net.spec, params, data, ascending(data.count), batchSize, 0.2);
    expect(Math.abs(loss - expected)).toBeLessThan(1e-5 * Math.max(1, expected));
  }
  // The comparison means something only if the parameters have moved far.
  expect(tensorDifference(params, start)).toBeGreaterThan(1e-3);
  return tensorDifference(params, net.parameters());
}

describe("steps of gradient descent agree with the reference", () => {
  const net = (seed: number): NetworkOptions => {
    return { inputs: 9, layers: layersOf([12, 3], "sigmoid", "sigmoid"), loss: "quadratic", seed };
  };
  const data = (count: number) =>
    new Dataset({ inputs: gaussians(count * 9, 1), shape: 9, targets: distributions(count, 3, 2) });

  it.each([
    [30, 1],
    [30, 7],
    [30, 30],
    [300, 256],
    [300, 257],
    [300, 300],
    [2500, 1024],
    [2500, 1100],
    [2500, 2500],
  ])("%i samples in batches of %i", async (count, batchSize) => {
    expect(await distance(net(1), data(count), 1, batchSize)).toBeLessThan(1e-5);
  });

  it.each([
    [30, 7, 10],
    [300, 300, 8],
    [1500, 1500, 5],
  ])("%i samples in batches of %i, %i epochs", async (count, batchSize, epochs) => {
    expect(await distance(net(2), data(count), epochs, batchSize)).toBeLessThan(2e-5);
  });

  it.each(PAIRINGS)("%s, %s, with float targets", async (output, loss) => {
    const options: NetworkOptions = { ...net(3), layers: layersOf([17, 5, 3], "leakyRelu", output), loss };
    expect(await distance(options, data(45), 3, 10)).toBeLessThan(2e-5);
  });

  it.each([16, 200])("with bytes and labels, in batches of %i", async (batchSize) => {
    expect(await distance(SMALL, DATA, 3, batchSize)).toBeLessThan(2e-5);
    expect(await distance({ ...SMALL, inputScale: 1 / 64 }, DATA, 3, batchSize)).toBeLessThan(2e-5);
  });
});

const DATA300 = stripes(300, 4, 5);
/** Models of every activation and loss, in batches below and above the size from which gradients get a block of their own. */
const GOLDEN_MODELS: [Activation, Activation, number, Loss, string][] = [
  ["sigmoid", "sigmoid", 10, "quadratic", "92804ebeb8bcad89d7abf3575fb5ab0484528d2eecd3a4bc472929f7e66948d6"],
  ["relu", "softmax", 32, "crossEntropy", "ae54ca9e84c1be47137104ea137c719f4ba5a9e96546140443778ea887fb8828"],
  ["tanh", "sigmoid", 300, "crossEntropy", "218960f6f6534bfd6c8b88091bd15836d36517b43f69da6cc96fd2753155635e"],
  ["leakyRelu", "linear", 257, "meanSquaredError", "e912dbf4c031b71410afbe96562255d0a4321ba645a4449510201499e003d746"],
  ["linear", "tanh", 1, "quadratic", "73983c33fa1ffaa2662e553a8fe107c273fa69bf02e51da3cb3917a7741230e8"],
];

describe("a golden trajectory of ten epochs", () => {
  /** The float64 reference's, which the first test compares. */
  const REFERENCE = [
    0.7207140067444529, 0.15533330945768747, 0.06558726077087457, 0.039386971318753836, 0.02768627920033083,
    0.02118089377529566, 0.01706615798511835, 0.014221950726147767, 0.012170777801827785, 0.010617229287393375,
  ];
  /** The plain build's, bit for bit, on Node 20 and 24. */
  const PLAIN = [
    0.7207139649028013, 0.15533327462843338, 0.06558723005004664, 0.03938695160410635, 0.027686263678516634,
    0.021180890001354088, 0.01706614795460381, 0.01422194828828512, 0.012170777971946822, 0.01061722951404077,
  ];
  const PLAIN_BYTES = "ec199aa4fcb8f8619c8c8e5b4600ac9806afec7cfca53c14061d64e945af4292";
  const TEN = { epochs: 10, batchSize: 16, optimizer: RATE };

  it("agrees with the reference", async () => {
    const { spec, ...start } = await untrained();
    const losses = REFERENCE.map((_, i) => {
      const order = ascending(DATA.count);
      shuffle(order, 4, Stream.shuffle, i + 1);
      return referenceEpoch(spec, start.params, DATA, order, 16, 0.2);
    });
    // Engines may round exp and tanh differently.
    expect(relativeDistance(losses, REFERENCE)).toBeLessThan(1e-11);
  });

  it.each([true, false])("agrees with the kernels, deterministic: %s", async (deterministic) => {
    const net = await Network.create({ ...SMALL, deterministic });
    const history = await net.fit(DATA, TEN);
    expect(
      relativeDistance(
        history.map(({ loss }) => loss),
        REFERENCE,
      ),
    ).toBeLessThan(3e-6);
  });

  it("has the same bits on every engine in the plain build, and so does the model's file", async () => {
    const net = await Network.create({ ...SMALL, deterministic: true });
    expect(net.build).toBe("simd");
    const history = await net.fit(DATA, TEN);
    expect(history.map(({ loss }) => loss)).toEqual(PLAIN);
    expect(sha256(withoutKinds(net.toBytes()))).toBe(PLAIN_BYTES);
  });

  it.each(GOLDEN_MODELS)("%s and %s, batches of %i: the same bytes on every engine", async (...golden) => {
    const [hidden, output, batchSize, loss, expected] = golden;
    const options: NetworkOptions = { inputs: 64, layers: layersOf([18, 9, 4], hidden, output), loss, seed: 7 };
    const net = await Network.create({ ...options, deterministic: true, biasInit: "gaussian" });
    await net.fit(DATA300, { epochs: 3, batchSize, optimizer: sgd({ learningRate: 0.05 }) });
    expect(sha256(withoutKinds(net.toBytes()))).toBe(expected);
  });

  async function untrained() {
    const net = await Network.create(SMALL);
    return { spec: net.spec, params: copyParameters(net.parameters()) };
  }

  function relativeDistance(got: number[], expected: number[]): number {
    return Math.max(...got.map((value, i) => Math.abs(value / (expected[i] as number) - 1)));
  }
});

describe("one seed", () => {
  it("gives the same bytes again, and another seed gives others", async () => {
    const [a, b, c] = [await trained(), await trained(), await trained({}, { seed: 5 })];
    expect(b.toBytes()).toEqual(a.toBytes());
    expect(c.toBytes()).not.toEqual(a.toBytes());
  });

  it("determines the shuffles too, not only the initial parameters", async () => {
    const start = await Network.create(SMALL);
    const other = await Network.create({ ...SMALL, seed: 5 });
    other.setParameters(start.parameters());
    for (const net of [start, other]) await net.fit(DATA, { epochs: 1, batchSize: 16, optimizer: RATE });
    expect(flat(other)).not.toEqual(flat(start));
  });

  it("gives a new order in every epoch and in a second fit", async () => {
    const once = await trained({ epochs: 4 });
    const twice = await trained({ epochs: 2 });
    await twice.fit(DATA, { epochs: 2, batchSize: 16, optimizer: RATE });
    expect(twice.toBytes()).toEqual(once.toBytes());
    const unshuffled = await trained({ epochs: 4, shuffle: false });
    expect(flat(unshuffled)).not.toEqual(flat(once));
    const first = await trained({ epochs: 1 });
    const again = await Network.create(SMALL);
    again.setParameters(first.parameters());
    await again.fit(DATA, { epochs: 1, batchSize: 16, optimizer: RATE });
    expect(flat(again)).not.toEqual(flat(await trained({ epochs: 2 })));
  });

  it("takes every sample once in each epoch", async () => {
    // At a learning rate of 0 the mean loss of an epoch is that of the whole set in any order.
    const net = await Network.create(SMALL);
    const { loss, accuracy } = net.evaluate(DATA);
    const history = await net.fit(DATA, { epochs: 3, batchSize: 7, optimizer: sgd({ learningRate: 0 }) });
    for (const record of history) {
      expect(record.loss).toBeCloseTo(loss, 12);
      expect(record.accuracy).toBe(accuracy);
    }
    expect(flat(net)).toEqual(flat(await Network.create(SMALL)));
  });
});

describe("fit reports", () => {
  it("each epoch, with a falling loss", async () => {
    const net = await Network.create(SMALL);
    const [validation, seen] = [stripes(40, 4, 2), [] as EpochRecord[]];
    const onEpoch = (record: EpochRecord) => void seen.push(record);
    const history = await net.fit(DATA, { epochs: 12, batchSize: 16, optimizer: RATE, validation, onEpoch });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const last = history[11];
    expect(last?.loss).toBeLessThan((history[0]?.loss ?? 0) / 4);
    expect(last?.accuracy).toBe(1);
    expect(last?.validation).toEqual(net.evaluate(validation));
    expect(last?.validation?.accuracy).toBe(1);
    for (const { samplesPerSecond, seconds } of history) expect(samplesPerSecond * seconds).toBeCloseTo(200, 6);
    expect(history).toEqual([...seen.slice(0, -1).map(withoutConfusion), seen.at(-1)]);
  });

  it("each batch: samples so far, mean loss, accuracy", async () => {
    const seen: BatchRecord[] = [];
    const net = await Network.create(SMALL);
    const onBatch = (record: BatchRecord) => void seen.push({ ...record });
    const [epoch] = await net.fit(DATA, { epochs: 1, batchSize: 16, optimizer: RATE, onBatch });
    expect(seen.map(({ samples }) => samples)).toEqual([16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 200]);
    expect(seen.every((record) => record.epoch === 1 && record.total === 200 && record.loss > 0)).toBe(true);
    // These are means over the samples so far: the last is the epoch's.
    expect(seen.at(-1)).toMatchObject({ loss: epoch?.loss, accuracy: epoch?.accuracy });
    expect(
      seen.every(({ samples, accuracy = 0.5 }) => Number.isInteger(Math.round(accuracy * samples * 1e9) / 1e9)),
    ).toBe(true);
  });

  it("batches only as often as batchInterval says, which is asked after each report", async () => {
    const counted = async (batchInterval: number | (() => number)): Promise<number> => {
      let calls = 0;
      await trained({ batchInterval, onBatch: () => calls++ });
      return calls;
    };
    expect(await counted(0)).toBe(26);
    expect(await counted(1e6)).toBe(1);
    let asked = 0;
    expect(await counted(() => (++asked < 5 ? 0 : 1e6))).toBe(5);
    expect(asked).toBe(5);
    await expect(trained({ batchInterval: () => Number.NaN, onBatch: () => {} })).rejects.toThrow(
      '"batchInterval" must be a finite number of at least 0, got NaN',
    );
    await expect(trained({ batchInterval: "often" as never })).rejects.toThrow('"batchInterval" must be a number');
  });

  it("no accuracy if there are no labels", async () => {
    const net = await Network.create({ inputs: 3, layers: layersOf([2], "tanh", "linear"), loss: "quadratic" });
    const data = new Dataset({ inputs: gaussians(30, 1), shape: 3, targets: gaussians(20, 2) });
    const onBatch = ({ accuracy }: BatchRecord) => expect(accuracy).toBeUndefined();
    const [record] = await net.fit(data, { epochs: 1, optimizer: RATE, onBatch, validation: data });
    expect(record).not.toHaveProperty("accuracy");
    expect(Object.keys(record?.validation ?? {})).toEqual(["loss", "count"]);
  });

  it("in order, and waits for a promise that onEpoch returns", async () => {
    const log: string[] = [];
    await trained({
      batchSize: 100,
      onBatch: ({ epoch, samples }) => log.push(`${epoch}: ${samples}`),
      onEpoch: async ({ epoch }) => {
        await turn();
        log.push(`end of ${epoch}`);
      },
    });
    expect(log).toEqual(["1: 100", "1: 200", "end of 1", "2: 100", "2: 200", "end of 2"]);
  });
});

describe("fit does not change", () => {
  const report = ({ loss, accuracy }: EpochRecord) => [loss, accuracy];
  const ask = (net: Network) =>
    void [net.predict(DATA.inputs), net.evaluate(DATA), net.gradient(DATA.sample(0), DATA.target(0))];

  it.each([16, 200])("when callbacks use the network, in batches of %i", async (batchSize) => {
    const [net, quiet] = [await Network.create(SMALL), await Network.create(SMALL)];
    const options = { epochs: 3, batchSize, optimizer: RATE };
    const history = await net.fit(DATA, { ...options, onBatch: () => ask(net), onEpoch: () => ask(net) });
    const expected = await quiet.fit(DATA, options);
    expect(net.toBytes()).toEqual(quiet.toBytes());
    expect(history.map(report)).toEqual(expected.map(report));
  });

  it("when other code uses the network while fit yields to the event loop", async () => {
    const options = { epochs: 2, batchSize: 4, optimizer: RATE };
    const wide: NetworkOptions = { ...SMALL, layers: layersOf([256, 4], "tanh", "softmax") };
    const [net, quiet] = [await Network.create(wide), await Network.create(wide)];
    const expected = await quiet.fit(DATA, options);
    yieldAlways();
    let history: EpochRecord[] = [];
    const turns = await inEveryTurn(
      () => ask(net),
      async () => {
        history = await net.fit(DATA, options);
      },
    );
    // After every step.
    expect(turns).toBeGreaterThanOrEqual((2 * 200) / 4);
    expect(net.toBytes()).toEqual(quiet.toBytes());
    expect(history.map(report)).toEqual(expected.map(report));
  });
});

describe("fit stops", () => {
  const works = async (net: Network) => {
    expect(flat(net).every(Number.isFinite)).toBe(true);
    const [record] = await net.fit(DATA, { epochs: 1, optimizer: RATE });
    expect(record?.loss).toBeGreaterThan(0);
  };

  it("in the middle of an epoch when aborted, with the signal's reason, and keeps what it has learned", async () => {
    const [net, stop] = [await Network.create(SMALL), new AbortController()];
    let batches = 0;
    const onBatch = () => {
      if (++batches === 20) stop.abort(new Error("enough"));
    };
    const fit = net.fit(DATA, { epochs: 1000, batchSize: 16, optimizer: RATE, signal: stop.signal, onBatch });
    await expect(fit).rejects.toThrow("enough");
    expect(batches).toBe(20);
    expect(net.evaluate(DATA).loss).toBeLessThan((await Network.create(SMALL)).evaluate(DATA).loss);
    await works(net);
  });

  it("when a timer aborts it", async () => {
    const net = await Network.create(SMALL);
    // It would train for hours, so that only the timer can end it.
    const fit = net.fit(DATA, { epochs: 1e6, batchSize: 16, optimizer: RATE, signal: AbortSignal.timeout(50) });
    await expect(fit).rejects.toMatchObject({ name: "TimeoutError" });
    await works(net);
  });

  it("before its first step when the signal is already aborted", async () => {
    const net = await Network.create(SMALL);
    const fit = net.fit(DATA, { epochs: 1, optimizer: RATE, signal: AbortSignal.abort() });
    await expect(fit).rejects.toMatchObject({ name: "AbortError" });
    expect(flat(net)).toEqual(flat(await Network.create(SMALL)));
    await works(net);
  });

  it.each(["onBatch", "onEpoch"] as const)("when %s throws, with the error it threw", async (name) => {
    const net = await Network.create(SMALL);
    const throwing = () => {
      throw new Error("no more");
    };
    await expect(net.fit(DATA, { epochs: 2, optimizer: RATE, [name]: throwing })).rejects.toThrow("no more");
    await works(net);
  });

  it("when the loss is not finite, and names the step after the last good one", async () => {
    const net = await Network.create({ inputs: 64, layers: layersOf([8, 4], "relu", "linear"), loss: "quadratic" });
    let last = { epoch: 1, batch: 0 };
    const onBatch = ({ epoch, samples }: BatchRecord) => {
      last = { epoch, batch: Math.ceil(samples / 16) };
    };
    const fit = net.fit(DATA, { epochs: 50, batchSize: 16, optimizer: sgd({ learningRate: 1e9 }), onBatch });
    const message = await fit.then(
      () => "",
      (error: Error) => error.message,
    );
    expect(last.batch).toBeGreaterThan(0);
    expect(message).toBe(
      `training diverged: the loss is no longer a finite number at epoch ${last.epoch}, step ${last.batch + 1}; ` +
        `the network holds the parameters ${last.epoch === 1 ? "that it had before" : `of epoch ${last.epoch - 1}`}; ` +
        "try a learning rate below 1000000000, inputs and targets scaled to about −1…1, " +
        "and look for wrong or extreme values in the data",
    );
  });

  it("when the last step makes a parameter non-finite", async () => {
    const net = await Network.create({ ...SMALL, loss: "quadratic", layers: layersOf([4], "tanh", "linear") });
    const optimizer = sgd({ learningRate: 3e38 });
    const one = DATA.select([0]);
    await expect(net.fit(one, { epochs: 1, batchSize: 1, optimizer, validation: DATA })).rejects.toThrow(
      "training diverged: a parameter is no longer a finite number at epoch 1, step 1; " +
        "the network holds the parameters that it had before; try a learning rate below 3e+38",
    );
  });

  it("at once while another fit runs, which is not disturbed", async () => {
    const net = await Network.create(SMALL);
    const first = net.fit(DATA, { epochs: 2, batchSize: 16, optimizer: RATE });
    await expect(net.fit(DATA, { epochs: 1, optimizer: RATE })).rejects.toThrow(
      "this network is being trained already: wait for the first fit to end",
    );
    await first;
    expect(net.toBytes()).toEqual((await trained()).toBytes());
    await works(net);
  });
});

describe("the event loop", () => {
  it.each([
    ["many steps", DATA, 2, 4],
    ["epochs of one step", stripes(4, 4, 1), 100, 4],
  ] as const)("turns during %s, whenever it is time", async (_, data, epochs, batchSize) => {
    const net = await Network.create(SMALL);
    yieldAlways();
    const fit = () => net.fit(data, { epochs, batchSize, optimizer: RATE });
    const steps = (epochs * data.count) / batchSize;
    expect(await inEveryTurn(() => {}, fit)).toBeGreaterThanOrEqual(steps);
  });

  it("turns every 12 ms, and not before", async () => {
    const net = await Network.create(SMALL);
    // A step takes 5 ms on this clock.
    const held = holdClock();
    const onBatch = () => {
      held.time += 5;
    };
    const turnsOf = (epochs: number) =>
      inEveryTurn(
        () => {},
        () => net.fit(DATA, { epochs, batchSize: 20, optimizer: RATE, onBatch }),
      );
    // Setting out and finishing may take turns too.
    expect((await turnsOf(7)) - (await turnsOf(1))).toBe((6 * 10 * 5) / 15);
  });

  const LARGE = { inputs: 1024, layers: layersOf([8, 2], "relu", "softmax"), loss: "crossEntropy", seed: 1 } as const;
  /** Bytes of which one in `every` is non-zero. */
  const large = (every: number) => {
    const inputs = new Uint8Array(40_000 * 1024);
    for (let i = 0; i < inputs.length; i += every) inputs[i] = 200;
    return new Dataset({ inputs, shape: 1024, labels: new Uint8Array(40_000).map((_, i) => i % 2) });
  };

  it.each([2, 6])("turns while a large dataset is copied, one in %i non-zero", async (every) => {
    const [net, data, stop] = [await Network.create(LARGE), large(every), new AbortController()];
    const onBatch = () => stop.abort(new Error("it begins"));
    yieldAlways();
    const fit = () => net.fit(data, { epochs: 1, batchSize: 4, optimizer: RATE, onBatch, signal: stop.signal });
    const turns = await inEveryTurn(
      () => {},
      () => expect(fit()).rejects.toThrow("it begins"),
    );
    // After every piece of 1,024 samples at least.
    expect(turns).toBeGreaterThanOrEqual(data.count / 1024);
  });

  it("does not let threaded inference change the memory layout meanwhile", async () => {
    const data = large(6);
    const options: FitOptions = { epochs: 1, batchSize: 2000, optimizer: RATE };
    const trainedTwice = async (meanwhile: (net: Network) => void): Promise<Uint8Array> => {
      const net = await Network.create({ ...LARGE, threads: 2 });
      // The threads run from here on.
      await net.fit(data, options);
      const ask = () => {
        try {
          meanwhile(net);
        } catch (error) {
          // From the training, which has started by then.
          expect(String(error)).toContain("training waits for a thread that is late");
        }
      };
      const turns = await inEveryTurn(ask, () => net.fit(data, options));
      expect(turns).toBeGreaterThan(1);
      return net.toBytes();
    };
    const expected = await trainedTwice(() => {});
    yieldAlways();
    // Large enough for threads to take part.
    const some = data.select(Array.from({ length: 5000 }, (_, i) => i));
    expect(await trainedTwice((net) => net.evaluate(some))).toEqual(expected);
  });

  it("refuses samples that change while they are copied", async () => {
    const [net, data] = [await Network.create(LARGE), large(6)];
    const before = net.toBytes();
    // Both walks over the data start at sample 0: the first counts non-zeros, the second writes them into the space for them.
    let walks = 0;
    const { inputs } = data;
    inputs.subarray = (from = 0, to?: number) => {
      if (from === 0 && ++walks === 2) inputs.fill(1);
      return Uint8Array.prototype.subarray.call(inputs, from, to) as never;
    };
    await expect(net.fit(data, { epochs: 1, optimizer: RATE })).rejects.toThrow(
      "the inputs were changed while they were taken in",
    );
    expect(net.toBytes()).toEqual(before);
    const labels = stripes(200, 4, 1);
    const small = await Network.create(SMALL);
    const onEpoch = () => void labels.labels?.fill(77);
    await expect(small.fit(DATA, { epochs: 2, optimizer: RATE, validation: labels, onEpoch })).rejects.toThrow(
      "a label was changed to 77, but the network has 4 outputs",
    );
    expect(small.predict(DATA.sample(0))).toHaveLength(4);
  });
});
