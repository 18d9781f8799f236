// Unusual arguments to a network in a worker, unusual results of its callbacks, and calls at unusual moments.

import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Dataset, type FitOptions, Network, type NetworkOptions, sgd } from "../../src/worker.js";
import { layersOf, stripes } from "../support/networks.js";
import { restoreWorkers, watchWorkers, workers } from "../support/node-workers.js";

const OPTIONS: NetworkOptions = {
  ...{ inputs: 64, layers: layersOf([16, 4], "tanh", "softmax"), loss: "crossEntropy", seed: 4, threads: 1 },
};
const DATA = stripes(200, 4, 1);
const FIT: FitOptions = { epochs: 2, batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) };

const made: Network[] = [];
async function create(): Promise<Network> {
  const network = await Network.create(OPTIONS);
  made.push(network);
  return network;
}

afterEach(() => {
  restoreWorkers();
  for (const network of made.splice(0)) network.dispose();
});

/** Records the largest buffer in the messages to workers from now on, including the buffers behind views. */
function watchSent(): { largest: number } {
  const sent = { largest: 0 };
  const { Worker } = workers;
  workers.Worker = class extends Worker {
    override postMessage(...args: Parameters<InstanceType<typeof Worker>["postMessage"]>): void {
      sent.largest = Math.max(sent.largest, largestBuffer(args[0]));
      super.postMessage(...args);
    }
  };
  return sent;
}

function largestBuffer(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  if (typeof value !== "object" || value === null) return 0;
  return Math.max(0, ...Object.values(value).map(largestBuffer));
}

describe("a call to a worker", () => {
  it("sends only the parts of buffers that its arrays view", async () => {
    const sent = watchSent();
    const network = await create();
    const pages = new Float32Array(2 ** 20).fill(0.5);
    const [samples, targets] = [pages.subarray(64, 3 * 64), Float32Array.of(9, 1, 0, 0, 0, 9).subarray(1, 5)];
    const [sample, target] = [pages.subarray(0, 64), targets];
    const checkpoints: Uint8Array[] = [];
    await network.fit(DATA, { ...FIT, checkpoint: { save: (bytes) => void checkpoints.push(bytes) } });
    const whole = new Uint8Array(2 ** 20);
    const within = (bytes: Uint8Array) => {
      whole.set(bytes, 5);
      return whole.subarray(5, 5 + bytes.length);
    };
    sent.largest = 0;
    expect(await network.predict(samples)).toEqual(await network.predict(samples.slice()));
    expect((await network.classify(Buffer.from(pages.buffer).subarray(0, 64))).probabilities).toHaveLength(4);
    expect(await network.activations(sample)).toHaveLength(2);
    expect(await network.gradient(sample.slice(), target)).toEqual(await network.gradient(sample, target.slice()));
    const question = { input: sample, target, weight: { layer: 0, unit: 1, input: 2 }, learningRate: 0.5 };
    expect((await network.explain(question)).terms).not.toHaveLength(0);
    const [first, second] = await network.parameters();
    const weights = pages.subarray(0, 64 * 16);
    await network.setParameters([{ weights, biases: first?.biases ?? [] }, second ?? { weights: [], biases: [] }]);
    expect((await network.parameters())[0]?.weights).toEqual(weights.slice());
    const resume = within(checkpoints.at(-1) as Uint8Array);
    await (await create()).fit(DATA, { ...FIT, checkpoint: { save: () => {} }, resume });
    const copy = await Network.fromBytes(within(await network.toBytes()));
    made.push(copy);
    expect(await copy.toBytes()).toEqual(await network.toBytes());
    // The kernels are the largest message allowed.
    expect(sent.largest).toBeGreaterThan(0);
    expect(sent.largest).toBeLessThan(100_000);
    expect([pages.length, pages.at(-1)]).toEqual([2 ** 20, 0.5]);
  });

  it("refuses what cannot be cloned, and works afterwards", async () => {
    const network = await create();
    const refused = network.explain({ input: () => {} } as never);
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow("explain() was given what cannot be sent to a worker");
    const layer = { layer: 2, unit: 0, input: 0 };
    const wrong = network.explain({
      input: new Float32Array(64),
      target: [1, 0, 0, 0],
      weight: layer,
      learningRate: 1,
    });
    await expect(wrong).rejects.toMatchObject({ name: "RangeError", argument: "weight.layer" });
    const circle: Record<string, unknown> = {};
    circle.input = circle;
    await expect(network.explain(circle as never)).rejects.toThrow(TypeError);
    expect(await network.predict(new Float32Array(64))).toHaveLength(4);
  });
});

