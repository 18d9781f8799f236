// The tables of activations, losses and optimizers against the reference, which does not use them.

import { describe, expect, it } from "vitest";
import { ACTIVATION_NAMES, activationRow, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { Engine } from "../../src/engine.js";
import { adam, Dataset, Network, rmsprop, sgd } from "../../src/index.js";
import { initialParameters } from "../../src/initial.js";
import { LOSS_NAMES, lossRow } from "../../src/losses.js";
import type { Arena } from "../../src/memory/arena.js";
import { parameterRanges, planArena } from "../../src/memory/plan.js";
import { checkOptimizer, OPTIMIZER_NAMES, optimizerRow } from "../../src/recipe/optimizer.js";
import { checkSpec, tensorsOf } from "../../src/spec.js";
import { StepSettings } from "../../src/step/settings.js";
import { gaussians, layersOf, PAIRINGS, stripes } from "../support/networks.js";
import * as reference from "../support/reference.js";

const POINTS = [-30, -3, -0.5, 0, 0.25, 2, 40];
const P = 0.3;

describe("activations", () => {
  it("have codes of their own", () => {
    const codes = ACTIVATION_NAMES.map((name) => activationRow(name).code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each(HIDDEN_ACTIVATIONS)("%s and its slope in float64", (name) => {
    const { code, values, slope, slopeNeedsSum } = activationRow(name);
    values(POINTS, P).forEach((a, i) => {
      const z = POINTS[i] as number;
      expect(a).toBeCloseTo(reference.activation(z, code, P), 14);
      expect(slope(slopeNeedsSum ? z : a, P)).toBeCloseTo(
        reference.dActivation(reference.slopeSource(z, code, P), code, P),
        14,
      );
    });
  });

  it.each(HIDDEN_ACTIVATIONS)("%s has the slope of its values", (name) => {
    const { values, slope, slopeNeedsSum } = activationRow(name);
    for (const z of [-3, -0.5, 0.25, 2]) {
      const [left, a, right] = values([z - 1e-6, z, z + 1e-6], P) as [number, number, number];
      expect(slope(slopeNeedsSum ? z : a, P)).toBeCloseTo((right - left) / 2e-6, 6);
    }
  });

  it("take their parameter from the layer, and save it where it is not the default", async () => {
    const layer = { units: 2, activation: "leakyRelu", slope: 0.25 } as const;
    const options = { inputs: 2, layers: [layer, { units: 1, activation: "linear" }], loss: "quadratic" } as const;
    const network = await Network.create({ ...options, layers: [...options.layers] });
    network.setParameters([
      { weights: [1, 0, 0, 1], biases: [0, 0] },
      { weights: [1, 1], biases: [0] },
    ]);
    expect([...network.predict([-2, 3])]).toEqual([2.5]);
    expect((await Network.fromBytes(network.toBytes())).spec.layers[0]).toEqual(layer);
    const usual = checkSpec({ ...options, layers: [{ ...layer, slope: 0.01 }, options.layers[1]] }, "spec");
    expect(usual.layers[0]).toEqual({ units: 2, activation: "leakyRelu" });
  });

  it.each([
    [{ activation: "relu", slope: 0.5 }, '"layers[0].slope" must be left out with "relu", got 0.5'],
    [{ activation: "leakyRelu", slope: 1.5 }, '"layers[0].slope" must be a finite number from 0 to 1, got 1.5'],
    [{ activation: "leakyRelu", slope: "1" }, '"layers[0].slope" must be a number, got "1"'],
  ])("refuse %j", (layer, message) => {
    const spec = { inputs: 1, layers: [{ units: 1, ...layer }], loss: "quadratic" };
    expect(() => checkSpec(spec, "spec")).toThrow(message);
  });
});

describe("losses", () => {
  const [a, y] = [
    [0.2, 0.5, 0.3],
    [0, 0.75, 0.25],
  ];
  const rows = LOSS_NAMES.flatMap((name) => {
    const { gradient } = lossRow(name);
    return gradient ? [[name, gradient] as const] : [];
  });

  it.each(rows)("%s has the slope of its value", (name, { value }) => {
    const cost = (at: number, d: number) =>
      lossRow(name).value(
        a.map((one, i) => (i === at ? one + d : one)),
        y,
        "linear",
      );
    a.forEach((one, i) => {
      const slope = (cost(i, 1e-6) - cost(i, -1e-6)) / 2e-6;
      expect(value(one, y[i] as number, a.length)).toBeCloseTo(slope, 6);
    });
  });

  it.each(PAIRINGS)("after %s, %s of a sample is what evaluate gives, and explain", async (output, loss) => {
    const layers = layersOf([4, 3], "tanh", output);
    const network = await Network.create({ inputs: 2, layers, loss, seed: 5, biasInit: "gaussian" });
    const input = Float32Array.of(0.5, -1);
    const target = Float32Array.from(y);
    const { loss: measured } = network.evaluate(new Dataset({ inputs: input, shape: 2, targets: target }));
    expect(lossRow(loss).value([...network.predict(input)], target, output)).toBeCloseTo(measured, 5);
    const weight = { layer: 1, unit: 1, input: 2 };
    const explained = network.explain({ input, target, weight, learningRate: 1 });
    expect(explained.loss).toBeCloseTo(measured, 5);
    const gradient = network.gradient(input, target).layers[1]?.weights[1 * 4 + 2] as number;
    expect(explained.gradient).toBeCloseTo(gradient, 5);
  });
});

describe("optimizers", () => {
  it.each(OPTIMIZER_NAMES)("%s is filled in from its name and a rate", (name) => {
    const { usualRate, options } = optimizerRow(name);
    const optimizer = checkOptimizer({ name, learningRate: usualRate });
    expect(Object.keys(optimizer)).toEqual(["name", ...Object.keys(options)]);
    expect(checkOptimizer(optimizer)).toEqual(optimizer);
    expect(usualRate).toBeGreaterThan(0);
  });

  it.each([
    [() => sgd({} as never), '"learningRate" must be a number, got undefined'],
    [() => sgd({ learningRate: 0.1, momentum: null } as never), '"momentum" must be a number, got null'],
    [() => checkOptimizer({ name: ["adam"] }), '"optimizer" must be the result of one of'],
    [() => checkOptimizer({ name: { toString: 1 } }), '"optimizer" must be the result of one of'],
    [() => checkOptimizer({ constructor: { name: { toString: 1 } } }), ", got Object"],
    [() => checkOptimizer({ name: "adam", beta1: null }), '"optimizer.beta1" must be a number, got null'],
    [() => rmsprop({ rho: 1 }), '"rho" must be a finite number from 0 to 0.999999, got 1'],
    [
      () => rmsprop({ beta1: 0.9 } as never),
      '"options" has no option "beta1"; it takes learningRate, rho, epsilon, weightDecay',
    ],
    [() => adam({ epsilon: 1e-13 }), '"epsilon" must be a finite number of at least 1e-12, got 1e-13'],
  ])("refuse what does not fit them: %s", (make, message) => {
    expect(make).toThrow(message);
  });

  it("learn with rmsprop", async () => {
    const data = stripes(200, 4, 3);
    const network = await Network.create({
      inputs: 64,
      layers: layersOf([8, 4], "softplus", "softmax"),
      loss: "crossEntropy",
    });
    const history = await network.fit(data, { epochs: 5, optimizer: rmsprop({ learningRate: 0.01 }) });
    expect(history.at(-1)?.accuracy).toBeGreaterThan(0.95);
  });
});

describe("tensors", () => {
  const spec = checkSpec({ inputs: 3, layers: layersOf([20, 2], "tanh", "linear"), loss: "quadratic" }, "spec");
  const plan = planArena(spec, { batch: 1, samples: 0, inputBytes: 0, targetBytes: 0, threads: 1 });

  it("are found by name, with their layer and kind", () => {
    expect(tensorsOf(spec).map(({ name }) => name)).toEqual([
      ...["layers.0.weights", "layers.0.biases", "layers.1.weights", "layers.1.biases"],
    ]);
    for (const { address, layer, kind } of plan.tensors) expect(address).toBe(plan.layers[layer]?.[kind]);
  });

  it.each(["weights", "biases"] as const)(
    "that are not trained, %s, stay as they are in every kind of step",
    async (kind) => {
      for (const optimizer of [sgd({ learningRate: 0.1 }), adam()]) {
        const engine = await Engine.create(spec, "simd");
        engine.arena.writeLayers(initialParameters(spec, 1, "auto", "gaussian"));
        const data = { count: 20, inputs: gaussians(60, 1), sampleSize: 3, labels: undefined, targetSize: 2 };
        const samples = { ...data, targets: gaussians(40, 2) };
        const { arrange } = engine.arena;
        // What a layout with running means would say.
        engine.arena.arrange = function (this: Arena, needs) {
          arrange.call(this, needs);
          this.plan.tensors = this.plan.tensors.map((tensor) => ({ ...tensor, trained: tensor.kind !== kind }));
        };
        await engine.bind(samples, 20, new StepSettings(optimizer));
        const before = engine.arena.readLayers();
        await engine.step(samples, 0, 20);
        engine.arena.readLayers().forEach((layer, i) => {
          expect(layer[kind]).toEqual(before[i]?.[kind]);
          const other = kind === "weights" ? "biases" : "weights";
          expect(layer[other]).not.toEqual(before[i]?.[other]);
        });
      }
    },
  );

  it("that are not trained belong to no thread's update", () => {
    const all = parameterRanges(plan, 0, 1);
    expect(all.map(({ address }) => address)).toEqual(plan.tensors.map(({ address }) => address));
    const tensors = plan.tensors.map((tensor) => ({ ...tensor, trained: tensor.kind === "weights" }));
    expect(parameterRanges({ ...plan, tensors }, 0, 1)).toEqual(all.filter(({ decays }) => decays));
  });
});
