// The benchmark of drawn digits: accuracy of a model by kind of drawing.

import type { Command } from "commander";
import { encode } from "fast-png";
import { checkInteger } from "../src/check.js";
import { writeAtomic } from "../src/data/write.js";
import { DIGIT_CLASSES, DIGIT_PIXELS, DIGIT_SIDE } from "../src/image/digit.js";
import { type Dataset, loadNetwork, type Network } from "../src/node.js";
import { readData } from "../src/terminal/data.js";
import { checkWritable } from "../src/terminal/writable.js";
import { dimensions } from "../src/text.js";
import { CANVAS, type Kind, kinds, measure, type Pair, type Result, SHOWN } from "./kinds.js";

/** The command's options. */
interface Options {
  model: string;
  data: string;
  kind?: string;
  count?: number;
  sheet?: string;
  json?: true;
}

/** Adds the command to a program. */
export function addDrawn(program: Command): void {
  program
    .command("drawn")
    .summary("accuracy of a model on drawn digits")
    .description("Measures a model on the test digits, rendered as people draw, and on digits of fonts and pens.")
    .requiredOption("--model <FILE>", "a network of 784 inputs and 10 outputs")
    .option("--data <mnist|DIR>", "dataset whose test images are drawn", "mnist")
    .option("--kind <name>", "one kind of drawing only")
    .option("--count <n>", "number of test images; default all", Number)
    .option("--sheet <FILE>", "write a PNG of the first drawings of each kind and the network's inputs")
    .option("--json", "one JSON object instead of a table")
    .action(drawn);
}

/** Measures a model and prints or writes the results. */
async function drawn({ model, data, kind, count, sheet, json }: Options): Promise<void> {
  if (count !== undefined) checkInteger(count, "--count");
  if (sheet !== undefined) await checkWritable(sheet);
  // Deterministic, as for the cards: the same results on every engine.
  const network = await loadNetwork(model, { deterministic: true });
  checkModel(network, model);
  const { test } = await readData(data);
  checkDigits(test, data);
  const results: Result[] = [];
  const rows: Pair[][] = [];
  for (const wanted of chosen(kinds(test, Math.min(count ?? test.count, test.count)), kind)) {
    const { result, pairs } = measure(network, wanted);
    results.push(result);
    rows.push(pairs);
    if (!json) console.log(line(result));
  }
  if (json) console.log(JSON.stringify({ canvas: CANVAS, kinds: results }));
  if (sheet !== undefined) await writeAtomic(sheet, contactSheet(rows));
}

/** Checks that a model reads digits of 28x28. */
function checkModel({ spec }: Network, file: string): void {
  const outputs = spec.layers.at(-1)?.units;
  if (spec.inputs === DIGIT_PIXELS && outputs === DIGIT_CLASSES) return;
  const needed = `${DIGIT_PIXELS} (${dimensions([DIGIT_SIDE, DIGIT_SIDE])}) and ${DIGIT_CLASSES}`;
  throw new RangeError(`${file} has ${spec.inputs} inputs and ${outputs} outputs, but digits need ${needed}`);
}

/** Checks that a dataset holds digits of 28x28. */
function checkDigits({ shape, classes }: Dataset, folder: string): void {
  const size = [DIGIT_SIDE, DIGIT_SIDE];
  if (shape.join() === size.join() && classes <= DIGIT_CLASSES) return;
  const needed = `digits have ${dimensions(size)} pixels and at most ${DIGIT_CLASSES} classes`;
  throw new RangeError(`${folder} holds images of ${dimensions(shape)} in ${classes} classes, but ${needed}`);
}

/** The kinds of this name; all without a name. */
function chosen(all: Kind[], name: string | undefined): Kind[] {
  const found = all.filter((kind) => name === undefined || kind.name === name);
  if (found.length > 0) return found;
  throw new RangeError(`"--kind" must be one of ${all.map((kind) => `"${kind.name}"`).join(", ")}, got "${name}"`);
}

/** One kind's result as a line of text. */
function line({ kind, count, accuracy, unseen }: Result): string {
  const note = unseen > 0 ? `, ${unseen} taken for empty` : "";
  return `${kind.padEnd(20)}${(100 * accuracy).toFixed(2).padStart(6)} %  of ${count}${note}`;
}

/** A PNG with two rows per kind: its drawings, and below each the network's input, enlarged to the same size. */
export function contactSheet(rows: Pair[][]): Uint8Array {
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

/** Writes one square picture of `side` pixels into the sheet, enlarged to `CANVAS` pixels; `value` returns a pixel. */
function paint(sheet: Uint8Array, width: number, corner: number, side: number, value: (i: number) => number): void {
  for (let i = 0; i < CANVAS * CANVAS; i++) {
    const [row, column] = [Math.floor(i / CANVAS), i % CANVAS];
    const from = Math.floor((row * side) / CANVAS) * side + Math.floor((column * side) / CANVAS);
    sheet[corner + row * width + column] = value(from);
  }
}
