import { describe, expect, it } from "vitest";
import { Engine } from "../src/engine.js";
import { initialParameters } from "../src/init.js";
import { padded, panelIndex, planArena } from "../src/plan.js";
import type { NetworkSpec } from "../src/spec.js";
import { layersOf, stripes } from "./networks.js";

const SPEC: NetworkSpec = {
  inputs: 20,
  layers: layersOf([17, 33, 3], "tanh", "sigmoid"),
  loss: "quadratic",
  inputScale: 1,
};

describe("the arena", () => {
  const needs = { batch: 300, samples: 1000, inputBytes: 20, targetBytes: 4 };
  const plan = planArena(SPEC, needs);

  it("has blocks that start on 64 bytes and do not overlap", () => {
    const rows = plan.capacity;
    const blocks: [number, number][] = [
      ...plan.layers.flatMap(({ weights, biases, inputs, units, activations, deltas }): [number, number][] => [
        [weights, padded(units) * inputs * 4],
        [biases, padded(units) * 4],
        [activations, rows * padded(units) * 4],
        ...(deltas === activations ? [] : [[deltas, rows * padded(units) * 4] as [number, number]]),
      ]),
      [plan.grads, plan.paramFloats * 4],
      [plan.inputs, rows * padded(20) * 4],
      [plan.targets, rows * padded(3) * 4],
      [plan.losses, rows * 8],
      [plan.stage.rows, plan.stageRows * 20 * 4],
      [plan.stage.targets, plan.stageRows * 3 * 4],
      [plan.data.rows, 1000 * 20],
      [plan.data.targets, 1000 * 4],
      [plan.order, 1000 * 4],
    ];
    blocks.sort(([a], [b]) => a - b);
    let end = 65536;
    for (const [start, bytes] of blocks) {
      expect(start % 64).toBe(0);
      expect(start).toBeGreaterThanOrEqual(end);
      end = start + bytes;
    }
    expect(plan.end).toBeGreaterThanOrEqual(end);
  });

  it("leaves parameters where they are, whatever else it holds", () => {
    const other = planArena(SPEC, { batch: 1, samples: 0, inputBytes: 0, targetBytes: 0 });
    expect(other.tensors).toEqual(plan.tensors);
    expect([other.params, other.grads]).toEqual([plan.params, plan.grads]);
  });

  it("does not grow with a batch past 1,024 rows", () => {
    expect(planArena(SPEC, { ...needs, batch: 100_000 })).toEqual(planArena(SPEC, { ...needs, batch: 1024 }));
  });

  it("maps every weight to a place of its own in its panels", () => {
    const tensor = { name: "w", shape: [33, 5], address: 0 };
    const places = Array.from({ length: 33 * 5 }, (_, i) => panelIndex(tensor, i));
    expect(new Set(places).size).toBe(33 * 5);
    // Unit 17, input 2: in the second panel, on its third line, second.
    expect(panelIndex(tensor, 17 * 5 + 2)).toBe((5 + 2) * 16 + 1);
  });
});

describe("padding", () => {
  it.each([16, 300])("of weights, biases and deltas is zero after training in batches of %i", async (batch) => {
    const spec = { ...SPEC, inputs: 64 };
    const engine = await Engine.create(spec, "simd");
    const parameters = initialParameters(spec, 1, "auto", "gaussian");
    const data = stripes(600, 3, 1);
    engine.bind(data, batch);
    engine.plan.tensors.forEach((tensor, i) => {
      engine.writeTensor(tensor, parameters[i] as Float32Array);
    });
    for (let from = 0; from < 600; from += batch) engine.step(data, from, batch, 0.5);
    const floats = (engine as unknown as { floats: Float32Array }).floats;
    for (const { inputs, units, weights, biases, deltas } of engine.plan.layers) {
      const width = padded(units);
      for (let unit = units; unit < width; unit++) {
        expect(floats[biases / 4 + unit]).toBe(0);
        for (let k = 0; k < inputs; k++) {
          expect(floats[weights / 4 + ((unit >> 4) * inputs + k) * 16 + (unit & 15)]).toBe(0);
        }
        for (let row = 0; row < batch; row++) expect(floats[deltas / 4 + row * width + unit]).toBe(0);
      }
    }
  });
});
