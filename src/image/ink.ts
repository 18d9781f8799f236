// Finds the ink of a drawing: its strength, the connected marks that belong to it, and its bounding box.

import { removePaper } from "./paper.js";
import type { Box, Plane } from "./plane.js";

export interface Ink {
  /** Ink from 0 (paper) to 1 (a stroke of full strength). */
  plane: Plane;
  /** The drawing's bounding box. */
  box: Box;
}

/** The share of a picture's pixels that belong to the darkest part even of a thin drawing. */
const DARKEST = 0.002;
/** The least contrast of ink with the paper: brightness from 0 to 1, and standard deviations of the paper's noise. */
const [LEAST_CONTRAST, LEAST_DEVIATIONS] = [0.06, 3.5];
/**
 * A mark needs a pixel of half the ink's strength (`STRONG`) and extends to pixels of at least `FAINT` of it, or of
 * `FAINT_DEVIATIONS` standard deviations of the noise: thresholding with hysteresis, as of edges by Canny (1986).
 */
const [STRONG, FAINT, FAINT_DEVIATIONS] = [0.5, 0.08, 2.5];
/** Marks with less than this share of the ink are dust. */
const DUST = 0.03;
/** Marks that touch the picture's edge are ignored if the others have at least this share of the ink. */
const CENTRAL = 0.5;

/** The drawing in a picture, without paper and dust; undefined if there is none. */
export function findInk(picture: Plane): Ink | undefined {
  const { plane, noise } = removePaper(picture);
  const strength = inkStrength(plane.data);
  if (strength < Math.max(LEAST_CONTRAST, LEAST_DEVIATIONS * noise)) return undefined;
  // From the noise level to the strength of the ink, as 0 to 1.
  const data = plane.data.map((x) => (x <= noise ? 0 : Math.min(1, (x - noise) / (strength - noise))));
  const ink = { ...plane, data };
  const { labels, marks } = findMarks(ink, Math.max(FAINT, (FAINT_DEVIATIONS * noise) / strength));
  const kept = chooseMarks(marks, ink);
  if (kept.length === 0) return undefined;
  const isKept = new Set(kept.map((mark) => mark.label));
  ink.data.forEach((_, i) => {
    if (!isKept.has(labels[i] as number)) data[i] = 0;
  });
  return { plane: ink, box: boundingBox(kept) };
}

/**
 * The strength of the ink, as its difference from the paper's brightness: the upper quartile of all pixels that are at
 * least half as strong as the strongest. Single outliers do not count as strongest (`DARKEST`).
 */
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

/** Levels of the histogram of strengths. */
const LEVELS = 1024;

/** The highest level that at least `rank` pixels reach. */
function levelBelow(counts: Uint32Array, rank: number): number {
  let level = counts.length - 1;
  for (let reached = 0; level > 0; level--) {
    reached += counts[level] as number;
    if (reached >= rank) break;
  }
  return level;
}

/** A connected component of ink. */
interface Mark {
  label: number;
  /** The sum and the maximum of its pixels' ink. */
  mass: number;
  peak: number;
  /** Its first and last columns and rows. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/**
 * Labels the connected components of pixels with at least `least` ink. `labels` holds each pixel's mark from 1 on, 0
 * for none.
 */
function findMarks(ink: Plane, least: number): { labels: Int32Array; marks: Mark[] } {
  const labels = new Int32Array(ink.data.length);
  const marks: Mark[] = [];
  const stack: number[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] !== 0 || (ink.data[start] as number) < least) continue;
    marks.push(followMark(ink, least, labels, marks.length + 1, start, stack));
  }
  return { labels, marks };
}

/** Labels the component of `start` by a flood fill over eight neighbours. `stack` is empty and reused between calls. */
function followMark(
  { data, width, height }: Plane,
  least: number,
  labels: Int32Array,
  label: number,
  start: number,
  stack: number[],
): Mark {
  const mark = { label, mass: 0, peak: 0, left: width, right: 0, top: height, bottom: 0 };
  labels[start] = label;
  stack.push(start);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const [x, y] = [at % width, Math.floor(at / width)];
    addPixel(mark, x, y, data[at] as number);
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        const next = row * width + column;
        if (labels[next] !== 0 || (data[next] as number) < least) continue;
        labels[next] = label;
        stack.push(next);
      }
    }
  }
  return mark;
}

/** Adds one pixel to a mark, in place. */
function addPixel(mark: Mark, x: number, y: number, ink: number): void {
  mark.mass += ink;
  mark.peak = Math.max(mark.peak, ink);
  mark.left = Math.min(mark.left, x);
  mark.right = Math.max(mark.right, x);
  mark.top = Math.min(mark.top, y);
  mark.bottom = Math.max(mark.bottom, y);
}

/**
 * The marks that belong to the digit: not dust and, if enough other ink remains, not what extends beyond the picture's
 * edge.
 */
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

/** The bounding box of marks. */
function boundingBox(marks: Mark[]): Box {
  const [left, top] = [Math.min(...marks.map((mark) => mark.left)), Math.min(...marks.map((mark) => mark.top))];
  const [right, bottom] = [Math.max(...marks.map((mark) => mark.right)), Math.max(...marks.map((mark) => mark.bottom))];
  return { left, top, width: right + 1 - left, height: bottom + 1 - top };
}
