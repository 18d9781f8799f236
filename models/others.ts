// Pictures of non-digits, by kind, that no network was trained on: other fonts, other shapes and other ways to draw them than
// those of `letters.ts` and `figures.ts`.

import type { Plane } from "../src/image/plane.js";
import type { Dataset } from "../src/node.js";
import { drawLine, emptyCanvas, fillOutlines, type Point } from "./canvas.js";
import type { Draws } from "./draws.js";
import { arc, straight, whole } from "./figures.js";
import { drawStrokes, write } from "./strokes.js";
import { THINGS } from "./things.js";

/** One drawing, as ink. */
type Draw = (side: number, draws: Draws) => Plane;

/** A face with a nose, ears or hair, and other eyes and mouths than those of `figures.ts`. */
function face(side: number, draws: Draws): Plane {
  const eye = [
    (x: number) => [straight([x - 0.6, 2.8], [x + 0.6, 4]), straight([x + 0.6, 2.8], [x - 0.6, 4])],
    (x: number) => [arc(x, 3.6, 0.8, 0.6, 0.5, 1)],
    (x: number) => [arc(x, 3.4, 0.9, 0.7), arc(x, 3.4, 0.1, 0.1)],
    (x: number) => [straight([x - 0.8, 3.4], [x + 0.8, 3.4])],
  ][whole(draws, 0, 3)] as (x: number) => Point[][];
  const mouth = [
    [arc(5, 7, 1, 1.2)],
    [straight([3, 7.4], [7, 7.4])],
    [arc(5, 6.4, 2.4, 2, 0, 0.5), straight([2.6, 6.4], [7.4, 6.4])],
    [straight([3, 7], [4, 7.8], [5, 7], [6, 7.8], [7, 7])],
  ][whole(draws, 0, 3)] as Point[][];
  const more = [
    [straight([5, 4.4], [4.4, 6], [5.2, 6])],
    [arc(-0.6, 5, 0.8, 1.2), arc(10.6, 5, 0.8, 1.2)],
    [2, 3.5, 5, 6.5, 8].map((x) => straight([x, 0.6], [x + draws.between(-0.6, 0.6), -1.4])),
    [],
  ][whole(draws, 0, 3)] as Point[][];
  const head = arc(5, 5, draws.between(4, 5.2), 5);
  return drawStrokes([head, ...eye(3), ...eye(7), ...mouth, ...more], side, draws);
}

/** The outline of a heart, by another curve than that of `figures.ts`. */
function heartLine(): Point[] {
  return Array.from({ length: 33 }, (_, i) => {
    const t = (2 * Math.PI * i) / 32;
    const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
    return { x: 5 + (5 / 16) * 16 * Math.sin(t) ** 3 * 0.95, y: 4.6 - 0.3 * y };
  });
}

/** The outline of a star whose points have curved sides, and of a broad arrow. */
function starLine(draws: Draws): Point[] {
  const [count, depth] = [whole(draws, 5, 8), draws.between(0.3, 0.45)];
  return Array.from({ length: 12 * count + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / (12 * count) - Math.PI / 2;
    const radius = 5 * (1 - depth + depth * Math.cos(count * (angle + Math.PI / 2)));
    return { x: 5 + radius * Math.cos(angle), y: 5 + radius * Math.sin(angle) };
  });
}

function arrowLine(draws: Draws): Point[] {
  const [neck, half, wide] = [draws.between(4, 6.4), draws.between(0.8, 1.8), draws.between(3, 4.6)];
  const line = straight(
    ...([
      [0, 5 - half],
      [neck, 5 - half],
      [neck, 5 - wide],
      [10, 5],
      [neck, 5 + wide],
      [neck, 5 + half],
    ] as [number, number][]),
    ...([
      [0, 5 + half],
      [0, 5 - half],
    ] as [number, number][]),
  );
  const turn = draws.between(0, 2 * Math.PI);
  return line.map(({ x, y }) => ({
    x: 5 + (x - 5) * Math.cos(turn) - (y - 5) * Math.sin(turn),
    y: 5 + (x - 5) * Math.sin(turn) + (y - 5) * Math.cos(turn),
  }));
}

