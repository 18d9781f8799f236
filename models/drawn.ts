// How well a model reads digits that are drawn as people draw, through the preprocessing: accuracy by kind of drawing.

import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { encode } from "fast-png";
import { preprocessDigit } from "../src/digits.js";
import { type Dataset, loadIdxFolder, loadMnist, loadNetwork, type Network } from "../src/node.js";
import { Draws } from "./draws.js";
import { FONTS, isInstalled, printedDigits } from "./fonts.js";
import { MANNERS, redraw } from "./redraw.js";
import { writtenDigits } from "./strokes.js";

/** Pixels of a canvas's side, five to one of MNIST's. */
const CANVAS = 140;
const SEED = 1;

interface Options {
  model: string;
  data: string;
  kind?: string;
  count: number;
  sheet?: string;
  json?: true;
}

/** A drawing on a canvas, and what it is. */
interface Sample {
  data: Float32Array | Uint8Array;
  side: number;
  label: number;
}

interface Kind {
  name: string;
  samples: () => Iterable<Sample>;
  /** What the network sees of a drawing. */
  prepare: (sample: Sample) => Uint8Array | undefined;
}

interface Result {
  kind: string;
  count: number;
  accuracy: number;
  /** Drawings of which the preprocessing said that nothing is drawn; they count as wrong. */
  unseen: number;
}

export function addDrawn(program: Command): void {
  program
    .command("drawn")
    .summary("accuracy of a model on drawn digits")
    .description("Measures a model on the test digits, drawn as people draw, and on digits of fonts and pens.")
    .requiredOption("--model <FILE>", "a network of 784 inputs and 10 outputs")
    .option("--data <mnist|DIR>", "whose test images are redrawn", "mnist")
    .option("--kind <name>", "one kind of drawing only")
    .option("--count <n>", "how many of the test images", Number, Number.POSITIVE_INFINITY)
    .option("--sheet <FILE>", "write a PNG of the first drawings of each kind and what the network sees of them")
    .option("--json", "one JSON object instead of a table")
    .action(drawn);
}

async function drawn({ model, data, kind, count, sheet, json }: Options): Promise<void> {
  if (!(count >= 1)) throw new RangeError('"--count" must be a number of at least 1');
  const network = await loadNetwork(model);
  const { test } = data === "mnist" ? await loadMnist() : await loadIdxFolder(data);
  const results: Result[] = [];
  const rows: Pair[][] = [];
  for (const wanted of chosen(kinds(test, Math.min(count, test.count)), kind)) {
    const { result, pairs } = measure(network, wanted);
    results.push(result);
    rows.push(pairs);
    if (!json) console.log(line(result));
  }
  if (json) console.log(JSON.stringify({ canvas: CANVAS, kinds: results }));
  if (sheet !== undefined) writeFileSync(sheet, contactSheet(rows));
}

function chosen(all: Kind[], name: string | undefined): Kind[] {
  const found = all.filter((kind) => name === undefined || kind.name === name);
  if (found.length > 0) return found;
  throw new RangeError(`"--kind" must be one of ${all.map((kind) => `"${kind.name}"`).join(", ")}, got "${name}"`);
}

function line({ kind, count, accuracy, unseen }: Result): string {
  const note = unseen > 0 ? `, ${unseen} taken for empty` : "";
  return `${kind.padEnd(20)}${(100 * accuracy).toFixed(2).padStart(6)} %  of ${count}${note}`;
}

