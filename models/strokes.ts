// Digits as people write them, stroke by stroke: descriptions in several styles each, written for this test.

import type { Plane } from "../src/image/plane.js";
import { drawLine, emptyCanvas, type Point } from "./canvas.js";
import type { Draws } from "./draws.js";

/**
 * Styles of each digit from 0 to 9. A style is strokes with ";" between them; a stroke is points "x,y" on a grid of 10 wide and
 * 10 high (y down) that a smooth line goes through, with a corner at a point that stands twice.
 */
const STYLES: string[][] = [
  [
    "5,0 2,1.5 1,5 2,8.5 5,10 8,8.5 9,5 8,1.5 5,0",
    "6,0.2 3,1 1.6,4.5 2.2,8.4 5,10 7.6,8 8.4,4.5 7.4,1.2 5.4,0 4.6,0.6",
    "5,0 3.2,1.8 2.6,5 3.2,8.4 5,10 6.8,8.2 7.4,5 6.8,1.6 5,0",
    "7.6,1.4 5.6,0 2.4,2 1,6 2.4,9.4 5,9.8 8,7.4 9,3.4 7.8,0.8 6,0.4",
  ],
  ["5,0 5,5 5,10", "6,0 5,5 4.4,10", "3.2,2.4 4.4,1.2 5.2,0 5.2,0 5.2,5 5.2,10", "3,2.6 5,0 5,0 5,10; 3,10 7,10"],
  [
    "1.6,2.6 2.6,0.6 5,0 7.6,1 7.8,3.4 5.6,6.2 1.4,10 1.4,10 8.8,10",
    "1.4,2 3.4,0.2 6.4,0.4 7.8,2.4 6.8,5.4 4,8.6 2,9.6 1.4,8.6 2.8,7.8 5,9 8.8,9.8",
    "2,1 5,0 8,1.4 7.2,4.4 4.4,7.4 1.6,9.8 1.6,9.8 4.6,9.2 8.6,9.6",
    "1.8,0.6 8,0.6 8,0.6 1.8,9.8 1.8,9.8 8.4,9.8",
  ],
  [
    "1.8,1.2 4.6,0 7.6,1 7.6,3.4 5,4.8 4.2,4.8 4.2,4.8 7.4,5.4 8.4,7.4 7,9.4 4.2,10 1.4,8.8",
    "2,0.4 8,0.4 8,0.4 4.6,4.2 4.6,4.2 7.6,4.8 8.4,7 7,9.4 4.2,10 1.6,9",
    "2,1.6 4.4,0 7.2,0.8 7.2,3 5.2,4.6 3.8,4.6 5.6,4.8 8,6.2 7.8,8.8 5,10 2,9",
    "2.4,1 5,0.2 7,1.4 6.4,3.8 4.4,5 6.6,5.6 7.4,7.6 6,9.6 3.4,10 2,9.2",
  ],
  [
    "3.2,0 2,5.8 2,5.8 8.6,5.6; 7,0.4 6.6,5 6.2,10",
    "2,0.4 1.8,4 2.6,5.4 5,5.4 7.6,4.4; 7.8,0 7.6,5 7.2,10",
    "6.6,10 6.6,0 6.6,0 1.2,6.8 1.2,6.8 8.8,6.8",
    "2.4,0.2 1.4,5.4 1.4,5.4 8,5; 7.4,1.6 6.6,6 6.2,10",
    "7.4,0.4 4.4,2.8 1.6,6.2 1.6,6.2 5,6 8.6,5.8; 7.4,0.4 6.8,5 6.4,10",
  ],
  [
    "2.8,0.4 2.4,4.4 2.4,4.4 5.4,3.8 8,5.4 8,8 5.6,9.8 1.8,9.2; 2.8,0.4 8.2,0.2",
    "8,0.4 3,0.4 3,0.4 2.4,4.6 2.4,4.6 5,3.8 7.8,5 8,7.6 6,9.6 3.4,10 1.4,9",
    "8.4,0.6 5,0.4 3.4,1.4 3,4 5.4,5 7.2,6.6 6.8,9 4.4,10 1.8,9.2",
    "3.4,1.2 3,4.8 3,4.8 6,4.6 7.6,6.4 7,8.8 4.4,10 1.8,9.4; 3.2,0.6 7,0.2 8.6,0",
  ],
  [
    "7,0 4,2.2 2,6 2.4,8.8 4.6,10 7.2,9 7.8,6.8 6,5.2 3.6,5.8 2.2,7.6",
    "4.6,0 3,3.6 2.2,7 3,9.4 5.4,9.8 7.2,8.2 6.8,6 5,5.4 3.2,6.6 2.4,7.8",
    "7.8,0.6 5,1.4 2.6,4.4 1.8,7.4 3.4,9.8 6.6,9.6 8.2,7.6 6.8,5.8 4.2,6.2 2.2,8",
    "3.6,0 2.6,5 3,8.8 5.2,10 7.4,8.6 7,6.2 5,5.6 3,7",
  ],
  [
    "1.4,0.6 8.4,0.6 8.4,0.6 6,5 4.4,10",
    "1.6,1.6 1.8,0.4 1.8,0.4 5,0.8 8.2,0.2 8.2,0.2 5.8,4.6 4.2,10",
    "1.6,0.6 8.2,0.6 8.2,0.6 5.4,5 4,10; 3.4,5.2 7.6,4.8",
    "2,0.8 5,0.6 7.4,0.4 8,1.4 6.6,4.4 5.4,7 5,10",
  ],
  [
    "7.4,1.4 5,0 2.6,1.4 3.2,3.6 6,5.2 7.8,7.4 6.4,9.6 4,10 2.2,8.4 3.2,6 6,4 7.6,1.8 7.2,0.8",
    "5,0 3,1 3,3.4 5,4.6 7,3.4 7,1 5,0; 5,4.6 2.4,6.2 2.4,8.8 5,10 7.6,8.8 7.6,6.2 5,4.6",
    "7.8,0.8 5,0.2 3,1.6 3.6,4 6,5.6 7,7.8 5.4,9.8 3.2,9 3.4,6.8 5.6,4.4 7.4,2.2 7.8,0.8",
    "5.6,4.4 3.2,3 3.4,0.8 5.8,0 7.4,1.6 6.4,4 3.8,5.8 2.6,8.2 4.2,10 6.6,9.2 6.8,6.6 5.2,4.6",
  ],
  [
    "7.4,1.8 5,0.2 2.6,1.6 2.4,4 4.6,5.4 7,4 7.6,1.6 7.6,1.6 7.4,6 7,10",
    "7,0.8 4.4,0.4 2.6,2.6 3.4,4.8 5.6,4.6 7.2,2.4 7.4,1 7.4,1 6.8,5.4 5.4,10",
    "7.2,2 5.4,0 3,1 2.6,3.8 4.6,5 6.8,3.6 7.4,1.4 7.6,5 6.8,8.6 4.6,10 2.6,9.2",
    "7.6,0.6 5,0.2 2.8,2 3.2,4.4 5.6,4.6 7.4,3 7.6,0.6 7.6,0.6 6.6,6 6,9.8",
  ],
];

