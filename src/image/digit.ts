// A drawn digit as MNIST would hold it.

import { checkInteger, shown } from "../check.js";
import { findInk, type Ink } from "./ink.js";
import { penWidth, solid, withPen } from "./pen.js";
import { type Box, brightness, type DigitImage, type Plane, resample, smooth } from "./plane.js";

/** MNIST's images, and the square in them that digits are scaled to. */
const [SIDE, BOX] = [28, 20];
/** The pixel, from 0, that the centre of mass comes to lie in. */
const CENTRE = 14;
/** Pictures are searched at this size; the digit, once found, is looked at again as closely as the picture allows. */
const SEARCHED = 160;
/** The paper around a digit that is taken along for the second look, over the digit's longer side. */
const MARGIN = 0.35;
/** A drawing smaller than this share of the picture, or than so many pixels, is a speck. */
const [SPECK, LEAST_PIXELS] = [0.03, 3];
/** Widths of the pens that most of MNIST's digits are drawn with, in its pixels; others are exchanged for the nearest. */
const [THINNEST, THICKEST] = [2.2, 3.3];
/** Pixels to one of MNIST's where pens are exchanged, and the room left around the digit. */
const [FINE, ROOM] = [5, 16];

/**
 * Turns a picture of a digit into what MNIST would hold: light on black, `[28][28]` bytes, the digit scaled to a box of 20x20
 * by area averaging with its aspect kept, its centre of mass moved by whole pixels to (14, 14), its strokes about as wide as
 * MNIST's. The picture may be of any size, dark on light or light on dark, on uneven or noisy paper; transparent pixels are
 * white paper, or black if nothing shows on white. `undefined` if nothing is drawn.
 *
 * TypeError for what is no image; RangeError for data that does not fit its size, or floats outside 0 to 1.
 */
export function preprocessDigit(image: DigitImage): Uint8Array | undefined {
  const channels = checkImage(image);
  let ink = findDigit(brightness(image, 1));
  if (!ink && channels === 4) ink = findDigit(brightness(image, 0));
  return ink && centre(scaleToBox(withUsualPen(crisp(ink))));
}

/** Channels of an image that is one. */
function checkImage(image: unknown): number {
  if (typeof image !== "object" || image === null) {
    throw new TypeError(`"image" must be an object with data, width and height, got ${shown(image)}`);
  }
  const { data, width, height } = image as Record<keyof DigitImage, unknown>;
  const pixels = checkInteger(width, "image.width") * checkInteger(height, "image.height");
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray || data instanceof Float32Array)) {
    throw new TypeError(`"image.data" must be a Uint8Array, Uint8ClampedArray or Float32Array, got ${shown(data)}`);
  }
  const channels = data.length / pixels;
  if (![1, 3, 4].includes(channels)) {
    const counts = `${pixels}, ${3 * pixels} or ${4 * pixels}`;
    throw new RangeError(`"image.data" must hold ${counts} numbers for ${width}x${height} pixels, got ${data.length}`);
  }
  if (data instanceof Float32Array) checkShares(data);
  return channels;
}

function checkShares(data: Float32Array): void {
  const at = data.findIndex((x) => !(x >= 0 && x <= 1));
  if (at >= 0) throw new RangeError(`"image.data" must be numbers from 0 to 1, got ${data[at]} at index ${at}`);
}

/** The digit in a picture, seen from near. */
function findDigit(picture: Plane): Ink | undefined {
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  const far = shrink(picture, whole);
  const found = findInk(far.plane);
  if (!found || isSpeck(found.box, far.plane)) return undefined;
  if (far.step === 1) return found;
  return findInk(shrink(picture, surroundings(found.box, far.step, picture)).plane) ?? found;
}

/** A part of a picture, made smaller by `step` where it is too large to search. */
function shrink(picture: Plane, part: Box): { plane: Plane; step: number } {
  const step = Math.max(1, Math.max(part.width, part.height) / SEARCHED);
  const [columns, rows] = [part.width, part.height].map((size) => Math.max(1, Math.floor(size / step)));
  return { plane: resample(picture, part, step, columns as number, rows as number), step };
}

function isSpeck(box: Box, { width, height }: Plane): boolean {
  return Math.max(box.width, box.height) < Math.max(LEAST_PIXELS, SPECK * Math.max(width, height));
}

/** What a box and some paper around it are of the picture, in whole pixels. */
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

/** Pixels of the plane to one of MNIST's. */
function stepOf({ width, height }: Box): number {
  return Math.max(width, height) / BOX;
}

/** Strokes of full strength with narrow edges, where the picture is fine enough for area averaging to soften them again. */
function crisp({ plane, box }: Ink): Ink {
  const fineness = Math.min(1, Math.max(0, (stepOf(box) - 1) / 3));
  if (fineness === 0) return { plane, box };
  // A pencil's grain would count as edges.
  const { data } = smooth(plane);
  const low = 0.25 * fineness;
  return { plane: { ...plane, data: data.map((x) => Math.min(1, Math.max(0, (x - low) / (1 - 2 * low)))) }, box };
}

/** The ink as one of MNIST's pens draws it. */
function withUsualPen(ink: Ink): Ink {
  const width = penWidth(ink.plane) / stepOf(ink.box);
  const wanted = Math.min(THICKEST, Math.max(THINNEST, width));
  if (wanted === width) return ink;
  const step = stepOf(ink.box) / FINE;
  const corner = { left: ink.box.left - ROOM * step, top: ink.box.top - ROOM * step };
  const cells = (size: number) => Math.ceil(size / step) + 2 * ROOM;
  const fine = solid(resample(ink.plane, corner, step, cells(ink.box.width), cells(ink.box.height)));
  // The digit's box grows with its strokes, and is scaled to the same size after that.
  const plane = withPen(fine, (wanted * FINE - penWidth(fine)) / (2 * (1 - wanted / BOX)));
  const box = extent(plane);
  // Dots can be too small for any pen to leave something of them.
  return box.width > 0 ? { plane, box } : ink;
}

/** Where there is ink; of a negative width if there is none. */
function extent({ data, width, height }: Plane): Box {
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

/** The box's longer side becomes `BOX` pixels. */
function scaleToBox({ plane, box }: Ink): Plane {
  const step = stepOf(box);
  // A side that is a whole number of pixels may come out a little longer.
  const cells = (size: number) => Math.max(1, Math.ceil(size / step - 1e-6));
  return resample(plane, box, step, cells(box.width), cells(box.height));
}

/** Bytes `[SIDE][SIDE]` with the digit's centre of mass in the middle, none of it cut off; undefined if none is left. */
function centre({ data, width, height }: Plane): Uint8Array | undefined {
  let [mass, x, y] = [0, 0, 0];
  data.forEach((ink, i) => {
    mass += ink;
    x += ink * (i % width);
    y += ink * Math.floor(i / width);
  });
  const start = (middle: number, size: number) => Math.min(SIDE - size, Math.max(0, Math.round(CENTRE - middle)));
  const [left, top] = [start(x / mass, width), start(y / mass, height)];
  const digit = new Uint8Array(SIDE * SIDE);
  data.forEach((ink, i) => {
    digit[(top + Math.floor(i / width)) * SIDE + left + (i % width)] = Math.round(255 * Math.min(1, ink));
  });
  return digit.some((value) => value > 0) ? digit : undefined;
}
