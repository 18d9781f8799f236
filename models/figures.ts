// Figures and scribbles that are no digits, as strokes with random shapes: what the network of `doubt.ts` learns to tell from digits.

import type { Point } from "./canvas.js";
import type { Draws } from "./draws.js";

/** Strokes on the grid of `styles.ts`. */
export type Figure = (draws: Draws) => Point[][];

/** A whole number from `least` to `most`. */
export function whole(draws: Draws, least: number, most: number): number {
  return Math.floor(draws.between(least, most + 1));
}

/** Part of an ellipse, from one angle to another in turns; 0 is to the right, and a quarter is below. */
export function arc(x: number, y: number, width: number, height: number, from = 0, to = 1): Point[] {
  const steps = Math.max(4, Math.ceil(16 * Math.abs(to - from)));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps);
    return { x: x + width * Math.cos(angle), y: y + height * Math.sin(angle) };
  });
}

/** A line of straight pieces: every inner point is a corner. */
export function straight(...points: [number, number][]): Point[] {
  const corners = points.map(([x, y]) => ({ x, y }));
  return corners.flatMap((point, i) => (i === 0 || i === corners.length - 1 ? [point] : [point, point]));
}

/** A closed polygon. */
function closed(points: [number, number][]): Point[] {
  return straight(...points, points[0] as [number, number]);
}

function anywhere(draws: Draws): Point {
  return { x: draws.between(0, 10), y: draws.between(0, 10) };
}

/** The corners of a regular polygon, each at one of these distances from the middle in turn. */
function corners(count: number, start: number, ...radii: number[]): [number, number][] {
  return Array.from({ length: count }, (_, i) => {
    const [angle, radius] = [2 * Math.PI * (start + i / count), radii[i % radii.length] as number];
    return [5 + radius * Math.cos(angle), 5 + radius * Math.sin(angle)];
  });
}

function smiley(draws: Draws): Point[][] {
  const [apart, high, wide] = [draws.between(1.2, 2.4), draws.between(2.6, 4.2), draws.between(1.6, 3)];
  const mood = draws.unit() < 0.75 ? 1 : -1;
  const mouth = arc(5, mood > 0 ? 5.6 : 8.4, wide, mood * draws.between(0.8, 2.4), 0, 0.5);
  const eye = draws.between(0.15, 0.6);
  const eyes = draws.unit() < 0.5 ? [5 - apart, 5 + apart].map((x) => arc(x, high, eye, eye)) : undefined;
  const lines = [5 - apart, 5 + apart].map((x) => straight([x, high - 0.8], [x, high + 0.6]));
  return [arc(5, 5, 5, draws.between(4, 5.6)), ...(eyes ?? lines), mouth];
}

function heart(draws: Draws): Point[][] {
  const [dip, bulge] = [draws.between(1.6, 3.4), draws.between(-0.4, 0.8)];
  const half = (side: number) => [
    { x: 5, y: dip },
    { x: 5 + side * 2.4, y: bulge },
    { x: 5 + side * 4.8, y: 2.6 },
    { x: 5 + side * 2.6, y: 6.8 },
    { x: 5, y: 10 },
  ];
  return [half(-1), half(1)];
}

function arrow(draws: Draws): Point[][] {
  const angle = draws.between(0, 2 * Math.PI);
  const [open, long] = [draws.between(0.4, 0.8), draws.between(2, 4)];
  const at = (direction: number, length: number, from: [number, number]): [number, number] => [
    from[0] + length * Math.cos(direction),
    from[1] + length * Math.sin(direction),
  ];
  const tip = at(angle, 5, [5, 5]);
  const head = straight(at(angle + Math.PI - open, long, tip), tip, at(angle + Math.PI + open, long, tip));
  return [straight(at(angle + Math.PI, 5, [5, 5]), tip), head];
}

function parallels(draws: Draws): Point[][] {
  const [count, lean] = [whole(draws, 3, 7), draws.between(-3, 3)];
  const lines = Array.from({ length: count }, (_, i) => {
    const x = (10 * i) / (count - 1);
    return straight([x + lean / 2, 0], [x - lean / 2, 10]);
  });
  return draws.unit() < 0.5 ? lines : lines.map((line) => line.map(({ x, y }) => ({ x: y, y: x })));
}

function zigzag(draws: Draws): Point[][] {
  const count = whole(draws, 5, 12);
  const points = Array.from({ length: count }, (_, i): [number, number] => [
    (10 * i) / (count - 1),
    i % 2 ? draws.between(6, 10) : draws.between(0, 4),
  ]);
  const turned = draws.unit() < 0.5 ? points : points.map(([x, y]): [number, number] => [y, x]);
  return [straight(...turned)];
}

