// Painting of digits and weights onto canvases, one pixel per value, in the page's colours.

import { DIGIT_SIDE } from "../../src/image/digit.js";
import { onThemeChange, token } from "../theme.js";

type Rgb = readonly [number, number, number];

/** Paints a `[28][28]` digit: 0 is paper, 255 is ink. */
export function paintDigit(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  paint(canvas, DIGIT_SIDE, pixels, 255, rgb("--ink"), rgb("--ink"));
}

/** Paints weights in rows of `columns`, the colour by sign; a weight of ±`most` has the full colour. */
export function paintWeights(
  canvas: HTMLCanvasElement,
  weights: ArrayLike<number>,
  columns: number,
  most: number,
): void {
  paint(canvas, columns, weights, most, rgb("--positive"), rgb("--negative"));
}

/** Maps values from −`most` to `most` to colours from `negative` through paper to `positive`. Resizes the canvas. */
function paint(
  canvas: HTMLCanvasElement,
  columns: number,
  values: ArrayLike<number>,
  most: number,
  positive: Rgb,
  negative: Rgb,
): void {
  const rows = Math.ceil(values.length / columns);
  // Setting the size clears the canvas, even if the size is the same.
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

/** Cache of colours: reading a custom property makes the browser recompute all changed styles. */
const cache = new Map<string, Rgb>();
onThemeChange(() => cache.clear());

/** The colour of a custom property. style.css writes these colours as #rrggbb. */
function rgb(name: `--${string}`): Rgb {
  const cached = cache.get(name);
  if (cached) return cached;
  const value = Number.parseInt(token(name).slice(1), 16);
  const colour: Rgb = [value >> 16, (value >> 8) & 255, value & 255];
  cache.set(name, colour);
  return colour;
}

/** The largest absolute value; 1 if all are zero, so that it can be divided by. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most || 1;
}
