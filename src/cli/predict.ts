// wasmlp predict: the digits that a network recognizes in image files.

import { basename } from "node:path";
import type { Command } from "commander";
import { DIGIT_PIXELS, DIGIT_SIDE, type DigitReading, loadDigits, readDigit } from "../digits.js";
import { brightness } from "../image/plane.js";
import { loadNetwork, type Network } from "../node.js";
import { classOutputs } from "../spec.js";
import { printJson, printNote, printResult } from "../terminal/output.js";
import { dimensions, percent } from "../text.js";
import type { Drawing } from "./draw.js";
import { oneLine, reportError, UsageError } from "./errors.js";
import type { Picture } from "./image-file.js";
import { imageFiles, readImage } from "./images.js";
import { pathOption } from "./options.js";
import { classValue, printDrawings } from "./show.js";

/** The options as commander parses them. */
interface Options {
  /** Path of a model file; without it the pretrained network is used. */
  model?: string;
  /** Whether to skip the preprocessing to MNIST's form. */
  raw?: true;
  /** Whether to draw the network's inputs after the table. */
  show?: true;
  json?: true;
}

/** Adds the command to the program. */
export function addPredict(program: Command): void {
  program
    .command("predict")
    .summary("recognize digits in images")
    .description(
      "Prints which digits a network recognizes in images. The images may show one digit each, dark on light or light on dark; " +
        "it is located, scaled and centred like MNIST's digits. With --raw the images are used unchanged: they must have the " +
        "size and look of the network's training data. The pretrained network answers none for a picture that shows no digit.",
    )
    .argument("<image...>", "PNG, JPEG, GIF or BMP files, or folders of them")
    .addOption(
      pathOption("--model <FILE>", "a file that train --out wrote (default: the pretrained network for digits)"),
    )
    .option("--raw", "use the pixels unchanged: colours as brightness, transparency as black")
    .option("--show", "draw the input of the network")
    .option("--json", "print one JSON object per image instead of a table")
    .addHelpText("after", "\nExample:\n  $ wasmlp predict seven.png photos/ --show")
    .action(predict);
}

/** Prints a prediction per image. An invalid image is reported on stderr and does not stop the others. */
async function predict(paths: string[], { model, raw, show, json }: Options): Promise<void> {
  if (show && json) throw new UsageError('"--show" does not go with "--json", because it draws text');
  const network = model === undefined ? await loadDigits() : await loadNetwork(model);
  if (model !== undefined && !raw) checkTakesDigits(network, model);
  // Listed before the first prediction, because the width of the table depends on all names.
  const found = (await Promise.all(paths.map((path) => imageFiles(path).catch(refuse)))).flat();
  const files = found.flatMap((part) => part.files);
  for (const note of found.flatMap(({ notes }) => notes)) printNote(`warning: ${oneLine(note)}`);
  const table = new Table(network, files);
  const guesses: Guess[] = [];
  for (const file of files) {
    // One after the other: only one decoded image is in memory at a time.
    const guess = await guessImage(network, file, raw === true).catch(refuse);
    if (Array.isArray(guess)) continue;
    if (json) printJson(jsonOf(guess));
    else table.print(guess);
    if (show) guesses.push(guess);
  }
  if (guesses.length > 0) printDrawings(guesses.map((guess) => drawGuess(network, guess)));
}

/** Throws if the network does not have the inputs of preprocessed digits. */
function checkTakesDigits({ spec }: Network, model: string): void {
  if (spec.inputs === DIGIT_PIXELS) return;
  const digits = `${DIGIT_PIXELS} (${dimensions([DIGIT_SIDE, DIGIT_SIDE])})`;
  throw new Error(`${model} takes ${spec.inputs} inputs, but digits have ${digits}; --raw uses images unchanged`);
}

/** Reports an error, sets the exit code, and returns no results in place of the failed ones. */
function refuse(error: unknown): [] {
  process.exitCode = reportError(error);
  return [];
}

// --- predictions ---

/** The prediction for an image file. `digit` holds the network's input, which with --raw need not be a digit. */
interface Guess extends DigitReading {
  file: string;
}

