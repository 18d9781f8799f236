// One check for each sparse kernel: lists against their rows, products bit by bit against the dense order.

import { LINEAR, SOFTMAX } from "../../build/codes.js";
import { PANEL } from "../../src/abi.js";
import { columnStride, padded, panelRows } from "../../src/memory/plan.js";
import { at, PARAMETER } from "../support/reference.js";
import { checkRanges, drawsFor, rowPanel, type Shape, someRanges, title } from "./dense-checks.js";
import { exactAccumulate, exactForward } from "./exact.js";
import { Draws, type Lab, sameBits, sameWords, TILES, zeroPadding } from "./lab.js";
import { BLANK, blank, fromPanels, padRows, panelPadding, toPanels, unpadRows, wordsOf } from "./scratch.js";

/** `zeros` in eight of the numbers are zero. */
function sparse(draws: Draws, n: number, zeros: number): Float32Array {
  return Float32Array.from({ length: n }, () => (draws.below(8) < zeros ? 0 : draws.signed() || 0.5));
}

/** An entry of a list as two words: the index and the value. */
function entry(place: number, value: number): [number, number] {
  return [place, at(wordsOf(Float32Array.of(value)), 0)];
}

interface RowLists {
  lists: Uint32Array;
  spans: Uint32Array;
}

/** The row lists that the kernels should write at `address`, one after the other, blank after the last; and their spans. */
function rowLists(x: Float32Array, rows: number, inputs: number, address: number): RowLists {
  const lists = blank(rows * inputs * 2);
  const spans = new Uint32Array(rows * 2);
  let end = 0;
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * inputs, (r + 1) * inputs);
    const entries = [...row].flatMap((value, k) => (value === 0 ? [] : entry(k * 64, value)));
    lists.set(entries, end);
    spans[2 * r] = address + end * 4;
    end += entries.length;
    spans[2 * r + 1] = address + end * 4;
  }
  return { lists, spans };
}

/** The row lists of `x` at the first address of the arena, which is emptied. */
function firstRowLists({ arena }: Lab, x: Float32Array, rows: number, inputs: number): RowLists {
  arena.reset();
  return rowLists(x, rows, inputs, arena.next);
}

/** Writes them there, into an empty arena. Returns the address of the spans. */
function placeRowLists({ arena }: Lab, { lists, spans }: RowLists): number {
  arena.reset();
  arena.input("lists", lists);
  return arena.input("spans", spans);
}

function nonZeros(x: Float32Array, rows: number, inputs: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, r) => {
    return x.subarray(r * inputs, (r + 1) * inputs).filter((value) => value !== 0).length;
  });
}

/** Column lists of all inputs, at `address`, and their ends. */
function columnLists(x: Float32Array, { rows, inputs, units }: Shape, address: number) {
  const stride = columnStride(rows);
  const columns = blank((inputs * stride) / 4);
  const ends = new Uint32Array(inputs);
  for (let k = 0; k < inputs; k++) {
    const samples = Array.from({ length: rows }, (_, r) => r).filter((r) => x[r * inputs + k] !== 0);
    const entries = samples.flatMap((r) => entry(r * padded(units) * 4, at(x, r * inputs + k)));
    columns.set(entries, (k * stride) / 4);
    ends[k] = address + k * stride + entries.length * 4;
  }
  return { columns, ends };
}

