import { describe, expect, it } from "vitest";
import { ACTIVATION_NAMES, ACTIVATIONS, type Activation } from "../../src/activations.js";
import { LOSS_NAMES, type Loss } from "../../src/losses.js";
import { checkSpec, layerInputs, type NetworkSpec, outputUnits, parameterCount } from "../../src/spec.js";
import { layersOf, PAIRINGS } from "../support/networks.js";

const DIGITS = { inputs: 784, layers: layersOf([16, 16, 10], "sigmoid", "sigmoid"), loss: "quadratic" };
const checked = (spec: unknown): NetworkSpec => checkSpec(spec, "options");

describe("a checked spec", () => {
  it("is a copy with the default scale of bytes, which JSON preserves", () => {
    const given = { ...DIGITS, layers: [...DIGITS.layers] };
    const spec = checked(given);
    expect(spec).toEqual({ ...DIGITS, inputScale: 1 / 255 });
    expect(checked(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    given.layers[0] = { units: 1, activation: "relu" };
    expect(spec.layers).toEqual(DIGITS.layers);
    expect(checked({ ...DIGITS, inputScale: 0.5 }).inputScale).toBe(0.5);
  });

  it("has sizes: 784-16-16-10 has 13,002 parameters", () => {
    const spec = checked(DIGITS);
    expect([0, 1, 2].map((layer) => layerInputs(spec, layer))).toEqual([784, 16, 16]);
    expect(outputUnits(spec)).toBe(10);
    expect(parameterCount(spec)).toBe(784 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10);
    expect(parameterCount(spec)).toBe(13_002);
    expect(parameterCount(checked({ ...DIGITS, inputs: 1, layers: layersOf([1], "tanh", "linear") }))).toBe(2);
  });

  it("accepts sizes up to their limits, and names the limit beyond", () => {
    const deep = (depth: number) => ({ ...DIGITS, layers: layersOf(Array(depth).fill(1), "tanh", "linear") });
    expect(checked(deep(256)).layers).toHaveLength(256);
    expect(() => checked(deep(257))).toThrow('"layers" must hold 1 to 256 layers, got 257');
    expect(checked({ ...DIGITS, inputs: 2 ** 20 }).inputs).toBe(2 ** 20);
    expect(() => checked({ ...DIGITS, inputs: 2 ** 20 + 1 })).toThrow(
      '"inputs" must be a whole number from 1 to 1048576, got 1048577',
    );
  });

  it("has a different code for each activation", () => {
    expect(new Set(Object.values(ACTIVATIONS)).size).toBe(ACTIVATION_NAMES.length);
  });
});

describe("a last layer and a loss", () => {
  const pairs = ACTIVATION_NAMES.flatMap((output) => LOSS_NAMES.map((loss): [Activation, Loss] => [output, loss]));
  const fits = ([output, loss]: [Activation, Loss]) => PAIRINGS.some(([a, b]) => a === output && b === loss);
  const spec = (output: Activation, loss: Loss) => ({ inputs: 3, layers: layersOf([4, 2], "tanh", output), loss });

  it.each(pairs.filter(fits))("go together: %s, %s", (output, loss) => {
    expect(checked(spec(output, loss))).toMatchObject(spec(output, loss));
  });

  it.each(pairs.filter((pair) => !fits(pair)))("do not: %s, %s", (output, loss) => {
    expect(() => checked(spec(output, loss))).toThrow(RangeError);
    expect(() => checked(spec(output, loss))).toThrow(
      output === "softmax"
        ? `"loss" is "${loss}", but a last layer of "softmax" needs "crossEntropy"`
        : `"loss" is "crossEntropy", which needs "softmax" or "sigmoid" as the last layer's activation, got "${output}"`,
    );
  });

  it("are every activation but softmax with every loss but cross-entropy, and softmax and sigmoid with that", () => {
    const [others, losses] = [ACTIVATION_NAMES.length - 1, LOSS_NAMES.length - 1];
    expect(pairs.filter(fits)).toHaveLength(others * losses + 2);
    expect(losses).toBeGreaterThan(2);
  });

  it("allow softmax only in the last layer", () => {
    const layers = [...layersOf([4, 4], "tanh", "softmax"), ...layersOf([2], "tanh", "softmax")];
    expect(() => checked({ inputs: 3, layers, loss: "crossEntropy" })).toThrow(
      '"layers[1].activation" is "softmax", which only the last layer can have',
    );
  });
});