/** How many drawings of each style; pens and hands differ. */
const HANDS = 25;

export interface Drawing {
  canvas: Plane;
  label: number;
}

/** Every style drawn by hands that slant, stretch, turn and shake differently, with pens of all widths. */
export function* writtenDigits(side: number, draws: Draws): Generator<Drawing> {
  for (let hand = 0; hand < HANDS; hand++) {
    for (const [label, styles] of STYLES.entries()) {
      for (const style of styles) yield { canvas: write(style, side, draws), label };
    }
  }
}

function write(style: string, side: number, draws: Draws): Plane {
  const canvas = emptyCanvas(side);
  const place = placing(side, draws);
  const pen = side * draws.between(0.025, 0.09);
  for (const stroke of style.split(";")) {
    const points = stroke
      .trim()
      .split(" ")
      .map((pair) => {
        const [x, y] = pair.split(",").map(Number) as [number, number];
        return { x, y };
      });
    drawLine(canvas, smooth(shake(points, draws)).map(place), pen);
  }
  return canvas;
}

/** Where a hand puts the grid's points on the canvas: somewhere, of some size, turned and slanted a little. */
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

/** How far a hand misses each point, in the grid's units. */
const SHAKE = 0.35;

/** Points that stand twice stay corners. */
function shake(points: Point[], draws: Draws): Point[] {
  const moved = points.map(({ x, y }) => ({ x: x + SHAKE * draws.gaussian(), y: y + SHAKE * draws.gaussian() }));
  return moved.map((point, i) => (isSame(points[i], points[i - 1]) ? (moved[i - 1] as Point) : point));
}

function isSame(a: Point | undefined, b: Point | undefined): boolean {
  return a?.x === b?.x && a?.y === b?.y;
}

const STEPS = 8;

/** A Catmull-Rom curve through the points. */
function smooth(points: Point[]): Point[] {
  const at = (i: number) => points[Math.min(points.length - 1, Math.max(0, i))] as Point;
  const curve = points.slice(1).flatMap((_, i) =>
    Array.from({ length: STEPS }, (_, step) => {
      const t = step / STEPS;
      const along = (name: "x" | "y") => spline(at(i - 1)[name], at(i)[name], at(i + 1)[name], at(i + 2)[name], t);
      return { x: along("x"), y: along("y") };
    }),
  );
  return [...curve, at(points.length - 1)];
}

function spline(a: number, b: number, c: number, d: number, t: number): number {
  return b + (t / 2) * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}
