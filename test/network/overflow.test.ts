// Finite parameters whose sums overflow give no class, and no loss that looks good.

import { expect, it } from "vitest";
import { Dataset, Network } from "../../src/index.js";
import { layersOf } from "../support/networks.js";

it.each(["softmax", "linear"] as const)(
  "%s outputs that are not numbers have no class, and a loss of NaN",
  async (last) => {
    const loss = last === "softmax" ? "crossEntropy" : "quadratic";
    const network = await Network.create({ inputs: 2, layers: layersOf([2, 2], "linear", last), loss });
    network.setParameters([
      { weights: [3e38, 3e38, -3e38, -3e38], biases: [0, 0] },
      { weights: [1, 1, 1, 1], biases: [0, 0] },
    ]);
    const sample = Float32Array.of(1, 1);
    expect(() => network.classify(sample)).toThrow(/^outputs for this sample are not finite numbers: scale the inputs/);
    expect(network.predict(sample)).toEqual(Float32Array.of(Number.NaN, Number.NaN));
    const data = new Dataset({ inputs: sample, shape: 2, labels: [0], classes: 2 });
    expect(network.evaluate(data).loss).toBeNaN();
    expect(network.classify([1e-39, 0]).label).toBeTypeOf("number");
  },
);