/** Reads and classifies one image. */
async function guessImage(network: Network, file: string, isRaw: boolean): Promise<Guess> {
  const image = await readImage(file);
  if (isRaw) {
    const digit = rawPixels(image, file, network);
    if (network.spec.inputs !== DIGIT_PIXELS) return { file, digit, ...network.classify(digit) };
    return { file, ...(readDigit(network, digit) as DigitReading) };
  }
  const reading = readDigit(network, image);
  if (!reading) throw new Error(`nothing is drawn on ${file}, so there is nothing to predict`);
  return { file, ...reading };
}

/** The brightness of the image's pixels, 0 to 255. Throws if their number is not that of the network's inputs. */
function rawPixels(image: Picture, file: string, { spec }: Network): Uint8Array {
  const side = sideOf(spec.inputs);
  const [width, height] = image.original ?? [image.width, image.height];
  const isValid = !image.original && (side === undefined ? width * height === spec.inputs : isSquare(image, side));
  if (isValid) return Uint8Array.from(brightness(image, 0).data, (x) => Math.round(255 * x));
  const expected = side === undefined ? `${spec.inputs} pixels` : dimensions([side, side]);
  throw new Error(`${file} is ${dimensions([width, height])} pixels, but the network takes ${expected}`);
}

function isSquare({ width, height }: Picture, side: number): boolean {
  return width === side && height === side;
}

/** The side of a square image with this number of pixels; undefined if it is not a square number. */
function sideOf(pixels: number): number | undefined {
  const side = Math.sqrt(pixels);
  return Number.isInteger(side) ? side : undefined;
}

// --- output ---

/** What stands in place of the label of a picture that shows none of the digits. */
const NONE = "none";

/** A prediction as JSON; the pretrained network's says too whether the picture shows a digit. */
function jsonOf({ file, label, probabilities, doubt, isDigit, isSure }: Guess): object {
  return { image: file, label, probabilities: Array.from(probabilities), doubt, isDigit, isSure };
}

/** A table printed row by row, so that the first predictions appear at once. The first row prints the header too. */
class Table {
  private readonly nameWidth: number;
  private hasHeader = false;

  constructor(
    private readonly network: Network,
    files: string[],
  ) {
    // Not Math.max(...): the number of files can exceed the limit on arguments of a call.
    this.nameWidth = files.reduce((most, file) => Math.max(most, oneLine(file).length), "image".length);
  }

  print({ file, label, probabilities, doubt = 0, isDigit }: Guess): void {
    if (!this.hasHeader) this.row("image", "label", "probability", "second guess");
    this.hasHeader = true;
    const { network } = this;
    const [name, best] = [oneLine(file), classValue(network, probabilities, label)];
    if (isDigit === false) this.row(name, NONE, percent(doubt, 0), `if a digit, ${label}`);
    else this.row(name, String(label), best, this.otherThan(label, probabilities));
  }

  /** The second guess with its value; empty if there is none. */
  private otherThan(label: number, probabilities: Float32Array): string {
    const { network } = this;
    const second = secondOf(classOutputs(network.spec, probabilities), label);
    return second === undefined ? "" : `${second} (${classValue(network, probabilities, second)})`;
  }

  private row(image: string, label: string, probability: string, second: string): void {
    printResult(
      `${image.padEnd(this.nameWidth)}  ${label.padStart(5)}  ${probability.padStart(11)}  ${second}`.trimEnd(),
    );
  }
}

/** The most probable label other than `first`. */
function secondOf(probabilities: Float32Array, first: number): number | undefined {
  let best: number | undefined;
  probabilities.forEach((value, label) => {
    if (label !== first && (best === undefined || value > (probabilities[best] as number))) best = label;
  });
  return best;
}

/** The drawing of a prediction's input. Inputs that are not square are drawn as one row. */
function drawGuess(network: Network, { file, digit, label, probabilities, doubt = 0, isDigit }: Guess): Drawing {
  const side = sideOf(digit.length);
  const [rows, columns] = side === undefined ? [1, digit.length] : [side, side];
  const [answer, value] =
    isDigit === false ? [NONE, percent(doubt, 0)] : [label, classValue(network, probabilities, label)];
  const says = `says ${answer} ${value}`;
  return { pixels: Array.from(digit, (x) => x / 255), rows, columns, caption: [oneLine(basename(file)), says] };
}