/** Turns around a middle that drifts. */
function loops(draws: Draws): Point[][] {
  const [turns, across, down] = [draws.between(1.8, 5), draws.between(-6, 6), draws.between(-3, 3)];
  const [width, height] = [draws.between(1.5, 4), draws.between(1.5, 4)];
  const points = arc(0, 0, width, height, 0, draws.unit() < 0.5 ? turns : -turns);
  return [
    points.map(({ x, y }, i) => {
      const share = i / points.length - 0.5;
      return { x: 5 + x + across * share, y: 5 + y + down * share };
    }),
  ];
}

/** Separate short strokes of two to four points. */
function several(draws: Draws): Point[][] {
  return Array.from({ length: whole(draws, 3, 7) }, () => {
    const { x, y } = anywhere(draws);
    return Array.from({ length: whole(draws, 2, 4) }, (_, i) => ({
      x: x + i * draws.between(-3, 3),
      y: y + i * draws.between(-3, 3),
    }));
  });
}

function dots(draws: Draws): Point[][] {
  return Array.from({ length: whole(draws, 2, 6) }, () => {
    const { x, y } = anywhere(draws);
    return arc(x, y, draws.between(0.1, 0.7), draws.between(0.1, 0.7));
  });
}

/** All figures with the share of each among the drawings. */
export const FIGURES: [Figure, number][] = [
  // Scribbles: smooth, of straight pieces, and of two or three smooth strokes.
  [(draws) => [Array.from({ length: whole(draws, 6, 18) }, () => anywhere(draws))], 4],
  [(draws) => [straight(...corners(whole(draws, 5, 12), draws.unit(), draws.between(1, 5), draws.between(1, 5)))], 1],
  [(draws) => [Array.from({ length: whole(draws, 5, 14) }, () => anywhere(draws)).flatMap((p) => [p, p])], 2],
  [
    (draws) => {
      const stroke = () => Array.from({ length: whole(draws, 3, 7) }, () => anywhere(draws));
      return Array.from({ length: whole(draws, 2, 3) }, stroke);
    },
    3,
  ],
  [loops, 2],
  [zigzag, 2],
  [several, 3],
  [dots, 1],
  [parallels, 1],
  [(draws) => [...parallels(draws), ...parallels(draws)], 1],
  [smiley, 3],
  [(draws) => smiley(draws).slice(1), 1],
  [heart, 2],
  [arrow, 2],
  // Polygons of three to five corners, since a rounder one is a 0, and stars of four to seven points.
  [(draws) => [closed(corners(whole(draws, 3, 5), draws.unit(), 5))], 2],
  [(draws) => [closed(corners(2 * whole(draws, 4, 7), draws.unit(), 5, draws.between(1.4, 3)))], 1],
  [
    (draws) => {
      const tips = corners(5, draws.between(-0.3, -0.2), 5);
      return [closed([0, 2, 4, 1, 3].map((i) => tips[i] as [number, number]))];
    },
    1,
  ],
  // A check mark, crosses, a rectangle with diagonals, and an ellipse with a line or a cross in it.
  [(draws) => [straight([0, draws.between(4, 7)], [draws.between(2, 4), 10], [10, draws.between(-2, 3)])], 2],
  [(draws) => [straight([0, 0], [10, 10]), straight([10, draws.between(0, 2)], [draws.between(0, 2), 10])], 1],
  [
    (draws) => {
      const [w, h] = [draws.between(3, 5), draws.between(3, 5)];
      const box = closed([
        [5 - w, 5 - h],
        [5 + w, 5 - h],
        [5 + w, 5 + h],
        [5 - w, 5 + h],
      ]);
      const lines = [straight([5 - w, 5 - h], [5 + w, 5 + h]), straight([5 + w, 5 - h], [5 - w, 5 + h])];
      return [box, ...lines.slice(0, whole(draws, 0, 2))];
    },
    2,
  ],
  [
    (draws) => {
      const [w, h] = [draws.between(3, 5), draws.between(3, 5)];
      const lines = [straight([5, 5 - h], [5, 5 + h]), straight([5 - w, 5], [5 + w, 5])];
      return [arc(5, 5, w, h), ...(draws.unit() < 0.5 ? lines : lines.slice(0, 1))];
    },
    1,
  ],
  // Two shapes, one in the other: targets, eyes, a letter in a circle.
  [(draws) => [arc(5, 5, 5, 5), arc(5, 5, draws.between(1, 3.6), draws.between(1, 3.6))], 1],
  [(draws) => [closed(corners(4, draws.unit(), 5)), arc(5, 5, 2, 2)], 1],
];
