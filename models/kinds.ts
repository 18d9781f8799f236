// The benchmark of drawn digits: kinds of drawings, and a network's accuracy on each after preprocessing.

import { DIGIT_PIXELS, DIGIT_SIDE, preprocessDigit } from "../src/image/digit.js";
import type { Dataset, Network } from "../src/node.js";
import { Draws } from "./draws.js";
import { FONTS, isInstalled, printedDigits } from "./fonts.js";
import { RENDERINGS, render } from "./render.js";
import { writtenDigits } from "./strokes.js";

/** Side of the canvas in pixels: five per pixel of MNIST. */
export const CANVAS = 140;
const SEED = 1;

/** A drawing and the digit that it shows. */
interface Sample {
  data: Float32Array | Uint8Array;
  side: number;
  label: number;
}

/** A kind of drawing. */
export interface Kind {
  name: string;
  samples: () => Iterable<Sample>;
  /** Converts a drawing to the network's input; undefined if nothing is drawn. */
  prepare: (sample: Sample) => Uint8Array | undefined;
}

/** A network's accuracy on a kind of drawing. */
export interface Result {
  kind: string;
  count: number;
  accuracy: number;
  /** Drawings in which the preprocessing found nothing. They count as wrong. */
  unseen: number;
}

/** All kinds of drawings. The first is unchanged MNIST without preprocessing, the upper bound for the others. */
export function kinds(test: Dataset, count: number): Kind[] {
  const renderings = Object.entries(RENDERINGS).map(([name, rendering], kind): [string, () => Iterable<Sample>] => [
    name,
    () => rendered(test, count, (digit, i) => render(digit, rendering, CANVAS, new Draws(SEED + kind, i))),
  ]);
  const drawings: [string, () => Iterable<Sample>][] = [
    ["preprocessed", () => plain(test, count)],
    ...renderings,
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

/** Digits of the installed fonts; missing fonts are reported on stderr. */
function printing(): [string, () => Iterable<Sample>][] {
  const fonts = FONTS.filter(isInstalled);
  for (const font of FONTS.filter((file) => !isInstalled(file))) {
    console.error(`left out ${font.name}: ${font.path} is missing (Debian's ${font.package} has it)`);
  }
  return fonts.length > 0 ? [["fonts", () => blackOnWhite(printedDigits(fonts, CANVAS))]] : [];
}

/** Test images, unchanged. */
function* plain(test: Dataset, count: number): Generator<Sample> {
  for (let i = 0; i < count; i++) {
    yield { data: test.sample(i) as Uint8Array, side: DIGIT_SIDE, label: test.labels?.[i] as number };
  }
}

/** Test images rendered by `draw` on a canvas. */
function* rendered(
  test: Dataset,
  count: number,
  draw: (digit: Uint8Array, index: number) => Float32Array,
): Generator<Sample> {
  for (let i = 0; i < count; i++) {
    yield { data: draw(test.sample(i) as Uint8Array, i), side: CANVAS, label: test.labels?.[i] as number };
  }
}

/** Drawings of ink as pictures, black on white. */
function* blackOnWhite(drawings: Iterable<{ canvas: { data: Float32Array }; label: number }>): Generator<Sample> {
  for (const { canvas, label } of drawings) yield { data: canvas.data.map((ink) => 1 - ink), side: CANVAS, label };
}

/** A drawing and the network's input made from it. */
export interface Pair {
  drawing: Sample;
  seen: Uint8Array;
}

/** Number of drawings of each kind on a contact sheet. */
export const SHOWN = 24;

/** The accuracy over at most `most` drawings of a kind, and the first `SHOWN` pairs. */
export function measure(
  network: Network,
  { name, samples, prepare }: Kind,
  most = Number.POSITIVE_INFINITY,
): { result: Result; pairs: Pair[] } {
  const pairs: Pair[] = [];
  let [count, right, unseen] = [0, 0, 0];
  for (const drawing of samples()) {
    if (count === most) break;
    const seen = prepare(drawing);
    count++;
    if (pairs.length < SHOWN) pairs.push({ drawing, seen: seen ?? new Uint8Array(DIGIT_PIXELS) });
    if (!seen) unseen++;
    else if (network.classify(seen).label === drawing.label) right++;
  }
  return { result: { kind: name, count, accuracy: right / count, unseen }, pairs };
}

/** A network's accuracy on each kind, over at most `most` drawings. */
export function measureKinds(network: Network, test: Dataset, most: number): Result[] {
  return kinds(test, Math.min(most, test.count)).map((kind) => measure(network, kind, most).result);
}
