// The random changes of augmentation: their distributions, and what training does with them.

import { beforeAll, describe, expect, it } from "vitest";
import * as abi from "../../src/abi.js";
import { Engine } from "../../src/engine.js";
import { Dataset, digitAugmentation, Network, type NetworkOptions, sgd, type Threads } from "../../src/index.js";
import { initialParameters } from "../../src/initial.js";
import { chooseBuild } from "../../src/kernels/features.js";
import { createMemory } from "../../src/kernels/memory.js";
import { bindKernels, compileKernels, type Kernels } from "../../src/kernels/modules.js";
import { type Augmentation, planAugmenting } from "../../src/recipe/augment.js";
import type { InputPath } from "../../src/threads/cost-model.js";
import { fit } from "../../src/training/fit.js";
import { flat, gaussians, layersOf, stripes } from "../support/networks.js";
import { at } from "../support/reference.js";

// --- single images ---

const SIDE = 41;
const MIDDLE = (SIDE - 1) / 2;
const DRAWS = 4000;
/** The largest distance between the distribution of this many draws and the true one exceeds this once in a thousand times. */
const KOLMOGOROV = 1.95 / Math.sqrt(DRAWS);
const [SETTINGS, ROWS, X, SCRATCH] = [65536, 131072, 262144, 524288];

let kernels: Kernels;
let memory: WebAssembly.Memory;
beforeAll(async () => {
  memory = createMemory(2 ** 20);
  kernels = bindKernels(await compileKernels("simd", false), memory);
});

/** Augments `image` with the draws of sample 0 in epoch `epoch`. Returns a view. */
function augmented(image: Float32Array, augmentation: Augmentation, epoch: number, seed = 1): Float32Array {
  const { settings } = planAugmenting(augmentation, [SIDE, SIDE], 1, seed);
  settings[abi.AUGMENT_EPOCH] = epoch;
  new Uint32Array(memory.buffer).set(settings, SETTINGS / 4);
  new Float32Array(memory.buffer).set(image, ROWS / 4);
  kernels.augment(X, ROWS, 0, 1, false, SETTINGS, SCRATCH);
  return new Float32Array(memory.buffer, X, SIDE * SIDE);
}

const COLUMNS = Float32Array.from({ length: SIDE * SIDE }, (_, i) => i % SIDE);
const ROW_NUMBERS = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.floor(i / SIDE));

/** For each place relative to the middle: the place that its pixel comes from, read from images that hold their coordinates. */
function sources(
  augmentation: Augmentation,
  epoch: number,
  places: readonly [number, number][],
  seed = 1,
): [number, number][] {
  const read = (image: Float32Array): number[] => {
    const pixels = augmented(image, augmentation, epoch, seed);
    return places.map(([x, y]) => at(pixels, (MIDDLE + y) * SIDE + MIDDLE + x) - MIDDLE);
  };
  const [xs, ys] = [read(COLUMNS), read(ROW_NUMBERS)];
  return places.map((_, i) => [at(xs, i), at(ys, i)]);
}

/** What `measure` returns in each of `DRAWS` epochs. */
function series(measure: (epoch: number) => number): number[] {
  return Array.from({ length: DRAWS }, (_, epoch) => measure(epoch));
}

/** Throws unless the values are uniformly distributed from −most to most. */
function expectUniform(values: number[], most: number): void {
  const sorted = [...values].sort((a, b) => a - b);
  const distances = sorted.map((value, i) => Math.abs((value / most + 1) / 2 - (i + 0.5) / sorted.length));
  expect(Math.max(...distances)).toBeLessThan(KOLMOGOROV);
  expect(at(sorted, 0)).toBeGreaterThanOrEqual(-most * (1 + 1e-5));
  expect(at(sorted, sorted.length - 1)).toBeLessThanOrEqual(most * (1 + 1e-5));
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
}

