// One check for each dense kernel: runs it in an arena with canaries and poison, and throws if it differs from the reference
// or, by a single bit, from the order of summation in docs/design.md. Checks are plain functions of a lab, so that a test can
// give them a wrong kernel and see them throw.

import { LINEAR, SOFTMAX } from "../../build/codes.js";
import { PANEL } from "../../src/abi.js";
import { padded, panelRows } from "../../src/memory/plan.js";
import type { Numbers } from "../support/reference.js";
import * as reference from "../support/reference.js";
import { exactAccumulate, exactForward, exactInputGradient } from "./exact.js";
import { Draws, type Lab, sameBits, TILES, TINY, U, within, zeroPadding } from "./lab.js";
import { blank, fromPanels, POISON, padRows, panelPadding, rowPadding, toPanels, unpadRows } from "./scratch.js";

export interface Shape {
  rows: number;
  inputs: number;
  units: number;
}

export function drawsFor({ rows, inputs, units }: Shape): Draws {
  return new Draws(rows + inputs * 1009 + units * 1000003);
}

function magnitudes(values: Numbers): Float64Array {
  return new Float64Array(values).map(Math.abs);
}

export function title(kernel: string, { rows, inputs, units }: Shape, code?: number): string {
  return `${kernel} of ${rows} rows, ${inputs} inputs, ${units} units${code ? `, activation ${code}` : ""}`;
}

// --- dense layers ---

interface DenseCase {
  x: Float32Array;
  w: Float32Array;
  b: Float32Array;
  panels: number;
}

function denseCase(shape: Shape): DenseCase {
  const draws = drawsFor(shape);
  const { rows, inputs, units } = shape;
  return {
    x: draws.inputs(rows * inputs),
    w: draws.floats(units * inputs),
    b: draws.floats(units),
    panels: padded(units) / PANEL,
  };
}

/** The panels `from` to `to` that `denseForward` writes into a blank block. Rows of X are padded with poison. */
function runForward(
  { kernels, arena }: Lab,
  shape: Shape,
  { x, w, b }: DenseCase,
  from: number,
  to: number,
  code: number,
  wide: boolean,
): Uint32Array {
  const { rows, inputs, units } = shape;
  arena.reset();
  const xAt = arena.input("x", padRows(x, rows, inputs, POISON));
  const wAt = arena.input("w", toPanels(w, units, inputs));
  const bAt = arena.input("b", padRows(b, 1, units, 0));
  const aAt = arena.output("a", blank(rows * padded(units)));
  kernels.denseForward(aAt, xAt, wAt, bAt, rows, inputs, units, from, to, code, reference.PARAMETER, wide);
  arena.check();
  return arena.read(aAt);
}

export function checkForward(lab: Lab, shape: Shape, code: number): void {
  const { rows, inputs, units } = shape;
  const dense = denseCase(shape);
  const { x, w, b } = dense;
  const what = title("denseForward", shape, code);
  const logits = exactForward(lab.madd, x, w, b, rows, inputs, units);
  const elementwise = code !== LINEAR && code !== SOFTMAX;
  const exact = elementwise ? activated(lab, logits, rows, units, code) : logits;
  for (const wide of TILES) {
    sameBits(unpadRows(runForward(lab, shape, dense, 0, dense.panels, code, wide), rows, units), exact, what);
  }
  const want = reference.denseForward(x, w, b, rows, inputs, units, code);
  const terms = reference.denseForward(magnitudes(x), magnitudes(w), magnitudes(b), rows, inputs, units);
  // No activation is steeper than 1, and each adds an error of at most 4 ULP.
  within(exact, want, (i) => U * ((inputs + 2) * reference.at(terms, i) + 8 * Math.abs(reference.at(want, i))), what);
}

