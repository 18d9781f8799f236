// Every method of a network, called at every moment at which code of the user runs in the middle of another call: it gives the right
// answer, or an Error that says what to do.

import { describe, expect, it } from "vitest";
import { Dataset, type FitOptions, Network, type NetworkOptions, sgd } from "../../src/index.js";
import { flat, layersOf, stripes } from "../support/networks.js";

const OPTIONS: NetworkOptions = {
  inputs: 64,
  layers: layersOf([12, 4], "tanh", "softmax"),
  loss: "crossEntropy",
  seed: 3,
};
const DATA = stripes(600, 4, 1);
const SAMPLE = DATA.sample(5);
const TARGET = DATA.target(5);
const HOW: FitOptions = { epochs: 2, batchSize: 300, optimizer: sgd({ learningRate: 0.1 }) };

const METHODS: Record<string, (network: Network) => unknown> = {
  facts: ({ spec, build, parameterCount }) => [spec, build, parameterCount],
  predict: (network) => network.predict(SAMPLE),
  predictAsync: (network) => network.predictAsync(SAMPLE),
  evaluate: (network) => network.evaluate(DATA),
  evaluateAsync: (network) => network.evaluateAsync(DATA),
  classify: (network) => network.classify(SAMPLE),
  activations: (network) => network.activations(SAMPLE),
  gradient: (network) => network.gradient(SAMPLE, TARGET),
  explain: (network) =>
    network.explain({ input: SAMPLE, target: TARGET, weight: { layer: 1, unit: 1, input: 2 }, learningRate: 1 }),
  fillInputs: (network) => network.fillInputs(1, (view) => view.set(SAMPLE)),
  parameters: (network) => network.parameters(),
  toBytes: (network) => network.toBytes(),
  setParameters: (network) => network.setParameters(network.parameters()),
  fit: (network) => network.fit(DATA, HOW),
};

/** Calls `then`, and gives a number. */
function one(then: () => unknown): number {
  then();
  return 1;
}

/** Runs `then` in the middle of a call, and gives that call's own result. */
const MOMENTS: Record<string, (network: Network, then: () => unknown) => Promise<unknown>> = {
  fill: async (network, then) =>
    network.fillInputs(3, (view) => {
      view.set(SAMPLE);
      then();
      view.set(SAMPLE, 64);
      view.set(SAMPLE, 128);
    }),
  schedule: (network, then) => network.fit(DATA, { ...HOW, schedule: () => one(then) }).then(() => flat(network)),
  onBatch: (network, then) => network.fit(DATA, { ...HOW, onBatch: then }).then(() => flat(network)),
  onEpoch: (network, then) => network.fit(DATA, { ...HOW, onEpoch: () => void then() }).then(() => flat(network)),
  batchInterval: (network, then) =>
    network.fit(DATA, { ...HOW, onBatch: () => {}, batchInterval: () => one(then) - 1 }).then(() => flat(network)),
  save: (network, then) =>
    network.fit(DATA, { ...HOW, checkpoint: { steps: 1, save: () => void then() } }).then(() => flat(network)),
  "a pause of fit": async (network, then) => {
    const pause = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      then();
    };
    await network.fit(DATA, { ...HOW, onBatch: pause });
    return flat(network);
  },
  "a turn of evaluateAsync": async (network, then) => {
    const turning = network.evaluateAsync(DATA);
    then();
    return turning;
  },
};

const CALLBACK = /^"(fill|schedule)" must not call the network that calls it/;
/** The moment, the method, and what refuses it there; all others give the right answer. */
function refusal(moment: string, method: string): RegExp | undefined {
  if (method === "facts") return undefined;
  if (moment === "fill" || moment === "schedule") return CALLBACK;
  if (moment === "a turn of evaluateAsync")
    return method === "setParameters" ? /^this network is answering in turns/ : undefined;
  if (method === "setParameters") return /^this network is being trained: set its parameters before fit/;
  if (method === "fit") return /^this network is being trained already/;
  return undefined;
}

describe.each(Object.entries(MOMENTS))("in the middle of %s", (moment, interrupt) => {
  it.each(Object.entries(METHODS))("%s", async (name, method) => {
    const [quiet, network] = [await Network.create(OPTIONS), await Network.create(OPTIONS)];
    const expected = await interrupt(quiet, () => {});
    const outcomes: Promise<[got: unknown, wanted: unknown]>[] = [];
    const own = await interrupt(network, () => {
      // The right answer is that of another network with the same parameters.
      let copy: Promise<Network> | undefined;
      if (refusal(moment, name) === undefined && name !== "facts" && name !== "fit") {
        copy = Network.fromBytes(network.toBytes());
      }
      const got = (async () => method(network))();
      outcomes.push(
        (async (): Promise<[unknown, unknown]> => {
          const result = await got.catch((error: Error) => error);
          return [result, copy && (await method(await copy))];
        })(),
      );
    });
    expect(own).toEqual(expected);
    expect(outcomes.length).toBeGreaterThan(0);
    for (const [got, wanted] of await Promise.all(outcomes)) {
      const message = refusal(moment, name);
      if (message) {
        expect(got).toBeInstanceOf(Error);
        expect((got as Error).message).toMatch(message);
      } else {
        expect(got).not.toBeInstanceOf(Error);
        if (wanted !== undefined) expect(got).toEqual(wanted);
      }
    }
  });
});

