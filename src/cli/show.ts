// Images in the terminal with the network's predictions.

import { activationRow } from "../activations.js";
import type { Dataset, LayerSpec, Network } from "../node.js";
import { classOutputs } from "../spec.js";
import { printResult } from "../terminal/output.js";
import { fixed, percent } from "../text.js";
import { type Drawing, drawSideBySide } from "./draw.js";

/** Maximum width of the output, also on wider terminals. */
const MAX_COLUMNS = 80;

/** Prints the first `count` samples of `data`, which must be labelled images, with the network's predictions. */
export function showSamples(network: Network, data: Dataset, count: number): void {
  printDrawings(Array.from({ length: Math.min(count, data.count) }, (_, i) => drawSample(network, data, i)));
}

/** Prints drawings side by side, with greys if the terminal has 256 colours. */
export function printDrawings(drawings: Drawing[]): void {
  const width = Math.min(MAX_COLUMNS, process.stdout.columns ?? MAX_COLUMNS);
  const greys = process.stdout.isTTY === true && process.stdout.hasColors(256);
  for (const line of ["", ...drawSideBySide(drawings, width, greys)]) printResult(line);
}

/** A sample with its label and prediction; a cross marks a wrong one. Samples that are not images are drawn as one row. */
function drawSample(network: Network, data: Dataset, index: number): Drawing {
  const sample = data.sample(index);
  const { label, probabilities } = network.classify(sample);
  const truth = data.labels?.[index] as number;
  const says = `says ${label} ${classValue(network, probabilities, label)}`;
  const [rows, columns] = data.shape.length === 2 ? data.shape : [1, data.sampleSize];
  return {
    pixels: sample instanceof Uint8Array ? Array.from(sample, (x) => x / 255) : sample,
    ...{ rows: rows as number, columns: columns as number },
    caption: [`label ${truth}`, label === truth ? says : `${says} ✗`],
  };
}

/** What the outputs say of a class, as text: a percentage if the last layer's outputs are between 0 and 1, else a number. */
export function classValue({ spec }: Network, outputs: Float32Array, label: number): string {
  const { activation } = spec.layers.at(-1) as LayerSpec;
  const value = classOutputs(spec, outputs)[label] as number;
  return activationRow(activation).givesShares ? percent(value, 0) : fixed(value);
}
