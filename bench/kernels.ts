// Single kernels compared with the same loops in JavaScript. The results are compared before anything is timed.

import { readFileSync } from "node:fs";
import { LINEAR, RELU, SIGMOID } from "../build/codes.js";
import { ENTRY_BYTES, SPAN_BYTES } from "../src/abi.js";
import { type Build, isPairing } from "../src/kernels/features.js";
import { createMemory } from "../src/kernels/memory.js";
import { bindKernels, compileKernels, type KernelModule, type Kernels } from "../src/kernels/modules.js";
import { columnStride, padded, panelRows } from "../src/memory/plan.js";
import { denseForward, denseUpdate, derivative, sigmoid } from "./javascript.js";
import { type Candidates, type Effort, measure, rounded, type Timing } from "./measure.js";

export interface KernelResult {
  kernel: string;
  shape: string;
  /** Billions of floating-point operations per second, or elements per nanosecond. */
  unit: string;
  wasm: number;
  /** Share of the ceiling of 128-bit multiply-adds, measured in the same rounds; for products only. */
  share?: number;
  /** The speed of the same loops in JavaScript, for kernels that are compared with them. */
  javascript?: number;
  ratio?: number;
}

/** The gain of one idea in a kernel: the time without it divided by the time with it. */
export interface KernelIdea {
  idea: string;
  shape: string;
  ratio: number;
}

/** Rows, inputs, units. */
const COMPARED = [
  [10, 784, 16],
  [32, 784, 128],
] as const;
const FORWARD = [
  [1, 784, 128],
  [128, 784, 128],
  [100, 784, 800],
  [128, 512, 256],
] as const;
const GRADIENT = FORWARD.slice(1);
const LISTED = [
  [10, 784, 32],
  [32, 784, 128],
  [100, 784, 800],
] as const;
/** Share of MNIST's inputs that are non-zero. */
const DENSITY = 0.19;
const TILED = [32, 784, 128] as const;
/** Its outputs take half a megabyte, which a second pass over them has to fetch again. */
const FUSED = [256, 128, 512] as const;
const ELEMENTS = 100_000;
const BASE = 65536;

/** Deterministic numbers between −0.5 and 0.5 (a linear congruential generator). */
function fill(values: Float32Array, seed: number): Float32Array {
  let state = seed;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 32 - 0.5;
  }
  return values;
}

/** Measures all kernels of a build. */
export async function benchKernels(build: Build, effort: Effort): Promise<KernelResult[]> {
  const { kernels, buffer } = await openBlocks(build);
  const results: KernelResult[] = [];
  for (const shape of COMPARED) results.push(await benchMatmul(kernels, buffer, shape, effort));
  for (const shape of COMPARED) results.push(await benchGradient(kernels, buffer, shape, effort));
  results.push(await benchSigmoid(kernels, buffer, effort), await benchDerivative(kernels, buffer, effort));
  const lab: Ceiling = { kernels, buffer, ceiling: await loadCeiling(build), effort };
  for (const shape of FORWARD) results.push(await againstCeiling(lab, "forward", shape, forwardCall(lab, shape)));
  for (const shape of GRADIENT) {
    results.push(await againstCeiling(lab, "gradient accumulation", shape, gradientCall(lab, shape)));
  }
  for (const shape of GRADIENT) {
    results.push(await againstCeiling(lab, "input gradient", shape, inputGradientCall(lab, shape)));
  }
  for (const shape of LISTED) {
    const { forward, gradient } = listedCalls(lab, shape);
    results.push(await againstCeiling(lab, "forward, sparse", shape, forward));
    results.push(await againstCeiling(lab, "gradient accumulation, sparse", shape, gradient));
  }
  return results;
}

/** The kernels of a build with a separate memory. */
async function openBlocks(build: Build): Promise<Blocks> {
  const memory = createMemory(64 * 2 ** 20);
  return { kernels: bindKernels(await compileKernels(build, false), memory), buffer: memory.buffer };
}

// --- with and without an idea ---

/** Measures each idea by the same computation with and without it. */
export async function benchIdeas(build: Build, effort: Effort): Promise<KernelIdea[]> {
  const lab = await openBlocks(build);
  const results: KernelIdea[] = [];
  const compare = async (idea: string, shape: Shape, withIt: () => void, without: () => void): Promise<void> => {
    const { fast, slow } = await measure({ fast: withIt, slow: without }, effort);
    results.push({ idea, shape: shape.join("x"), ratio: rounded(slow.best / fast.best) });
  };
  const tiled = forwardCall(lab, TILED);
  await compare("register tiles of several samples, against one sample at a time", TILED, tiled, rowsCall(lab, TILED));
  await compare("panels, against dot products along rows of weights", TILED, tiled, dotsCall(lab, TILED));
  await compare("relu in the product, against a separate pass", FUSED, ...fusedCalls(lab, FUSED));
  return results;
}

