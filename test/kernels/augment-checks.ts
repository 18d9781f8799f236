// The checks of the kernel `augment`.

import * as abi from "../../src/abi.js";
import { type Augmentation, planAugmenting } from "../../src/recipe/augment.js";
import { at } from "../support/reference.js";
import { augment } from "../support/reference-augment.js";
import { Draws, type Lab, sameBits, U, within } from "./lab.js";
import { blank, floatsOf, wordsOf } from "./scratch.js";

export interface ImageCase {
  height: number;
  width: number;
  count: number;
  bytes: boolean;
  ordered: boolean;
  augmentation: Augmentation;
  /** The middles of ranges other than 0, by what is drawn from them. */
  middles?: Record<number, number>;
}

/** Every change at once, of sizes that show. */
export const EVERYTHING: Augmentation = {
  ...{ shift: 2.5, rotation: 40, scale: 0.3, shear: 0.3, thickness: 0.8, elastic: { alpha: 20, sigma: 3 } },
};
const SCALE = 1 / 255;

/** The kernel's settings of a case, of a seed past 2^32, in some epoch. */
function settingsOf({ height, width, augmentation, middles = {} }: ImageCase): [Uint32Array, scratchBytes: number] {
  const { settings, scratchBytes } = planAugmenting(augmentation, [height, width], SCALE, 2 ** 40 + 7);
  settings[abi.AUGMENT_EPOCH] = 3;
  const floats = floatsOf(settings);
  for (const [range, middle] of Object.entries(middles)) floats[abi.AUGMENT_MIDDLES + Number(range)] = middle;
  return [settings, scratchBytes];
}

/** Images of strokes between zeros, and some noise. */
function images(draws: Draws, { height, width, bytes }: ImageCase, count: number): Float32Array {
  const size = height * width;
  return Float32Array.from({ length: count * size }, (_, i) => {
    const [x, y] = [i % width, Math.floor((i % size) / width)];
    const ink = (x + 2 * y + Math.floor(i / size)) % 7 < 3 || draws.below(9) === 0;
    if (!ink) return 0;
    return bytes ? draws.below(256) : draws.signed();
  });
}

/** Runs the kernel; gives the images it drew, and those it was given, scaled and in order, with their numbers. */
function run(
  { kernels, arena }: Lab,
  imageCase: ImageCase,
): { got: Float32Array; given: Float32Array[]; numbers: number[] } {
  const { height, width, count, bytes, ordered } = imageCase;
  const size = height * width;
  const draws = new Draws(height * 10_000 + width * 100 + count);
  const stored = count + 2;
  const values = images(draws, imageCase, stored);
  const order = Uint32Array.from({ length: count }, (_, i) => (ordered ? draws.below(stored) : i));
  const [settings, scratchBytes] = settingsOf(imageCase);
  arena.reset();
  const rowsAt = arena.input("rows", bytes ? bytesOf(values) : wordsOf(values));
  const orderAt = ordered ? arena.input("order", order) : 0;
  const settingsAt = arena.input("settings", settings);
  const scratchAt = arena.output("scratch", blank(scratchBytes / 4));
  const xAt = arena.output("x", blank(count * size));
  kernels.augment(xAt, rowsAt, orderAt, count, bytes, settingsAt, scratchAt);
  arena.check();
  const scale = bytes ? Math.fround(SCALE) : 1;
  const numbers = [...order];
  const given = numbers.map((number) => values.slice(number * size, (number + 1) * size).map((x) => x * scale));
  return { got: floatsOf(arena.read(xAt)), given, numbers };
}

function bytesOf(values: Float32Array): Uint32Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 4) * 4);
  bytes.set(values);
  return new Uint32Array(bytes.buffer);
}

/** Against the twin. A place is off by a few roundings of numbers as large as the image and what it is moved by. */
export function checkAugment(lab: Lab, imageCase: ImageCase): void {
  const { got, given, numbers } = run(lab, imageCase);
  const [settings] = settingsOf(imageCase);
  const want = given.flatMap((image, i) => [...augment(image, numbers[i] as number, settings)]);
  const { height, width, augmentation } = imageCase;
  const { scale = 0, shift = 0, elastic } = augmentation;
  const reach = (height + width + 2 * shift) * (1 + scale) + (elastic ? 2 * elastic.alpha : 0);
  const most = given.reduce((largest, image) => image.reduce((a, b) => Math.max(a, Math.abs(b)), largest), 0);
  const what = `augment of ${height}x${width}, ${JSON.stringify(augmentation)}`;
  within(got, want, () => 24 * U * reach * most, what);
}

/** Nothing to change: the images as a gather gives them, to the bit. */
export function checkUnchanged(lab: Lab, imageCase: Omit<ImageCase, "augmentation">): void {
  const { got, given } = run(lab, { ...imageCase, augmentation: {} });
  sameBits(got, concatenated(given), "augment without a change");
}

/** A shift of whole pixels moves them as they are. */
export function checkShift(lab: Lab, imageCase: Omit<ImageCase, "augmentation">, dx: number, dy: number): void {
  const middles = { [abi.RANGE_SHIFT_X]: dx, [abi.RANGE_SHIFT_Y]: dy };
  const { got, given } = run(lab, { ...imageCase, augmentation: {}, middles });
  const { height, width } = imageCase;
  const moved = given.map((image) =>
    image.map((_, i) => {
      const [x, y] = [(i % width) - dx, Math.floor(i / width) - dy];
      return x >= 0 && x < width && y >= 0 && y < height ? at(image, y * width + x) : 0;
    }),
  );
  sameBits(got, concatenated(moved), `augment by a shift of ${dx}, ${dy}`);
}

/** A quarter turn of square images: what was at the top is on the right. */
export function checkQuarterTurn(lab: Lab, side: number): void {
  const middles = { [abi.RANGE_ROTATION]: Math.PI / 2 };
  const square = { height: side, width: side, count: 2, bytes: false, ordered: true };
  const { got, given } = run(lab, { ...square, augmentation: {}, middles });
  const turned = given.map((image) =>
    image.map((_, i) => at(image, (side - 1 - (i % side)) * side + Math.floor(i / side))),
  );
  within(got, concatenated(turned), () => 1e-5 * side, `augment by a quarter turn of ${side}x${side}`);
}

function concatenated(parts: Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
