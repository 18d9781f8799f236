// Checkpoints: a resumed training ends as if it had never stopped, and nothing but a valid checkpoint is accepted.

import { afterEach, describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/format/safetensors.js";
import { turn } from "../../src/host.js";
import {
  adam,
  constant,
  cosine,
  Dataset,
  type EpochRecord,
  type FitOptions,
  Network,
  type NetworkOptions,
  sgd,
  type Threads,
} from "../../src/index.js";
import { flat, layersOf, OPTIMIZERS, stripes } from "../support/networks.js";
import { holdClock, inEveryTurn, restoreClock, yieldAlways } from "../support/yields.js";

afterEach(restoreClock);

const OPTIONS: NetworkOptions = {
  inputs: 64,
  layers: layersOf([20, 4], "tanh", "softmax"),
  loss: "crossEntropy",
  seed: 4,
};
const DATA = stripes(100, 4, 1);
const TRAINING: FitOptions = { epochs: 4, batchSize: 15, optimizer: adam({ learningRate: 0.01 }) };
type Bytes = Uint8Array<ArrayBuffer>;

/** A training without a stop: the final model, the history, and a checkpoint after each step. */
async function whole(options: FitOptions): Promise<{ bytes: Bytes; history: object[]; checkpoints: Bytes[] }> {
  const net = await Network.create(OPTIONS);
  const checkpoints: Bytes[] = [];
  const save = (bytes: Bytes) => void checkpoints.push(bytes);
  const history = await net.fit(DATA, { ...options, checkpoint: { save, steps: 1 } });
  return { bytes: net.toBytes(), history: history.map(withoutTimings), checkpoints };
}

/** A record without its timings, which differ between trainings. */
function withoutTimings({ seconds: _, samplesPerSecond: __, ...record }: EpochRecord): object {
  return record;
}

async function resumed(options: FitOptions, resume: Bytes, threads: Threads = 1) {
  const net = await Network.create({ ...OPTIONS, threads });
  const history = await net.fit(DATA, { ...options, resume });
  return { bytes: net.toBytes(), history: history.map(withoutTimings), net };
}

describe("a resumed training ends as one that was never stopped", () => {
  const validation = stripes(40, 4, 2);
  const cases: [string, FitOptions][] = [
    ...OPTIMIZERS.map((optimizer): [string, FitOptions] => [JSON.stringify(optimizer), { ...TRAINING, optimizer }]),
    ["with a schedule", { ...TRAINING, schedule: cosine({ warmUp: 1.5 }) }],
    ["with augmentation", { ...TRAINING, augment: { shift: 1, rotation: 10, elastic: { alpha: 3, sigma: 2 } } }],
    ["without shuffling", { ...TRAINING, shuffle: false }],
    ["with validation", { ...TRAINING, validation }],
    ["with early stopping", { ...TRAINING, epochs: 9, validation, earlyStopping: { patience: 2, minDelta: 0.1 } }],
    ["in full batches", { ...TRAINING, epochs: 6, batchSize: 100 }],
  ];

  it.each(cases)("%s", async (_, options) => {
    const expected = await whole(options);
    const steps = expected.checkpoints.length - 1;
    expect(steps).toBeGreaterThan(5);
    for (const i of [0, 1, Math.floor(steps / 2), steps - 2, steps - 1, steps]) {
      const { bytes, history } = await resumed(options, expected.checkpoints[i] as Bytes, i % 2 ? 2 : 1);
      expect(history, `from checkpoint ${i}`).toEqual(expected.history);
      expect(bytes, `from checkpoint ${i}`).toEqual(expected.bytes);
    }
  });

  it("when it was aborted in the middle of an epoch or of a long step", async () => {
    for (const batchSize of [15, 100]) {
      const options = { ...TRAINING, batchSize };
      const expected = await whole(options);
      const [net, stop, saved] = [await Network.create(OPTIONS), new AbortController(), [] as Bytes[]];
      let batches = 0;
      const onBatch = () => {
        if (++batches === 3) stop.abort(new Error("enough"));
      };
      const checkpoint = { save: (bytes: Bytes) => void saved.push(bytes) };
      const training = net.fit(DATA, { ...options, checkpoint, signal: stop.signal, onBatch });
      await expect(training).rejects.toThrow("enough");
      expect(saved).toHaveLength(1);
      expect((await resumed(options, saved[0] as Bytes)).bytes).toEqual(expected.bytes);
    }
  });

  it("when it is the second fit of a network, and a third fit shuffles in a new order", async () => {
    const train = async (net: Network, options: Partial<FitOptions> = {}) => {
      await net.fit(DATA, { ...TRAINING, ...options });
      return net;
    };
    const saved: Bytes[] = [];
    const [once, again] = [await Network.create(OPTIONS), await Network.create(OPTIONS)];
    await train(once);
    await train(once, { checkpoint: { save: (bytes) => void saved.push(bytes), steps: 3 } });
    await train(again, { resume: saved[4] as Bytes });
    expect(again.toBytes()).toEqual(once.toBytes());
    const third = (await train(once)).toBytes();
    expect((await train(again)).toBytes()).toEqual(third);
    // A checkpoint from the end leaves no epoch to train.
    const last = await train(await Network.create(OPTIONS), { resume: saved.at(-1) as Bytes });
    expect((await train(last)).toBytes()).toEqual(third);
  });

  it("and saves the same checkpoints, apart from timings", async () => {
    const expected = await whole(TRAINING);
    const save = (bytes: Bytes) => void later.push(bytes);
    const later: Bytes[] = [];
    const net = await Network.create(OPTIONS);
    await net.fit(DATA, { ...TRAINING, resume: expected.checkpoints[9] as Bytes, checkpoint: { save, steps: 1 } });
    const tensorsOf = (bytes: Bytes) => decodeSafetensors(bytes, "x", ["F32", "U8"]).tensors;
    expect(later.map(tensorsOf)).toEqual(expected.checkpoints.slice(10).map(tensorsOf));
  });
});

describe("checkpoints are saved", () => {
  const counted = async (options: object, more: Partial<FitOptions> = {}) => {
    let saves = 0;
    const net = await Network.create(OPTIONS);
    const save = async () => {
      await turn();
      saves++;
    };
    await net.fit(DATA, { ...TRAINING, ...more, checkpoint: { save, ...options } });
    return saves;
  };

  it("after the given number of steps, and at the end", async () => {
    // 28 steps; the save that would fall between two epochs comes after the last step of the first.
    expect(await counted({ steps: 1 })).toBe(28 + 1);
    expect(await counted({ steps: 10 })).toBe(2 + 1);
    expect(await counted({ steps: 1000 })).toBe(1);
  });

  it("after the given number of seconds", async () => {
    // A step takes 10 s on this clock, an epoch 70 s, and the training 280 s.
    const held = holdClock();
    const onBatch = () => {
      held.time += 10_000;
    };
    expect(await counted({}, { onBatch })).toBe(Math.floor(280 / 60) + 1);
    expect(await counted({ seconds: 95 }, { onBatch })).toBe(2 + 1);
    expect(await counted({ seconds: 281 }, { onBatch })).toBe(1);
    // After every step, after every epoch, and at the end.
    yieldAlways();
    expect(await counted({ seconds: 0 })).toBe(28 + 4 + 1);
  });

  it("but not when training has diverged", async () => {
    const saved: Bytes[] = [];
    const net = await Network.create(OPTIONS);
    const schedule = (done: number) => (done < 2 ? 1 : 3e38);
    const checkpoint = { save: (bytes: Bytes) => void saved.push(bytes), steps: 1 };
    await expect(net.fit(DATA, { ...TRAINING, schedule, checkpoint })).rejects.toThrow("training diverged");
    for (const bytes of saved) {
      const { tensors } = decodeSafetensors(bytes, "x", ["F32", "U8"]);
      for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
    }
  });

  it("but not when training is aborted while its data is copied", async () => {
    // Several pieces, after each of which training yields.
    const inputs = new Uint8Array(50_000 * 64).map((_, i) => i % 251);
    const data = new Dataset({ inputs, shape: 64, labels: new Uint8Array(50_000).map((_, i) => i % 4) });
    const net = await Network.create(OPTIONS);
    const [stop, reason, saved] = [new AbortController(), new Error("enough"), [] as Bytes[]];
    const checkpoint = { save: (bytes: Bytes) => void saved.push(bytes) };
    yieldAlways();
    const training = () => net.fit(data, { ...TRAINING, checkpoint, signal: stop.signal });
    await inEveryTurn(
      () => stop.abort(reason),
      () => expect(training()).rejects.toBe(reason),
    );
    expect(saved).toEqual([]);
  });

  it("and an error that `save` throws ends training", async () => {
    const net = await Network.create(OPTIONS);
    const save = () => Promise.reject(new Error("no space"));
    await expect(net.fit(DATA, { ...TRAINING, checkpoint: { save } })).rejects.toThrow("no space");
    await net.fit(DATA, TRAINING);
  });
});

describe("resume refuses to go on, and does not change the network,", async () => {
  const validation = stripes(40, 4, 2);
  const { checkpoints } = await whole(TRAINING);
  const checkpoint = checkpoints[9] as Bytes;
  const differently = async (options: Partial<FitOptions>, network: Partial<NetworkOptions> = {}, data = DATA) => {
    const net = await Network.create({ ...OPTIONS, ...network });
    const before = flat(net);
    const refusal = await net.fit(data, { ...TRAINING, resume: checkpoint, ...options }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(flat(net)).toEqual(before);
    expect(refusal).toBeInstanceOf(RangeError);
    await net.fit(data, { epochs: 1, optimizer: sgd({ learningRate: 0.1 }) });
    return refusal?.message;
  };

  it.each<[string, Partial<FitOptions>, Partial<NetworkOptions>, RegExp]>([
    ["with more epochs", { epochs: 5 }, {}, /^"epochs" must be 4 as in the checkpoint, got 5$/],
    ["with another batch size", { batchSize: 16 }, {}, /^"batchSize" must be 15 as in the checkpoint, got 16$/],
    ["without shuffling", { shuffle: false }, {}, /^"shuffle" must be true as in the checkpoint, got false$/],
    [
      "with another optimizer",
      { optimizer: sgd({ learningRate: 0.01 }) },
      {},
      /^"optimizer\.name" must be "adam" as in .*"sgd"$/,
    ],
    [
      "with another learning rate",
      { optimizer: adam({ learningRate: 0.02 }) },
      {},
      /^"optimizer.learningRate" must be 0.01 as in .* got 0.02$/,
    ],
    ["with augmentation", { augment: { shift: 1 } }, {}, /^"augment" must be left out as in the .* got \{"shift":1\}$/],
    [
      "with a schedule",
      { schedule: constant() },
      {},
      /^"schedule" must be left out as in the checkpoint, got \{"name"/,
    ],
    [
      "with early stopping",
      { validation, earlyStopping: { patience: 1 } },
      {},
      /^"earlyStopping" must be left out as in/,
    ],
    ["with validation", { validation }, {}, /^"validation" must be left out as in the checkpoint, got "40 x 64, /],
    ["with another seed", {}, { seed: 5 }, /^"seed" must be 4 as in the checkpoint, got 5$/],
    ["with other layers", {}, { layers: layersOf([21, 4], "tanh", "softmax") }, /^"layers" must be \[\{"units":20,/],
    [
      "with another input scale",
      {},
      { inputScale: 1 },
      /^"inputScale" must be 0\.0039\d+ as in the checkpoint, got 1$/,
    ],
  ])("with %s", async (_, options, network, message) => {
    expect(await differently(options, network)).toMatch(message);
  });

  it("with data whose last number alone differs, after the first megabytes", async () => {
    const data = (last: number) => {
      const inputs = new Uint8Array(40_000 * 64);
      inputs[inputs.length - 1] = last;
      return new Dataset({ inputs, shape: 64, labels: new Uint8Array(40_000).map((_, i) => i % 4) });
    };
    const [options, saved] = [{ epochs: 1, batchSize: 10_000, optimizer: sgd({ learningRate: 0.1 }) }, [] as Bytes[]];
    const checkpoint = { save: (bytes: Bytes) => void saved.push(bytes) };
    const net = await Network.create(OPTIONS);
    await net.fit(data(1), { ...options, checkpoint });
    const resume = saved[0] as Bytes;
    await net.fit(data(1), { ...options, resume });
    await expect(net.fit(data(2), { ...options, resume })).rejects.toThrow(/^"train" must be "40000 x 64, /);
  });

  it("with other data of the same size", async () => {
    expect(await differently({}, {}, stripes(100, 4, 2))).toMatch(
      /^"train" must be "100 x 64, \w+" as in the checkpoint/,
    );
  });

  it("with other labels of the same samples", async () => {
    const { inputs, shape, labels = [], classes } = DATA;
    const relabelled = new Dataset({ inputs, shape, labels: Array.from(labels, (label) => (label + 1) % 4), classes });
    const { checkpoints } = await whole(TRAINING);
    const resuming = (await Network.create(OPTIONS)).fit(relabelled, { ...TRAINING, resume: checkpoints[9] as Bytes });
    await expect(resuming).rejects.toThrow(/^"train" must be "100 x 64, \w+" as in the checkpoint/);
  });

  it("with images of another shape and augmentation", async () => {
    const options = { ...TRAINING, augment: { shift: 1 } };
    const [resume] = (await whole(options)).checkpoints as [Bytes];
    const { inputs, labels = [], classes } = DATA;
    const wide = new Dataset({ inputs, shape: [4, 16], labels, classes });
    expect(await differently({ ...options, resume }, {}, wide)).toBe(
      '"train.shape" must be [8,8] as in the checkpoint, got [4,16]',
    );
  });

  it("from a model", async () => {
    const model = (await Network.create(OPTIONS)).toBytes();
    expect(await differently({ resume: model })).toBe(
      'the checkpoint holds no training to go on with: its metadata has no "wasmlpCheckpoint" of 2 or 3',
    );
  });

  it("from a value that is not bytes", async () => {
    const net = await Network.create(OPTIONS);
    await expect(net.fit(DATA, { ...TRAINING, resume: "x" as never })).rejects.toThrow(
      '"resume" must be a Uint8Array, got "x"',
    );
  });

  it("from a checkpoint that is cut at any length", async () => {
    const net = await Network.create(OPTIONS);
    const before = flat(net);
    for (let length = 0; length < checkpoint.length; length += length < 3000 ? 7 : 997) {
      const attempt = net.fit(DATA, { ...TRAINING, resume: checkpoint.slice(0, length) });
      await expect(attempt, `cut at ${length}`).rejects.toThrow(/^the checkpoint is (cut|too) short/);
    }
    expect(flat(net)).toEqual(before);
  });

  /** The checkpoint with one entry of its state replaced. */
  function altered(change: (state: Record<string, unknown>) => void): Bytes {
    const { tensors, bytes, metadata } = decodeSafetensors(checkpoint, "x", ["F32", "U8"]);
    const state = JSON.parse(new TextDecoder().decode(bytes.get("state")));
    change(state);
    const data = new TextEncoder().encode(JSON.stringify(state));
    const all = [
      ...[...tensors].map(([name, tensor]) => ({ name, ...tensor })),
      { name: "state", shape: [data.length], data },
    ];
    return encodeSafetensors(all, Object.fromEntries(metadata));
  }

  it.each<[string, unknown, string]>([
    ["asked", 3, '"asked" must be an object'],
    ["asked", { network: {}, fit: 1, data: {} }, '"fit" must be an object'],
    ["epoch", 0, '"epoch" must be a whole number from 1 to 5'],
    ["epoch", 6, '"epoch" must be a whole number from 1 to 5'],
    ["epoch", "2", '"epoch" must be a number'],
    ["samples", 101, '"samples" must be a whole number from 0 to 100'],
    ["samples", 7, '"samples" ends no batch'],
    ["epochsBefore", -1, '"epochsBefore" must be a whole number from 0'],
    ["loss", null, '"loss" must be a number'],
    ["history", {}, '"history" must be an array'],
    ["history", [], '"history" must be a whole number from 1 to 1, got 0'],
    ["history", [null], '"history.epoch" must be a number'],
    ["best", { epoch: 1, score: 1 }, '"best" is missing, or there for nothing'],
    ["more", 1, '"state" has no option "more"'],
  ])("one whose %s is %j", async (key, value, message) => {
    const resume = altered((state) => {
      state[key] = value;
    });
    expect(await differently({ resume })).toMatch(`the checkpoint is damaged: ${message}`);
  });

  it("from a checkpoint with one changed byte, unless it is still valid", async () => {
    const net = await Network.create(OPTIONS);
    const header = 8 + new DataView(checkpoint.buffer).getUint32(0, true);
    const state = checkpoint.length - 2000;
    const places = [...Array(header).keys(), ...Array.from({ length: 2000 }, (_, i) => state + i)];
    let refused = 0;
    for (const i of places.filter((place) => place % 3 === 0)) {
      const damaged = checkpoint.slice();
      damaged[i] = (damaged[i] as number) ^ 0x11;
      const error = await net.fit(DATA, { ...TRAINING, resume: damaged }).then(
        () => undefined,
        (reason: Error) => reason,
      );
      if (!error) continue;
      refused++;
      expect(error, `byte ${i}: ${error.stack}`).toBeInstanceOf(RangeError);
    }
    expect(refused).toBeGreaterThan(header / 6);
  });
});

describe("checkpoint options are checked", () => {
  it.each<[unknown, string]>([
    [3, '"checkpoint" must be an object, got 3'],
    [{}, '"checkpoint.save" must be a function, got undefined'],
    [{ save: () => {}, every: 3 }, '"checkpoint" has no option "every"; it takes save, seconds, steps'],
    [{ save: () => {}, steps: 0 }, '"checkpoint.steps" must be a whole number from 1'],
    [{ save: () => {}, seconds: -1 }, '"checkpoint.seconds" must be a finite number of at least 0, got -1'],
  ])("%j", async (checkpoint, message) => {
    const net = await Network.create(OPTIONS);
    await expect(net.fit(DATA, { ...TRAINING, checkpoint: checkpoint as never })).rejects.toThrow(message);
  });
});
