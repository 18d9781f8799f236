// A canvas for test digits: strokes of a round pen and filled outlines, anti-aliased, as ink from 0 to 1.

import type { Plane } from "../src/image/plane.js";

/** A position in pixels, from the top left corner. */
export interface Point {
  x: number;
  y: number;
}

/** A square canvas without ink. */
export function emptyCanvas(side: number): Plane {
  return { data: new Float32Array(side * side), width: side, height: side };
}

/** Draws a line through `points` with a round pen; its anti-aliased edge is one pixel wide. Changes the canvas. */
export function drawLine(canvas: Plane, points: Point[], penWidth: number): void {
  points.slice(1).forEach((to, i) => {
    drawSegment(canvas, points[i] as Point, to, penWidth / 2);
  });
}

/** Draws one straight segment: ink by each pixel's distance to it, within the segment's bounding box. */
function drawSegment({ data, width, height }: Plane, from: Point, to: Point, radius: number): void {
  const [left, right] = [Math.min(from.x, to.x) - radius - 1, Math.max(from.x, to.x) + radius + 1];
  const [top, bottom] = [Math.min(from.y, to.y) - radius - 1, Math.max(from.y, to.y) + radius + 1];
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, bottom); y++) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, right); x++) {
      const ink = Math.min(1, radius + 0.5 - distanceToSegment(x + 0.5, y + 0.5, from, to));
      if (ink > (data[y * width + x] as number)) data[y * width + x] = ink;
    }
  }
}

/** The distance of (x, y) to the nearest point of a segment. */
function distanceToSegment(x: number, y: number, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from.x - share * dx, y - from.y - share * dy);
}

/** Scan lines per row of pixels when filling outlines. Each is exact along the row. */
const LINES = 5;

/** Fills closed outlines by the non-zero winding rule. Changes the canvas. */
export function fillOutlines({ data, width, height }: Plane, outlines: Point[][]): void {
  const edges = outlines.flatMap((points) =>
    points.map((from, i) => ({ from, to: points[(i + 1) % points.length] as Point })),
  );
  for (let y = 0; y < height; y++) {
    for (let line = 0; line < LINES; line++) {
      for (const [start, end] of insideAt(edges, y + (line + 0.5) / LINES)) addSpan(data, y * width, width, start, end);
    }
  }
}

/** The intervals of the scan line at height y that are inside the outlines. */
function insideAt(edges: { from: Point; to: Point }[], y: number): [number, number][] {
  const crossings = edges
    .filter(({ from, to }) => from.y <= y !== to.y <= y)
    .map(({ from, to }) => ({
      x: from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x),
      turn: from.y < to.y ? 1 : -1,
    }))
    .sort((a, b) => a.x - b.x);
  let winding = 0;
  return crossings.flatMap(({ x, turn }, i): [number, number][] => {
    winding += turn;
    const next = crossings[i + 1];
    return winding !== 0 && next ? [[x, next.x]] : [];
  });
}

/** Adds one scan line's interval to a row of pixels, each by the share that it covers. */
function addSpan(data: Float32Array, row: number, width: number, start: number, end: number): void {
  for (let x = Math.max(0, Math.floor(start)); x < Math.min(width, end); x++) {
    const covered = Math.min(end, x + 1) - Math.max(start, x);
    data[row + x] = Math.min(1, (data[row + x] as number) + covered / LINES);
  }
}