/** Lists of bytes and of floats, of rows in place or in an order. */
export function checkRowLists({ kernels, arena }: Lab, rows: number, inputs: number, zeros: number): void {
  const draws = new Draws(rows * 1000 + inputs + zeros);
  const floats = sparse(draws, rows * inputs, zeros).map((value, i) => (value === 0 && i % 3 === 0 ? -0 : value));
  const bytes = floats.map((value) => (value === 0 ? 0 : 1 + draws.below(255)));
  const order = Uint32Array.from({ length: rows }, (_, i) => (i * 7 + 3) % rows);
  const scale = Math.fround(1 / 255);
  for (const ordered of [undefined, order]) {
    const picked = (x: Float32Array) => pick(x, ordered, rows, inputs);
    const what = `of ${rows} rows of ${inputs}`;
    arena.reset();
    const u8At = arena.input("bytes", packed(bytes));
    const f32At = arena.input("floats", wordsOf(floats));
    const orderAt = ordered ? arena.input("order", ordered) : 0;
    // Lists may start at any multiple of 8.
    const listsAt = arena.output("lists", blank(rows * inputs * 2 + 2)) + 8;
    const spansAt = arena.output("spans", blank(rows * 2));
    const check = (x: Float32Array, name: string): void => {
      arena.check();
      const want = rowLists(x, rows, inputs, listsAt);
      sameWords(arena.read(spansAt), want.spans, `spans ${name} ${what}`);
      sameWords(arena.read(listsAt - 8), Uint32Array.of(BLANK, BLANK, ...want.lists), `${name} ${what}`);
    };
    kernels.sparseRowsF32(listsAt, spansAt, f32At, orderAt, rows, inputs);
    check(picked(floats), "sparseRowsF32");
    kernels.sparseRowsU8(listsAt, spansAt, u8At, orderAt, rows, inputs, scale);
    check(
      picked(bytes).map((value) => value * scale),
      "sparseRowsU8",
    );
    const countsAt = arena.output("counts", blank(rows));
    kernels.countNonZeroU8(countsAt, u8At, rows, inputs);
    sameWords(arena.read(countsAt), nonZeros(bytes, rows, inputs), `countNonZeroU8 ${what}`);
    kernels.countNonZeroF32(countsAt, f32At, rows, inputs);
    sameWords(arena.read(countsAt), nonZeros(floats, rows, inputs), `countNonZeroF32 ${what}`);
    arena.check();
  }
}

/** Spans of some of the rows, in place or in an order. */
export function checkSpans({ kernels, arena }: Lab, rows: number, ordered: boolean): void {
  const kept = Uint32Array.from({ length: 2 * (rows + 3) }, (_, i) => i * 3 + 1);
  const order = Uint32Array.from({ length: rows }, (_, i) => (i * 7 + 3) % (rows + 3));
  arena.reset();
  const keptAt = arena.input("kept", kept);
  const orderAt = ordered ? arena.input("order", order) : 0;
  const spansAt = arena.output("spans", blank(rows * 2));
  kernels.gatherSparseRows(spansAt, keptAt, orderAt, rows);
  arena.check();
  const want = Uint32Array.from({ length: rows * 2 }, (_, i) => {
    const row = Math.floor(i / 2);
    return at(kept, 2 * (ordered ? at(order, row) : row) + (i % 2));
  });
  sameWords(arena.read(spansAt), want, `gatherSparseRows of ${rows} rows`);
}

function packed(bytes: Float32Array): Uint32Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return new Uint32Array(whole.buffer);
}

function pick(x: Float32Array, order: Uint32Array | undefined, rows: number, inputs: number): Float32Array {
  const picked = new Float32Array(rows * inputs);
  for (let r = 0; r < rows; r++) {
    const from = (order ? at(order, r) : r) * inputs;
    picked.set(x.subarray(from, from + inputs), r * inputs);
  }
  return picked;
}

/** Columns made at once, and in two and three parts. */
export function checkColumns(lab: Lab, shape: Shape, zeros: number): void {
  const { kernels, arena } = lab;
  const { rows, inputs, units } = shape;
  const x = sparse(drawsFor(shape), rows * inputs, zeros);
  const made = firstRowLists(lab, x, rows, inputs);
  const [third, half] = [Math.floor(inputs / 3), Math.floor(inputs / 2)];
  for (const cuts of [
    [0, inputs],
    [0, half, inputs],
    [0, third, half, inputs],
  ]) {
    const spansAt = placeRowLists(lab, made);
    const columnsAt = arena.output("columns", blank((inputs * columnStride(rows)) / 4));
    const endsAt = arena.output("ends", blank(inputs));
    for (let i = 0; i + 1 < cuts.length; i++) {
      kernels.sparseColumns(columnsAt, endsAt, spansAt, rows, units, columnStride(rows), at(cuts, i), at(cuts, i + 1));
    }
    arena.check();
    const want = columnLists(x, shape, columnsAt);
    sameWords(arena.read(endsAt), want.ends, title("ends of sparseColumns", shape));
    sameWords(arena.read(columnsAt), want.columns, title("sparseColumns", shape));
  }
}