/** The correlation of two series of mean 0. */
function correlation(a: number[], b: number[]): number {
  const product = (u: number[], v: number[]): number => mean(u.map((x, i) => x * at(v, i)));
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe("draws are uniformly distributed over their range", () => {
  it("shift, in both directions and independently", () => {
    const draw = (epoch: number, seed = 1) => sources({ shift: 2 }, epoch, [[0, 0]], seed)[0] as [number, number];
    const [xs, ys] = [series((epoch) => draw(epoch)[0]), series((epoch) => draw(epoch)[1])];
    expectUniform(xs, 2);
    expectUniform(ys, 2);
    const otherSeed = series((epoch) => draw(epoch, 2)[0]);
    for (const other of [ys, otherSeed, [...xs.slice(1), 0]]) {
      expect(Math.abs(correlation(xs, other))).toBeLessThan(4 / Math.sqrt(DRAWS));
    }
  });

  it("rotation", () => {
    const angles = series((epoch) => {
      const [[x, y]] = sources({ rotation: 30 }, epoch, [[10, 0]]) as [[number, number]];
      expect(Math.hypot(x, y)).toBeCloseTo(10, 3);
      return (Math.atan2(y, x) * 180) / Math.PI;
    });
    expectUniform(angles, 30);
  });

  it("scale, as a factor or its inverse", () => {
    const parts = series((epoch) => {
      const [[x, y], [, below]] = sources({ scale: 0.25 }, epoch, [
        [10, 0],
        [0, 10],
      ]) as [number, number][] as [[number, number], [number, number]];
      expect(y).toBeCloseTo(0, 4);
      expect(below).toBeCloseTo(x, 3);
      return x > 10 ? x / 10 - 1 : 1 - 10 / x;
    });
    expectUniform(parts, 0.25);
  });

  it("shear, sideways only", () => {
    const slants = series((epoch) => {
      const [[x, y]] = sources({ shear: 0.3 }, epoch, [[0, 10]]) as [[number, number]];
      expect(y).toBeCloseTo(10, 4);
      return x / 10;
    });
    expectUniform(slants, 0.3);
  });

  it("thickness, of a dot: its neighbours get brighter or it gets darker", () => {
    const dot = new Float32Array(SIDE * SIDE);
    dot[MIDDLE * SIDE + MIDDLE] = 1;
    const shares = series((epoch) => {
      const pixels = augmented(dot, { thickness: 0.6 }, epoch);
      const [own, beside] = [at(pixels, MIDDLE * SIDE + MIDDLE), at(pixels, MIDDLE * SIDE + MIDDLE + 1)];
      return beside > 0 ? beside : own - 1;
    });
    expectUniform(shares, 0.6);
  });
});

/** A row of pixels from one side of the image to the other, far enough from both that none comes from outside. */
const LINE = Array.from({ length: 25 }, (_, i): [number, number] => [i - 12, 0]);

/** The mean of d(x)·d(x + lag) over the pixels of many rows. */
function covariance(rows: number[][], lag: number): number {
  return mean(rows.flatMap((row) => row.slice(lag).map((value, i) => value * at(row, i))));
}

/** A field by its definition: uniform numbers from −1 to 1, smoothed by a Gaussian of `sigma`. Returns rows of it. */
function smoothedNoise(sigma: number, rows: number): number[][] {
  const reach = Math.ceil(4 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, w) => sum + w, 0);
  // Seeded; any uniform numbers will do.
  let state = 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  return Array.from({ length: rows }, () => {
    const columns = LINE.length + 2 * reach;
    const upright = Array.from({ length: columns }, () => weights.reduce((sum, w) => sum + (w / total) * uniform(), 0));
    return LINE.map((_, x) => weights.reduce((sum, w, i) => sum + (w / total) * at(upright, x + i), 0));
  });
}

