import { describe, expect, it } from "vitest";
import { AUGMENT_WORDS, CHUNK_ROWS, SETTINGS } from "../../src/abi.js";
import { HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { Engine } from "../../src/engine.js";
import { type Optimizer, sgd } from "../../src/index.js";
import { initialParameters } from "../../src/initial.js";
import { type Build, chooseBuild } from "../../src/kernels/features.js";
import {
  BARRIER_BYTES,
  COMMAND_BYTES,
  COMMAND_FLOATS,
  decodeTask,
  encodeTask,
  newTask,
} from "../../src/memory/command.js";
import {
  type Needs,
  type Plan,
  padded,
  panelIndex,
  panelRows,
  planArena,
  tensorFloats,
} from "../../src/memory/plan.js";
import { type NetworkSpec, outputUnits } from "../../src/spec.js";
import { StepSettings } from "../../src/step/settings.js";
import { distributions, gaussians, layersOf, OPTIMIZERS, PAIRINGS, specOf, stripes } from "../support/networks.js";

const SPEC: NetworkSpec = {
  inputs: 20,
  layers: layersOf([17, 33, 3], "tanh", "sigmoid"),
  loss: "quadratic",
  inputScale: 1,
};

/** Address and number of bytes of every block in an arena. */
function blocksOf(spec: NetworkSpec, needs: Needs): [number, number][] {
  const plan = planArena(spec, needs);
  const outputs = outputUnits(spec);
  const matrix = (address: number, columns: number): [number, number] => [address, plan.capacity * padded(columns) * 4];
  /** Offsets of each thread's blocks from those of the first thread, if each has its own. */
  const threads = (stride: number): number[] =>
    Array.from({ length: stride === 0 ? 1 : needs.threads }, (_, thread) => thread * stride);
  return [
    ...plan.layers.flatMap(({ weights, biases, inputs, units, activations, deltas, threadStride }) => [
      ...[
        [weights, padded(units) * panelRows(inputs) * 4] as [number, number],
        [biases, padded(units) * 4] as [number, number],
      ],
      ...threads(threadStride).flatMap((offset) => [
        matrix(activations + offset, units),
        ...(deltas === activations ? [] : [matrix(deltas + offset, units)]),
      ]),
    ]),
    ...[plan.grads, ...plan.slots].map((address): [number, number] => [address, plan.paramFloats * 4]),
    ...threads(plan.batchStride).flatMap((offset): [number, number][] => [
      [plan.inputs + offset, plan.capacity * Math.max(spec.inputs * 8, padded(spec.inputs) * 4)],
      [plan.spans + offset, plan.capacity * 8],
      [plan.columns + offset, spec.inputs * plan.columnStride],
      [plan.ends + offset, spec.inputs * 4],
      matrix(plan.targets + offset, outputs),
    ]),
    [plan.losses, plan.capacity * 8 * needs.threads],
    [plan.labels, plan.capacity * 4],
    [plan.index, needs.samples * 8],
    ...Array.from({ length: needs.threads }, (_, i): [number, number] => [
      plan.settings + i * plan.settingsStride,
      SETTINGS * 8,
    ]),
    [plan.meeting, BARRIER_BYTES + 2 * COMMAND_BYTES],
    [plan.stage.rows, plan.stageRows * spec.inputs * 4],
    [plan.stage.targets, plan.stageRows * outputs * 4],
    [plan.keptOutputs, plan.stageRows * Math.ceil(outputs / 16) * 64],
    [plan.data.rows, needs.inputBytes],
    [plan.data.targets, needs.samples * needs.targetBytes],
    [plan.order, needs.samples * 4],
    ...augmentBlocks(plan, needs, spec),
  ];
}

/** Where images are augmented, if they are. */
function augmentBlocks(
  { augment }: Plan,
  { batch, threads, scratchBytes }: Needs,
  { inputs }: NetworkSpec,
): [number, number][] {
  if (!augment) return [];
  const { settings, images, scratch, scratchStride } = augment;
  const scratches = Array.from({ length: threads }, (_, i): [number, number] => [
    scratch + i * scratchStride,
    scratchBytes as number,
  ]);
  return [[settings, AUGMENT_WORDS * 4], [images, Math.min(batch, CHUNK_ROWS) * inputs * 4], ...scratches];
}

describe("the arena", () => {
  const needs = { batch: 300, samples: 1000, inputBytes: 20_000, targetBytes: 4, threads: 1 };
  const plan = planArena(SPEC, needs);

  it.each([1, 15, 16, 17, 300, 3000].flatMap((size) => [1, 7, 256, 1024].map((batch) => [size, batch] as const)))(
    "has blocks that start on 64 bytes and do not overlap: sizes about %i, batches of %i",
    (size, batch) => {
      const spec: NetworkSpec = { ...SPEC, inputs: size, layers: layersOf([size, 1, size + 1], "tanh", "sigmoid") };
      for (const [samples, threads, scratchBytes] of [
        [0, 1, undefined],
        [1, 2, undefined],
        [999, 3, undefined],
        [1, 1, 16],
        [999, 3, 12_304],
      ] as const) {
        const slots = threads - 1;
        const bytes = { inputBytes: samples * size, targetBytes: 4 * (size + 1), scratchBytes };
        const wanted = { batch, samples, ...bytes, threads, slots };
        let end = 65536;
        for (const [start, bytes] of blocksOf(spec, wanted).sort(([a, m], [b, n]) => a - b || m - n)) {
          expect(start % 64).toBe(0);
          expect(start).toBeGreaterThanOrEqual(end);
          end = start + bytes;
        }
        expect(planArena(spec, wanted).end).toBeGreaterThanOrEqual(end);
      }
    },
  );

  it("holds a batch and a stage of predictions, and the parameter block holds each parameter", () => {
    expect(plan.capacity).toBeGreaterThanOrEqual(Math.max(needs.batch, plan.stageRows));
    const end = plan.params + plan.paramFloats * 4;
    expect(plan.grads).toBe(end);
    expect(plan.params).toBe(65536);
    for (const tensor of plan.tensors) {
      const most = Math.max(...Array.from({ length: tensorFloats(tensor) }, (_, i) => panelIndex(tensor, i)));
      expect(tensor.address + most * 4).toBeLessThan(end);
    }
    expect(plan.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ["layers.0.weights", [17, 20]],
      ["layers.0.biases", [17]],
      ["layers.1.weights", [33, 17]],
      ["layers.1.biases", [33]],
      ["layers.2.weights", [3, 33]],
      ["layers.2.biases", [3]],
    ]);
  });

  it("stages fewer rows of very wide networks, but at least one", () => {
    const staged = (inputs: number) => planArena({ ...SPEC, inputs }, needs).stageRows;
    expect([20, 1 << 14, 1 << 15, 1 << 20].map(staged)).toEqual([256, 256, 128, 4]);
  });

  it("keeps parameters at the same address, whatever else it holds", () => {
    const other = planArena(SPEC, { batch: 1, samples: 0, inputBytes: 0, targetBytes: 0, threads: 1 });
    expect(other.tensors).toEqual(plan.tensors);
    expect([other.params, other.grads]).toEqual([plan.params, plan.grads]);
  });

  it("has the moments of an optimizer in blocks like that of the parameters, one after the other", () => {
    const { params, grads, slots } = planArena(SPEC, { ...needs, slots: 2 });
    const twin = grads - params;
    expect(slots).toEqual([grads + twin, grads + 2 * twin]);
    expect(plan.slots).toEqual([]);
  });

  it("carries every field of a task in a command", () => {
    // Each field gets a number of its own, so that two fields in one place would be seen.
    const task = newTask(Float64Array.from({ length: SETTINGS }, (_, i) => 100.5 + i));
    const fields = Object.keys(task).filter((key) => key !== "settings") as "kind"[];
    fields.forEach((field, i) => {
      task[field] = i + 1;
    });
    const command = new Float64Array(COMMAND_FLOATS);
    encodeTask(task, command);
    const read = newTask();
    decodeTask(command, read);
    expect(read).toEqual(task);
    expect([...command].sort((a, b) => a - b)).toEqual([...fields.map((_, i) => i + 1), ...task.settings]);
    expect(COMMAND_BYTES).toBe(8 * (fields.length + SETTINGS));
  });

  it("does not grow with batches of more than 1,024 rows", () => {
    expect(planArena(SPEC, { ...needs, batch: 100_000 })).toEqual(planArena(SPEC, { ...needs, batch: 1024 }));
  });

  it("maps every weight to an address of its own in the panels", () => {
    const tensor = { shape: [33, 5] };
    const places = Array.from({ length: 33 * 5 }, (_, i) => panelIndex(tensor, i));
    expect(new Set(places).size).toBe(33 * 5);
    // Unit 17, input 2: second panel, third line, second element.
    expect(panelIndex(tensor, 17 * 5 + 2)).toBe((5 + 2) * 16 + 1);
  });
});

