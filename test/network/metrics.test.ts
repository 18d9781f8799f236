// The metrics of an evaluation, against their definitions in plain numbers.

import { describe, expect, it } from "vitest";
import { Dataset, type Evaluation, Network, type NetworkOptions } from "../../src/index.js";
import { METRIC_NAMES, METRICS, metricText, scoresOf } from "../../src/metrics.js";
import { gaussians, layersOf } from "../support/networks.js";

const CLASSES = 9;
const COUNT = 700;
const LABELS = Array.from({ length: COUNT }, (_, i) => (i * 5) % CLASSES);
const NETWORKS: NetworkOptions[] = [
  { inputs: 6, layers: layersOf([12, CLASSES], "tanh", "softmax"), loss: "crossEntropy" },
  { inputs: 6, layers: layersOf([12, CLASSES], "relu", "sigmoid"), loss: "crossEntropy" },
  { inputs: 6, layers: layersOf([12, CLASSES], "sigmoid", "linear"), loss: "meanSquaredError" },
  { inputs: 6, layers: layersOf([CLASSES], "relu", "relu"), loss: "quadratic" },
];

/** The classes from the largest output down; of equal ones the lower number first, as sorting keeps their order. */
function ranking(outputs: ArrayLike<number>): number[] {
  return Array.from(outputs, (_, i) => i).sort((i, j) => (outputs[j] as number) - (outputs[i] as number));
}

/** Share of labels among the first k of their ranking. */
function topK(outputs: Float32Array, labels: readonly number[], k: number): number {
  const units = outputs.length / labels.length;
  const hits = labels.filter((label, i) =>
    ranking(outputs.subarray(i * units, (i + 1) * units))
      .slice(0, k)
      .includes(label),
  );
  return hits.length / labels.length;
}

const withoutExtras = ({ top3: _, top5: __, ...rest }: Evaluation): Evaluation => rest;

describe("metrics", () => {
  it.each(NETWORKS)("of the largest outputs are those of predict: $layers.1.activation, $loss", async (options) => {
    const network = await Network.create({ ...options, seed: 3 });
    const inputs = gaussians(COUNT * 6, 1);
    const data = new Dataset({ inputs, shape: 6, labels: LABELS, classes: CLASSES });
    const evaluation = network.evaluate(data, { metrics: ["top5", "top3"], worst: 3 });
    const outputs = network.predict(inputs);
    expect(evaluation.top3).toBe(topK(outputs, LABELS, 3));
    expect(evaluation.top5).toBe(topK(outputs, LABELS, 5));
    expect(evaluation.accuracy).toBe(topK(outputs, LABELS, 1));
    expect(evaluation.top3).toBeGreaterThan(evaluation.accuracy as number);
    expect(evaluation.top5).toBeGreaterThan(evaluation.top3 as number);
    // Keeping the outputs changes nothing else, and nothing that was asked for before.
    expect(withoutExtras(evaluation)).toEqual(network.evaluate(data, { worst: 3 }));
    expect(network.predict(inputs)).toEqual(outputs);
  });

  it("count the lower number of equal outputs as the larger", async () => {
    const network = await Network.create(NETWORKS[0] as NetworkOptions);
    network.setParameters(
      network.parameters().map(({ weights, biases }) => ({ weights: weights.fill(0), biases: biases.fill(0) })),
    );
    for (let label = 0; label < CLASSES; label++) {
      const data = new Dataset({ inputs: new Float32Array(6), shape: 6, labels: [label], classes: CLASSES });
      const { accuracy, top3, top5 } = network.evaluate(data, { metrics: ["top3", "top5"] });
      expect([accuracy, top3, top5]).toEqual([label < 1, label < 3, label < 5].map(Number));
    }
  });

  it("are given only where they are asked for, and the usual ones always", async () => {
    const network = await Network.create(NETWORKS[2] as NetworkOptions);
    const inputs = gaussians(12, 1);
    const labelled = new Dataset({ inputs, shape: 6, labels: [1, 2], classes: CLASSES });
    const vectors = new Dataset({ inputs, shape: 6, targets: gaussians(2 * CLASSES, 2) });
    expect(scoresOf(network.evaluate(labelled)).map(([name]) => name)).toEqual(["loss", "accuracy"]);
    expect(scoresOf(network.evaluate(vectors)).map(([name]) => name)).toEqual(["loss"]);
    const all = network.evaluate(labelled, { metrics: [...METRIC_NAMES, "top5"] });
    expect(scoresOf(all).map(([name]) => name)).toEqual(METRIC_NAMES);
  });

  it("are refused where they are unknown or there are no labels", async () => {
    const network = await Network.create(NETWORKS[2] as NetworkOptions);
    const data = new Dataset({ inputs: gaussians(6, 1), shape: 6, targets: gaussians(CLASSES, 2) });
    const evaluating = (metrics: unknown) => () => network.evaluate(data, { metrics } as never);
    const names = METRIC_NAMES.map((name) => `"${name}"`).join(", ");
    expect(evaluating(["loss", "auc"])).toThrow(new RangeError(`"metrics[1]" must be one of ${names}, got "auc"`));
    expect(evaluating(Array(2))).toThrow(TypeError);
    expect(evaluating("top5")).toThrow(new TypeError('"metrics" must be an array of names, got "top5"'));
    expect(evaluating(["loss", "top5"])).toThrow('"metrics[1]" must be "loss" where "data" has no labels, got "top5"');
    expect(evaluating(["loss"])).not.toThrow();
  });

  it("never count outputs that are not numbers as hits beyond what the largest output is taken for", () => {
    const outputs = new Float32Array(CLASSES).fill(Number.NaN);
    const of = (label: number) => METRICS.top3.of({ loss: 0, prediction: 0, label, outputs, at: 0, units: CLASSES });
    expect([0, 2, 3, 8].map(of)).toEqual([1, 0, 0, 0]);
    const some = Float32Array.of(1, Number.NaN, Number.NaN, Number.NaN, 6, 5);
    const among = (label: number) => METRICS.top3.of({ loss: 0, prediction: 4, label, outputs: some, at: 0, units: 6 });
    expect([0, 1, 2, 3, 4, 5].map(among)).toEqual([1, 0, 0, 0, 1, 1]);
  });

  it("read as shares or numbers", () => {
    expect(metricText("top5", 0.99876)).toBe("99.88 %");
    expect(metricText("loss", 0.99876)).toBe("0.9988");
  });
});