/** The forward product with one call per row. */
function rowsCall(lab: Blocks, shape: Shape): () => void {
  const { kernels } = lab;
  const [rows, inputs, units] = shape;
  const { a, x, w, b, panels } = blocks(lab, shape);
  return () => {
    for (let r = 0; r < rows; r++) {
      const [out, row] = [a + r * padded(units) * 4, x + r * padded(inputs) * 4];
      kernels.denseForward(out, row, w, b, 1, inputs, units, 0, panels, LINEAR, 0, isPairing());
    }
  };
}

/** The same product computed like an input gradient: along the other side of the weights, with sums across vectors. */
function dotsCall(lab: Blocks, [rows, inputs, units]: Shape): () => void {
  return inputGradientCall(lab, [rows, units, inputs]);
}

/** The forward product with relu inside it, and with relu as a second pass. */
function fusedCalls(lab: Blocks, shape: Shape): [fused: () => void, apart: () => void] {
  const { kernels } = lab;
  const { a, x, w, b, panels } = blocks(lab, shape);
  const forward = (code: number) => kernels.denseForward(a, x, w, b, ...shape, 0, panels, code, 0, isPairing());
  const apart = (): void => {
    forward(LINEAR);
    kernels.activate(a, a, shape[0], shape[2], 0, panels, RELU, 0);
  };
  return [() => forward(RELU), apart];
}

// --- compared with the machine's ceiling ---

/** Kernels and their memory. */
interface Blocks {
  kernels: Kernels;
  buffer: ArrayBufferLike;
}

/** What a comparison with the machine's ceiling needs. */
interface Ceiling extends Blocks {
  /** Multiply-adds in registers alone: 96 operations per round. */
  ceiling: (rounds: number, factor: number, addend: number) => number;
  effort: Effort;
}

/** The function of `assembly/ceiling.ts`, compiled like the kernels of `build`. */
async function loadCeiling(build: Build): Promise<Ceiling["ceiling"]> {
  const binary = readFileSync(new URL(`../build/ceiling-${build}.wasm`, import.meta.url));
  const module = (await WebAssembly.compile(binary)) as KernelModule;
  const exports = bindKernels(module, createMemory(65536)) as unknown as Pick<Ceiling, "ceiling">;
  return exports.ceiling;
}

const CEILING_ROUNDS = 20_000;

/** The speed of a product, and its share of the ceiling measured in the same rounds. */
async function againstCeiling(
  { ceiling, effort }: Ceiling,
  kernel: string,
  shape: Shape,
  call: () => void,
): Promise<KernelResult> {
  const [rows, inputs, units] = shape;
  const operations = 2 * rows * inputs * units;
  const timings = await measure({ call, ceiling: () => ceiling(CEILING_ROUNDS, 0.5, 1) }, effort);
  const speed = (work: number, { best }: Timing) => work / best / 1e6;
  const wasm = speed(operations, timings.call);
  const top = speed(CEILING_ROUNDS * 96, timings.ceiling);
  return { kernel, shape: shape.join("x"), unit: "GFLOP/s", wasm: rounded(wasm), share: rounded(wasm / top) };
}

/** Addresses of a layer's blocks. They are filled with small numbers, so that repeated updates stay finite. */
function blocks({ buffer }: Blocks, [rows, inputs, units]: Shape) {
  let end = BASE;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const at = {
    x: take(rows * padded(inputs) * 4),
    w: take(panelRows(inputs) * padded(units) * 4),
    b: take(padded(units) * 4),
    a: take(rows * padded(units) * 4),
    d: take(rows * padded(units) * 4),
    dx: take(rows * padded(inputs) * 4),
    lists: take(rows * inputs * ENTRY_BYTES),
    spans: take(rows * SPAN_BYTES),
    columns: take(inputs * columnStride(rows)),
    ends: take(inputs * 4),
  };
  const floats = new Float32Array(buffer);
  const draws = fill(new Float32Array((at.lists - BASE) / 4), 7);
  draws.forEach((value, i) => {
    floats[BASE / 4 + i] = i < (at.d - BASE) / 4 ? value : value * 1e-9;
  });
  return { ...at, panels: padded(units) / 16, inputPanels: padded(inputs) / 16 };
}

/** A call of the dense forward product of this shape. */
function forwardCall(lab: Blocks, shape: Shape): () => void {
  const { a, x, w, b, panels } = blocks(lab, shape);
  return () => lab.kernels.denseForward(a, x, w, b, ...shape, 0, panels, 0, 0, isPairing());
}

