// Renders MNIST's digits as if they had been drawn on a canvas: with another size, position, pen or paper.

import { DIGIT_SIDE } from "../src/image/digit.js";
import { withPen } from "../src/image/pen.js";
import type { Plane } from "../src/image/plane.js";
import type { Draws } from "./draws.js";

/**
 * Settings of a rendering, with lengths in MNIST's pixels. Defaults are MNIST's: a box of 20, centred, black ink on
 * white.
 */
export interface Rendering {
  /** The longer side of the digit. */
  box?: number;
  /** Distance from the middle, in a random direction for each digit. */
  offCentre?: number;
  /** Change of the pen's width, for a box of 20. */
  pen?: number;
  /** Degrees from upright, to the right. */
  slant?: number;
  /** Brightness of the picture from the ink. */
  paper?: (canvas: Plane, draws: Draws) => Float32Array;
}

/** The renderings of the benchmark, by name. */
export const RENDERINGS: Record<string, Rendering> = {
  "box of 20": {},
  "box of 14": { box: 14 },
  "box of 27": { box: 27 },
  // With a box of 16, since the edge would cut off a larger one.
  "6 px off centre": { box: 16, offCentre: 6 },
  "thinner pen": { pen: -1 },
  "thicker pen": { pen: 1 },
  "slant of 20°": { slant: 20 },
  "slant of -20°": { slant: -20 },
  inverted: { paper: ({ data }) => data },
  "noise of 0.1": { paper: noisy },
  "pencil on grey": { paper: pencil },
};

/** Renders one digit of MNIST, `[28][28]` bytes: brightness `[side][side]` from 0 to 1. */
export function render(digit: Uint8Array, rendering: Rendering, side: number, draws: Draws): Float32Array {
  const unit = side / DIGIT_SIDE;
  const scale = ((rendering.box ?? 20) / 20) * unit;
  const drawn = enlarge(digit, rendering, side, scale, draws);
  const pen = rendering.pen === undefined ? drawn : withPen(drawn, (rendering.pen / 2) * scale);
  return (rendering.paper ?? blackOnWhite)(pen, draws);
}

function blackOnWhite({ data }: Plane): Float32Array {
  return data.map((ink) => 1 - ink);
}

/** The digit's ink on the canvas: its box scaled, slanted and moved, its edges sharpened to the canvas's resolution. */
function enlarge(digit: Uint8Array, rendering: Rendering, side: number, scale: number, draws: Draws): Plane {
  const shear = Math.tan(((rendering.slant ?? 0) * Math.PI) / 180);
  const direction = draws.between(0, 2 * Math.PI);
  const away = ((rendering.offCentre ?? 0) * side) / DIGIT_SIDE;
  const { x: middleX, y: middleY } = middleOf(digit);
  const [x0, y0] = [side / 2 + away * Math.cos(direction), side / 2 + away * Math.sin(direction)];
  const ink = new Float32Array(side * side).map((_, i) => {
    const v = (Math.floor(i / side) + 0.5 - y0) / scale;
    const u = ((i % side) + 0.5 - x0) / scale + v * shear;
    return sharpened(between(digit, u + middleX, v + middleY), scale);
  });
  return { data: ink, width: side, height: side };
}

/** The middle of the digit's bounding box. */
function middleOf(digit: Uint8Array): { x: number; y: number } {
  let [left, right, top, bottom] = [DIGIT_SIDE, 0, DIGIT_SIDE, 0];
  digit.forEach((value, i) => {
    if (value === 0) return;
    left = Math.min(left, i % DIGIT_SIDE);
    right = Math.max(right, (i % DIGIT_SIDE) + 1);
    top = Math.min(top, Math.floor(i / DIGIT_SIDE));
    bottom = Math.floor(i / DIGIT_SIDE) + 1;
  });
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** The ink at (x, y), from 0 to 1, by bilinear interpolation between the pixels' centres. */
function between(digit: Uint8Array, x: number, y: number): number {
  const [column, row] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [right, down] = [x - 0.5 - column, y - 0.5 - row];
  const at = (c: number, r: number) =>
    c >= 0 && c < DIGIT_SIDE && r >= 0 && r < DIGIT_SIDE ? (digit[r * DIGIT_SIDE + c] as number) / 255 : 0;
  const upper = at(column, row) * (1 - right) + at(column + 1, row) * right;
  const lower = at(column, row + 1) * (1 - right) + at(column + 1, row + 1) * right;
  return upper * (1 - down) + lower * down;
}

/** Narrows MNIST's soft edges, about two of its pixels wide, to about two pixels of the canvas. */
function sharpened(ink: number, scale: number): number {
  return Math.min(1, Math.max(0, 0.5 + (ink - EDGE) * Math.max(1, scale / 2)));
}

/** The ink that counts as a stroke's edge. It is less than half, so that MNIST's faintest strokes do not break. */
const EDGE = 0.48;

/** Black on white with Gaussian noise. */
function noisy({ data }: Plane, draws: Draws): Float32Array {
  return data.map((ink) => clamped(1 - ink + 0.1 * draws.gaussian()));
}

/** Grey paper with light from one side, brightness 0.7 to 0.9, and grainy strokes through which it shows. */
function pencil({ data, width }: Plane, draws: Draws): Float32Array {
  const direction = draws.between(0, 2 * Math.PI);
  const [across, down] = [Math.cos(direction), Math.sin(direction)];
  // The distance from the middle to the corners that are furthest in this direction.
  const reach = (Math.abs(across) + Math.abs(down)) / 2;
  return data.map((ink, i) => {
    const along = (((i % width) + 0.5) / width - 0.5) * across + ((Math.floor(i / width) + 0.5) / width - 0.5) * down;
    const paper = 0.8 + (0.1 * along) / reach + 0.02 * draws.gaussian();
    return clamped(paper * (1 - ink * clamped(0.6 + 0.15 * draws.gaussian())));
  });
}

function clamped(x: number): number {
  return Math.min(1, Math.max(0, x));
}
