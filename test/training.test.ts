// Training against the float64 reference, and what `fit` promises on the way.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Dataset, type FitOptions, Network, type NetworkOptions, sgd } from "../src/index.js";
import { distributions, flat, gaussians, layersOf, stripes } from "./networks.js";
import { copyParameters, trainStep } from "./reference.js";

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

describe("steps of gradient descent equal the reference's", () => {
  it.each([
    [30, 1],
    [30, 7],
    [30, 30],
    [300, 257],
    [300, 300],
    [2500, 2500],
  ])("%i samples in batches of %i", async (count, batchSize) => {
    const [inputs, targets] = [gaussians(count * 9, 1), distributions(count, 3, 2)];
    const net = await Network.create({
      inputs: 9,
      layers: layersOf([12, 3], "sigmoid", "sigmoid"),
      loss: "quadratic",
      seed: 1,
    });
    const params = copyParameters(net.parameters());
    const data = new Dataset({ inputs, shape: 9, targets });
    const [record] = await net.fit(data, {
      epochs: 1,
      batchSize,
      optimizer: sgd({ learningRate: 0.7 }),
      shuffle: false,
    });
    let loss = 0;
    for (let from = 0; from < count; from += batchSize) {
      const rows = Math.min(batchSize, count - from);
      const [x, y] = [inputs.subarray(from * 9, (from + rows) * 9), targets.subarray(from * 3, (from + rows) * 3)];
      loss += rows * trainStep(net.spec, params, x, y, rows, 0.7);
    }
    expect(record?.loss).toBeCloseTo(loss / count, 5);
    const expected = params.flatMap(({ weights, biases }) => [...weights, ...biases]);
    const worst = Math.max(...flat(net).map((value, i) => Math.abs(value - (expected[i] as number))));
    expect(worst).toBeLessThan(5e-6);
  });
});

describe("a golden trajectory", () => {
  it("ten epochs of a fixed seed: losses, and the bytes of the model, on every engine", async () => {
    const net = await Network.create({ ...SMALL, deterministic: true });
    const history = await net.fit(DATA, { epochs: 10, batchSize: 16, optimizer: RATE });
    expect(history.map(({ loss }) => Number(loss.toFixed(6)))).toEqual(GOLDEN_LOSSES);
    expect(createHash("sha256").update(net.toBytes()).digest("hex")).toBe(GOLDEN_BYTES);
  });
});

/** Recorded on Node 20 and 24, which agree to the bit; the reference's steps above hold the arithmetic behind them. */
const GOLDEN_LOSSES = [
  0.720714, 0.155333, 0.065587, 0.039387, 0.027686, 0.021181, 0.017066, 0.014222, 0.012171, 0.010617,
];
const GOLDEN_BYTES = "ec199aa4fcb8f8619c8c8e5b4600ac9806afec7cfca53c14061d64e945af4292";

describe("one seed", () => {
  it("gives the same bits again, and another seed others", async () => {
    const [a, b, c] = [await trained(), await trained(), await trained({}, { seed: 5 })];
    expect(flat(b)).toEqual(flat(a));
    expect(flat(c)).not.toEqual(flat(a));
  });

  it("shuffles anew in a second fit", async () => {
    const once = await trained({ epochs: 4 });
    const twice = await trained({ epochs: 2 });
    await twice.fit(DATA, { epochs: 2, batchSize: 16, optimizer: RATE });
    expect(flat(twice)).toEqual(flat(once));
    const unshuffled = await trained({ epochs: 4, shuffle: false });
    expect(flat(unshuffled)).not.toEqual(flat(once));
  });
});

describe("fit", () => {
  it("learns, and reports each epoch", async () => {
    const net = await Network.create(SMALL);
    const validation = stripes(40, 4, 2);
    const history = await net.fit(DATA, { epochs: 12, batchSize: 16, optimizer: RATE, validation });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const last = history[11];
    expect(last?.loss).toBeLessThan((history[0]?.loss ?? 0) / 4);
    expect(last?.accuracy).toBe(1);
    expect(last?.validation).toEqual(net.evaluate(validation));
    expect(last?.validation?.accuracy).toBe(1);
    expect(last?.samplesPerSecond).toBeGreaterThan(0);
  });

  it("reports each batch: samples so far, mean loss, accuracy", async () => {
    const seen: number[][] = [];
    await trained({
      epochs: 1,
      onBatch: ({ epoch, samples, total, loss }) => seen.push([epoch, samples, total, loss]),
    });
    expect(seen.map(([, samples]) => samples)).toEqual([16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 200]);
    expect(seen.every(([epoch, , total]) => epoch === 1 && total === 200)).toBe(true);
    expect(seen.every(([, , , loss]) => (loss as number) > 0)).toBe(true);
  });

  it("is not disturbed by what callbacks ask of the network", async () => {
    const net = await Network.create(SMALL);
    const ask = () => void [net.predict(DATA.inputs), net.evaluate(DATA), net.gradient(DATA.sample(0), DATA.target(0))];
    const history = await net.fit(DATA, { epochs: 2, batchSize: 16, optimizer: RATE, onBatch: ask, onEpoch: ask });
    const quiet = await Network.create(SMALL);
    const expected = await quiet.fit(DATA, { epochs: 2, batchSize: 16, optimizer: RATE });
    expect(flat(net)).toEqual(flat(quiet));
    expect(history.map(({ loss, accuracy }) => [loss, accuracy])).toEqual(
      expected.map(({ loss, accuracy }) => [loss, accuracy]),
    );
  });

  it("stops when aborted, with the signal's reason and a network that works", async () => {
    const [net, stop] = [await Network.create(SMALL), new AbortController()];
    let batches = 0;
    const onBatch = () => {
      if (++batches === 20) stop.abort(new Error("enough"));
    };
    const fit = net.fit(DATA, { epochs: 1000, batchSize: 16, optimizer: RATE, signal: stop.signal, onBatch });
    await expect(fit).rejects.toThrow("enough");
    expect(batches).toBe(20);
    expect(net.evaluate(DATA).loss).toBeLessThan((await Network.create(SMALL)).evaluate(DATA).loss);
    await net.fit(DATA, { epochs: 1, optimizer: RATE });
  });

  it("ends with a sentence when the loss is no number any more", async () => {
    const net = await Network.create({ inputs: 64, layers: layersOf([8, 4], "relu", "linear"), loss: "quadratic" });
    const fit = net.fit(DATA, { epochs: 50, batchSize: 16, optimizer: sgd({ learningRate: 1e21 }) });
    await expect(fit).rejects.toThrow(/training diverged: .* at epoch 1, step \d+; try a learning rate below 1e\+21/);
  });

  it("refuses a second training at the same time", async () => {
    const net = await Network.create(SMALL);
    const first = net.fit(DATA, { epochs: 1, optimizer: RATE });
    await expect(net.fit(DATA, { epochs: 1, optimizer: RATE })).rejects.toThrow(/being trained already/);
    await first;
  });

  it("lets the event loop turn", async () => {
    const net = await Network.create({
      inputs: 64,
      layers: layersOf([256, 4], "relu", "softmax"),
      loss: "crossEntropy",
    });
    let [turns, longest, last] = [0, 0, performance.now()];
    let running = true;
    const watch = () => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      turns++;
      if (running) setImmediate(watch);
    };
    setImmediate(watch);
    const started = performance.now();
    await net.fit(DATA, { epochs: 100, batchSize: 4, optimizer: RATE });
    running = false;
    expect(turns).toBeGreaterThan((performance.now() - started) / 100);
    expect(longest).toBeLessThan(100);
  });
});
