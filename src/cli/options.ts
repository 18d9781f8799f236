// Parsers of option values. Each throws an error that names the option.

import { Option } from "commander";
import { checkName, shown } from "../check.js";
import { type Augmentation, digitAugmentation, type Threads, type WeightPosition } from "../node.js";
import { MOST_THREADS } from "../recipe/recipe.js";
import { UsageError } from "./errors.js";

/** Decimal notation with an optional exponent. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number in decimal notation; NaN for other texts, including some that `Number` accepts: "", "0x10", "Infinity". */
function decimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** An integer from `least` to `most`; `title` is the option's name in the error. */
function parseWhole(text: string, title: string, least: number, most: number): number {
  const value = decimal(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`"${title}" must be a whole number from ${least} to ${most}, got ${shown(text)}`);
}

/** An option with an integer value. `flags` has commander's form, such as "--epochs <n>". */
export function wholeOption(flags: string, help: string, least: number, most = 2 ** 31 - 1): Option {
  const title = longName(flags);
  return new Option(flags, help).argParser((text) => parseWhole(text, title, least, most));
}

/** An option with a finite, non-negative number; the library checks narrower ranges. */
export function rateOption(flags: string, help: string): Option {
  const title = longName(flags);
  return new Option(flags, help).argParser((text) => {
    const value = decimal(text);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new UsageError(`"${title}" must be a number of at least 0, got ${shown(text)}`);
  });
}

/** An option with one of `names`, which help and error list. */
export function nameOption(flags: string, help: string, names: readonly string[]): Option {
  const title = longName(flags);
  return new Option(flags, help).choices(names).argParser((text) => {
    if (names.includes(text)) return text;
    throw new UsageError(refusal(() => checkName(text, title, names)));
  });
}

/** An option with one or more of `names`, separated by commas. */
export function namesOption(flags: string, help: string, names: readonly string[]): Option {
  const title = longName(flags);
  return new Option(flags, `${help}, separated by commas: ${names.join(", ")}`).argParser((text) => {
    const list = text.split(",").map((name) => name.trim());
    const wrong = list.find((name) => !names.includes(name));
    if (wrong === undefined) return list;
    throw new UsageError(refusal(() => checkName(wrong, title, names)));
  });
}

/** The message of the error that `check` throws, so that the library's wording is used here too. */
function refusal(check: () => unknown): string {
  try {
    return String(check());
  } catch (error) {
    return (error as Error).message;
  }
}

/** "--epochs" of "--epochs <n>". */
function longName(flags: string): string {
  return flags.split(" ")[0] as string;
}

/** Parses "784,16,16,10": number of inputs, then units of each layer. */
export function parseLayers(text: string): number[] {
  const sizes = text.split(",").map((part) => decimal(part.trim()));
  if (sizes.length >= 2 && sizes.every((size) => Number.isInteger(size) && size > 0)) return sizes;
  throw new UsageError(
    `"--layers" must be two or more whole numbers from 1 with commas between them (inputs first, outputs last), ` +
      `got ${shown(text)}`,
  );
}

/** Parses "0,3,407": layer, unit, input, all from 0. Whether the weight exists depends on the network. */
export function parseWeight(text: string): WeightPosition {
  const [layer, unit, input, ...rest] = text.split(",").map((part) => decimal(part.trim()));
  const numbers = [layer, unit, input];
  if (rest.length === 0 && numbers.every((n) => n !== undefined && Number.isInteger(n) && n >= 0)) {
    return { layer, unit, input } as WeightPosition;
  }
  throw new UsageError(`"--weight" must be LAYER,UNIT,INPUT, three whole numbers from 0, got ${shown(text)}`);
}

/** Names of the augmentation's parameters on the command line; alpha and sigma are those of the elastic distortion. */
const CHANGES = ["shift", "rotation", "scale", "shear", "alpha", "sigma", "thickness"];

/** Parses "digits" or "shift=2,rotation=15", the maximum changes of training images. The library checks the ranges. */
export function parseAugment(text: string): Augmentation {
  if (text === "digits") return digitAugmentation;
  const pairs = text.split(",").map((part) => part.split("=").map((word) => word.trim()));
  const names = pairs.map(([name]) => name as string);
  const numbers = pairs.map(([, number]) => decimal(number ?? ""));
  // Only pairs of a known name and a number, each name at most once.
  const isValid =
    pairs.every(({ length }) => length === 2) &&
    names.every((name, i) => CHANGES.includes(name) && names.indexOf(name) === i) &&
    numbers.every((number) => Number.isFinite(number));
  if (!isValid) {
    throw new UsageError(
      `"--augment" must be "digits", or numbers for one or more of ${CHANGES.join(", ")}, such as "shift=2,rotation=15", ` +
        `got ${shown(text)}`,
    );
  }
  const { alpha, sigma, ...changes } = Object.fromEntries(names.map((name, i) => [name, numbers[i]]));
  const isElastic = alpha !== undefined || sigma !== undefined;
  return { ...changes, ...(isElastic && { elastic: { alpha, sigma } }) } as Augmentation;
}

/** Parses "30" (seconds) or "500steps". */
export function parseInterval(text: string): { seconds?: number; steps?: number } {
  const [, number = "", unit = ""] = /^(.*?)(steps)?$/.exec(text) ?? [];
  const value = decimal(number);
  if (unit === "" && Number.isFinite(value) && value >= 0) return { seconds: value };
  if (unit === "steps" && Number.isInteger(value) && value >= 1 && value < 2 ** 31) return { steps: value };
  throw new UsageError(
    `"--checkpoint-every" must be seconds or a number of steps, such as 30 or 500steps, got ${shown(text)}`,
  );
}

/** Parses "auto" or a number of threads. */
export function parseThreads(text: string): Threads {
  if (text === "auto") return text;
  const threads = decimal(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new UsageError(`"--threads" must be "auto" or a whole number from 1 to ${MOST_THREADS}, got ${shown(text)}`);
}

/** An option with a path. An empty path is refused: it is usually an unset shell variable. */
export function pathOption(flags: string, help: string): Option {
  const title = longName(flags);
  return new Option(flags, help).argParser((text) => {
    if (text !== "") return text;
    throw new UsageError(`"${title}" must be a path, got ""`);
  });
}

export const DATA_HELP = "mnist, or a folder with its own four IDX files under MNIST's or EMNIST's names (.gz or not)";