/** A call of the dense gradient accumulation of this shape, in place on the weights. */
function gradientCall(lab: Blocks, shape: Shape): () => void {
  const { w, x, d, panels } = blocks(lab, shape);
  return () => lab.kernels.accumulateGradient(w, x, d, ...shape, 0, panels, 0, shape[1], isPairing());
}

/** A call of the dense input gradient of this shape. */
function inputGradientCall(lab: Blocks, shape: Shape): () => void {
  const { dx, d, w, x, inputPanels } = blocks(lab, shape);
  return () => lab.kernels.denseInputGradient(dx, d, w, x, ...shape, 0, inputPanels, LINEAR, 0);
}

/** The sparse products at MNIST's density; operations are counted as if the rows were dense. */
function listedCalls(lab: Blocks, shape: Shape) {
  const { kernels, buffer } = lab;
  const [rows, inputs, units] = shape;
  const { x, w, b, a, d, lists, spans, columns, ends, panels } = blocks(lab, shape);
  const chance = fill(new Float32Array(rows * inputs), 8);
  const rowsOfInputs = new Float32Array(buffer, x, rows * inputs);
  rowsOfInputs.forEach((value, i) => {
    rowsOfInputs[i] = (chance[i] as number) + 0.5 < DENSITY ? value || 0.1 : 0;
  });
  kernels.sparseRowsF32(lists, spans, x, 0, rows, inputs);
  kernels.sparseColumns(columns, ends, spans, rows, units, columnStride(rows), 0, inputs);
  return {
    forward: () => kernels.sparseForward(a, spans, w, b, ...shape, 0, panels, 0, 0, isPairing()),
    gradient: () =>
      kernels.sparseGradient(w, columns, ends, d, inputs, units, columnStride(rows), 0, panels, 0, inputs),
  };
}

// --- compared with JavaScript ---

type Shape = readonly [rows: number, inputs: number, units: number];

/** Row-major matrices of a dense layer in JavaScript, and their addresses and contents in wasm memory. */
function layerPair(buffer: ArrayBufferLike, [rows, inputs, units]: Shape) {
  const x = fill(new Float32Array(rows * inputs), 1);
  const weights = fill(new Float32Array(inputs * units), 2);
  const [biases, outputs] = [new Float32Array(units), new Float32Array(rows * units)];
  const deltas = fill(new Float32Array(rows * units), 3);
  const layer = { inputs, units, weights, biases, outputs, deltas };
  const [xStride, stride] = [padded(inputs), padded(units)];
  const w = BASE + rows * xStride * 4;
  const b = w + panelRows(inputs) * stride * 4;
  const at = { x: BASE, w, b, a: b + stride * 4, d: b + stride * 4 + rows * stride * 4 };
  const floats = new Float32Array(buffer);
  floats.fill(0, BASE / 4, at.d / 4 + rows * stride);
  x.forEach((value, i) => {
    floats[at.x / 4 + Math.floor(i / inputs) * xStride + (i % inputs)] = value;
  });
  weights.forEach((value, i) => {
    const [k, u] = [Math.floor(i / units), i % units];
    floats[at.w / 4 + ((u >> 4) * panelRows(inputs) + k) * 16 + (u & 15)] = value;
  });
  deltas.forEach((value, i) => {
    floats[at.d / 4 + Math.floor(i / units) * stride + (i % units)] = value;
  });
  return { x, layer, at, floats, stride, panels: stride / 16 };
}

/** Compares the forward product with JavaScript. */
async function benchMatmul(
  kernels: Kernels,
  buffer: ArrayBufferLike,
  shape: Shape,
  effort: Effort,
): Promise<KernelResult> {
  const [rows, inputs, units] = shape;
  const { x, layer, at, floats, stride, panels } = layerPair(buffer, shape);
  const candidates = {
    wasm: () => kernels.denseForward(at.a, at.x, at.w, at.b, rows, inputs, units, 0, panels, 0, 0, isPairing()),
    javascript: () => denseForward(layer, x, rows),
  };
  for (const run of Object.values(candidates)) run();
  layer.outputs.forEach((value, i) => {
    compare("matmul", floats[at.a / 4 + Math.floor(i / units) * stride + (i % units)] as number, value);
  });
  return compareSpeed("matmul", shape.join("x"), "GFLOP/s", 2 * rows * inputs * units, candidates, effort);
}

