// What the network of doubt learns from and is measured with: digits, and pictures of non-digits.

import { DIGIT_PIXELS, DIGIT_SIDE, preprocessDigit } from "../src/image/digit.js";
import type { Plane } from "../src/image/plane.js";
import { Dataset } from "../src/node.js";
import type { Point } from "./canvas.js";
import { Draws } from "./draws.js";
import { FIGURES, whole } from "./figures.js";
import { FONTS, isInstalled, printedSigns } from "./fonts.js";
import { LETTERS, SIGNS } from "./letters.js";
import { DRAWN, twoDigits } from "./others.js";
import { type Rendering, render } from "./render.js";
import { drawStrokes } from "./strokes.js";
import { strokesOf } from "./styles.js";

/** Sides of canvases in pixels, five per pixel of MNIST in the test as in `kinds.ts`; small ones make the many of the training quickly. */
const [CANVAS, SMALL] = [140, 56];
const SEED = 2;
/** The share of the drawings of the training whose pen has any width; those of the others need no widening, which takes time. */
const ANY_PEN = 0.15;

/** The classes of the network of doubt. */
export const [DIGIT, NONE] = [0, 1];

/** Rectangles and ellipses of any brightness, with grain: pictures of nothing in particular. */
function blocks(side: number, draws: Draws): Plane {
  const grain = draws.unit() < 0.5 ? 0 : draws.between(0, 0.3);
  const data = new Float32Array(side * side).fill(draws.unit());
  for (let i = whole(draws, 1, 8); i > 0; i--) {
    const [x, y] = [draws.between(0, side), draws.between(0, side)];
    const [w, h] = [draws.between(2, side / 2), draws.between(2, side / 2)];
    const [value, isRound] = [draws.unit(), draws.unit() < 0.5];
    data.forEach((_, at) => {
      const [u, v] = [Math.abs((at % side) - x) / w, Math.abs(Math.floor(at / side) - y) / h];
      if (isRound ? u * u + v * v < 1 : Math.max(u, v) < 1) data[at] = value;
    });
  }
  return { data: data.map((x) => Math.min(1, Math.max(0, x + grain * draws.gaussian()))), width: side, height: side };
}

/** One picture of a non-digit, of the kinds that are trained on. */
function unlike(train: Dataset, draws: Draws): Plane {
  const kind = draws.unit();
  if (kind < 0.05) return blocks(SMALL, draws);
  if (kind < 0.12) return twoDigits(train, SMALL, draws);
  const penOf = draws.unit() < ANY_PEN ? undefined : (grid: number) => grid * draws.between(0.11, 0.16);
  return drawStrokes(unlikeStrokes(draws), SMALL, draws, penOf);
}

/** The strokes of a letter, a sign, or a figure. */
function unlikeStrokes(draws: Draws): Point[][] {
  const kind = draws.unit();
  if (kind < 0.4) return strokesOf(pick(LETTERS, draws));
  if (kind < 0.5) return strokesOf(pick(SIGNS, draws));
  let place = draws.between(
    0,
    FIGURES.reduce((sum, [, share]) => sum + share, 0),
  );
  const chosen = FIGURES.find(([, share]) => {
    place -= share;
    return place < 0;
  });
  const [figure] = chosen ?? (FIGURES[0] as (typeof FIGURES)[number]);
  return figure(draws);
}

function pick<T>(list: readonly T[], draws: Draws): T {
  return list[whole(draws, 0, list.length - 1)] as T;
}

/** A digit of MNIST drawn with a random size, pen and slant. */
function redrawn(digit: Uint8Array, draws: Draws): Plane {
  const rendering: Rendering = {
    ...{ box: draws.between(18, 26), pen: draws.between(-1, 1), slant: draws.between(-22, 22) },
    paper: ({ data }) => data,
  };
  return { data: render(digit, rendering, SMALL, draws), width: SMALL, height: SMALL };
}

/** `count` pictures without a digit, as the network sees them. */
export function unlikeDigits(train: Dataset, count: number, stream: number): Uint8Array {
  const draws = new Draws(SEED, stream);
  return collect(count, () => preprocessDigit(unlike(train, draws)));
}

/** `count` digits, one redrawn from each of the first samples in turn, as the network sees them. */
export function redrawnDigits(train: Dataset, count: number, stream: number): Uint8Array {
  const draws = new Draws(SEED, stream);
  let next = 0;
  return collect(count, () => preprocessDigit(redrawn(train.sample(next++ % train.count) as Uint8Array, draws)));
}

/** `count` images of 784 bytes each; what is undefined is left out. */
function collect(count: number, next: () => Uint8Array | undefined): Uint8Array {
  const images = new Uint8Array(count * DIGIT_PIXELS);
  for (let i = 0; i < count; ) {
    const image = next();
    if (image) images.set(image, DIGIT_PIXELS * i++);
  }
  return images;
}

/** The characters of the fonts that are no digits, besides those that look like one (see `letters.ts`). */
const PRINTED = {
  letters: "ACEFHJKLMNPRTUVWXYacdefhkmnprtuvwx",
  signs: "?&#@%+=*~<>^€£¥§",
  "Greek and Cyrillic": "ΓΔΛΞΠΣΨΩαγεηκλμνπφψωЖДЙЛФЦШЩЮЯжюя",
  symbols: "☺☹♥★☆♪♫✓✔✗✂☎☀☂☃⚡♻♣♠♦→←↑↓⇒∑∫∂√∞≠≤≥¶©®",
};

/** A kind of pictures without a digit. */
export interface OtherKind {
  name: string;
  pictures: () => Iterable<Plane>;
}

/** The kinds of the test: none but two digits is of a font, a shape or a way to draw that was trained on. */
export function testKinds(test: Dataset, count: number): OtherKind[] {
  const drawn = Object.entries(DRAWN).map(([name, draw], kind) => ({
    name,
    pictures: () => repeated(count, 100 + kind, (draws) => draw(CANVAS, draws)),
  }));
  const two = { name: "two digits", pictures: () => repeated(count, 200, (draws) => twoDigits(test, CANVAS, draws)) };
  return [
    ...drawn,
    two,
    ...printed(FONTS.slice(1), ["letters", "signs", "Greek and Cyrillic"]),
    ...printed(FONTS.slice(0, 1), ["symbols"]),
  ];
}

function printed(files: typeof FONTS, names: (keyof typeof PRINTED)[]): OtherKind[] {
  const fonts = files.filter(isInstalled);
  if (fonts.length === 0) return [];
  return names.map((name) => ({
    name: `${name}, printed`,
    pictures: () => printedSigns(fonts, PRINTED[name], CANVAS),
  }));
}

function* repeated(count: number, stream: number, draw: (draws: Draws) => Plane): Generator<Plane> {
  const draws = new Draws(SEED, stream);
  for (let i = 0; i < count; i++) yield draw(draws);
}

/** What the network sees of a kind's pictures; undefined where nothing is found. */
export function* seen({ pictures }: OtherKind): Generator<Uint8Array | undefined> {
  for (const picture of pictures()) yield preprocessDigit(picture);
}

/** Images of both classes as a dataset. */
export function toDataset(digits: Uint8Array[], others: Uint8Array): Dataset {
  const parts = [...digits, others];
  const inputs = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    inputs.set(part, at);
    at += part.length;
  }
  const labels = new Uint8Array(inputs.length / DIGIT_PIXELS).fill(
    NONE,
    (inputs.length - others.length) / DIGIT_PIXELS,
  );
  return new Dataset({ inputs, shape: [DIGIT_SIDE, DIGIT_SIDE], labels, classes: 2 });
}
