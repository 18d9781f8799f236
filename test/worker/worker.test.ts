// A network in a worker returns what one on this thread returns, calls its fit's callbacks, and rejects all calls when it ends.

import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { timers, turn } from "../../src/host.js";
import * as local from "../../src/index.js";
import { Datasets } from "../../src/worker/datasets.js";
import { adam, cosine, Dataset, type EpochRecord, type FitOptions, Network, sgd } from "../../src/worker.js";
import { layersOf, stripes } from "../support/networks.js";
import { muteWorkers, type NodeWorker, refuseWorkers, restoreWorkers, watchWorkers } from "../support/node-workers.js";

const OPTIONS: local.NetworkOptions = {
  ...{ inputs: 64, layers: layersOf([64, 4], "tanh", "softmax"), loss: "crossEntropy", seed: 4, threads: 1 },
};
const DATA = stripes(200, 4, 1);
const FIT: FitOptions = { epochs: 3, batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) };

const made: Network[] = [];
async function create(options: Partial<local.NetworkOptions> = {}): Promise<Network> {
  const network = await Network.create({ ...OPTIONS, ...options });
  made.push(network);
  return network;
}

afterEach(() => {
  restoreWorkers();
  for (const network of made.splice(0)) network.dispose();
});

/** Records without the fields that depend on the clock. */
function timeless(history: EpochRecord[]): unknown[] {
  return history.map(({ seconds: _, samplesPerSecond: __, ...rest }) => rest);
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

describe("a network in a worker gives the same results as one on this thread", () => {
  it.each([1, 2, 3])("trained by %i threads", async (count) => {
    const [remote, here] = [await create({ threads: count }), await local.Network.create(OPTIONS)];
    const options: FitOptions = {
      ...{ ...FIT, validation: DATA, optimizer: adam(), schedule: cosine(), maxNorm: 2 },
      ...{ augment: { shift: 1, rotation: 5 }, earlyStopping: { patience: 2 } },
    };
    const [history, expected] = [await remote.fit(DATA, options), await here.fit(DATA, options)];
    expect(timeless(history)).toEqual(timeless(expected));
    expect(await remote.toBytes()).toEqual(here.toBytes());
  });

  it("in every method", async () => {
    const [remote, here] = [await create(), await local.Network.create(OPTIONS)];
    const [sample, target] = [DATA.sample(3), DATA.target(3)];
    expect([remote.spec, remote.build, remote.parameterCount]).toEqual([here.spec, here.build, here.parameterCount]);
    expect(await remote.predict(DATA.inputs)).toEqual(here.predict(DATA.inputs));
    expect(await remote.predict(Array.from(sample, (x) => x / 255))).toEqual(
      here.predict(Array.from(sample, (x) => x / 255)),
    );
    expect(await remote.classify(sample)).toEqual(here.classify(sample));
    expect(await remote.activations(sample)).toEqual(here.activations(sample));
    const asked: local.EvaluationOptions = { worst: 5, metrics: ["top3"] };
    expect(await remote.evaluate(DATA, asked)).toEqual(here.evaluate(DATA, asked));
    expect((await remote.evaluate(DATA, asked)).top3).toBeGreaterThan(0);
    expect(await remote.gradient(sample, target)).toEqual(here.gradient(sample, target));
    const question = { input: sample, target, weight: { layer: 0, unit: 1, input: 2 }, learningRate: 0.5 };
    expect(await remote.explain(question)).toEqual(here.explain(question));
    const fill = (view: Float32Array, first: number) => {
      view.set(Float32Array.from(view, (_, i) => Math.sin(first * 64 + i)));
    };
    expect(await remote.fillInputs(700, fill)).toEqual(here.fillInputs(700, fill));
    const layers = here.parameters().map(({ weights, biases }) => ({ weights: weights.map((w) => -w), biases }));
    await remote.setParameters(layers);
    expect(await remote.parameters()).toEqual(layers);
    const bytes = await remote.toBytes();
    const again = await Network.fromBytes(bytes, { threads: 1 });
    made.push(again);
    expect(await again.toBytes()).toEqual(bytes);
    // The arguments are still usable.
    expect([sample.length, bytes.length > 0, layers[0]?.weights.length]).toEqual([64, true, 64 * 64]);
  });

  it("from float samples with targets in a Buffer, sent in many pieces", async () => {
    const inputs = Float32Array.from({ length: 5000 * 64 }, (_, i) => Math.sin(i));
    const targets = Float32Array.from({ length: 5000 * 4 }, (_, i) => ((i * 7) % 5) / 5);
    const floats = new Dataset({ inputs, shape: 64, targets });
    const bytes = new Dataset({ inputs: Buffer.from(DATA.inputs), shape: 64, labels: DATA.labels as Uint32Array });
    const settings: Partial<local.NetworkOptions> = { loss: "quadratic", layers: layersOf([8, 4], "relu", "sigmoid") };
    const [remote, here] = [await create(settings), await local.Network.create({ ...OPTIONS, ...settings })];
    for (const data of [floats, bytes]) {
      await remote.fit(data, FIT);
      await here.fit(data, FIT);
      expect(await remote.evaluate(data)).toEqual(here.evaluate(data));
    }
    expect(await remote.toBytes()).toEqual(here.toBytes());
  });

  it("after an abort and a resume from a checkpoint", async () => {
    const whole = await local.Network.create(OPTIONS);
    await whole.fit(DATA, FIT);
    const saved: Uint8Array[] = [];
    const reason = new Error("enough");
    const stop = new AbortController();
    const training = (await create()).fit(DATA, {
      ...FIT,
      ...{ checkpoint: { save: (bytes) => void saved.push(bytes) }, signal: stop.signal, batchInterval: 0 },
      onBatch: ({ epoch, samples }) => {
        if (epoch === 2 && samples === 64) stop.abort(reason);
      },
    });
    await expect(training).rejects.toBe(reason);
    const resumed = await create({ seed: 4 });
    await resumed.fit(DATA, { ...FIT, checkpoint: { save: () => {} }, resume: saved.at(-1) as Uint8Array });
    expect(await resumed.toBytes()).toEqual(whole.toBytes());
  });

  it("and throws the same errors", async () => {
    const [remote, here] = [await create(), await local.Network.create(OPTIONS)];
    const other = stripes(20, 9, 1);
    const more = new Dataset({ inputs: DATA.inputs, shape: DATA.shape, labels: DATA.labels ?? [], classes: 5 });
    const wrong: ((network: Network | local.Network) => unknown)[] = [
      (network) => network.predict([1, 2]),
      (network) => network.predict("image" as never),
      (network) => network.classify(DATA.inputs),
      (network) => network.activations(new Float32Array(64).fill(Number.NaN)),
      (network) => network.evaluate(DATA, { worst: -1 }),
      (network) => network.evaluate(DATA, { best: 1 } as never),
      (network) => network.evaluate(other),
      (network) => network.evaluate(more),
      (network) => network.evaluate({} as never),
      (network) => network.fit(other, FIT),
      (network) => network.fit([] as never, FIT),
      (network) => network.fit(DATA, { ...FIT, validation: 5 as never }),
      (network) => network.fit(DATA, { ...FIT, epochs: 0 }),
      (network) => network.fit(DATA, { ...FIT, batchSize: 1000 }),
      (network) => network.fit(DATA, { ...FIT, onBatch: 1 as never }),
      (network) => network.fit(DATA, { ...FIT, batchInterval: -1 }),
      (network) => network.fit(DATA, { ...FIT, optimizer: {} as never }),
      (network) => network.fit(DATA, { ...FIT, resume: new Uint8Array(9) }),
      (network) => network.fit(DATA, undefined as never),
      (network) => network.fillInputs(-1, () => {}),
      (network) => network.fillInputs(1, 5 as never),
      (network) => network.setParameters([]),
      (network) => network.explain({} as never),
    ];
    for (const attempt of wrong) {
      const [got, expected] = [
        await failure(attempt(remote) as Promise<unknown>),
        await failure((async () => attempt(here))()),
      ];
      expect(expected).toBeInstanceOf(Error);
      expect([(got as Error).name, (got as Error).message], String(attempt)).toEqual([
        (expected as Error).name,
        (expected as Error).message,
      ]);
      expect((got as Error).constructor).toBe((expected as Error).constructor);
    }
    expect(await remote.toBytes()).toEqual(here.toBytes());
  });

  it.each([
    { ...OPTIONS, inputs: 0 },
    { ...OPTIONS, loss: "absolute" },
    { ...OPTIONS, threads: 0 },
    { ...OPTIONS, deterministic: 1 },
    { ...OPTIONS, speed: 1 },
    undefined,
    [],
  ])("or is not made: %j", async (options) => {
    const [got, expected] = [Network.create(options as never), local.Network.create(options as never)];
    const messages = (await Promise.all([got, expected].map(failure))).map((error) => (error as Error).message);
    expect(messages[0]).toBe(messages[1]);
  });
});

describe("a fit in a worker", () => {
  it("reports every epoch in order and waits for the promise of onEpoch", async () => {
    const seen: string[] = [];
    const history = await (await create()).fit(DATA, {
      ...FIT,
      onEpoch: async ({ epoch }) => {
        seen.push(`begin ${epoch}`);
        await turn();
        seen.push(`end ${epoch}`);
      },
    });
    expect(seen).toEqual([1, 2, 3].flatMap((epoch) => [`begin ${epoch}`, `end ${epoch}`]));
    expect(history).toHaveLength(3);
  });

  it("reports every batch if the interval is 0, and otherwise as rarely as it says", async () => {
    const counted = async (batchInterval: FitOptions["batchInterval"]): Promise<number> => {
      let calls = 0;
      await (await create()).fit(DATA, {
        ...FIT,
        ...(batchInterval !== undefined && { batchInterval }),
        onBatch: () => calls++,
      });
      return calls;
    };
    expect(await counted(0)).toBe(39);
    expect(await counted(1e6)).toBe(1);
    let asked = 0;
    expect(await counted(() => (++asked < 3 ? 0 : 1e6))).toBe(3);
    expect(asked).toBe(3);
  });

  it("reports batches every 50 ms by default", async () => {
    const started = watchWorkers();
    const network = await create();
    const posting = vi.spyOn(started[0] as NodeWorker, "postMessage");
    await network.fit(DATA, { ...FIT, onBatch: () => {} });
    const said = posting.mock.calls.map(([message]) => message as { kind: string; value?: unknown });
    const told = said.filter(({ kind }) => kind === "answer").map(({ value }) => value);
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told)).toEqual(new Set([50]));
  });

  it("pauses while a report is pending, and other calls are answered meanwhile", async () => {
    const network = await create();
    let resume = () => {};
    let reports = 0;
    const paused = new Promise<void>((resolve) => {
      const training = network.fit(DATA, {
        ...{ ...FIT, batchInterval: 0 },
        onBatch: () => {
          if (++reports !== 5) return;
          resolve();
          return new Promise<void>((go) => {
            resume = go;
          });
        },
      });
      made.push({ dispose: () => void training.catch(() => {}) } as unknown as Network);
    });
    await paused;
    const before = await network.predict(DATA.sample(0));
    // Each is a message to the worker and back, in which a training that does not wait would take steps.
    for (let i = 0; i < 20; i++) expect(await network.predict(DATA.sample(0))).toEqual(before);
    expect(reports).toBe(5);
    resume();
    await expect.poll(() => reports).toBe(39);
    expect(await network.predict(DATA.sample(0))).not.toEqual(before);
  });

  it("does not count pauses as training time", async () => {
    const network = await create();
    const began = performance.now();
    let paused = 0;
    const onBatch = async () => {
      if (paused > 0) return;
      const before = performance.now();
      // Longer than all before it, whatever the machine.
      await new Promise((resolve) => setTimeout(resolve, 100 + 3 * (before - began)));
      paused = performance.now() - before;
    };
    const [record] = await network.fit(DATA, { ...FIT, epochs: 1, onBatch });
    expect(paused).toBeGreaterThan(100);
    expect((record?.seconds as number) * 1000).toBeLessThanOrEqual(performance.now() - began - paused);
  });

  it("rejects with the signal's reason: before it starts, while it runs, while it is paused", async () => {
    const network = await create();
    const reason = new Error("enough");
    await expect(network.fit(DATA, { ...FIT, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const pending of [undefined, new Promise(() => {})]) {
      const stop = new AbortController();
      const training = network.fit(DATA, {
        ...{ ...FIT, epochs: 1e6, signal: stop.signal },
        onBatch: () => {
          // After the report has been answered.
          void turn().then(() => stop.abort(reason));
          return pending;
        },
      });
      await expect(training).rejects.toBe(reason);
    }
    await network.fit(DATA, FIT);
  });

  it.each(["onEpoch", "onBatch", "save"])("rejects with the error that %s throws", async (name) => {
    const network = await create();
    const mine = new SyntaxError("mine");
    const throwing = () => {
      throw mine;
    };
    const options = name === "save" ? { checkpoint: { save: throwing } } : { [name]: throwing };
    await expect(network.fit(DATA, { ...FIT, ...options })).rejects.toBe(mine);
    expect(await network.fit(DATA, FIT)).toHaveLength(3);
  });

  it("is refused while another runs, and refuses functions as schedules", async () => {
    const network = await create();
    const stop = new AbortController();
    const first = failure(network.fit(DATA, { ...FIT, epochs: 1e6, signal: stop.signal }));
    await expect(network.fit(DATA, FIT)).rejects.toThrow("this network is being trained already");
    stop.abort();
    expect(await first).toBe(stop.signal.reason);
    const fit = network.fit(DATA, { ...FIT, schedule: () => 1 });
    await expect(fit).rejects.toThrow(TypeError);
    await expect(fit).rejects.toThrow(
      '"schedule" must be plain data in a worker, such as cosine() gives, got a function',
    );
  });

  it("sends a dataset once", async () => {
    const network = await create();
    const data = stripes(200, 4, 1);
    const before = await network.evaluate(data);
    data.inputs.fill(0);
    expect(await network.evaluate(data)).toEqual(before);
    expect((await network.evaluate(data.shuffle(1))).loss).not.toBe(before.loss);
  });
});

describe("a worker", () => {
  it("that is disposed rejects all pending calls with one message", async () => {
    const network = await create();
    const training = network.fit(DATA, { ...FIT, epochs: 1e6, onBatch: () => network.dispose() });
    await expect(training).rejects.toThrow(/^this network has been disposed of$/);
    await expect(network.predict(DATA.inputs)).rejects.toThrow(/^this network has been disposed of$/);
    network.dispose();
  });

  it("that exits does so too", async () => {
    const started = watchWorkers();
    const network = await create();
    const training = network.fit(DATA, { ...FIT, epochs: 1e6, onBatch: () => void started[0]?.terminate() });
    await expect(training).rejects.toThrow("the worker of this network cannot be used: it was terminated");
    await expect(network.toBytes()).rejects.toThrow("the worker of this network cannot be used: it was terminated");
  });

  it("that the engine refuses to start is reported", async () => {
    refuseWorkers("no more threads");
    await expect(Network.create(OPTIONS)).rejects.toThrow(
      "the worker of this network cannot be used: it could not be started: no more threads",
    );
  });

  it("ends when its network cannot be created", async () => {
    const started = watchWorkers();
    await expect(Network.create({ ...OPTIONS, inputs: 0 })).rejects.toThrow(RangeError);
    expect(started).toHaveLength(1);
    // A thread that has ended has no number.
    await expect.poll(() => started[0]?.threadId).toBe(-1);
  });

  it("that does not start is given up after half a minute", async () => {
    muteWorkers();
    const start = vi.spyOn(timers, "start").mockReturnValue({} as never);
    try {
      const creating = Network.create(OPTIONS);
      await vi.waitFor(() => expect(start).toHaveBeenCalledWith(expect.any(Function), 30_000));
      start.mock.calls.find(([, milliseconds]) => milliseconds === 30_000)?.[0]();
      await expect(creating).rejects.toThrow(
        "the worker of this network cannot be used: it did not start within 30 seconds",
      );
    } finally {
      start.mockRestore();
    }
  });

  /** The output of a program that imports the built entry. */
  function run(code: string, ...flags: string[]): string {
    const entry = JSON.stringify(new URL("../../build/worker.js", import.meta.url).href);
    const program = `import { Dataset, Network, sgd } from ${entry};
      const options = { inputs: 64, layers: ${JSON.stringify(OPTIONS.layers)}, loss: "crossEntropy" };
      const data = new Dataset({ inputs: new Uint8Array(640).fill(9), shape: 64, labels: [0, 1, 2, 3, 0, 1, 2, 3, 0, 1] });
      ${code}`;
    const args = [...flags, "--input-type=module", "-e", program];
    return execFileSync(process.execPath, args, { encoding: "utf8" });
  }

  it("keeps the process running while it works, and no longer", () => {
    const output = run(`const network = await Network.create(options);
      await network.fit(data, { epochs: 2000, optimizer: sgd({ learningRate: 0.1 }) });
      console.log((await network.predict(new Uint8Array(64))).length);
      // Still referenced, so that garbage collection does not end it.
      globalThis.network = network;`);
    expect(output).toBe("4\n");
  });

  it("works on while a promise is pending, even if its network is garbage", () => {
    const output = run(
      `const training = (await Network.create(options)).fit(data, { epochs: 3000, optimizer: sgd({ learningRate: 0.1 }) });
      let [turns, isDone] = [0, false];
      training.catch(() => {}).then(() => { isDone = true; });
      for (; !isDone; turns++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }
      console.log((await training).length, turns > 0);`,
      "--expose-gc",
    );
    expect(output).toBe("3000 true\n");
  });

  it("ends when its network is collected", () => {
    const output = run(
      `let threads = 0;
      const { Worker } = process.getBuiltinModule("worker_threads");
      process.getBuiltinModule("worker_threads").Worker = class extends Worker {
        constructor(...args) { super(...args); threads++; this.on("exit", () => threads--); }
      };
      const most = [];
      for (let i = 0; i < 5; i++) await (await Network.create(options)).fit(data, { epochs: 1, optimizer: sgd({ learningRate: 0.1 }) });
      most.push(threads);
      while (threads > 0) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
      console.log(most[0] >= 1, threads);`,
      "--expose-gc",
    );
    expect(output).toBe("true 0\n");
  });

  it("drops datasets that are collected", () => {
    const output = run(
      `const told = [];
      const { Worker } = process.getBuiltinModule("worker_threads");
      process.getBuiltinModule("worker_threads").Worker = class extends Worker {
        postMessage(message, ...rest) { told.push(message); super.postMessage(message, ...rest); }
      };
      const network = await Network.create(options);
      await network.evaluate(data);
      await network.evaluate(data.shuffle(1));
      const dropped = () => told.filter(({ kind }) => kind === "drop").map(({ dataset }) => dataset);
      while (dropped().length === 0) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
      const sent = told.filter(({ kind }) => kind === "dataset").map(({ dataset }) => dataset);
      console.log(JSON.stringify([sent.indexOf(dropped()[0]), dropped().length, (await network.evaluate(data)).count]));
      network.dispose();`,
      "--expose-gc",
    );
    expect(output).toBe("[1,1,10]\n");
    const datasets = new Datasets();
    const outline = { shape: [1], classes: 1, isBytes: true, lengths: { inputs: 1, labels: 1, targets: 0 } };
    datasets.receive({ kind: "dataset", dataset: 7, outline });
    expect(datasets.get(7).count).toBe(1);
    datasets.receive({ kind: "drop", dataset: 7 });
    expect(() => datasets.get(7)).toThrow("this worker has no such dataset");
  });
});