describe("elastic distortion has the covariance of smoothed noise", () => {
  it.each([
    [20, 2],
    [34, 4],
    [30, 5.5],
  ])("alpha %i, sigma %f", (alpha, sigma) => {
    const fields = Array.from({ length: DRAWS }, (_, epoch) =>
      sources({ elastic: { alpha, sigma } }, epoch, LINE).map(([x, y], i) => [x - (LINE[i] as [number, number])[0], y]),
    );
    const [xs, ys] = [0, 1].map((way) => fields.map((row) => row.map((d) => d[way] as number))) as [
      number[][],
      number[][],
    ];
    const noise = smoothedNoise(sigma, DRAWS).map((row) => row.map((value) => value * alpha));
    const variance = (alpha / sigma) ** 2 / 12 / Math.PI;
    for (const rows of [xs, ys, noise]) {
      expect(Math.abs(mean(rows.flat()))).toBeLessThan(0.05 * Math.sqrt(variance));
      expect(covariance(rows, 0) / variance).toBeGreaterThan(0.93);
      expect(covariance(rows, 0) / variance).toBeLessThan(1.07);
    }
    for (const lag of [1, 2, 4, 8, 12]) {
      const expected = covariance(noise, lag) / covariance(noise, 0);
      expect(covariance(xs, lag) / covariance(xs, 0)).toBeCloseTo(expected, 1);
      expect(Math.abs(covariance(xs, lag) / covariance(xs, 0) - Math.exp(-((lag / sigma) ** 2) / 4))).toBeLessThan(
        0.06,
      );
    }
    expect(Math.abs(correlation(xs.flat(), ys.flat()))).toBeLessThan(0.05);
  });
});

// --- training ---

const DATA = stripes(300, 4, 1);
const CHANGES: Augmentation = { ...digitAugmentation, shift: 1 };
const OPTIONS: NetworkOptions = {
  ...{ inputs: 64, layers: layersOf([48, 4], "relu", "softmax"), loss: "crossEntropy", seed: 3 },
};

async function trained(augment: Augmentation | undefined, epochs = [2], seed = 3): Promise<number[]> {
  const net = await Network.create({ ...OPTIONS, seed });
  for (const count of epochs) {
    const optimizer = sgd({ learningRate: 0.1 });
    await net.fit(DATA, { epochs: count, batchSize: 16, optimizer, ...(augment && { augment }) });
  }
  return flat(net);
}

/** The losses of epochs at a learning rate of 0: they differ only by the augmented images. */
async function losses(augment: Augmentation, data: Dataset, epochs: number): Promise<number[]> {
  const net = await Network.create({ ...OPTIONS, inputs: data.sampleSize });
  const optimizer = sgd({ learningRate: 0 });
  const history = await net.fit(data, { epochs, batchSize: 10, shuffle: false, optimizer, augment });
  return history.map(({ loss }) => loss);
}