/** Compares the gradient accumulation with JavaScript. */
async function benchGradient(
  kernels: Kernels,
  buffer: ArrayBufferLike,
  shape: Shape,
  effort: Effort,
): Promise<KernelResult> {
  const [rows, inputs, units] = shape;
  const { x, layer, at, floats, panels } = layerPair(buffer, shape);
  const candidates = {
    wasm: () => accumulate(kernels, at, shape, panels),
    javascript: () => denseUpdate(layer, x, rows),
  };
  for (const run of Object.values(candidates)) run();
  layer.weights.forEach((value, i) => {
    const [k, u] = [Math.floor(i / units), i % units];
    compare("gradient", floats[at.w / 4 + ((u >> 4) * panelRows(inputs) + k) * 16 + (u & 15)] as number, value);
  });
  return compareSpeed(
    "gradient accumulation",
    shape.join("x"),
    "GFLOP/s",
    2 * rows * inputs * units,
    candidates,
    effort,
  );
}

/** The gradients of weights and biases, as JavaScript's `denseUpdate` computes both. */
function accumulate(kernels: Kernels, at: Record<"x" | "w" | "b" | "d", number>, shape: Shape, panels: number): void {
  const [rows, inputs, units] = shape;
  kernels.accumulateGradient(at.w, at.x, at.d, rows, inputs, units, 0, panels, 0, inputs, isPairing());
  kernels.accumulateBias(at.b, at.d, rows, units, 0, panels);
}

/** Compares the sigmoid with JavaScript. */
async function benchSigmoid(kernels: Kernels, buffer: ArrayBufferLike, effort: Effort): Promise<KernelResult> {
  const z = fill(new Float32Array(ELEMENTS), 4).map((value) => 16 * value);
  const outputs = new Float32Array(ELEMENTS);
  const floats = new Float32Array(buffer, BASE, ELEMENTS);
  floats.set(z);
  kernels.activate(BASE, BASE, 1, ELEMENTS, 0, ELEMENTS / 16, SIGMOID, 0);
  sigmoid(outputs, z);
  for (let i = 0; i < ELEMENTS; i++) compare("sigmoid", floats[i] as number, outputs[i] as number);
  // In place: S(S(…)) converges to a value between 0.5 and 0.8, so both keep computing with numbers of the usual size.
  const candidates = {
    wasm: () => kernels.activate(BASE, BASE, 1, ELEMENTS, 0, ELEMENTS / 16, SIGMOID, 0),
    javascript: () => sigmoid(outputs, outputs),
  };
  return compareSpeed("sigmoid", String(ELEMENTS), "elements/ns", ELEMENTS, candidates, effort);
}

/** Compares the sigmoid's derivative with JavaScript. */
async function benchDerivative(kernels: Kernels, buffer: ArrayBufferLike, effort: Effort): Promise<KernelResult> {
  const outputs = fill(new Float32Array(ELEMENTS), 5).map((value) => value + 0.5);
  const deltas = fill(new Float32Array(ELEMENTS), 6);
  const [d, a] = [BASE, BASE + ELEMENTS * 4];
  const floats = new Float32Array(buffer);
  const reset = () => {
    floats.set(deltas, d / 4);
    floats.set(outputs, a / 4);
  };
  reset();
  kernels.dActivate(d, a, 1, ELEMENTS, ELEMENTS * 4, SIGMOID, 0);
  const expected = deltas.slice();
  derivative(expected, outputs, "sigmoid");
  for (let i = 0; i < ELEMENTS; i++) compare("sigmoid derivative", floats[d / 4 + i] as number, expected[i] as number);
  // Both start from a copy of the deltas: repeated products would become denormal numbers, which are slower.
  const candidates = {
    wasm: () => {
      floats.set(deltas, d / 4);
      kernels.dActivate(d, a, 1, ELEMENTS, ELEMENTS * 4, SIGMOID, 0);
    },
    javascript: () => {
      expected.set(deltas);
      derivative(expected, outputs, "sigmoid");
    },
  };
  return compareSpeed("sigmoid derivative", String(ELEMENTS), "elements/ns", ELEMENTS, candidates, effort);
}

function compare(what: string, got: number, expected: number): void {
  if (Math.abs(got - expected) <= 1e-4 * Math.max(1, Math.abs(expected))) return;
  throw new Error(`${what}: wasm gives ${got}, JavaScript ${expected}; nothing was timed`);
}

async function compareSpeed(
  kernel: string,
  shape: string,
  unit: string,
  work: number,
  candidates: Candidates<"wasm" | "javascript">,
  effort: Effort,
): Promise<KernelResult> {
  const { wasm, javascript } = await measure(candidates, effort);
  const speed = (milliseconds: number) => rounded(work / milliseconds / 1e6);
  const ratio = rounded(javascript.median / wasm.median);
  return { kernel, shape, unit, wasm: speed(wasm.median), javascript: speed(javascript.median), ratio };
}