export function checkSparseForward(lab: Lab, shape: Shape, zeros: number, code: number): void {
  const { kernels, arena } = lab;
  const { rows, inputs, units } = shape;
  const draws = drawsFor(shape);
  const [x, w, b] = [sparse(draws, rows * inputs, zeros), draws.floats(units * inputs), draws.floats(units)];
  const what = title("sparseForward", shape, code);
  const [panelled, made] = [toPanels(w, units, inputs), firstRowLists(lab, x, rows, inputs)];
  const run = (from: number, to: number, wide: boolean): Uint32Array => {
    const spansAt = placeRowLists(lab, made);
    const wAt = arena.input("w", panelled);
    const bAt = arena.input("b", padRows(b, 1, units, 0));
    const aAt = arena.output("a", blank(rows * padded(units)));
    kernels.sparseForward(aAt, spansAt, wAt, bAt, rows, inputs, units, from, to, code, PARAMETER, wide);
    arena.check();
    return arena.read(aAt);
  };
  const panels = padded(units) / PANEL;
  const want =
    code === LINEAR || code === SOFTMAX
      ? exactForward(lab.madd, x, w, b, rows, inputs, units)
      : denseOutputs(lab, shape, x, w, b, code);
  for (const wide of TILES) {
    sameBits(unpadRows(run(0, panels, wide), rows, units), want, what);
    checkRanges(panels, blank(rows * padded(units)), (from, to) => run(from, to, wide), rowPanel(units));
  }
}

function denseOutputs(
  { kernels, arena }: Lab,
  { rows, inputs, units }: Shape,
  x: Float32Array,
  w: Float32Array,
  b: Float32Array,
  code: number,
): Float32Array {
  arena.reset();
  const xAt = arena.input("x", padRows(x, rows, inputs, 0));
  const wAt = arena.input("w", toPanels(w, units, inputs));
  const bAt = arena.input("b", padRows(b, 1, units, 0));
  const aAt = arena.output("a", blank(rows * padded(units)));
  kernels.denseForward(aAt, xAt, wAt, bAt, rows, inputs, units, 0, padded(units) / PANEL, code, PARAMETER, false);
  return unpadRows(arena.read(aAt), rows, units);
}

export function checkSparseGradient(lab: Lab, shape: Shape, zeros: number, by: "columns" | "rows"): void {
  const { kernels, arena, madd } = lab;
  const { rows, inputs, units } = shape;
  const draws = drawsFor(shape);
  const [x, d] = [sparse(draws, rows * inputs, zeros), draws.inputs(rows * units)];
  const g = draws.floats(units * inputs);
  const what = title(by === "columns" ? "sparseGradient" : "sparseGradientRows", shape);
  const [before, made] = [toPanels(g, units, inputs), firstRowLists(lab, x, rows, inputs)];
  placeRowLists(lab, made);
  // Every run places them at this address, which `ends` counts from.
  const { columns, ends } = columnLists(x, shape, arena.next);
  const run = (from: number, to: number, first = 0, end = inputs): Uint32Array => {
    const spansAt = placeRowLists(lab, made);
    const columnsAt = arena.input("columns", columns);
    const endsAt = arena.input("ends", ends);
    const dAt = arena.input("d", padRows(d, rows, units, 0));
    const gAt = arena.output("g", before);
    const range = [from, to, first, end] as const;
    if (by === "columns") {
      kernels.sparseGradient(gAt, columnsAt, endsAt, dAt, inputs, units, columnStride(rows), ...range);
    } else kernels.sparseGradientRows(gAt, spansAt, dAt, rows, inputs, units, ...range);
    arena.check();
    return arena.read(gAt);
  };
  const panels = padded(units) / PANEL;
  const words = run(0, panels);
  zeroPadding(panelPadding(words, units, inputs), what);
  const exact = g.slice();
  exactAccumulate(madd, exact, new Float32Array(units), x, d, rows, inputs, units);
  sameBits(fromPanels(words, units, inputs), exact, what);
  const panel = panelRows(inputs) * PANEL;
  checkRanges(panels, before, run, (i) => Math.floor(i / panel));
  const some = (first: number, end: number) => run(0, panels, first, end);
  checkRanges(inputs, before, some, (i) => Math.floor((i % panel) / PANEL), someRanges(inputs));
}
