// Digits that the page draws itself, in the styles of the written ones, each time in another hand.

import { curve, STYLES, strokesOf } from "../../models/styles.js";
import type { Drawing, Point, Strokes } from "./drawing.js";

/** How long the page takes to draw one. */
const MILLISECONDS = 900;

/** How a hand puts the grid of a style, 10 wide and 10 high, on the paper. */
interface Hand {
  /** The digit's height over the paper's. */
  size: number;
  /** Its width over what the style says. */
  stretch: number;
  slant: number;
}

/** What is shown at first: always the same. */
export function firstExample(): Strokes {
  return write(STYLES[3]?.[0] ?? "", { size: 0.64, stretch: 1, slant: 0.05 });
}

let last = 3;

/** Another digit than the last time. */
export function nextExample(): Strokes {
  last = (last + 1 + Math.floor(Math.random() * (STYLES.length - 1))) % STYLES.length;
  const styles = STYLES[last] as string[];
  const between = (least: number, most: number) => least + (most - least) * Math.random();
  const hand = { size: between(0.5, 0.7), stretch: between(0.85, 1.15), slant: between(-0.1, 0.25) };
  return write(styles[Math.floor(Math.random() * styles.length)] as string, hand);
}

function write(style: string, { size, stretch, slant }: Hand): Strokes {
  const place = ({ x, y }: Point): Point => ({
    x: 0.5 + (size / 10) * ((x - 5) * stretch - (y - 5) * slant),
    y: 0.5 + (size / 10) * (y - 5),
  });
  return strokesOf(style).map((points) => curve(points).map(place));
}

/** Draws an example before the user's eyes, until they draw themselves; at once where they want no motion. */
export function present(drawing: Drawing, strokes: Strokes): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    drawing.show(strokes);
    return;
  }
  const all = strokes.reduce((sum, { length }) => sum + length, 0);
  const started = performance.now();
  let shown: Strokes | undefined;
  const frame = (now: number): void => {
    if (shown && drawing.strokes !== shown) return;
    const share = Math.min(1, Math.max(0, (now - started) / MILLISECONDS));
    shown = beginning(strokes, Math.max(1, Math.round(share * all)));
    drawing.show(shown);
    if (share < 1) requestAnimationFrame(frame);
  };
  frame(started);
}

/** The first points of a drawing. */
function beginning(strokes: Strokes, points: number): Strokes {
  let left = points;
  return strokes.flatMap((stroke) => {
    const part = stroke.slice(0, Math.max(0, left));
    left -= stroke.length;
    return part.length > 0 ? [part] : [];
  });
}
