// The paper that a digit is drawn on: its brightness, which may differ from place to place, its noise, and whether what stands
// out of it is darker or lighter.

import type { Plane } from "./plane.js";

/** How far each pixel stands out of the paper on the ink's side; negative on the other. */
export interface OffPaper {
  plane: Plane;
  /** Standard deviation of the paper itself. */
  noise: number;
}

/** Pixels of which the paper is learned; more would not change it. */
const SAMPLES = 2048;
/** The share of the shorter side that is border. */
const BORDER = 0.05;
/** What differs from the paper by so little is paper, however even it is. */
const LEAST_STEP = 0.02;
/** A normal distribution's standard deviation over its median absolute deviation. */
const DEVIATIONS = 1.4826;
const TERMS = 6;

/**
 * Takes the paper away: a quadratic surface through the border, then through all pixels near it, so that light that falls
 * from a side or fades to the corners goes with it. What then stands out furthest, by the sum of cubes (which is near zero for
 * noise), is the ink.
 */
export function removePaper(plane: Plane): OffPaper {
  const border = fit(sampleBorder(plane), undefined, 5);
  const { surface, noise } = fit(sampleAll(plane), border, 3);
  const data = differences(plane, surface);
  const limit = outlying(noise);
  const skew = data.reduce((sum, x) => (Math.abs(x) > limit ? sum + x * x * x : sum), 0);
  return { plane: { ...plane, data: skew < 0 ? data.map((x) => -x) : data }, noise };
}

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

/** Pixels with their places. */
interface Samples {
  count: number;
  u: Float32Array;
  v: Float32Array;
  value: Float32Array;
}

function sampleBorder(plane: Plane): Samples {
  const { width, height } = plane;
  const depth = Math.max(1, Math.round(BORDER * Math.min(width, height)));
  return sample(plane, Math.max(1, depth >> 1), (x, y) => Math.min(x, y, width - 1 - x, height - 1 - y) < depth);
}

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

/** From −1 to 1 along a side. */
function position(i: number, size: number): number {
  return size === 1 ? 0 : (2 * i) / (size - 1) - 1;
}

/** Factors of 1, u, v, u², uv, v². */
type Surface = [number, number, number, number, number, number];

interface Fit {
  surface: Surface;
  noise: number;
}

/** Least squares over the samples near the surface, which is found anew in each round: ink does not count as paper. */
function fit(samples: Samples, start: Fit | undefined, rounds: number): Fit {
  let { surface, noise } = start ?? level(samples);
  for (let round = 0; round < rounds; round++) {
    const limit = outlying(noise);
    surface = solve(samples, surface, limit);
    noise = deviation(samples, surface, limit);
  }
  return { surface, noise };
}

/** An even paper of the samples' median. */
function level(samples: Samples): Fit {
  const surface: Surface = [median(samples.value), 0, 0, 0, 0, 0];
  return { surface, noise: deviation(samples, surface, Number.POSITIVE_INFINITY) };
}

function outlying(noise: number): number {
  return Math.max(3 * noise, LEAST_STEP);
}

function heightAt([c0, c1, c2, c3, c4, c5]: Surface, u: number, v: number): number {
  return c0 + c1 * u + c2 * v + c3 * u * u + c4 * u * v + c5 * v * v;
}

/** Of the samples within `limit` of the surface; ink can be near half of all. */
function deviation({ count, u, v, value }: Samples, surface: Surface, limit: number): number {
  const sizes = new Float32Array(count);
  let near = 0;
  for (let i = 0; i < count; i++) {
    const size = Math.abs((value[i] as number) - heightAt(surface, u[i] as number, v[i] as number));
    if (size <= limit) sizes[near++] = size;
  }
  return DEVIATIONS * median(sizes.subarray(0, near));
}

function median(values: Float32Array): number {
  return values.slice().sort()[values.length >> 1] ?? 0;
}

/** The surface of least squares through the samples within `limit` of `near`; `near` itself where they do not fix one. */
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

function setTerms(terms: Float64Array, x: number, y: number, z: number): void {
  terms[0] = 1;
  terms[1] = x;
  terms[2] = y;
  terms[3] = x * x;
  terms[4] = x * y;
  terms[5] = y * y;
  terms[6] = z;
}

function addScaled(row: Float64Array, terms: Float64Array, factor: number): void {
  for (let k = 0; k < terms.length; k++) row[k] = (row[k] as number) + factor * (terms[k] as number);
}

/** Gauss's elimination without pivots, as the matrix is positive definite if it can be solved at all. */
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
