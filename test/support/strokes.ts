// Pen strokes of the ten digits, for tests that draw them with a mouse, a finger or keys.

import { curve, STYLES, strokesOf } from "../../models/styles.js";

export interface Point {
  x: number;
  y: number;
}

/** The height of the digits as a share of the paper's. */
const SIZE = 0.6;

/** The strokes of a digit in its first style, as shares of the paper's side. */
export function digitStrokes(digit: number): Point[][] {
  const style = STYLES[digit]?.[0];
  if (!style) throw new Error(`there is no digit ${digit}`);
  const place = ({ x, y }: Point) => ({ x: 0.5 + (SIZE * (x - 5)) / 10, y: 0.5 + (SIZE * (y - 5)) / 10 });
  return strokesOf(style).map((points) => thinned(curve(points)).map(place));
}

/** Every second point: as far apart as with a quick hand, and drawn in half the time. */
function thinned(points: Point[]): Point[] {
  return points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
}
