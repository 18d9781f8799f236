// Handwritten test digits: the styles of `styles.ts` with random variations.

import type { Plane } from "../src/image/plane.js";
import { drawLine, emptyCanvas, type Point } from "./canvas.js";
import type { Draws } from "./draws.js";
import { curve, STYLES, strokesOf } from "./styles.js";

/** Drawings of each style, each with its own variations. */
const HANDS = 25;

/** A drawn digit, as ink. */
export interface Drawing {
  canvas: Plane;
  label: number;
}

/** All styles with random slant, stretch, rotation, shaking, size, position and pen. */
export function* writtenDigits(side: number, draws: Draws): Generator<Drawing> {
  for (let hand = 0; hand < HANDS; hand++) {
    for (const [label, styles] of STYLES.entries()) {
      for (const style of styles) yield { canvas: write(style, side, draws), label };
    }
  }
}

/** One drawing of a style. */
export function write(style: string, side: number, draws: Draws): Plane {
  return drawStrokes(strokesOf(style), side, draws);
}

/**
 * One drawing of strokes, whose points are on the grid of the styles, with random variations. `penOf` chooses the pen's width for the
 * side of the grid, in pixels.
 */
export function drawStrokes(
  strokes: Point[][],
  side: number,
  draws: Draws,
  penOf: (grid: number) => number = () => side * draws.between(0.025, 0.09),
): Plane {
  const canvas = emptyCanvas(side);
  const place = placing(side, draws);
  const [from, to] = [place({ x: 0, y: 0 }), place({ x: 0, y: 10 })];
  const pen = penOf(Math.hypot(to.x - from.x, to.y - from.y));
  for (const points of strokes) drawLine(canvas, curve(shake(points, draws)).map(place), pen);
  return canvas;
}

/** A random affine map from the style's grid to the canvas. */
function placing(side: number, draws: Draws): (point: Point) => Point {
  const size = (side / 10) * draws.between(0.35, 0.7);
  const stretch = draws.between(0.7, 1.3);
  const [slant, turn] = [draws.between(-0.25, 0.35), draws.between(-0.2, 0.2)];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const [right, down] = [draws.between(-0.08, 0.08) * side, draws.between(-0.08, 0.08) * side];
  return ({ x, y }) => {
    const [u, v] = [size * ((x - 5) * stretch - (y - 5) * slant), size * (y - 5)];
    return { x: side / 2 + right + u * cos - v * sin, y: side / 2 + down + u * sin + v * cos };
  };
}

/** Standard deviation of each point's displacement, in units of the grid. */
const SHAKE = 0.35;

/** Displaces all points at random. Two equal points in a row, which mark a corner, stay equal. */
function shake(points: Point[], draws: Draws): Point[] {
  const moved = points.map(({ x, y }) => ({ x: x + SHAKE * draws.gaussian(), y: y + SHAKE * draws.gaussian() }));
  return moved.map((point, i) => (isSame(points[i], points[i - 1]) ? (moved[i - 1] as Point) : point));
}

function isSame(a: Point | undefined, b: Point | undefined): boolean {
  return a?.x === b?.x && a?.y === b?.y;
}
