// Digits drawn as people draw, kind by kind, and how well a network reads them through the preprocessing.

import { DIGIT_PIXELS, DIGIT_SIDE, preprocessDigit } from "../src/image/digit.js";
import type { Dataset, Network } from "../src/node.js";
import { Draws } from "./draws.js";
import { FONTS, isInstalled, printedDigits } from "./fonts.js";
import { MANNERS, redraw } from "./redraw.js";
import { writtenDigits } from "./strokes.js";

/** Pixels of a canvas's side, five to one of MNIST's. */
export const CANVAS = 140;
const SEED = 1;

/** A drawing on a canvas, and what it is. */
interface Sample {
  data: Float32Array | Uint8Array;
  side: number;
  label: number;
}

export interface Kind {
  name: string;
  samples: () => Iterable<Sample>;
  /** What the network sees of a drawing. */
  prepare: (sample: Sample) => Uint8Array | undefined;
}

export interface Result {
  kind: string;
  count: number;
  accuracy: number;
  /** Drawings of which the preprocessing said that nothing is drawn; they count as wrong. */
  unseen: number;
}

/** Every kind of drawing; the first is MNIST as it is, without preprocessing, which the others are to come near to. */
export function kinds(test: Dataset, count: number): Kind[] {
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
    yield { data: test.sample(i) as Uint8Array, side: DIGIT_SIDE, label: test.labels?.[i] as number };
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
export interface Pair {
  drawing: Sample;
  seen: Uint8Array;
}

/** Pairs of each kind on a contact sheet. */
export const SHOWN = 24;

/** Accuracy over a kind's drawings, `most` of them at most, and the first of them. */
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

/** How well a network reads each kind, of `most` drawings at most. */
export function measureKinds(network: Network, test: Dataset, most: number): Result[] {
  return kinds(test, Math.min(most, test.count)).map((kind) => measure(network, kind, most).result);
}