describe("dispose", () => {
  it.each(["onBatch", "onEpoch", "save"] as const)("in %s ends fit soon", async (moment) => {
    const network = await Network.create(OPTIONS);
    let calls = 0;
    const end = () => {
      calls++;
      network.dispose();
    };
    const more: Partial<FitOptions> = moment === "save" ? { checkpoint: { save: end, steps: 1 } } : { [moment]: end };
    await expect(network.fit(DATA, { ...HOW, epochs: 1e6, ...more })).rejects.toThrow(
      "this network has been disposed of",
    );
    expect(calls).toBe(1);
  });

  it("ends a fit whose callback never answers, and an evaluation in turns", async () => {
    const network = await Network.create(OPTIONS);
    const training = network.fit(DATA, {
      ...HOW,
      onEpoch: () => new Promise(() => setTimeout(() => network.dispose(), 1)),
    });
    await expect(training).rejects.toThrow("this network has been disposed of");
    const other = await Network.create(OPTIONS);
    const evaluation = other.evaluateAsync(DATA);
    other.dispose();
    await expect(evaluation).rejects.toThrow("this network has been disposed of");
  });

  it("in fill lets the call end", async () => {
    const network = await Network.create(OPTIONS);
    const outputs = network.fillInputs(1, (view) => {
      view.set(SAMPLE);
      network.dispose();
    });
    expect(outputs.every(Number.isFinite)).toBe(true);
    expect(() => network.predict(SAMPLE)).toThrow("this network has been disposed of");
  });
});

describe("calls in turns", () => {
  it("give the bits of the calls at once, in order, and are aborted by a signal", async () => {
    const network = await Network.create(OPTIONS);
    expect(await network.predictAsync(DATA.inputs)).toEqual(network.predict(DATA.inputs));
    const options = { worst: 3, metrics: ["top3"] as const };
    expect(await network.evaluateAsync(DATA, options)).toEqual(network.evaluate(DATA, options));
    const [before, training] = [network.evaluateAsync(DATA), network.fit(DATA, HOW)];
    expect(await before).toEqual((await Network.create(OPTIONS)).evaluate(DATA));
    await training;
    const stop = new AbortController();
    const stopped = network.predictAsync(DATA.inputs, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(stopped).rejects.toThrow("enough");
    await expect(network.evaluateAsync(DATA, { signal: 3 as never })).rejects.toThrow(
      '"signal" must be an AbortSignal',
    );
  });
});

describe("a dataset", () => {
  it("whose arrays are refilled trains the new samples with their new labels", async () => {
    const makers = [
      (list: Iterable<number>) => Uint32Array.from(list),
      (list: Iterable<number>) => Uint8Array.from(list),
      (list: Iterable<number>) => Array.from(list),
    ];
    for (const make of makers) {
      const [first, second] = [stripes(60, 4, 1), stripes(60, 3, 7)];
      const inputs = Uint8Array.from(first.inputs);
      const labels = make(first.labels ?? []);
      const data = new Dataset({ inputs, shape: [8, 8], labels, classes: 4 });
      inputs.set(second.inputs);
      second.labels?.forEach((label, i) => {
        labels[i] = label;
      });
      const [network, other] = [await Network.create(OPTIONS), await Network.create(OPTIONS)];
      await network.fit(data, { ...HOW, batchSize: 20 });
      await other.fit(second, { ...HOW, batchSize: 20 });
      expect(network.toBytes()).toEqual(other.toBytes());
      expect(data.classCounts()).toEqual([20, 20, 20, 0]);
      labels[7] = 4;
      expect(() => network.evaluate(data)).toThrow('"data.labels" must be whole numbers from 0 to 3, got 4 at index 7');
    }
  });

  it("is frozen, and tells that a buffer was transferred", async () => {
    const data = stripes(60, 4, 1);
    expect(() => Object.assign(data, { count: 3 })).toThrow(TypeError);
    expect(() => (data.shape as number[]).push(1)).toThrow(TypeError);
    structuredClone(data.inputs.buffer, { transfer: [data.inputs.buffer as ArrayBuffer] });
    const network = await Network.create(OPTIONS);
    const message = /^"(train\.|data\.)?inputs" holds 0 numbers of 3840: its buffer was shrunk or transferred/;
    await expect(network.fit(data, HOW)).rejects.toThrow(message);
    expect(() => network.evaluate(data)).toThrow(message);
    expect(() => data.sample(0)).toThrow(message);
    expect(() => data.select([0])).toThrow(message);
  });
});