/** The `activate` kernel on a matrix. */
function activated({ kernels, arena }: Lab, a: Float32Array, rows: number, units: number, code: number): Float32Array {
  arena.reset();
  const aAt = arena.output("a", padRows(a, rows, units, 0));
  kernels.activate(aAt, aAt, rows, units, 0, padded(units) / PANEL, code, reference.PARAMETER);
  return unpadRows(arena.read(aAt), rows, units);
}

/** Each row has the same output bits in every batch: alone, and among the first or the last rows. */
export function checkForwardRows(lab: Lab, shape: Shape, code: number): void {
  for (const wide of TILES) checkTiledRows(lab, shape, code, wide);
}

function checkTiledRows(lab: Lab, shape: Shape, code: number, wide: boolean): void {
  const { rows, inputs, units } = shape;
  const dense = denseCase(shape);
  const whole = unpadRows(runForward(lab, shape, dense, 0, dense.panels, code, wide), rows, units);
  const part = (from: number, to: number): void => {
    const piece = { ...dense, x: dense.x.slice(from * inputs, to * inputs) };
    const some = { ...shape, rows: to - from };
    const got = unpadRows(runForward(lab, some, piece, 0, dense.panels, code, wide), some.rows, units);
    sameBits(got, whole.slice(from * units, to * units), `denseForward of rows ${from} to ${to} of ${rows}`);
  };
  for (let r = 0; r < rows; r++) {
    part(r, r + 1);
    part(0, r + 1);
    part(r, rows);
  }
}

// --- input gradient ---

interface DeltaCase {
  d: Float32Array;
  w: Float32Array;
  /** Outputs of the layer below. */
  x: Float32Array;
  panels: number;
}

function deltaCase(shape: Shape, code: number): DeltaCase {
  const draws = drawsFor(shape);
  const { rows, inputs, units } = shape;
  const x = draws.floats(rows * inputs, 4).map((z) => reference.slopeSource(z, code));
  const [d, w] = [draws.inputs(rows * units), draws.floats(units * inputs)];
  return { d, w, x, panels: padded(inputs) / PANEL };
}

/** The inputs of panels `from` to `to` that `denseInputGradient` writes into a blank block. Padding of x is poison. */
function runInputGradient(
  { kernels, arena }: Lab,
  shape: Shape,
  { d, w, x }: DeltaCase,
  from: number,
  to: number,
  code: number,
): Uint32Array {
  const { rows, inputs, units } = shape;
  arena.reset();
  const dAt = arena.input("d", padRows(d, rows, units, 0));
  const wAt = arena.input("w", toPanels(w, units, inputs));
  const xAt = arena.input("x", padRows(x, rows, inputs, POISON));
  const dxAt = arena.output("dx", blank(rows * padded(inputs)));
  kernels.denseInputGradient(dxAt, dAt, wAt, xAt, rows, inputs, units, from, to, code, reference.PARAMETER);
  arena.check();
  return arena.read(dxAt);
}

export function checkInputGradient(lab: Lab, shape: Shape, code: number): void {
  const { rows, inputs, units } = shape;
  const delta = deltaCase(shape, code);
  const { d, w, x } = delta;
  const what = title("denseInputGradient", shape, code);
  const words = runInputGradient(lab, shape, delta, 0, delta.panels, code);
  zeroPadding(rowPadding(words, inputs), what);
  const got = unpadRows(words, rows, inputs);
  const sums = exactInputGradient(lab.madd, d, w, rows, inputs, units);
  sameBits(got, code === LINEAR ? sums : dActivated(lab, sums, x, rows, inputs, code), what);
  const want = reference.denseInputGradient(d, w, x, rows, inputs, units, code);
  const terms = reference.denseInputGradient(magnitudes(d), magnitudes(w), x, rows, inputs, units);
  const slope = (i: number): number => 1 + Math.abs(reference.at(x, i)) ** 2;
  // Relu's outputs can be large, but its slope is at most 1. Where the slope is a difference, outputs are at most 1.
  const steepness = (i: number): number => Math.min(2, slope(i));
  within(got, want, (i) => U * (units + 8) * steepness(i) * reference.at(terms, i) + TINY, what);
}

