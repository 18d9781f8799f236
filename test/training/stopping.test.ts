// Early stopping: when training ends, and that the best parameters are restored however it ended.

import { describe, expect, it } from "vitest";
import { Dataset, type EpochRecord, type FitOptions, Network, type NetworkOptions, sgd } from "../../src/index.js";
import { flat, gaussians, layersOf, stripes } from "../support/networks.js";

const OPTIONS: NetworkOptions = {
  inputs: 64,
  layers: layersOf([12, 4], "tanh", "softmax"),
  loss: "crossEntropy",
  seed: 4,
};
const DATA = stripes(120, 4, 1);
/** Random labels: training on them makes the validation loss worse sooner or later. */
const NOISE = new Dataset({
  inputs: DATA.inputs,
  shape: [8, 8],
  labels: Array.from(DATA.labels ?? [], (label, i) => (i % 3 === 0 ? (label + 1 + (i % 2)) % 4 : label)),
  classes: 4,
});
const TRAINING: FitOptions = { epochs: 200, batchSize: 10, optimizer: sgd({ learningRate: 0.3 }), validation: NOISE };

interface Run {
  net: Network;
  history: EpochRecord[];
  error: unknown;
  /** The parameters after each epoch. */
  seen: number[][];
}

async function run(options: Partial<FitOptions>, onEpoch?: (record: EpochRecord) => void): Promise<Run> {
  const net = await Network.create(OPTIONS);
  const seen: number[][] = [];
  const history: EpochRecord[] = [];
  let error: unknown;
  const note = (record: EpochRecord) => {
    seen.push(flat(net));
    history.push(record);
    onEpoch?.(record);
  };
  await net.fit(DATA, { ...TRAINING, ...options, onEpoch: note }).catch((reason) => {
    error = reason;
  });
  return { net, history, error, seen };
}

/** The epoch with the smallest value, the first of equals. */
function leastOf(values: number[]): number {
  return values.indexOf(Math.min(...values)) + 1;
}

const losses = (history: EpochRecord[]) => history.map(({ validation }) => validation?.loss ?? Number.NaN);

