// Estimates the paper that a digit is drawn on and subtracts it: its brightness, which may vary over the picture, its
// noise, and whether the ink is darker or lighter than it.

import { median } from "../median.js";
import type { Plane } from "./plane.js";

/** A picture without its paper. */
export interface OffPaper {
  /** Each pixel's difference from the paper, positive on the ink's side. */
  plane: Plane;
  /** Standard deviation of the paper's brightness around the fitted surface. */
  noise: number;
}

/** Pixels to which the surface is fitted; more would not change it noticeably. */
const SAMPLES = 2048;
/** Width of the border, as a share of the shorter side. */
const BORDER = 0.05;
/** The least deviation from the surface that counts as an outlier, even if the paper has no noise. */
const LEAST_STEP = 0.02;
/** Standard deviation over median absolute deviation of a normal distribution: 1 / Φ⁻¹(3/4). */
const DEVIATIONS = 1.4826;
/** Terms of the quadratic surface. */
const TERMS = 6;

/**
 * Subtracts the paper. A quadratic surface is fitted to the border, which is mostly paper, and then to all pixels near
 * that surface, so that light from one side or darker corners are removed too. The sign of the skewness then tells on
 * which side the ink is: the sum of cubes is near zero for noise.
 */
export function removePaper(plane: Plane): OffPaper {
  const border = fit(sampleBorder(plane), undefined, 5);
  const { surface, noise } = fit(sampleAll(plane), border, 3);
  const data = differences(plane, surface);
  const limit = outlying(noise);
  const skew = data.reduce((sum, x) => (Math.abs(x) > limit ? sum + x * x * x : sum), 0);
  return { plane: { ...plane, data: skew < 0 ? data.map((x) => -x) : data }, noise };
}

/** data − surface, pixel by pixel; the surface is evaluated along each row by Horner's rule. */
function differences({ data, width, height }: Plane, surface: Surface): Float32Array {
  const [c0, c1, c2, c3, c4, c5] = surface;
  const rest = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const v = position(y, height);
    const [even, slope] = [c0 + c2 * v + c5 * v * v, c1 + c4 * v];
    for (let x = 0; x < width; x++) {
      const u = position(x, width);
      rest[y * width + x] = (data[y * width + x] as number) - (even + (slope + c3 * u) * u);
    }
  }
  return rest;
}

/** Sampled pixels: positions u, v from −1 to 1 and brightness. */
interface Samples {
  count: number;
  u: Float32Array;
  v: Float32Array;
  value: Float32Array;
}

/** Pixels of a frame of `BORDER` width. */
function sampleBorder(plane: Plane): Samples {
  const { width, height } = plane;
  const depth = Math.max(1, Math.round(BORDER * Math.min(width, height)));
  return sample(plane, Math.max(1, depth >> 1), (x, y) => Math.min(x, y, width - 1 - x, height - 1 - y) < depth);
}

/** About `SAMPLES` pixels, evenly over the picture. */
function sampleAll(plane: Plane): Samples {
  return sample(plane, Math.ceil(Math.sqrt(plane.data.length / SAMPLES)), () => true);
}

function sample({ data, width, height }: Plane, stride: number, wanted: (x: number, y: number) => boolean): Samples {
  const places: number[] = [];
  for (let y = 0; y < height; y += stride) {
    for (let x = 0; x < width; x += stride) if (wanted(x, y)) places.push(y * width + x);
  }
  const count = places.length;
  const samples = { count, u: new Float32Array(count), v: new Float32Array(count), value: new Float32Array(count) };
  places.forEach((place, i) => {
    samples.u[i] = position(place % width, width);
    samples.v[i] = position(Math.floor(place / width), height);
    samples.value[i] = data[place] as number;
  });
  return samples;
}

/** The position of pixel `i` along a side, from −1 to 1. */
function position(i: number, size: number): number {
  return size === 1 ? 0 : (2 * i) / (size - 1) - 1;
}