/** The `dActivate` kernel on a matrix. */
function dActivated(
  { kernels, arena }: Lab,
  d: Float32Array,
  a: Float32Array,
  rows: number,
  columns: number,
  code: number,
): Float32Array {
  arena.reset();
  const dAt = arena.output("d", padRows(d, rows, columns, 0));
  const aAt = arena.input("a", padRows(a, rows, columns, 0));
  kernels.dActivate(dAt, aAt, rows, columns, padded(columns) * 4, code, reference.PARAMETER);
  arena.check();
  return unpadRows(arena.read(dAt), rows, columns);
}

/** Each row has the same delta bits alone and among others. */
export function checkInputGradientRows(lab: Lab, shape: Shape, code: number): void {
  const { rows, inputs, units } = shape;
  const delta = deltaCase(shape, code);
  const whole = unpadRows(runInputGradient(lab, shape, delta, 0, delta.panels, code), rows, inputs);
  for (let r = 0; r < rows; r++) {
    const [d, x] = [delta.d.slice(r * units, (r + 1) * units), delta.x.slice(r * inputs, (r + 1) * inputs)];
    const words = runInputGradient(lab, { ...shape, rows: 1 }, { ...delta, d, x }, 0, delta.panels, code);
    sameBits(unpadRows(words, 1, inputs), whole.slice(r * inputs, (r + 1) * inputs), `denseInputGradient of row ${r}`);
  }
}

// --- gradient ---

interface GradientCase {
  g: Float32Array;
  gBias: Float32Array;
  x: Float32Array;
  d: Float32Array;
  panels: number;
}

function gradientCase(shape: Shape): GradientCase {
  const draws = drawsFor(shape);
  const { rows, inputs, units } = shape;
  const [g, gBias] = [draws.floats(units * inputs), draws.floats(units)];
  return { g, gBias, x: draws.inputs(rows * inputs), d: draws.inputs(rows * units), panels: padded(units) / PANEL };
}

/** G and g after `accumulateGradient` and `accumulateBias`. */
function runGradient(
  { kernels, arena }: Lab,
  shape: Shape,
  gradient: GradientCase,
  wide: boolean,
  from: number,
  to: number,
  first = 0,
  end = shape.inputs,
) {
  const { rows, inputs, units } = shape;
  arena.reset();
  const gAt = arena.output("g", toPanels(gradient.g, units, inputs));
  const biasAt = arena.output("gBias", padRows(gradient.gBias, 1, units, 0));
  const xAt = arena.input("x", padRows(gradient.x, rows, inputs, POISON));
  const dAt = arena.input("d", padRows(gradient.d, rows, units, 0));
  kernels.accumulateGradient(gAt, xAt, dAt, rows, inputs, units, from, to, first, end, wide);
  kernels.accumulateBias(biasAt, dAt, rows, units, from, to);
  arena.check();
  return { weights: arena.read(gAt), biases: arena.read(biasAt) };
}

export function checkGradient(lab: Lab, shape: Shape): void {
  const { rows, inputs, units } = shape;
  const gradient = gradientCase(shape);
  const { g, gBias, x, d, panels } = gradient;
  const what = title("accumulateGradient", shape);
  const exact = { weights: g.slice(), biases: gBias.slice() };
  exactAccumulate(lab.madd, exact.weights, exact.biases, x, d, rows, inputs, units);
  for (const wide of TILES) {
    const { weights, biases } = runGradient(lab, shape, gradient, wide, 0, panels);
    zeroPadding(panelPadding(weights, units, inputs), what);
    zeroPadding(rowPadding(biases, units), `${what}, biases`);
    sameBits(fromPanels(weights, units, inputs), exact.weights, what);
    sameBits(unpadRows(biases, 1, units), exact.biases, `${what}, biases`);
  }
  const want = { weights: Float64Array.from(g), biases: Float64Array.from(gBias) };
  const terms = { weights: magnitudes(g), biases: magnitudes(gBias) };
  reference.accumulateGradient(want.weights, want.biases, x, d, rows, inputs, units);
  reference.accumulateGradient(terms.weights, terms.biases, magnitudes(x), magnitudes(d), rows, inputs, units);
  for (const block of ["weights", "biases"] as const) {
    within(exact[block], want[block], (i) => U * (rows + 2) * reference.at(terms[block], i), `${what}, ${block}`);
  }
}

