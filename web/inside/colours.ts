// Digits and weights as pixels, in the page's colours.

import { onThemeChange, token } from "../theme.js";

type Rgb = readonly [number, number, number];

/** Ink on paper: 255 is all ink. */
export function paintDigit(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  paint(canvas, 28, pixels, 255, rgb("--ink"), rgb("--ink"));
}

/** Weights in rows of `columns`, by sign and size: `most` has the full colour. */
export function paintWeights(
  canvas: HTMLCanvasElement,
  weights: ArrayLike<number>,
  columns: number,
  most: number,
): void {
  paint(canvas, columns, weights, most, rgb("--positive"), rgb("--negative"));
}

/** Values from −`most` to `most` between two colours, with paper in the middle. */
function paint(
  canvas: HTMLCanvasElement,
  columns: number,
  values: ArrayLike<number>,
  most: number,
  positive: Rgb,
  negative: Rgb,
): void {
  const rows = Math.ceil(values.length / columns);
  // A new size empties the canvas, even if it is the old one.
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const [image, paper] = [new ImageData(columns, rows), rgb("--paper")];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const share = Math.min(1, Math.abs(value) / most);
    const colour = value < 0 ? negative : positive;
    for (let k = 0; k < 3; k++) {
      const from = paper[k] as number;
      image.data[4 * i + k] = from + ((colour[k] as number) - from) * share;
    }
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/** Looking a token up makes the browser work out all styles that have changed, which is slow amidst changes. */
const known = new Map<string, Rgb>();
onThemeChange(() => known.clear());

/** The colours of style.css are written as #rrggbb. */
function rgb(name: `--${string}`): Rgb {
  const before = known.get(name);
  if (before) return before;
  const value = Number.parseInt(token(name).slice(1), 16);
  const colour: Rgb = [value >> 16, (value >> 8) & 255, value & 255];
  known.set(name, colour);
  return colour;
}

/** The largest size among them; 1 where all are zero, so that one can divide by it. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most || 1;
}
