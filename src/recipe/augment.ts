// Augmentation: random changes of the training images in every epoch, and the settings of the kernel `augment`.

import * as abi from "../abi.js";
import { checkNumber, checkOptions, rangeError } from "../check.js";
import { keyOf, Stream } from "../random.js";

/**
 * Bounds of the random changes of a training image. For every image and every epoch, each change is drawn uniformly from minus
 * its bound to its bound. Pixels from outside the image are 0.
 */
export interface Augmentation {
  /** Pixels by which the image is moved horizontally and vertically; at most 1024, default 0. */
  shift?: number;
  /** Degrees by which it is rotated about its centre; at most 180, default 0. */
  rotation?: number;
  /** The share by which it grows or shrinks: with 0.25 its size is multiplied by 1/1.25 to 1.25; at most 9, default 0. */
  scale?: number;
  /** Pixels by which it is sheared sideways per pixel of height; at most 10, default 0. */
  shear?: number;
  /**
   * Elastic distortion: every pixel is moved by `alpha` times a field of uniform numbers from −1 to 1, smoothed by a Gaussian
   * of standard deviation `sigma` pixels (Simard, Steinkraus and Platt, 2003). That is about 0.16·alpha/sigma pixels; default
   * none.
   */
  elastic?: {
    /** The factor of the field, at most 10,000. */
    alpha: number;
    /** Pixels of the Gaussian's standard deviation, from 1 to 1000. */
    sigma: number;
  };
  /**
   * Pixels by which the edges of bright strokes move outwards or inwards: 0.5 makes strokes up to a pixel thicker or thinner; at
   * most 1, default 0. Strokes thinner than that fade.
   */
  thickness?: number;
}

/** Bounds for handwritten digits of 28x28 pixels. */
export const digitAugmentation: Augmentation = {
  ...{ shift: 2, rotation: 12, scale: 0.15, shear: 0.2, elastic: { alpha: 30, sigma: 5 }, thickness: 0.5 },
};

/** The options that are one number, the most it may be, and the ranges of draws that it is the reach of, in what unit. */
const NUMBERS = [
  ["shift", 1024, [abi.RANGE_SHIFT_X, abi.RANGE_SHIFT_Y], 1],
  ["rotation", 180, [abi.RANGE_ROTATION], Math.PI / 180],
  ["scale", 9, [abi.RANGE_SCALE], 1],
  ["shear", 10, [abi.RANGE_SHEAR], 1],
  ["thickness", 1, [abi.RANGE_THICKNESS], 1],
] as const;

/** A side that the kernel's arithmetic is sure to hold. */
const MOST_PIXELS = 4096;

/** A checked copy of what comes from outside. TypeError or RangeError. */
export function checkAugmentation(value: unknown): Augmentation {
  const options = checkOptions(value, "augment", [...NUMBERS.map(([name]) => name), "elastic"]);
  const checked: Augmentation = {};
  for (const [name, most] of NUMBERS) {
    if (options[name] !== undefined) checked[name] = checkNumber(options[name], `augment.${name}`, 0, most);
  }
  if (options.elastic === undefined) return checked;
  const { alpha, sigma } = checkOptions(options.elastic, "augment.elastic", ["alpha", "sigma"]);
  const elastic = {
    alpha: checkNumber(alpha, "augment.elastic.alpha", 0, 10_000),
    sigma: checkNumber(sigma, "augment.elastic.sigma", 1, 1000),
  };
  return { ...checked, elastic };
}

/** RangeError unless samples of such a shape are images. */
export function checkImages(shape: readonly number[], title: string): void {
  if (shape.length === 2 && Math.max(...shape) <= MOST_PIXELS) return;
  throw rangeError(
    "augment",
    `needs images: "${title}" must have a shape of [height, width], ${MOST_PIXELS} at most each, got [${shape}]`,
  );
}

/** The kernel's settings, and the scratch memory that it needs. */
export interface Augmenting {
  /** As `src/abi.ts` lists them; the epoch is for the caller to set. */
  settings: Uint32Array;
  scratchBytes: number;
}

/** The augmentation of images of `shape`, by random draws from `seed`; bytes are scaled by `inputScale`. Pure. */
export function planAugmenting(
  augmentation: Augmentation,
  shape: readonly number[],
  inputScale: number,
  seed: number,
): Augmenting {
  const [height, width] = shape as [number, number];
  const settings = new Uint32Array(abi.AUGMENT_WORDS);
  const floats = new Float32Array(settings.buffer);
  settings[abi.AUGMENT_STREAM] = Stream.augment;
  settings.set(keyOf(seed), abi.AUGMENT_SEED);
  settings[abi.AUGMENT_HEIGHT] = height;
  settings[abi.AUGMENT_WIDTH] = width;
  floats[abi.AUGMENT_INPUT_SCALE] = inputScale;
  const { spacing, amplitude } = elasticGrid(augmentation, Math.max(...shape));
  floats[abi.AUGMENT_DENSITY] = 1 / spacing;
  floats[abi.AUGMENT_AMPLITUDE] = amplitude;
  for (const [name, , places, unit] of NUMBERS) {
    for (const place of places) floats[abi.AUGMENT_REACHES + place] = (augmentation[name] ?? 0) * unit;
  }
  return { settings, scratchBytes: layOutScratch(settings, height, width, floats[abi.AUGMENT_DENSITY] as number) };
}

/**
 * Pixels between the nodes of the field, and how far a node is moved at most. Between nodes `spacing` apart, cubic B-splines
 * smooth as a Gaussian of standard deviation spacing/√3 does. A field smoothed by a Gaussian deviates by
 * alpha/√3 · 1/(2√π·sigma), one between nodes by amplitude/√3 · 151/315: the root of the summed squares of the splines' weights,
 * averaged over all places.
 */
function elasticGrid({ elastic }: Augmentation, side: number): { spacing: number; amplitude: number } {
  if (!elastic) return { spacing: side, amplitude: 0 };
  const { alpha, sigma } = elastic;
  return { spacing: sigma * Math.sqrt(3), amplitude: alpha / (2 * Math.sqrt(Math.PI) * sigma) / (151 / 315) };
}

/** Sets where the parts of the scratch memory begin (see `assembly/augment.ts`), and gives its bytes. */
function layOutScratch(settings: Uint32Array, height: number, width: number, density: number): number {
  const wide = fours(width);
  // The kernel finds its nodes by the same float32 products.
  const gridHeight = Math.floor(Math.fround((height - 1) * density)) + 4;
  const gridWidth = Math.floor(Math.fround((wide - 1) * density)) + 4;
  const stride = fours(width + 5);
  const nodes = 96 + gridWidth * wide * 4;
  const lines = nodes + 2 * fours(gridHeight * gridWidth) * 4;
  const image = lines + 2 * gridHeight * wide * 4;
  const imageBytes = (height + 3) * stride * 4;
  settings[abi.AUGMENT_STRIDE] = stride;
  settings[abi.AUGMENT_GRID_HEIGHT] = gridHeight;
  settings[abi.AUGMENT_GRID_WIDTH] = gridWidth;
  settings[abi.AUGMENT_NODES] = nodes;
  settings[abi.AUGMENT_LINES] = lines;
  settings[abi.AUGMENT_IMAGE] = image;
  settings[abi.AUGMENT_THICK] = image + imageBytes;
  settings[abi.AUGMENT_END] = image + 2 * imageBytes;
  return image + 2 * imageBytes;
}

function fours(n: number): number {
  return Math.ceil(n / 4) * 4;
}
