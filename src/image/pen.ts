// Strokes as if another pen had drawn them: how wide they are, and how to draw them wider or narrower.

import type { Plane } from "./plane.js";

/** Strokes that are drawn narrower keep this share of their width at least, so that thin parts do not break. */
const LEAST_LEFT = 0.3;

/** Less ink than this is no line. */
const FAINTEST = 0.15;

/**
 * The mean width of strokes of ink from 0 to 1, in pixels: twice their area over their outline, which is the sum of the
 * gradient's lengths, as two edges bound a stroke.
 */
export function penWidth({ data, width, height }: Plane): number {
  let [area, outline] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const here = data[i] as number;
      const right = x + 1 < width ? (data[i + 1] as number) : 0;
      const below = y + 1 < height ? (data[i + width] as number) : 0;
      area += here;
      outline += Math.hypot(right - here, below - here);
    }
  }
  return outline > 0 ? (2 * area) / outline : 0;
}

/**
 * The strokes in black and white. A line finer than a pixel is faint, not absent, so a stroke is what has half the strength of
 * the strongest pixel nearby.
 */
export function solid({ data, width, height }: Plane): Plane {
  const strongest = largestNear(data, width, height, 2);
  const strokes = data.map((ink, i) => Number(ink >= Math.max(FAINTEST, 0.5 * (strongest[i] as number))));
  return { data: strokes, width, height };
}

/**
 * The strokes with edges further out by `grow` pixels, or further in where that is negative; crisp, their edges one pixel soft.
 * Beyond the plane there is nothing, so whoever grows strokes leaves room for them.
 */
export function withPen({ data, width, height }: Plane, grow: number): Plane {
  const inside = (i: number) => (data[i] as number) >= 0.5;
  const outward = distances(width, height, inside);
  const inward = distances(width, height, (i) => !inside(i));
  const shrink = grow < 0 ? shrinking(inward, width, height, -grow) : undefined;
  const redrawn = data.map((_, i) => {
    // From the nearest pixel's centre to the edge it is half a pixel.
    const depth = inside(i) ? (inward[i] as number) - 0.5 : 0.5 - (outward[i] as number);
    return Math.min(1, Math.max(0, 0.5 + depth + (shrink ? -(shrink[i] as number) : grow)));
  });
  return { data: redrawn, width, height };
}

/** By how much each place's edge moves in: by `most`, or by what its stroke can lose if it is thin. */
function shrinking(inward: Float32Array, width: number, height: number, most: number): Float32Array {
  const reach = Math.ceil(most / (1 - LEAST_LEFT)) + 1;
  const depths = largestNear(inward, width, height, reach);
  return depths.map((depth) => Math.min(most, (1 - LEAST_LEFT) * Math.max(0, depth - 0.5)));
}

/** The largest value within a square of `reach` around each pixel. */
function largestNear(data: Float32Array, width: number, height: number, reach: number): Float32Array {
  const along = data.map((_, i) => largest(data, i, 1, i % width, width, reach));
  return along.map((_, i) => largest(along, i, width, Math.floor(i / width), height, reach));
}

function largest(data: Float32Array, i: number, stride: number, place: number, size: number, reach: number): number {
  let most = 0;
  const [from, to] = [Math.max(-reach, -place), Math.min(reach, size - 1 - place)];
  for (let k = from; k <= to; k++) most = Math.max(most, data[i + k * stride] as number);
  return most;
}

/** Further than any distance within a plane. */
const FAR = 1e6;

/**
 * Each pixel's distance to the nearest one that is a goal, between centres, exactly: columns, then rows, each by lower
 * envelopes of parabolas (Felzenszwalb and Huttenlocher, 2012).
 */
function distances(width: number, height: number, isGoal: (i: number) => boolean): Float32Array {
  const squares = new Float64Array(width * height);
  for (let i = 0; i < squares.length; i++) squares[i] = isGoal(i) ? 0 : FAR * FAR;
  const line = new Envelope(Math.max(width, height));
  for (let x = 0; x < width; x++) line.lower(squares, x, width, height);
  for (let y = 0; y < height; y++) line.lower(squares, y * width, 1, width);
  return new Float32Array(squares).map((square) => Math.sqrt(square));
}

/** Room for the lower envelope of the parabolas (x − i)² + f(i) over a line of f. */
class Envelope {
  private readonly values: Float64Array;
  /** The parabolas that are part of it, and where each begins to be. */
  private readonly roots: Int32Array;
  private readonly begins: Float64Array;

  constructor(length: number) {
    this.values = new Float64Array(length);
    this.roots = new Int32Array(length);
    this.begins = new Float64Array(length + 1);
  }

  /** Replaces `count` values, `stride` apart from `first` on, by the envelope. */
  lower(data: Float64Array, first: number, stride: number, count: number): void {
    const { values, roots, begins } = this;
    for (let i = 0; i < count; i++) values[i] = data[first + i * stride] as number;
    this.build(count);
    for (let i = 0, k = 0; i < count; i++) {
      while ((begins[k + 1] as number) < i) k++;
      const root = roots[k] as number;
      data[first + i * stride] = (i - root) ** 2 + (values[root] as number);
    }
  }

  private build(count: number): void {
    const { roots, begins } = this;
    let last = 0;
    roots[0] = 0;
    begins[0] = -Infinity;
    for (let i = 1; i < count; i++) {
      let begin = this.meeting(i, roots[last] as number);
      while (begin <= (begins[last] as number)) begin = this.meeting(i, roots[--last] as number);
      last++;
      roots[last] = i;
      begins[last] = begin;
    }
    begins[last + 1] = Infinity;
  }

  /** Where the parabola of i falls below that of an earlier j. */
  private meeting(i: number, j: number): number {
    return ((this.values[i] as number) + i * i - (this.values[j] as number) - j * j) / (2 * (i - j));
  }
}
