// Turns a picture of a handwritten digit into MNIST's format. The steps: find the ink on the paper at a coarse scale,
// look at the digit more closely, give its strokes MNIST's width, scale it to a box of 20x20, centre it by its centre
// of mass.

import { checkInteger, rangeError, shown, typeError } from "../check.js";
import { isBytes, isClampedBytes, isFloats } from "../kinds.js";
import { findInk, type Ink } from "./ink.js";
import { penWidth, solid, withPen } from "./pen.js";
import { type Box, brightness, type DigitImage, type Plane, resample, smooth } from "./plane.js";

/** Side of MNIST's images in pixels (LeCun et al., 1998). */
export const DIGIT_SIDE = 28;
/** Pixels of one of MNIST's images: 784. */
export const DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE;
/** The number of digits. */
export const DIGIT_CLASSES = 10;
/** Side in pixels of the square within an image that the digit is scaled to. */
const BOX = 20;
/** The pixel, counted from 0, into which the centre of mass is moved. */
const CENTRE = 14;
/**
 * Longest side in pixels at which a picture is searched for the digit. The digit found is then sampled again, more
 * finely.
 */
const SEARCHED = 160;
/** The margin of paper around the digit in the second look, as a share of the digit's longer side. */
const MARGIN = 0.35;
/** Drawings with a side below this share of the picture's, or below this number of pixels, are ignored as specks. */
const [SPECK, LEAST_PIXELS] = [0.03, 3];
/**
 * The range of stroke widths of most of MNIST's digits, in MNIST's pixels. Strokes outside it get the width at its
 * nearer end.
 */
const [THINNEST, THICKEST] = [2.2, 3.3];
/**
 * Resolution at which strokes are widened, in pixels per pixel of MNIST, and the room around the digit in its pixels.
 */
const [FINE, ROOM] = [5, 16];

/**
 * Converts a picture of a digit to MNIST's format: `[28][28]` bytes, light on black (255 is ink), the digit scaled to a
 * box of 20x20 by area averaging with its aspect ratio kept, its centre of mass moved by whole pixels to (14, 14), its
 * strokes about as wide as MNIST's. The picture may have any size, be dark on light or light on dark, on uneven or
 * noisy paper. Transparent pixels count as white paper, or as black if nothing is visible on white. Returns `undefined`
 * if nothing is drawn.
 *
 * Throws a TypeError if `image` is not an image, and a RangeError if its data does not fit its size or has floats
 * outside 0 to 1.
 */
export function preprocessDigit(image: DigitImage): Uint8Array | undefined {
  const channels = checkImage(image);
  let ink = findDigit(brightness(image, 1));
  if (!ink && channels === 4) ink = findDigit(brightness(image, 0));
  return ink && centre(scaleToBox(withUsualPen(crisp(ink))));
}

/** Checks an image and returns its number of channels: 1, 3 or 4. */
function checkImage(image: unknown): number {
  if (typeof image !== "object" || image === null) {
    throw typeError("image", `must be an object with data, width and height, got ${shown(image)}`);
  }
  const { data, width, height } = image as Record<keyof DigitImage, unknown>;
  const pixels = checkInteger(width, "image.width") * checkInteger(height, "image.height");
  if (!(isBytes(data) || isClampedBytes(data) || isFloats(data))) {
    throw typeError("image.data", `must be a Uint8Array, Uint8ClampedArray or Float32Array, got ${shown(data)}`);
  }
  const channels = data.length / pixels;
  if (![1, 3, 4].includes(channels)) {
    const counts = `${pixels}, ${3 * pixels} or ${4 * pixels}`;
    throw rangeError("image.data", `must hold ${counts} numbers for ${width}x${height} pixels, got ${data.length}`);
  }
  if (isFloats(data)) checkShares(data);
  return channels;
}

function checkShares(data: Float32Array): void {
  const at = data.findIndex((x) => !(x >= 0 && x <= 1));
  if (at >= 0) throw rangeError("image.data", `must be numbers from 0 to 1, got ${data[at]} at index ${at}`);
}

/** The digit in a picture: searched for in the whole, then sampled again from the part around it. */
function findDigit(picture: Plane): Ink | undefined {
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  const far = shrink(picture, whole);
  const found = findInk(far.plane);
  if (!found || isSpeck(found.box, far.plane)) return undefined;
  if (far.step === 1) return found;
  return findInk(shrink(picture, surroundings(found.box, far.step, picture)).plane) ?? found;
}

/**
 * A part of a picture, reduced to at most `SEARCHED` pixels a side; `step` is the factor of the reduction, at least 1.
 */
