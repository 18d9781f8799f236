// The text of explain is true and readable.

import { describe, expect, it } from "vitest";
import type { NetworkSpec } from "../../src/index.js";
import { explain } from "../../src/inference/paper.js";

const POSITION = { layer: 0, unit: 0, input: 0 };

/** One layer of `units` on one input of 1; all weights and biases are zero by default. */
function onPaper(layer: Pick<NetworkSpec, "loss"> & NetworkSpec["layers"][number], target: number[], weight = 0) {
  const { units, activation, loss } = layer;
  const weights = new Float32Array(units).fill(weight);
  const parameters = [{ weights, biases: new Float32Array(units) }];
  const spec: NetworkSpec = { inputs: 1, layers: [{ units, activation }], loss, inputScale: 1 };
  return explain(spec, parameters, [1], target, POSITION, 1);
}

describe("the text of explain", () => {
  const softmax = { units: 2, activation: "softmax", loss: "crossEntropy" } as const;

  it("for softmax with targets that sum to 1, apart from rounding", () => {
    const facts = onPaper(softmax, [Math.fround(0.1), Math.fround(0.9)]);
    expect(facts.text).toContain("  ∂C/∂z = a − y = 0.5 − 0.1 = 0.4   (cross-entropy)");
    expect(facts.targetSum).toBeCloseTo(1, 6);
  });

  it("for softmax with targets that do not", () => {
    const facts = onPaper(softmax, [0.5, 1]);
    expect(facts.text).toContain("  ∂C/∂z = a·Σy − y = 0.5·1.5 − 0.5 = 0.25   (cross-entropy)");
    expect([facts.delta, facts.targetSum]).toEqual([0.25, 1.5]);
  });

  it("for sigmoid, whose targets may have any sum", () => {
    const facts = onPaper({ units: 2, activation: "sigmoid", loss: "crossEntropy" }, [1, 1]);
    expect(facts.text).toContain("  ∂C/∂z = a − y = 0.5 − 1 = −0.5   (cross-entropy)");
    expect(facts).not.toHaveProperty("targetSum");
  });

  it("puts a negative target in brackets", () => {
    const { text } = onPaper({ units: 1, activation: "linear", loss: "quadratic" }, [-1], -0.126);
    expect(text).toContain("  ∂C/∂a = 2(a − y) = 2(−0.126 − (−1)) = 1.75");
    const mean = onPaper({ units: 2, activation: "linear", loss: "meanSquaredError" }, [-1, 0], -0.126);
    expect(mean.text).toContain("2(−0.126 − (−1)) / 2 = 0.874");
  });

  it("writes both minus signs of a small negative number alike", () => {
    const { text } = onPaper({ units: 1, activation: "linear", loss: "quadratic" }, [0], -3e-7);
    expect(text).toContain("∂C/∂a = 2(a − y) = 2(−3.00e−7 − 0) = −6.00e−7");
    expect(text).not.toContain("-");
  });

  it("takes more units than a call can take arguments", () => {
    const units = 2 ** 20;
    const target = Array<number>(units).fill(0);
    target[0] = 1;
    const facts = onPaper({ ...softmax, units }, target);
    expect(facts.delta).toBeCloseTo(2 ** -20 - 1, 12);
  });
});
