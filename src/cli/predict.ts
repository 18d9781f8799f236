// wasmlp predict

import { basename } from "node:path";
import type { Command } from "commander";
import { DIGIT_PIXELS, DIGIT_SIDE, type DigitReading, loadDigits, readDigit } from "../digits.js";
import { brightness, type DigitImage } from "../image/plane.js";
import { loadNetwork, type Network } from "../node.js";
import { printJson, printResult } from "../terminal/output.js";
import { dimensions } from "../text.js";
import type { Drawing } from "./draw.js";
import { oneLine, reportError, UsageError } from "./errors.js";
import { imageFiles, readImage } from "./images.js";
import { pathOption } from "./options.js";
import { outputValue, printDrawings } from "./show.js";

interface Options {
  model?: string;
  raw?: true;
  show?: true;
  json?: true;
}

export function addPredict(program: Command): void {
  program
    .command("predict")
    .summary("what a network says about images")
    .description(
      "Says which digits a network takes images for: the pretrained one, or a saved one. Any picture of one digit will do, dark on light or light on dark: " +
        "it is found, scaled and centred as MNIST's digits are. With --raw the images are taken as they are; they must have " +
        "the size that the network was trained on, and look as its data does.",
    )
    .argument("<image...>", "PNG or JPEG files, or folders of them")
    .addOption(
      pathOption("--model <FILE>", "a file that train --out wrote; the pretrained network for digits unless told"),
    )
    .option("--raw", "take the pixels as they are: colours by their brightness, transparency as black")
    .option("--show", "draw what the network sees")
    .option("--json", "one JSON object an image instead of a table")
    .addHelpText("after", "\nExample:\n  $ wasmlp predict seven.png photos/ --show")
    .action(predict);
}

/** An image that cannot be read is told of, and the others are answered all the same. */
async function predict(paths: string[], { model, raw, show, json }: Options): Promise<void> {
  if (show && json) throw new UsageError('"--show" draws, which does not go with "--json"');
  const network = model === undefined ? await loadDigits() : await loadNetwork(model);
  if (model !== undefined && !raw) checkTakesDigits(network, model);
  const files = (await Promise.all(paths.map((path) => imageFiles(path).catch(refuse)))).flat();
  const table = new Table(network, files);
  const guesses: Guess[] = [];
  for (const file of files) {
    const guess = await guessImage(network, file, raw === true).catch(refuse);
    if (Array.isArray(guess)) continue;
    if (json) printJson({ image: file, label: guess.label, probabilities: Array.from(guess.probabilities) });
    else table.print(guess);
    if (show) guesses.push(guess);
  }
  if (guesses.length > 0) printDrawings(guesses.map((guess) => drawGuess(network, guess)));
}

function checkTakesDigits({ spec }: Network, model: string): void {
  if (spec.inputs === DIGIT_PIXELS) return;
  const digits = `${DIGIT_PIXELS} (${dimensions([DIGIT_SIDE, DIGIT_SIDE])})`;
  throw new Error(`${model} takes ${spec.inputs} inputs, but digits have ${digits}; --raw takes images as they are`);
}

/** One sentence, and nothing in the place of a result. */
function refuse(error: unknown): [] {
  process.exitCode = reportError(error);
  return [];
}

// --- guesses ---

/** What the network says about an image; `digit` are the pixels that it was given, whatever they show. */
interface Guess extends DigitReading {
  file: string;
}

async function guessImage(network: Network, file: string, isRaw: boolean): Promise<Guess> {
  const image = await readImage(file);
  if (isRaw) {
    const digit = rawPixels(image, file, network);
    return { file, digit, ...network.classify(digit) };
  }
  const reading = readDigit(network, image);
  if (!reading) throw new Error(`nothing is drawn on ${file}, so there is no guess`);
  return { file, ...reading };
}

/** The image's pixels as they are. Error if they are not as many as the network takes. */
function rawPixels(image: DigitImage, file: string, { spec }: Network): Uint8Array {
  const side = sideOf(spec.inputs);
  const isRight = side === undefined ? image.width * image.height === spec.inputs : isSquare(image, side);
  if (isRight) return Uint8Array.from(brightness(image, 0).data, (x) => Math.round(255 * x));
  const wanted = side === undefined ? `${spec.inputs} pixels` : dimensions([side, side]);
  throw new Error(`${file} is ${dimensions([image.width, image.height])} pixels, but the network takes ${wanted}`);
}

function isSquare({ width, height }: DigitImage, side: number): boolean {
  return width === side && height === side;
}

/** The side of a square of so many pixels, if they are one. */
function sideOf(pixels: number): number | undefined {
  const side = Math.sqrt(pixels);
  return Number.isInteger(side) ? side : undefined;
}

// --- how they are shown ---

/** Rows that are printed as they come, under a head that comes with the first. */
class Table {
  private readonly nameWidth: number;
  private isBegun = false;

  constructor(
    private readonly network: Network,
    files: string[],
  ) {
    // There can be more files than a call of Math.max takes arguments.
    this.nameWidth = files.reduce((most, file) => Math.max(most, oneLine(file).length), "image".length);
  }

  print({ file, label, probabilities }: Guess): void {
    if (!this.isBegun) this.row("image", "label", "probability", "second guess");
    this.isBegun = true;
    const second = secondOf(probabilities, label);
    const other = second === undefined ? "" : `${second} (${this.value(probabilities[second])})`;
    this.row(oneLine(file), String(label), this.value(probabilities[label]), other);
  }

  private value(probability: number | undefined): string {
    return outputValue(this.network, probability ?? 0);
  }

  private row(image: string, label: string, probability: string, second: string): void {
    printResult(
      `${image.padEnd(this.nameWidth)}  ${label.padStart(5)}  ${probability.padStart(11)}  ${second}`.trimEnd(),
    );
  }
}

/** The most probable label but the first. */
function secondOf(probabilities: Float32Array, first: number): number | undefined {
  let best: number | undefined;
  probabilities.forEach((value, label) => {
    if (label !== first && (best === undefined || value > (probabilities[best] as number))) best = label;
  });
  return best;
}

function drawGuess(network: Network, { file, digit, label, probabilities }: Guess): Drawing {
  const side = sideOf(digit.length);
  const [rows, columns] = side === undefined ? [1, digit.length] : [side, side];
  const says = `says ${label} ${outputValue(network, probabilities[label] as number)}`;
  return { pixels: Array.from(digit, (x) => x / 255), rows, columns, caption: [oneLine(basename(file)), says] };
}