function shrink(picture: Plane, part: Box): { plane: Plane; step: number } {
  const step = Math.max(1, Math.max(part.width, part.height) / SEARCHED);
  const [columns, rows] = [part.width, part.height].map((size) => Math.max(1, Math.floor(size / step)));
  return { plane: resample(picture, part, step, columns as number, rows as number), step };
}

function isSpeck(box: Box, { width, height }: Plane): boolean {
  return Math.max(box.width, box.height) < Math.max(LEAST_PIXELS, SPECK * Math.max(width, height));
}

/** The box of a reduced picture with a margin around it, in whole pixels of the original one. */
function surroundings(box: Box, step: number, { width, height }: Plane): Box {
  const margin = MARGIN * Math.max(box.width, box.height);
  const [left, top] = [box.left, box.top].map((start) => Math.max(0, Math.floor((start - margin) * step)));
  const end = (start: number, size: number, most: number) => Math.min(most, Math.ceil((start + size + margin) * step));
  const part = { left: left as number, top: top as number };
  return {
    ...part,
    width: end(box.left, box.width, width) - part.left,
    height: end(box.top, box.height, height) - part.top,
  };
}

/** Pixels of the plane per pixel of MNIST. */
function stepOf({ width, height }: Box): number {
  return Math.max(width, height) / BOX;
}

/** Sharpens the edges of strokes, the more the finer the picture is: area averaging softens them again to MNIST's. */
function crisp({ plane, box }: Ink): Ink {
  const fineness = Math.min(1, Math.max(0, (stepOf(box) - 1) / 3));
  if (fineness === 0) return { plane, box };
  // Without smoothing, the grain of a pencil would be sharpened to edges.
  const { data } = smooth(plane);
  const low = 0.25 * fineness;
  return { plane: { ...plane, data: data.map((x) => Math.min(1, Math.max(0, (x - low) / (1 - 2 * low)))) }, box };
}

/** The ink with its strokes widened or thinned to a width within MNIST's range. */
function withUsualPen(ink: Ink): Ink {
  const width = penWidth(ink.plane) / stepOf(ink.box);
  const wanted = Math.min(THICKEST, Math.max(THINNEST, width));
  if (wanted === width) return ink;
  const step = stepOf(ink.box) / FINE;
  const corner = { left: ink.box.left - ROOM * step, top: ink.box.top - ROOM * step };
  const cells = (size: number) => Math.ceil(size / step) + 2 * ROOM;
  const fine = solid(resample(ink.plane, corner, step, cells(ink.box.width), cells(ink.box.height)));
  // The digit's box grows with its strokes and is scaled to the same size afterwards, so the strokes must grow by more.
  const plane = withPen(fine, (wanted * FINE - penWidth(fine)) / (2 * (1 - wanted / BOX)));
  const box = boundingBox(plane);
  // A small dot can vanish when it is thinned.
  return box.width > 0 ? { plane, box } : ink;
}

/** The bounding box of the ink; its width is negative if there is none. */
function boundingBox({ data, width, height }: Plane): Box {
  let [left, right, top, bottom] = [width, -1, height, -1];
  data.forEach((x, i) => {
    if (x < 0.5) return;
    left = Math.min(left, i % width);
    right = Math.max(right, i % width);
    top = Math.min(top, Math.floor(i / width));
    bottom = Math.floor(i / width);
  });
  return { left, top, width: right + 1 - left, height: bottom + 1 - top };
}

/** Scales the ink's box so that its longer side has `BOX` pixels. */
function scaleToBox({ plane, box }: Ink): Plane {
  const step = stepOf(box);
  // Rounding may make the quotient of a whole number of pixels slightly too large.
  const cells = (size: number) => Math.max(1, Math.ceil(size / step - 1e-6));
  return resample(plane, box, step, cells(box.width), cells(box.height));
}

/**
 * Bytes `[28][28]` with the centre of mass at `CENTRE`, moved so that nothing is cut off; undefined if no ink is
 * left.
 */
function centre({ data, width, height }: Plane): Uint8Array | undefined {
  let [mass, x, y] = [0, 0, 0];
  data.forEach((ink, i) => {
    mass += ink;
    x += ink * (i % width);
    y += ink * Math.floor(i / width);
  });
  const start = (middle: number, size: number) => Math.min(DIGIT_SIDE - size, Math.max(0, Math.round(CENTRE - middle)));
  const [left, top] = [start(x / mass, width), start(y / mass, height)];
  const digit = new Uint8Array(DIGIT_PIXELS);
  data.forEach((ink, i) => {
    digit[(top + Math.floor(i / width)) * DIGIT_SIDE + left + (i % width)] = Math.round(255 * Math.min(1, ink));
  });
  return digit.some((value) => value > 0) ? digit : undefined;
}
