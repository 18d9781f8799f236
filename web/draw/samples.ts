// Example digits that the page draws: the stroke styles of the synthetic training digits with random size and slant.

import { curve, STYLES, strokesOf } from "../../models/styles.js";
import type { Drawing, Point, Strokes } from "./drawing.js";

/** Duration of drawing one example. */
const ANIMATION_MILLISECONDS = 900;

/** Placement of a style's grid, 10 wide and 10 high, on the paper. */
interface Handwriting {
  /** Height of the digit relative to the paper. */
  size: number;
  /** Factor on the width of the style. */
  stretch: number;
  /** Horizontal shear; positive values lean to the right. */
  slant: number;
}

/** The example shown when the page opens; always the same. */
export function firstExample(): Strokes {
  return write(STYLES[3]?.[0] ?? "", { size: 0.64, stretch: 1, slant: 0.05 });
}

/** Digit of the last example. */
let last = 3;

/** A random example of a digit other than the last one. */
export function nextExample(): Strokes {
  last = (last + 1 + Math.floor(Math.random() * (STYLES.length - 1))) % STYLES.length;
  const styles = STYLES[last] as string[];
  const uniform = (from: number, to: number) => from + (to - from) * Math.random();
  const handwriting = { size: uniform(0.5, 0.7), stretch: uniform(0.85, 1.15), slant: uniform(-0.1, 0.25) };
  return write(styles[Math.floor(Math.random() * styles.length)] as string, handwriting);
}

function write(style: string, { size, stretch, slant }: Handwriting): Strokes {
  const place = ({ x, y }: Point): Point => ({
    x: 0.5 + (size / 10) * ((x - 5) * stretch - (y - 5) * slant),
    y: 0.5 + (size / 10) * (y - 5),
  });
  return strokesOf(style).map((points) => curve(points).map(place));
}

/** Animates the drawing of an example until the user draws. Without animation if the user prefers reduced motion. */
export function animate(drawing: Drawing, strokes: Strokes): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    drawing.show(strokes);
    return;
  }
  const total = strokes.reduce((sum, { length }) => sum + length, 0);
  const started = performance.now();
  let shown: Strokes | undefined;
  const frame = (now: number): void => {
    // The user has drawn or cleared since the last frame.
    if (shown && drawing.strokes !== shown) return;
    const share = Math.min(1, Math.max(0, (now - started) / ANIMATION_MILLISECONDS));
    shown = firstPoints(strokes, Math.max(1, Math.round(share * total)));
    drawing.show(shown);
    if (share < 1) requestAnimationFrame(frame);
  };
  frame(started);
}

/** The strokes cut after their first `count` points. */
function firstPoints(strokes: Strokes, count: number): Strokes {
  let left = count;
  return strokes.flatMap((stroke) => {
    const part = stroke.slice(0, Math.max(0, left));
    left -= stroke.length;
    return part.length > 0 ? [part] : [];
  });
}
