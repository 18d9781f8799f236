// The width of strokes: measuring it, and changing it by moving their edges.

import type { Plane } from "./plane.js";

/** When strokes are thinned, each keeps at least this share of its own width, so that thin parts do not break. */
const LEAST_LEFT = 0.3;

/** The least ink of a pixel of a line. */
const FAINTEST = 0.15;

/**
 * The mean width of strokes in pixels, from ink of 0 to 1: 2·area / outline, since a stroke has two edges. The
 * outline's length is the sum of the gradient's magnitude over all pixels.
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
 * The strokes in black and white. A line thinner than a pixel is faint, so a pixel belongs to a stroke if it has at
 * least half the ink of the strongest pixel within 2 pixels.
 */
export function solid({ data, width, height }: Plane): Plane {
  const strongest = largestNear(data, width, height, 2);
  const strokes = data.map((ink, i) => Number(ink >= Math.max(FAINTEST, 0.5 * (strongest[i] as number))));
  return { data: strokes, width, height };
}

/**
 * Moves the edges of strokes outwards by `grow` pixels, inwards if negative. The result has anti-aliased edges, one
 * pixel wide. Strokes do not grow beyond the plane, so the caller leaves room around them.
 */
export function withPen({ data, width, height }: Plane, grow: number): Plane {
  const inside = (i: number) => (data[i] as number) >= 0.5;
  const outward = distances(width, height, inside);
  const inward = distances(width, height, (i) => !inside(i));
  const shrink = grow < 0 ? shrinking(inward, width, height, -grow) : undefined;
  const moved = data.map((_, i) => {
    // Distances are between pixel centres; an edge is half a pixel before the nearest centre on its other side.
    const depth = inside(i) ? (inward[i] as number) - 0.5 : 0.5 - (outward[i] as number);
    return Math.min(1, Math.max(0, 0.5 + depth + (shrink ? -(shrink[i] as number) : grow)));
  });
  return { data: moved, width, height };
}

/** How far the edge near each pixel moves inwards: `most`, or less where the stroke is too thin to lose that much. */
function shrinking(inward: Float32Array, width: number, height: number, most: number): Float32Array {
  const reach = Math.ceil(most / (1 - LEAST_LEFT)) + 1;
  const depths = largestNear(inward, width, height, reach);
  return depths.map((depth) => Math.min(most, (1 - LEAST_LEFT) * Math.max(0, depth - 0.5)));
}

/** The maximum over the square of ±`reach` pixels around each pixel: separable, along rows and then along columns. */
function largestNear(data: Float32Array, width: number, height: number, reach: number): Float32Array {
  const along = data.map((_, i) => largest(data, i, 1, i % width, width, reach));
  return along.map((_, i) => largest(along, i, width, Math.floor(i / width), height, reach));
}

/**
 * The maximum of the values up to `reach` before and after value `i` of a line of `size` values, of which it is the
 * `place`th.
 */
function largest(data: Float32Array, i: number, stride: number, place: number, size: number, reach: number): number {
  let most = 0;
  const [from, to] = [Math.max(-reach, -place), Math.min(reach, size - 1 - place)];
  for (let k = from; k <= to; k++) most = Math.max(most, data[i + k * stride] as number);
  return most;
}

/** Larger than any distance within a plane. */
const FAR = 1e6;

/**
 * The exact Euclidean distance transform: each pixel's distance to the nearest goal pixel, between centres. Along
 * columns and then along rows, each by the lower envelope of parabolas (Felzenszwalb and Huttenlocher, "Distance
 * transforms of sampled functions", 2012).
 */
function distances(width: number, height: number, isGoal: (i: number) => boolean): Float32Array {
  const squares = new Float64Array(width * height);
  for (let i = 0; i < squares.length; i++) squares[i] = isGoal(i) ? 0 : FAR * FAR;
  const line = new Envelope(Math.max(width, height));
  for (let x = 0; x < width; x++) line.lower(squares, x, width, height);
  for (let y = 0; y < height; y++) line.lower(squares, y * width, 1, width);
  return new Float32Array(squares).map((square) => Math.sqrt(square));
}

/**
 * Computes the lower envelope of the parabolas (x − i)² + f(i) over a line of values f; its arrays are reused between
 * lines.
 */
class Envelope {
  private readonly values: Float64Array;
  /** The vertices of the parabolas on the envelope, and where each parabola's part of it begins. */
  private readonly roots: Int32Array;
  private readonly begins: Float64Array;

  constructor(length: number) {
    this.values = new Float64Array(length);
    this.roots = new Int32Array(length);
    this.begins = new Float64Array(length + 1);
  }

  /** Replaces the `count` values `stride` apart, from index `first` on, by their envelope at those points. */
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

  /** Builds the envelope from left to right; a new parabola removes those that it hides. */
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

  /** Where the parabola of i crosses below that of an earlier j. */
  private meeting(i: number, j: number): number {
    return ((this.values[i] as number) + i * i - (this.values[j] as number) - j * j) / (2 * (i - j));
  }
}