describe("a message that cannot be read", () => {
  it("by the worker rejects the calls that wait for it", async () => {
    const network = await create();
    const detach = (view: Float32Array) => void structuredClone(view.buffer, { transfer: [view.buffer] });
    // Some engines refuse to send it, others fail when it is read.
    await expect(network.fillInputs(1, detach)).rejects.toThrow(/cannot be sent|a message could not be read/);
  });

  it("by the main thread does so too", async () => {
    const started = watchWorkers();
    const network = await create();
    const fitting = network.fit(DATA, { ...FIT, epochs: 1e6 });
    started[0]?.emit("messageerror", new Error("unreadable"));
    await expect(fitting).rejects.toThrow('it failed with "a message could not be read"');
  });
});

describe("a fit in a worker", () => {
  it("leaves no listener on a signal", async () => {
    const network = await create();
    const { signal } = new AbortController();
    await network.fit(DATA, { ...FIT, signal });
    await expect(network.fit(DATA, { ...FIT, signal, batchSize: 1000 })).rejects.toThrow(RangeError);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ignores the results of callbacks, whatever they are", async () => {
    const network = await create();
    const anything = () => () => "what cannot be sent";
    const options: FitOptions = { ...FIT, onBatch: anything, batchInterval: 0, checkpoint: { save: anything } };
    expect(await network.fit(DATA, { ...options, onEpoch: anything as never })).toHaveLength(2);
  });

  it("refuses a validation of null", async () => {
    const fit = (await create()).fit(DATA, { ...FIT, validation: null as never });
    await expect(fit).rejects.toThrow('"validation" must be a Dataset, got null');
  });

  it("is refused while the data of another fit is being sent", async () => {
    const network = await create();
    const inputs = new Uint8Array(64 * 100_000).map((_, i) => i % 251);
    const large = new Dataset({ inputs, shape: 64, labels: new Uint8Array(100_000).map((_, i) => i % 4) });
    const first = network.fit(large, { ...FIT, epochs: 1, batchSize: 1000 });
    await expect(network.fit(DATA, FIT)).rejects.toThrow("this network is being trained already");
    expect(await first).toHaveLength(1);
    expect(await network.fit(DATA, FIT)).toHaveLength(2);
  });

  it("that is aborted while a checkpoint is being saved saves no other", async () => {
    const network = await create();
    const [stop, reason] = [new AbortController(), new Error("enough")];
    const seen: string[] = [];
    const save = async () => {
      seen.push("begin");
      stop.abort(reason);
      // Long enough for the worker to save again, if it did not wait.
      for (let i = 0; i < 20; i++) await network.predict(DATA.sample(0));
      seen.push("end");
    };
    const fit = network.fit(DATA, { ...FIT, epochs: 1e6, signal: stop.signal, checkpoint: { steps: 1, save } });
    await expect(fit).rejects.toBe(reason);
    expect(seen.join(" ")).toMatch(/^begin end( begin end)*$/);
  });

  it("does not count the time of saving checkpoints", async () => {
    const network = await create();
    const began = performance.now();
    let saving = 0;
    const save = async () => {
      const before = performance.now();
      // Longer than all before it, whatever the machine.
      if (saving === 0) await new Promise((resolve) => setTimeout(resolve, 100 + 3 * (before - began)));
      saving += performance.now() - before;
    };
    const [record] = await network.fit(DATA, { ...FIT, epochs: 1, checkpoint: { steps: 5, save } });
    expect(saving).toBeGreaterThan(100);
    expect((record?.seconds as number) * 1000).toBeLessThanOrEqual(performance.now() - began - saving);
  });
});

describe("a dataset that is being sent", () => {
  /** Large enough for several pieces. */
  const large = () => {
    const inputs = new Uint8Array(Reflect.construct(ArrayBuffer, [8 * 2 ** 20, { maxByteLength: 2 ** 26 }]));
    const labels = new Uint8Array(inputs.length / 64).map((_, i) => i % 4);
    return new Dataset({ inputs, shape: 64, labels });
  };

  it("arrives as it was when its array grows meanwhile", async () => {
    const network = await create();
    const data = large();
    const evaluating = network.evaluate(data);
    setImmediate(() => (data.inputs.buffer as unknown as { resize(bytes: number): void }).resize(2 ** 26));
    expect((await evaluating).count).toBe(data.count);
    expect(data.inputs).toHaveLength(2 ** 26);
  });

  it("is not sent further after the worker has ended", async () => {
    const network = await create();
    const copies = vi.spyOn(Uint8Array.prototype, "subarray");
    try {
      const fitting = network.fit(large(), FIT);
      network.dispose();
      await expect(fitting).rejects.toThrow("this network has been disposed of");
      expect(copies.mock.calls.length).toBeLessThan(4);
    } finally {
      copies.mockRestore();
    }
  });

  it("is sent again after sending it failed", async () => {
    const network = await create();
    const data = stripes(200, 4, 1);
    vi.spyOn(data.inputs, "subarray").mockImplementationOnce(() => {
      throw new RangeError("no room");
    });
    await expect(network.evaluate(data)).rejects.toThrow("no room");
    expect((await network.evaluate(data)).count).toBe(200);
  });
});