/** An outline, drawn or filled. */
function outlined(line: (draws: Draws) => Point[]): Draw {
  return (side, draws) => {
    const points = line(draws);
    if (draws.unit() < 0.5) return drawStrokes([points], side, draws);
    const canvas = emptyCanvas(side);
    const scale = side * draws.between(0.03, 0.08);
    fillOutlines(canvas, [
      points.map(({ x, y }) => ({ x: side / 2 + (x - 5) * scale, y: side / 2 + (y - 5) * scale })),
    ]);
    return canvas;
  };
}

/** A check mark whose arms are curved, as a pen leaves it. */
function tick(side: number, draws: Draws): Plane {
  const low = { x: draws.between(2.4, 4.4), y: draws.between(8.6, 10) };
  const start = { x: draws.between(0, 1), y: draws.between(4.6, 7.6) };
  const end = { x: 10, y: draws.between(-1, 2) };
  const bent = { x: (low.x + end.x) / 2 - draws.between(0.4, 1.4), y: (low.y + end.y) / 2 - draws.between(0, 0.8) };
  return drawStrokes([[start, low, low, bent, end]], side, draws);
}

/** A cross of two curved or doubled lines, or with bars at its ends. */
function cross(side: number, draws: Draws): Plane {
  const bow = () => draws.between(-1, 1);
  const bent = (from: Point, to: Point): Point[] => [
    from,
    { x: (from.x + to.x) / 2 + bow(), y: (from.y + to.y) / 2 + bow() },
    to,
  ];
  const lines = [bent({ x: 0, y: bow() }, { x: 10, y: 10 + bow() }), bent({ x: 10 + bow(), y: 0 }, { x: 0, y: 10 })];
  const bars = [straight([-1, 1], [1, -1]), straight([9, -1], [11, 1])];
  return drawStrokes(draws.unit() < 0.6 ? lines : [...lines, ...bars], side, draws);
}

/** A pen that wanders with momentum and is turned back at the edge. */
function wander(side: number, draws: Draws): Plane {
  let [x, y, heading, turn] = [5, 5, draws.between(0, 2 * Math.PI), 0];
  const points: Point[] = [];
  for (let step = whole(draws, 60, 220); step > 0; step--) {
    turn = 0.85 * turn + 0.25 * draws.gaussian();
    heading += turn;
    x += 0.5 * Math.cos(heading);
    y += 0.5 * Math.sin(heading);
    if (Math.hypot(x - 5, y - 5) > 5) heading += 0.8;
    points.push({ x, y });
  }
  return drawStrokes([points.filter((_, i) => i % 3 === 0)], side, draws);
}

/** Lissajous curves and spirals. */
function winding(side: number, draws: Draws): Plane {
  const [across, down, phase] = [whole(draws, 2, 5), whole(draws, 2, 5), draws.between(0.4, 2.6)];
  const turns = draws.between(2.4, 4);
  const isSpiral = draws.unit() < 0.5;
  const points = Array.from({ length: 81 }, (_, i) => {
    const t = (2 * Math.PI * i) / 80;
    if (!isSpiral) return { x: 5 + 5 * Math.sin((across + 0.5) * t + phase), y: 5 + 5 * Math.cos(down * t) };
    return { x: 5 + ((5 * i) / 80) * Math.cos(turns * t), y: 5 + ((5 * i) / 80) * Math.sin(turns * t) };
  });
  return drawStrokes([points], side, draws);
}

/** Hatching in one stroke, as a surface is filled, and crossed lines at any angle. */
function hatching(side: number, draws: Draws): Plane {
  const canvas = emptyCanvas(side);
  const layer = () => {
    const [angle, count, size] = [draws.between(0, Math.PI), whole(draws, 5, 12), side * draws.between(0.2, 0.4)];
    const points = Array.from({ length: 2 * count }, (_, i) => {
      const u = (i >> 1) / (count - 1) - 0.5 + 0.04 * draws.gaussian();
      const v = (i % 4 === 1 || i % 4 === 2 ? 0.5 : -0.5) + 0.05 * draws.gaussian();
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      return { x: side / 2 + 2 * size * (u * cos - v * sin), y: side / 2 + 2 * size * (u * sin + v * cos) };
    });
    drawLine(canvas, points, side * draws.between(0.02, 0.05));
  };
  layer();
  if (draws.unit() < 0.4) layer();
  return canvas;
}