/** Coefficients of 1, u, v, u², uv, v². */
type Surface = [number, number, number, number, number, number];

interface Fit {
  surface: Surface;
  noise: number;
}

/**
 * A robust fit: in each round, least squares over the samples near the surface of the previous round, so that ink does
 * not pull the surface. Starts from `start`, or from a level paper.
 */
function fit(samples: Samples, start: Fit | undefined, rounds: number): Fit {
  let { surface, noise } = start ?? level(samples);
  for (let round = 0; round < rounds; round++) {
    const limit = outlying(noise);
    surface = solve(samples, surface, limit);
    noise = deviation(samples, surface, limit);
  }
  return { surface, noise };
}

/** A level surface at the samples' median. */
function level(samples: Samples): Fit {
  const surface: Surface = [median(samples.value), 0, 0, 0, 0, 0];
  return { surface, noise: deviation(samples, surface, Number.POSITIVE_INFINITY) };
}

/** The deviation from which on a sample is an outlier: three standard deviations. */
function outlying(noise: number): number {
  return Math.max(3 * noise, LEAST_STEP);
}

function heightAt([c0, c1, c2, c3, c4, c5]: Surface, u: number, v: number): number {
  return c0 + c1 * u + c2 * v + c3 * u * u + c4 * u * v + c5 * v * v;
}

/**
 * Standard deviation of the samples within `limit` of the surface, by their median: up to half of the samples may be
 * ink.
 */
function deviation({ count, u, v, value }: Samples, surface: Surface, limit: number): number {
  const sizes = new Float32Array(count);
  let near = 0;
  for (let i = 0; i < count; i++) {
    const size = Math.abs((value[i] as number) - heightAt(surface, u[i] as number, v[i] as number));
    if (size <= limit) sizes[near++] = size;
  }
  return DEVIATIONS * median(sizes.subarray(0, near));
}

/**
 * The least-squares surface through the samples within `limit` of the surface `near`, by the normal equations. Returns
 * `near` if those samples do not determine one.
 */
function solve({ count, u, v, value }: Samples, near: Surface, limit: number): Surface {
  const rows = Array.from({ length: TERMS }, () => new Float64Array(TERMS + 1));
  const terms = new Float64Array(TERMS + 1);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [u[i] as number, v[i] as number, value[i] as number];
    if (Math.abs(z - heightAt(near, x, y)) > limit) continue;
    setTerms(terms, x, y, z);
    for (let j = 0; j < TERMS; j++) addScaled(rows[j] as Float64Array, terms, terms[j] as number);
  }
  return eliminate(rows) ?? near;
}

/** terms = (1, x, y, x², xy, y², z): one sample's row of the design matrix and its right-hand side. */
function setTerms(terms: Float64Array, x: number, y: number, z: number): void {
  terms[0] = 1;
  terms[1] = x;
  terms[2] = y;
  terms[3] = x * x;
  terms[4] = x * y;
  terms[5] = y * y;
  terms[6] = z;
}

/** row += factor · terms, in place. */
function addScaled(row: Float64Array, terms: Float64Array, factor: number): void {
  for (let k = 0; k < terms.length; k++) row[k] = (row[k] as number) + factor * (terms[k] as number);
}

/**
 * Solves the augmented system by Gauss-Jordan elimination, in place. It needs no pivoting: the matrix is positive
 * definite unless it is singular, for which undefined is returned.
 */
function eliminate(rows: Float64Array[]): Surface | undefined {
  for (const [i, row] of rows.entries()) {
    const pivot = row[i] as number;
    if (pivot < 1e-6) return undefined;
    for (const [j, other] of rows.entries()) {
      if (j === i) continue;
      const factor = (other[i] as number) / pivot;
      addScaled(other, row, -factor);
    }
  }
  return rows.map((row, i) => (row[TERMS] as number) / (row[i] as number)) as Surface;
}