// --- ranges of panels or inputs, into which threads divide the work ---

/** Every single panel and every split into two, empty ones too: each range writes its own panels as the whole does. */
export function checkRanges(
  panels: number,
  before: Uint32Array,
  run: (from: number, to: number) => Uint32Array,
  panelOf: (i: number) => number,
  ranges = rangesOf(panels),
): void {
  const whole = run(0, panels);
  for (const [from, to] of ranges) {
    const words = run(from, to);
    const i = words.findIndex((word, place) => {
      const panel = panelOf(place);
      return word !== (panel >= from && panel < to ? whole : before)[place];
    });
    if (i >= 0) throw new Error(`panels ${from} to ${to} of ${panels}: word ${i} of panel ${panelOf(i)} is wrong`);
  }
}

function rangesOf(panels: number): [number, number][] {
  return Array.from({ length: panels + 1 }, (_, p): [number, number][] => {
    const ranges: [number, number][] = [
      [0, p],
      [p, panels],
      [p, p],
    ];
    return p < panels ? [...ranges, [p, p + 1]] : ranges;
  }).flat();
}

/** A few ranges of many: halves, a part in the middle, none. */
export function someRanges(count: number): [number, number][] {
  const [third, half] = [Math.floor(count / 3), Math.floor(count / 2)];
  return [
    [0, half],
    [half, count],
    [third, half],
    [half, half],
  ];
}

/** The panel that a word of padded rows belongs to. */
export function rowPanel(columns: number): (i: number) => number {
  const stride = padded(columns);
  return (i) => Math.floor((i % stride) / PANEL);
}

export function checkForwardRanges(lab: Lab, shape: Shape, code: number): void {
  const { rows, units } = shape;
  const dense = denseCase(shape);
  for (const wide of TILES) {
    const run = (from: number, to: number) => runForward(lab, shape, dense, from, to, code, wide);
    checkRanges(dense.panels, blank(rows * padded(units)), run, rowPanel(units));
  }
}

export function checkInputGradientRanges(lab: Lab, shape: Shape, code: number): void {
  const { rows, inputs } = shape;
  const delta = deltaCase(shape, code);
  const run = (from: number, to: number) => runInputGradient(lab, shape, delta, from, to, code);
  checkRanges(delta.panels, blank(rows * padded(inputs)), run, rowPanel(inputs));
}

export function checkGradientRanges(lab: Lab, shape: Shape): void {
  for (const wide of TILES) checkTiledGradientRanges(lab, shape, wide);
}

function checkTiledGradientRanges(lab: Lab, shape: Shape, wide: boolean): void {
  const { inputs, units } = shape;
  const gradient = gradientCase(shape);
  const { g, gBias, panels } = gradient;
  const run = (from: number, to: number) => runGradient(lab, shape, gradient, wide, from, to);
  const panel = panelRows(inputs) * PANEL;
  const weightsPanel = (i: number): number => Math.floor(i / panel);
  checkRanges(panels, toPanels(g, units, inputs), (from, to) => run(from, to).weights, weightsPanel);
  checkRanges(panels, padRows(gBias, 1, units, 0), (from, to) => run(from, to).biases, rowPanel(units));
  const some = (first: number, end: number) => runGradient(lab, shape, gradient, wide, 0, panels, first, end).weights;
  const inputOf = (i: number): number => Math.floor((i % panel) / PANEL);
  checkRanges(inputs, toPanels(g, units, inputs), some, inputOf, someRanges(inputs));
}
