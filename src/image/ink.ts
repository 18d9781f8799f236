// What is drawn on the paper: how strong its ink is, which marks belong to it, and where it is.

import { removePaper } from "./paper.js";
import type { Box, Plane } from "./plane.js";

export interface Ink {
  /** 1 where a stroke is, 0 where none is. */
  plane: Plane;
  /** The drawing's extent. */
  box: Box;
}

/** The share of a picture's pixels that the darkest part of the thinnest drawing takes. */
const DARKEST = 0.002;
/** Ink that stands out by less, from 0 to 1 or in deviations of the paper, is none. */
const [LEAST_CONTRAST, LEAST_DEVIATIONS] = [0.06, 3.5];
/** Strokes begin at half their ink's strength, and go on to where it is faint or drowned in noise. */
const [STRONG, FAINT, FAINT_DEVIATIONS] = [0.5, 0.08, 2.5];
/** Marks with a smaller share of the ink are dust. */
const DUST = 0.03;
/** Marks that run into the edge are something else's if so much of the ink does not. */
const CENTRAL = 0.5;

/** The drawing on a picture's paper; undefined if there is none. */
export function findInk(picture: Plane): Ink | undefined {
  const { plane, noise } = removePaper(picture);
  const strength = inkStrength(plane.data);
  if (strength < Math.max(LEAST_CONTRAST, LEAST_DEVIATIONS * noise)) return undefined;
  const data = plane.data.map((x) => (x <= noise ? 0 : Math.min(1, (x - noise) / (strength - noise))));
  const ink = { ...plane, data };
  const { labels, marks } = findMarks(ink, Math.max(FAINT, (FAINT_DEVIATIONS * noise) / strength));
  const kept = chooseMarks(marks, ink);
  if (kept.length === 0) return undefined;
  const isKept = new Set(kept.map((mark) => mark.label));
  ink.data.forEach((_, i) => {
    if (!isKept.has(labels[i] as number)) data[i] = 0;
  });
  return { plane: ink, box: around(kept) };
}

/** How far ink stands out of the paper: the upper quartile of what is at least half as strong as the strongest. */
function inkStrength(data: Float32Array): number {
  const counts = new Uint32Array(LEVELS + 1);
  for (let i = 0; i < data.length; i++) {
    const level = Math.round((data[i] as number) * LEVELS);
    if (level > 0) counts[Math.min(LEVELS, level)] = (counts[Math.min(LEVELS, level)] as number) + 1;
  }
  const most = levelBelow(counts, Math.max(2, Math.ceil(DARKEST * data.length)));
  const strong = counts.subarray(most >> 1).reduce((sum, count) => sum + count, 0);
  return levelBelow(counts, strong / 4) / LEVELS;
}

/** Steps that strengths of ink are told apart by. */
const LEVELS = 1024;

/** The level that `rank` pixels reach. */
function levelBelow(counts: Uint32Array, rank: number): number {
  let level = counts.length - 1;
  for (let reached = 0; level > 0; level--) {
    reached += counts[level] as number;
    if (reached >= rank) break;
  }
  return level;
}

/** Pixels that touch each other. */
interface Mark {
  label: number;
  /** Sum and largest of their ink. */
  mass: number;
  peak: number;
  /** Their first and last columns and rows. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** All marks of at least `least` ink; `labels` tells each pixel's, from 1, and 0 for none. */
function findMarks(ink: Plane, least: number): { labels: Int32Array; marks: Mark[] } {
  const labels = new Int32Array(ink.data.length);
  const marks: Mark[] = [];
  const waiting: number[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] !== 0 || (ink.data[start] as number) < least) continue;
    marks.push(followMark(ink, least, labels, marks.length + 1, start, waiting));
  }
  return { labels, marks };
}

/** Labels the pixels that `start` leads to over their eight neighbours. */
function followMark(
  { data, width, height }: Plane,
  least: number,
  labels: Int32Array,
  label: number,
  start: number,
  waiting: number[],
): Mark {
  const mark = { label, mass: 0, peak: 0, left: width, right: 0, top: height, bottom: 0 };
  labels[start] = label;
  waiting.push(start);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const [x, y] = [at % width, Math.floor(at / width)];
    addPixel(mark, x, y, data[at] as number);
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        const next = row * width + column;
        if (labels[next] !== 0 || (data[next] as number) < least) continue;
        labels[next] = label;
        waiting.push(next);
      }
    }
  }
  return mark;
}

function addPixel(mark: Mark, x: number, y: number, ink: number): void {
  mark.mass += ink;
  mark.peak = Math.max(mark.peak, ink);
  mark.left = Math.min(mark.left, x);
  mark.right = Math.max(mark.right, x);
  mark.top = Math.min(mark.top, y);
  mark.bottom = Math.max(mark.bottom, y);
}

/** The marks of the digit: neither dust nor, where there are others, what comes in from beyond the picture. */
function chooseMarks(marks: Mark[], { width, height }: Plane): Mark[] {
  const strong = marks.filter(({ peak }) => peak >= STRONG);
  const mass = total(strong);
  const central = strong.filter((m) => m.left > 0 && m.top > 0 && m.right < width - 1 && m.bottom < height - 1);
  const ours = total(central) >= CENTRAL * mass ? central : strong;
  return ours.filter((mark) => mark.mass >= DUST * total(ours));
}

function total(marks: Mark[]): number {
  return marks.reduce((sum, mark) => sum + mark.mass, 0);
}

function around(marks: Mark[]): Box {
  const [left, top] = [Math.min(...marks.map((mark) => mark.left)), Math.min(...marks.map((mark) => mark.top))];
  const [right, bottom] = [Math.max(...marks.map((mark) => mark.right)), Math.max(...marks.map((mark) => mark.bottom))];
  return { left, top, width: right + 1 - left, height: bottom + 1 - top };
}
