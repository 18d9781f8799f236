// Pictures of digits for several tests, and how similar two images of 28x28 are.

import type { DigitImage, Plane } from "../../src/image/plane.js";

export const SIDE = 28;

/** A picture with one channel; `at` returns the brightness of a pixel, from 0 to 1. */
export function picture(width: number, height: number, at: (x: number, y: number) => number): DigitImage {
  return { data: plane(width, height, at).data, width, height };
}

export function plane(width: number, height: number, at: (x: number, y: number) => number): Plane {
  const data = Float32Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)));
  return { data, width, height };
}

/** Ink of a seven in a square of `side`: a bar at the top and a straight leg, both of width `pen`, with soft edges. */
export function seven(side: number, pen = side / 12): (x: number, y: number) => number {
  const points = [
    [0.25, 0.2],
    [0.72, 0.2],
    [0.45, 0.8],
  ].map(([x = 0, y = 0]) => [x * side, y * side] as const);
  return (x, y) => {
    const near = points.slice(1).map((to, i) => fromSegment(x + 0.5, y + 0.5, points[i] ?? to, to));
    return Math.min(1, Math.max(0, pen / 2 + 0.5 - Math.min(...near)));
  };
}

function fromSegment(x: number, y: number, [ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]) {
  const [dx, dy] = [bx - ax, by - ay];
  const share = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}

/** The cosine between two images of 28x28, the largest over shifts of one of them by up to a pixel; 1 if they are the same. */
export function likeness(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const size = Math.sqrt(dot(a, a, 0, 0) * dot(b, b, 0, 0));
  let most = 0;
  for (const down of [-1, 0, 1]) for (const right of [-1, 0, 1]) most = Math.max(most, dot(a, b, right, down));
  return most / size;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>, right: number, down: number): number {
  let sum = 0;
  for (let y = Math.max(0, -down); y < SIDE - Math.max(0, down); y++) {
    for (let x = Math.max(0, -right); x < SIDE - Math.max(0, right); x++) {
      sum += (a[y * SIDE + x] as number) * (b[(y + down) * SIDE + x + right] as number);
    }
  }
  return sum;
}

/** The centre of mass, and the first and last columns and rows with non-zero pixels. */
export function whereabouts(digit: ArrayLike<number>) {
  const inked = Array.from({ length: SIDE * SIDE }, (_, i) => i).filter((i) => (digit[i] as number) > 0);
  const mass = inked.reduce((sum, i) => sum + (digit[i] as number), 0);
  const [columns, rows] = [inked.map((i) => i % SIDE), inked.map((i) => Math.floor(i / SIDE))];
  const mean = (places: number[]) =>
    places.reduce((sum, place, k) => sum + place * (digit[inked[k] as number] as number), 0) / mass;
  return {
    ...{ x: mean(columns), y: mean(rows) },
    ...{ left: Math.min(...columns), right: Math.max(...columns), top: Math.min(...rows), bottom: Math.max(...rows) },
  };
}