/** The plain build, and the build that this engine prefers if that is another. */
const BUILDS = [...new Set<Build>([chooseBuild(true), chooseBuild(false)])];
const TRAINED: NetworkSpec[] = PAIRINGS.map(([output, loss], i) => {
  const hidden = HIDDEN_ACTIVATIONS[i % HIDDEN_ACTIVATIONS.length] as (typeof HIDDEN_ACTIVATIONS)[number];
  return { inputs: 5, layers: layersOf([17, 33, 3], hidden, output), loss, inputScale: 1 };
});

describe("padding of weights, biases, gradients and deltas is zero after training", () => {
  // Batches below and above the size from which gradients get a block of their own, and of more than one chunk.
  const cases = BUILDS.flatMap((build) =>
    TRAINED.flatMap((spec, i) =>
      [16, 300, 1100].map((batch, j) => {
        const optimizer = OPTIMIZERS[(i + j) % OPTIMIZERS.length] as Optimizer;
        return [build, specOf(spec), batch, JSON.stringify(optimizer), spec, optimizer] as const;
      }),
    ),
  );

  it("is tested with every optimizer", () => {
    expect(new Set(cases.map(([, , , optimizer]) => optimizer)).size).toBe(OPTIMIZERS.length);
  });

  it.each(cases)("%s: %s, batches of %i, %s", async (build, _, batch, __, spec, optimizer) => {
    const engine = await Engine.create(spec, build);
    engine.arena.writeLayers(initialParameters(spec, 1, "auto", "gaussian"));
    const values = () => engine.plan.tensors.map((tensor) => engine.arena.readTensor(tensor));
    const start = values();
    const count = 2 * batch + 5;
    const samples = { count, inputs: gaussians(count * 5, 1), sampleSize: 5, labels: undefined };
    const data = { ...samples, targets: distributions(count, 3, 2), targetSize: 3 };
    await engine.bind(data, batch, new StepSettings(optimizer));
    for (let from = 0; from < count; from += batch) await engine.step(data, from, Math.min(batch, count - from));
    const { floats } = engine.arena;
    expect(values()).not.toEqual(start);
    expect(paddingOf(engine).filter((address) => floats[address / 4] !== 0)).toEqual([]);
  });

  it("and also after a small batch that follows a large one", async () => {
    const engine = await Engine.create({ ...SPEC, inputs: 64 }, "simd");
    const data = stripes(600, 3, 1);
    await engine.bind(data, 300, new StepSettings(sgd({ learningRate: 0.5 })));
    await engine.step(data, 0, 300);
    await engine.step(data, 300, 16);
    const { floats } = engine.arena;
    expect(paddingOf(engine).every((address) => floats[address / 4] === 0)).toBe(true);
    // The test can fail: this is the first padded bias.
    floats[(engine.plan.layers[0]?.biases ?? 0) / 4 + 17] = 1e-30;
    expect(paddingOf(engine).filter((address) => floats[address / 4] !== 0)).toHaveLength(1);
  });
});

/** Addresses of all padding that must be zero. */
function paddingOf({ plan }: Engine): number[] {
  const twins = [plan.params, plan.grads, ...plan.slots].map((address) => address - plan.params);
  return plan.layers.flatMap(({ inputs, units, weights, biases, deltas }) => {
    const width = padded(units);
    const extra = Array.from({ length: width - units }, (_, i) => units + i);
    return extra.flatMap((unit) => {
      const column = Array.from(
        { length: inputs },
        (_, k) => weights + (((unit >> 4) * panelRows(inputs) + k) * 16 + (unit & 15)) * 4,
      );
      const parameters = [...column, biases + unit * 4];
      const rows = Array.from({ length: plan.capacity }, (_, row) => deltas + (row * width + unit) * 4);
      return [...twins.flatMap((twin) => parameters.map((address) => address + twin)), ...rows];
    });
  });
}