describe("early stopping", () => {
  it("ends after `patience` epochs without a better loss, and restores the best parameters", async () => {
    const { net, history, seen } = await run({ earlyStopping: { patience: 5 } });
    const best = leastOf(losses(history));
    expect(history.length).toBe(best + 5);
    expect(history.length).toBeLessThan(200);
    expect(history.at(-1)?.bestEpoch).toBe(best);
    expect(flat(net)).toEqual(seen[best - 1]);
    expect(flat(net)).not.toEqual(seen.at(-1));
    expect(net.evaluate(NOISE)).toEqual(history[best - 1]?.validation);
    history.forEach((record, i) => void expect(record.bestEpoch).toBe(leastOf(losses(history).slice(0, i + 1))));
  });

  it("restores them too when training ends before", async () => {
    const { net, history, seen } = await run({ epochs: 30, earlyStopping: { patience: 1000 } });
    const best = leastOf(losses(history));
    expect(history).toHaveLength(30);
    expect(best).toBeLessThan(30);
    expect(flat(net)).toEqual(seen[best - 1]);
  });

  it.each(["accuracy", "top3"] as const)("uses the metric %s when asked to: higher is better", async (metric) => {
    const optimizer = sgd({ learningRate: 0.01 });
    const { history, net, seen } = await run({ optimizer, earlyStopping: { patience: 4, metric } });
    const best = leastOf(history.map(({ validation }) => -(validation?.[metric] ?? 0)));
    expect(best).toBeGreaterThan(1);
    expect(history.length).toBe(best + 4);
    expect(flat(net)).toEqual(seen[best - 1]);
  });

  it("counts only improvements of more than minDelta", async () => {
    const { history } = await run({ earlyStopping: { patience: 3, minDelta: 1000 } });
    expect(history).toHaveLength(4);
    expect(history.at(-1)?.bestEpoch).toBe(1);
  });

  it.each<[string, (stop: AbortController) => Partial<FitOptions>, (record: EpochRecord) => void, RegExp]>([
    ["an abort", (stop) => ({ signal: stop.signal }), () => {}, /enough/],
    [
      "an error in onEpoch",
      () => ({}),
      ({ epoch }) => {
        if (epoch === 40) throw new Error("no more");
      },
      /no more/,
    ],
    [
      "a rate that makes it diverge",
      () => ({ schedule: (done) => (done < 40 ? 1 : 3e38) }),
      () => {},
      /^Error: training diverged/,
    ],
  ])("puts the best parameters back after %s", async (_, more, onEpoch, message) => {
    const stop = new AbortController();
    const outcome = await run({ earlyStopping: { patience: 1000 }, ...more(stop) }, (record) => {
      onEpoch(record);
      if (record.epoch === 40) stop.abort(new Error("enough"));
    });
    const { error, history, net, seen } = outcome;
    expect(String(error)).toMatch(message);
    const best = leastOf(losses(history));
    expect(best).toBeLessThan(history.length);
    expect(flat(net)).toEqual(seen[best - 1]);
  });

  it("keeps what was learned if no epoch has ended", async () => {
    const net = await Network.create(OPTIONS);
    const before = flat(net);
    const stop = new AbortController();
    let batches = 0;
    const onBatch = () => {
      if (++batches === 3) stop.abort(new Error("enough"));
    };
    const training = net.fit(DATA, { ...TRAINING, earlyStopping: { patience: 1 }, signal: stop.signal, onBatch });
    await expect(training).rejects.toThrow("enough");
    expect(flat(net)).not.toEqual(before);
    expect(flat(net).every(Number.isFinite)).toBe(true);
  });

  it.each([
    [Number.POSITIVE_INFINITY, 1],
    [Number.NaN, -1],
  ])("takes no loss of %d for the best, ends all the same, and goes on from its checkpoints", async (loss, sign) => {
    const validation = new Dataset({ inputs: Float32Array.of(3e38, 3e38), shape: 2, targets: Float32Array.of(0) });
    const data = new Dataset({ inputs: Float32Array.of(0, 1), shape: 2, targets: Float32Array.of(0) });
    const layers = layersOf([1], "linear", "linear");
    const saved: Uint8Array[] = [];
    const fit = async (resume?: Uint8Array) => {
      // A fused multiply-add overflows to infinity where two roundings give NaN.
      const net = await Network.create({ inputs: 2, layers, loss: "quadratic", deterministic: true });
      net.setParameters([{ weights: [3, 3 * sign], biases: [0] }]);
      const checkpoint = { save: (bytes: Uint8Array) => void saved.push(bytes), steps: 1 };
      const training = { epochs: 9, optimizer: sgd({ learningRate: 1e-3 }), earlyStopping: { patience: 3 } };
      const history = await net.fit(data, { ...training, validation, checkpoint, ...(resume && { resume }) });
      return { parameters: flat(net), told: history.map((record) => [record.validation?.loss, record.bestEpoch]) };
    };
    const whole = await fit();
    expect(whole.told).toEqual(Array(3).fill([loss, undefined]));
    for (const checkpoint of saved.slice()) expect(await fit(checkpoint)).toEqual(whole);
  });

  it("does not change the training itself", async () => {
    const [stopped, whole] = [await run({ epochs: 12, earlyStopping: { patience: 100 } }), await run({ epochs: 12 })];
    expect(losses(stopped.history)).toEqual(losses(whole.history));
    expect(whole.history.every((record) => !("bestEpoch" in record))).toBe(true);
  });

  it.each<[string, Partial<FitOptions>, string]>([
    ["no validation", { validation: undefined as never }, '"validation" must be given with "earlyStopping"'],
    ["no patience", { earlyStopping: {} as never }, '"earlyStopping.patience" must be a number, got undefined'],
    ["patience of 0", { earlyStopping: { patience: 0 } }, '"earlyStopping.patience" must be a whole number from 1'],
    [
      "a negative delta",
      { earlyStopping: { patience: 1, minDelta: -1 } },
      '"earlyStopping.minDelta" must be a finite number of at least 0, got -1',
    ],
    [
      "another metric",
      { earlyStopping: { patience: 1, metric: "auc" as never } },
      '"earlyStopping.metric" must be one of "loss", "accuracy", "top3", "top5", got "auc"',
    ],
    [
      "accuracy without labels",
      {
        earlyStopping: { patience: 1, metric: "accuracy" },
        validation: new Dataset({ inputs: gaussians(64, 1), shape: 64, targets: Float32Array.of(1, 0, 0, 0) }),
      },
      '"earlyStopping.metric" must be "loss" where "validation" has no labels',
    ],
  ])("refuses %s", async (_, options, message) => {
    const net = await Network.create(OPTIONS);
    await expect(net.fit(DATA, { ...TRAINING, earlyStopping: { patience: 1 }, ...options })).rejects.toThrow(message);
  });
});
