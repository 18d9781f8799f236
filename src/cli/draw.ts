// Digits in the terminal: two rows of pixels to a line of text, several digits side by side.

import type { Dataset, Network } from "../node.js";

const SHADES = " ░▒▓█";
/** A terminal has 80 columns at least. */
const COLUMNS = 80;
/** A wider image is drawn smaller. */
const MOST_WIDTH = 38;
/** Brightness, from 0 to 1, that counts as blank when an image is cropped. */
const BLANK = 0.1;

/** Brightness from 0 to 1, rows of `width`. */
interface Picture {
  width: number;
  pixels: number[];
}

/** The first `count` samples of `data`, drawn, with what the network says of each under it. */
export function drawPredictions(network: Network, data: Dataset, count: number): string {
  const blocks = Array.from({ length: Math.min(count, data.count) }, (_, i) => {
    return [...drawn(cropped(shrunk(pictureOf(data, i)))), caption(network, data, i)];
  });
  const width = Math.max(...blocks.flat().map((line) => line.length)) + 2;
  const beside = Math.max(1, Math.floor(COLUMNS / width));
  const lines: string[] = [];
  for (let from = 0; from < blocks.length; from += beside)
    lines.push(...rowOf(blocks.slice(from, from + beside), width), "");
  return lines.join("\n").trimEnd();
}

/** Blocks side by side, their last lines level. */
function rowOf(blocks: string[][], width: number): string[] {
  const height = Math.max(...blocks.map((block) => block.length));
  const filled = blocks.map((block) => [...Array<string>(height - block.length).fill(""), ...block]);
  return Array.from({ length: height }, (_, y) => {
    const line = filled.map((block) => (block[y] as string).padEnd(width)).join("");
    return line.trimEnd();
  });
}

function caption(network: Network, data: Dataset, index: number): string {
  const { label, probabilities } = network.classify(data.sample(index));
  const wanted = data.labels?.[index];
  const verdict = wanted === label ? "" : `  wrong: ${wanted}`;
  return `${label} (${(probabilities[label] as number).toFixed(2)})${verdict}`;
}

function pictureOf(data: Dataset, index: number): Picture {
  const values = Array.from(data.sample(index));
  const brightest = Math.max(...values) || 1;
  return { width: data.shape.at(-1) ?? values.length, pixels: values.map((value) => value / brightest) };
}

/** Every n-th pixel of every n-th row, so that the width fits. */
function shrunk({ width, pixels }: Picture): Picture {
  const step = Math.ceil(width / MOST_WIDTH);
  const kept = pixels.filter((_, i) => (i % width) % step === 0 && Math.floor(i / width) % step === 0);
  return { width: Math.ceil(width / step), pixels: kept };
}

/** Without the blank rows and columns around what is drawn. */
function cropped({ width, pixels }: Picture): Picture {
  const inked = pixels.flatMap((value, i) => (value > BLANK ? [i] : []));
  if (inked.length === 0) return { width, pixels };
  const columns = inked.map((i) => i % width);
  const rows = inked.map((i) => Math.floor(i / width));
  const [left, right, top, bottom] = [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
  const inside = (i: number) => i % width >= left && i % width <= right && i >= top * width && i < (bottom + 1) * width;
  return { width: right - left + 1, pixels: pixels.filter((_, i) => inside(i)) };
}

/** A character for every column and two rows, since characters are twice as high as wide. */
function drawn({ width, pixels }: Picture): string[] {
  const height = pixels.length / width;
  const at = (x: number, y: number) => (y < height ? (pixels[y * width + x] as number) : 0);
  return Array.from({ length: Math.ceil(height / 2) }, (_, line) =>
    Array.from({ length: width }, (_, x) => shade((at(x, 2 * line) + at(x, 2 * line + 1)) / 2)).join(""),
  );
}

function shade(brightness: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.round(brightness * (SHADES.length - 1)))] as string;
}
