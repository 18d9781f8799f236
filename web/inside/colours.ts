// Digits and weights as pixels, in the page's colours.

import { token } from "../theme.js";

type Rgb = readonly [number, number, number];

/** Ink on paper: 255 is all ink. */
export function paintDigit(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  const [paper, ink] = [rgb("--paper"), rgb("--ink")];
  paint(canvas, 28, pixels, (pixel) => mix(paper, ink, pixel / 255));
}

/** Weights in rows of `columns`, by sign and size: `most` has the full colour. */
export function paintWeights(
  canvas: HTMLCanvasElement,
  weights: ArrayLike<number>,
  columns: number,
  most: number,
): void {
  const [paper, positive, negative] = [rgb("--paper"), rgb("--positive"), rgb("--negative")];
  paint(canvas, columns, weights, (weight) => mix(paper, weight < 0 ? negative : positive, Math.abs(weight) / most));
}

function paint(
  canvas: HTMLCanvasElement,
  columns: number,
  values: ArrayLike<number>,
  colour: (value: number) => Rgb,
): void {
  const rows = Math.ceil(values.length / columns);
  // A new size empties the canvas, even if it is the old one.
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const image = new ImageData(columns, rows);
  for (let i = 0; i < values.length; i++) image.data.set([...colour(values[i] as number), 255], 4 * i);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const [r, g, b] = from.map((value, i) => value + ((to[i] as number) - value) * Math.min(1, share));
  return [r as number, g as number, b as number];
}

/** The colours of style.css are written as #rrggbb. */
function rgb(name: `--${string}`): Rgb {
  const value = Number.parseInt(token(name).slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The largest size among them; 1 where all are zero, so that one can divide by it. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most || 1;
}