/** Straight lines across each other, or short ones like rain. */
function lines(side: number, draws: Draws): Plane {
  const canvas = emptyCanvas(side);
  const isRain = draws.unit() < 0.5;
  const pen = side * draws.between(0.025, 0.06);
  const lean = draws.between(-0.2, 0.2) * side;
  for (let i = whole(draws, isRain ? 6 : 3, isRain ? 14 : 6); i > 0; i--) {
    const at = () => ({ x: side * draws.between(0.15, 0.85), y: side * draws.between(0.15, 0.85) });
    const from = at();
    drawLine(canvas, [from, isRain ? { x: from.x + lean, y: from.y + 0.14 * side } : at()], pen);
  }
  return canvas;
}

/** One to three blots. */
function blots(side: number, draws: Draws): Plane {
  const canvas = emptyCanvas(side);
  const count = whole(draws, 1, 3);
  for (let i = 0; i < count; i++) {
    const at = { x: side * draws.between(0.2, 0.8), y: side * draws.between(0.2, 0.8) };
    drawLine(
      canvas,
      [at, { x: at.x + draws.between(0, 2), y: at.y + draws.between(0, 2) }],
      side * draws.between(0.06, 0.2),
    );
  }
  return canvas;
}

/** A picture of nothing in particular: soft spots and shadows on paper that is lit from one side, sometimes with grain. */
function photo(side: number, draws: Draws): Plane {
  const spots = Array.from({ length: whole(draws, 1, 6) }, () => ({
    ...{ x: draws.between(0.2, 0.8), y: draws.between(0.2, 0.8), value: draws.between(-1, 1) },
    ...{ wide: draws.between(0.03, 0.25), high: draws.between(0.03, 0.25), lean: draws.between(-1, 1) },
  }));
  const [light, grain] = [draws.between(-0.2, 0.2), draws.unit() < 0.5 ? 0 : draws.between(0, 0.1)];
  const data = new Float32Array(side * side).map((_, i) => {
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    const sum = spots.reduce(
      (all, { x: left, y: top, value, wide, high, lean }) => {
        const [u, v] = [(x - left + lean * (y - top)) / wide, (y - top) / high];
        return all + value * Math.exp(-u * u - v * v);
      },
      0.5 + light * x,
    );
    return Math.min(1, Math.max(0, sum + grain * draws.gaussian()));
  });
  return { data, width: side, height: side };
}

/** The kinds of drawings that need no font. */
export const DRAWN: Record<string, Draw> = {
  faces: face,
  hearts: outlined(heartLine),
  stars: outlined(starLine),
  arrows: outlined(arrowLine),
  "check marks": tick,
  crosses: cross,
  wandering: wander,
  "curves and spirals": winding,
  hatchings: hatching,
  "several lines": lines,
  blots,
  photos: photo,
  ...{ things: (side, draws) => write(pick(Object.values(THINGS), draws), side, draws) },
};

function pick<T>(list: readonly T[], draws: Draws): T {
  return list[whole(draws, 0, list.length - 1)] as T;
}

/** Two digits of a dataset beside each other, or one above the other. */
export function twoDigits(data: Dataset, side: number, draws: Draws): Plane {
  const digits = [0, 1].map(() => data.sample(whole(draws, 0, data.count - 1)) as Uint8Array);
  const [isBeside, gap, scale] = [draws.unit() < 0.7, draws.between(15, 22), side / 50];
  const canvas = emptyCanvas(side);
  digits.forEach((digit, which) => {
    const [left, top] = isBeside ? [which * gap, 0] : [0, which * gap];
    canvas.data.forEach((ink, i) => {
      const x = Math.floor((i % side) / scale - left);
      const y = Math.floor(Math.floor(i / side) / scale - top);
      if (x < 0 || y < 0 || x >= 28 || y >= 28) return;
      canvas.data[i] = Math.max(ink, (digit[y * 28 + x] as number) / 255);
    });
  });
  return canvas;
}