/** Every kind of drawing; the first is MNIST as it is, without preprocessing, which the others are to come near to. */
function kinds(test: Dataset, count: number): Kind[] {
  const redrawing = Object.entries(MANNERS).map(([name, manner], kind): [string, () => Iterable<Sample>] => [
    name,
    () => redrawn(test, count, (digit, i) => redraw(digit, manner, CANVAS, new Draws(SEED + kind, i))),
  ]);
  const drawings: [string, () => Iterable<Sample>][] = [
    ["preprocessed", () => plain(test, count)],
    ...redrawing,
    ...printing(),
    ["strokes", () => blackOnWhite(writtenDigits(CANVAS, new Draws(SEED, 0)))],
  ];
  return [
    { name: "MNIST", samples: () => plain(test, count), prepare: ({ data }) => data as Uint8Array },
    ...drawings.map(([name, samples]) => ({ name, samples, prepare })),
  ];
}

function prepare({ data, side }: Sample): Uint8Array | undefined {
  return preprocessDigit({ data, width: side, height: side });
}

/** Digits of the fonts that are there; the others are told of. */
function printing(): [string, () => Iterable<Sample>][] {
  const fonts = FONTS.filter(isInstalled);
  for (const font of FONTS.filter((file) => !isInstalled(file))) {
    console.error(`left out ${font.name}: ${font.path} is missing (Debian's ${font.package} has it)`);
  }
  return fonts.length > 0 ? [["fonts", () => blackOnWhite(printedDigits(fonts, CANVAS))]] : [];
}

function* plain(test: Dataset, count: number): Generator<Sample> {
  for (let i = 0; i < count; i++) {
    yield { data: test.sample(i) as Uint8Array, side: 28, label: test.labels?.[i] as number };
  }
}

function* redrawn(
  test: Dataset,
  count: number,
  draw: (digit: Uint8Array, index: number) => Float32Array,
): Generator<Sample> {
  for (let i = 0; i < count; i++) {
    yield { data: draw(test.sample(i) as Uint8Array, i), side: CANVAS, label: test.labels?.[i] as number };
  }
}

function* blackOnWhite(drawings: Iterable<{ canvas: { data: Float32Array }; label: number }>): Generator<Sample> {
  for (const { canvas, label } of drawings) yield { data: canvas.data.map((ink) => 1 - ink), side: CANVAS, label };
}

/** A drawing and what the network sees of it. */
interface Pair {
  drawing: Sample;
  seen: Uint8Array;
}

/** Pairs of each kind on a contact sheet. */
const SHOWN = 24;

function measure(network: Network, { name, samples, prepare }: Kind): { result: Result; pairs: Pair[] } {
  const pairs: Pair[] = [];
  let [count, right, unseen] = [0, 0, 0];
  for (const drawing of samples()) {
    const seen = prepare(drawing);
    count++;
    if (pairs.length < SHOWN) pairs.push({ drawing, seen: seen ?? new Uint8Array(784) });
    if (!seen) unseen++;
    else if (network.classify(seen).label === drawing.label) right++;
  }
  return { result: { kind: name, count, accuracy: right / count, unseen }, pairs };
}

/** Each kind's drawings in a row, above what the network sees, as large. */
function contactSheet(rows: Pair[][]): Uint8Array {
  const [width, height] = [SHOWN * CANVAS, 2 * rows.length * CANVAS];
  const data = new Uint8Array(width * height);
  rows.forEach((pairs, row) => {
    pairs.forEach(({ drawing, seen }, column) => {
      const corner = (2 * row * width + column) * CANVAS;
      const scale = drawing.data instanceof Float32Array ? 255 : 1;
      paint(data, width, corner, drawing.side, (i) => (drawing.data[i] as number) * scale);
      paint(data, width, corner + width * CANVAS, 28, (i) => seen[i] as number);
    });
  });
  return encode({ width, height, data, channels: 1, depth: 8 });
}

function paint(sheet: Uint8Array, width: number, corner: number, side: number, value: (i: number) => number): void {
  for (let i = 0; i < CANVAS * CANVAS; i++) {
    const [row, column] = [Math.floor(i / CANVAS), i % CANVAS];
    const from = Math.floor((row * side) / CANVAS) * side + Math.floor((column * side) / CANVAS);
    sheet[corner + row * width + column] = value(from);
  }
}