describe("fit with augment", () => {
  it("trains to the same bits with an augmentation that changes nothing", async () => {
    expect(await trained({})).toEqual(await trained(undefined));
    expect(await trained({ shift: 0, elastic: { alpha: 0, sigma: 2 } })).toEqual(await trained(undefined));
  });

  it("trains to different parameters, which depend only on the seed", async () => {
    const once = await trained(CHANGES);
    expect(await trained(CHANGES)).toEqual(once);
    expect(await trained(undefined)).not.toEqual(once);
    expect(await trained({ ...CHANGES, shift: 2 })).not.toEqual(once);
  });

  it("changes the images differently in each epoch, also in those of the next fit", async () => {
    const drawn = await losses(CHANGES, DATA, 6);
    expect(new Set(drawn).size).toBe(6);
    expect(new Set(await losses({}, DATA, 3)).size).toBe(1);
    expect(await trained(CHANGES, [1, 2])).toEqual(await trained(CHANGES, [3]));
  });

  it("changes each sample differently", async () => {
    const same = Array.from({ length: 20 }, () => 1);
    const many = (await Network.create(OPTIONS)).evaluate(DATA.select(same)).loss;
    const seen = new Set<number>();
    const net = await Network.create(OPTIONS);
    let before = 0;
    await net.fit(DATA.select(same), {
      ...{ epochs: 1, batchSize: 1, optimizer: sgd({ learningRate: 0 }), augment: CHANGES },
      onBatch: ({ loss, samples }) => {
        seen.add(Math.round((loss * samples - before) * 1e9));
        before = loss * samples;
      },
    });
    expect(seen.size).toBe(20);
    expect(seen.has(Math.round(many * 1e9))).toBe(false);
  });

  it("does not change validation, evaluation or gradients", async () => {
    const net = await Network.create(OPTIONS);
    const [input, target] = [DATA.sample(3), DATA.target(3)];
    const before = { evaluation: net.evaluate(DATA), gradient: net.gradient(input, target) };
    const during: unknown[] = [];
    const [record] = await net.fit(DATA, {
      ...{ epochs: 1, batchSize: 30, optimizer: sgd({ learningRate: 0 }), augment: CHANGES, validation: DATA },
      onBatch: () => during.push({ evaluation: net.evaluate(DATA), gradient: net.gradient(input, target) }),
    });
    expect(record?.validation).toEqual(before.evaluation);
    expect(record?.loss).not.toBeCloseTo(before.evaluation.loss, 3);
    for (const state of during) expect(state).toEqual(before);
    expect(during).toHaveLength(10);
  });

  it("learns stripes that are shifted", async () => {
    const net = await Network.create(OPTIONS);
    const optimizer = sgd({ learningRate: 0.1 });
    await net.fit(DATA, { epochs: 30, batchSize: 16, optimizer, augment: { shift: 0.4, rotation: 5 } });
    expect(net.evaluate(DATA).accuracy).toBe(1);
  });
});

describe("threads and input paths give the same bits with augment", () => {
  const floats = new Dataset({
    inputs: gaussians(150 * 63, 3).map((x, i) => (i % 3 === 0 ? x : 0)),
    ...{ shape: [9, 7], labels: DATA.labels?.subarray(0, 150) as Uint32Array, classes: 4 },
  });

  async function parameters(
    data: Dataset,
    units: number[],
    batchSize: number,
    threads: Threads,
    path: InputPath,
  ): Promise<Float32Array[]> {
    const spec = {
      ...{ inputs: data.sampleSize, layers: layersOf(units, "relu", "softmax"), inputScale: 1 / 255 },
      loss: "crossEntropy" as const,
    };
    const engine = await Engine.create(spec, chooseBuild(false), threads);
    engine.arena.writeLayers(initialParameters(spec, 5, "auto", "gaussian"));
    engine.inputPath = path;
    const options = { epochs: 2, batchSize, shuffle: true, optimizer: sgd({ learningRate: 0.05 }), seed: 1 };
    const augmenting = planAugmenting(CHANGES, data.shape, 1 / 255, 1);
    await fit(engine, data, { ...options, augmenting, experience: { epochs: 0, inputs: new Set() } });
    const result = engine.plan.tensors.map((tensor) => engine.arena.readTensor(tensor));
    engine.dispose();
    return result;
  }

  it.each<[string, Dataset, number[], number]>([
    ["bytes", DATA, [48, 4], 16],
    ["a last short batch of one", stripes(201, 4, 1), [80, 4], 50],
    ["too little work for more threads", DATA, [16, 4], 10],
    ["a single layer", DATA, [80], 30],
    ["batches larger than the gradient block", stripes(1500, 4, 1), [48, 4], 1300],
    ["floats of a width that is not a multiple of four", floats, [50, 33, 4], 20],
  ])("%s", async (_, data, units, batchSize) => {
    const one = await parameters(data, units, batchSize, 1, "dense");
    for (const threads of [1, 2, 3, "auto"] as const) {
      for (const path of ["dense", "sparse", "storedSparse", "auto"] as const) {
        if (threads === 1 && path === "dense") continue;
        expect(await parameters(data, units, batchSize, threads, path), `${threads} threads, ${path}`).toEqual(one);
      }
    }
  });
});
