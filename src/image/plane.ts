// Grey planes: conversion of images to one channel of floats, resampling and smoothing.

import { isFloats } from "../kinds.js";

/** An image: pixels in rows from top to bottom. The browser's `ImageData` is one. */
export interface DigitImage {
  /**
   * `[height][width]` or `[height][width][channels]` with 1 (grey), 3 (RGB) or 4 (RGBA, not premultiplied) channels; bytes from
   * 0 to 255 or floats from 0 to 1, where 0 is black.
   */
  data: Uint8Array | Uint8ClampedArray | Float32Array;
  /** Pixels of a row. */
  width: number;
  /** Rows of pixels. */
  height: number;
}

/** One channel of an image: brightness or ink, from 0 to 1. */
export interface Plane {
  /** `[height][width]` */
  data: Float32Array;
  width: number;
  height: number;
}

/** A rectangle in a plane, in pixels; not necessarily whole ones. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Converts to brightness from 0 to 1 (Rec. 601 luma). Transparent pixels are blended with a backdrop of the given
 * brightness.
 */
export function brightness({ data, width, height }: DigitImage, backdrop: number): Plane {
  const grey = new Float32Array(width * height);
  const channels = data.length / grey.length;
  const scale = isFloats(data) ? 1 : 1 / 255;
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    const red = data[at] as number;
    const luma = channels < 3 ? red : 0.299 * red + 0.587 * (data[at + 1] as number) + 0.114 * (data[at + 2] as number);
    const opacity = channels === 4 ? (data[at + 3] as number) * scale : 1;
    grey[i] = luma * scale * opacity + backdrop * (1 - opacity);
  }
  return { data: grey, width, height };
}

/**
 * Resamples a plane to `[rows][columns]` square cells of `step` pixels, the first at (left, top). A cell is the mean
 * over its area if step ≥ 1, and a bilinear interpolation at its centre if step < 1. Pixels outside the plane count as
 * 0.
 */
export function resample(
  { data, width, height }: Plane,
  { left, top }: Pick<Box, "left" | "top">,
  step: number,
  columns: number,
  rows: number,
): Plane {
  const across = cellsOf(left, step, columns, width);
  const down = cellsOf(top, step, rows, height);
  // Only rows that some cell needs are resampled, so that a small part of a large picture is cheap.
  const used = down.filter(({ weights }) => weights.length > 0);
  const begin = used[0]?.first ?? 0;
  const end = used.reduce((most, { first, weights }) => Math.max(most, first + weights.length), begin);
  const narrow = new Float32Array(columns * (end - begin));
  for (let y = begin; y < end; y++) narrowRow(data, y * width, across, narrow, (y - begin) * columns);
  const cells = new Float32Array(columns * rows);
  down.forEach(({ first, weights }, row) => {
    weights.forEach((weight, k) => {
      addRow(cells, row * columns, narrow, (first + k - begin) * columns, columns, weight);
    });
  });
  return { data: cells, width: columns, height: rows };
}

/** The weights of a row's or column's pixels in one cell, from pixel `first` on. */
interface Cell {
  first: number;
  weights: number[];
}

/** The weights of all cells along one direction of `size` pixels. */
function cellsOf(from: number, step: number, count: number, size: number): Cell[] {
  return Array.from({ length: count }, (_, i) => {
    const start = from + i * step;
    return inside(step >= 1 ? covering(start, start + step) : between(start + step / 2 - 0.5), size);
  });
}

/** Area averaging: each pixel's share of the interval from `start` to `end`. The shares sum to 1. */
function covering(start: number, end: number): Cell {
  const first = Math.floor(start);
  const weights = Array.from({ length: Math.ceil(end) - first }, (_, k) => {
    return (Math.min(end, first + k + 1) - Math.max(start, first + k)) / (end - start);
  });
  return { first, weights };
}

/** Linear interpolation: the weights of the two pixels on either side of a point. */
function between(centre: number): Cell {
  const first = Math.floor(centre);
  return { first, weights: [first + 1 - centre, centre - first] };
}

/** A cell without the pixels that are outside a line of `size` pixels. */
function inside({ first, weights }: Cell, size: number): Cell {
  const skipped = Math.min(weights.length, Math.max(0, -first));
  return { first: first + skipped, weights: weights.slice(skipped, Math.max(skipped, size - first)) };
}

/** Resamples one row horizontally, into `out` from index `to` on. */
function narrowRow(data: Float32Array, row: number, across: Cell[], out: Float32Array, to: number): void {
  for (let c = 0; c < across.length; c++) {
    const { first, weights } = across[c] as Cell;
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (data[row + first + k] as number);
    out[to + c] = sum;
  }
}

/** out[to …] += weight · data[from …], `count` values, in place. */
function addRow(out: Float32Array, to: number, data: Float32Array, from: number, count: number, weight: number): void {
  for (let c = 0; c < count; c++) out[to + c] = (out[to + c] as number) + weight * (data[from + c] as number);
}

/** Smooths with the binomial 3x3 kernel, (1 2 1)/4 along rows and columns. Pixels outside count as 0. */
export function smooth({ data, width, height }: Plane): Plane {
  const [along, both] = [new Float32Array(data.length), new Float32Array(data.length)];
  for (let row = 0; row < data.length; row += width) {
    addRow(along, row, data, row, width, 0.5);
    addRow(along, row + 1, data, row, width - 1, 0.25);
    addRow(along, row, data, row + 1, width - 1, 0.25);
  }
  addRow(both, 0, along, 0, data.length, 0.5);
  addRow(both, width, along, 0, data.length - width, 0.25);
  addRow(both, 0, along, width, data.length - width, 0.25);
  return { data: both, width, height };
}
