// Gradients of whole networks against the float64 reference: its chain rule, and its differences, which know no chain rule.

import { describe, expect, it } from "vitest";
import { Network, type NetworkOptions } from "../src/index.js";
import type { Activation } from "../src/spec.js";
import { distributions, gaussians, layersOf, PAIRINGS } from "./networks.js";
import { centralDifferences, copyParameters, gradient, type Parameters } from "./reference.js";

const HIDDEN: Activation[] = ["sigmoid", "tanh", "relu", "leakyRelu", "linear"];

/** The largest difference between two gradients, over the largest element of the first. */
function difference(
  expected: readonly Parameters[],
  got: readonly { weights: ArrayLike<number>; biases: ArrayLike<number> }[],
): number {
  let [most, worst] = [0, 0];
  expected.forEach((layer, i) => {
    for (const name of ["weights", "biases"] as const) {
      const values = (got[i] as Parameters)[name];
      expect(values.length).toBe(layer[name].length);
      layer[name].forEach((value, j) => {
        most = Math.max(most, Math.abs(value));
        worst = Math.max(worst, Math.abs(value - (values[j] as number)));
      });
    }
  });
  expect(most).toBeGreaterThan(0);
  return worst / most;
}

async function check(options: NetworkOptions, rows: number, differences: boolean): Promise<void> {
  const network = await Network.create(options);
  const { spec } = network;
  const units = options.layers.at(-1)?.units ?? 0;
  const [x, y] = [gaussians(rows * spec.inputs, 7), distributions(rows, units, 8)];
  const params = copyParameters(network.parameters());
  const expected = gradient(spec, params, x, y, rows);
  const got = network.gradient(x, y);
  expect(Math.abs(got.loss - expected.loss)).toBeLessThan(1e-5 * Math.max(1, expected.loss));
  expect(difference(expected.layers, got.layers)).toBeLessThan(2e-5);
  if (differences) expect(difference(centralDifferences(spec, params, x, y, rows), got.layers)).toBeLessThan(1e-4);
}

describe("gradients against central differences of the reference", () => {
  for (const [output, loss] of PAIRINGS) {
    for (const hidden of HIDDEN) {
      it(`${hidden}, ${output}, ${loss}`, async () => {
        await check(
          { inputs: 5, layers: layersOf([7, 3], hidden, output), loss, seed: 3, biasInit: "gaussian" },
          4,
          true,
        );
      });
    }
  }

  it("of one layer, of four, and of sizes around a panel", async () => {
    const of = (inputs: number, units: number[]) => ({ inputs, layers: layersOf(units, "tanh", "sigmoid"), seed: 5 });
    await check({ ...of(3, [1]), loss: "quadratic" }, 1, true);
    await check({ ...of(1, [2]), loss: "crossEntropy" }, 3, true);
    await check({ ...of(17, [16, 15, 33, 4]), loss: "quadratic" }, 7, true);
    await check({ ...of(16, [17, 31, 1]), loss: "meanSquaredError" }, 5, true);
  });
});

describe("gradients against the reference's chain rule", () => {
  it.each([1, 2, 255, 256, 257, 600, 1500])("over %i samples", async (rows) => {
    await check(
      { inputs: 20, layers: layersOf([24, 6], "relu", "softmax"), loss: "crossEntropy", seed: 2 },
      rows,
      false,
    );
  });
});
