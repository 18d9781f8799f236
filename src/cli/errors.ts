// Errors of the command line: one sentence on stderr and an exit code, never a stack trace.

import { CommanderError } from "commander";
import { argumentOf } from "../check.js";
import { reason } from "../data/files.js";

/** Exit codes: for an error during the work, and for an invalid command line. */
const FAILURE = 1;
const USAGE = 2;

/** An error that the user can only fix by another command line. */
export class UsageError extends Error {}

/** The options by the arguments of the library that they set; what lies deeper in an argument is a part of the option. */
const OPTIONS: Readonly<Record<string, string>> = {
  inputs: "--layers",
  layers: "--layers",
  "layers[]": "--layers",
  "layers[].units": "--layers",
  "layers[].activation": "--activation",
  "layers[].dropout": "--dropout",
  loss: "--loss",
  seed: "--seed",
  epochs: "--epochs",
  batchSize: "--batch",
  learningRate: "--lr",
  optimizer: "--optimizer",
  "optimizer.name": "--optimizer",
  "optimizer.learningRate": "--lr",
  schedule: "--schedule",
  "schedule.name": "--schedule",
  "schedule.warmUp": "--warm-up",
  "schedule.factor": "--decay-factor",
  "schedule.every": "--decay-every",
  "schedule.floor": "--floor",
  maxNorm: "--max-norm",
  augment: "--augment",
  earlyStopping: "--patience",
  "earlyStopping.patience": "--patience",
  "earlyStopping.minDelta": "--min-delta",
  "earlyStopping.metric": "--metric",
  train: "--data",
  validation: "--data",
  weight: "--weight",
};

/** Runs `work`, where an error about an argument of the library is about the options: it comes out with their names. */
export async function withOptionNames<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const argument = argumentOf(error);
    const option = argument === undefined ? undefined : optionOf(argument);
    if (option === undefined) throw error;
    // Only the name is replaced; a function, because "$" in a replacement text would have a meaning.
    const message = (error as Error).message.replace(`"${argument}"`, () => option);
    throw new UsageError(message, { cause: error });
  }
}

/** What to call an argument: `"--lr"`, or `the shift of "--augment"`. */
function optionOf(argument: string): string | undefined {
  const path = argument.replace(/^(network|fit)\./, "").replaceAll(/\[\d+\]/g, "[]");
  if (Object.hasOwn(OPTIONS, path)) return `"${OPTIONS[path]}"`;
  // The options of optimizers have the same names here and there.
  const [, option] = /^optimizer\.(\w+)$/.exec(path) ?? [];
  if (option !== undefined) return `"${flag(option)}"`;
  // A part of an option that takes several values, such as the shift of "--augment".
  const whole = Object.keys(OPTIONS).find((name) => path.startsWith(`${name}.`));
  return whole && `the ${path.slice(path.lastIndexOf(".") + 1)} of "${OPTIONS[whole]}"`;
}

/** The option that is called like an argument of the library: weightDecay is --weight-decay. */
export function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Prints the error on stderr; returns the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return reportCommander(error);
  process.stderr.write(`wasmlp: ${oneLine(sentence(error))}\n`);
  return error instanceof UsageError ? USAGE : FAILURE;
}

/** Commander also throws after it has printed help or the version; those have exit code 0. */
function reportCommander({ code, exitCode, message }: CommanderError): number {
  if (exitCode === 0) return 0;
  // Help that is shown because the command is missing has been printed already.
  if (code !== "commander.help") process.stderr.write(`wasmlp: ${oneLine(message.replace(/^error: /, ""))}\n`);
  return USAGE;
}

/** The message of an error; errors of the file system get the path and the reason in words. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined && syscall !== undefined) return `cannot read ${path}: ${reason(error)}`;
  return error.message || error.name;
}

/** One line without control characters, which a file name may contain and a terminal would obey. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, " ")
    .replace(/\p{Cc}/gu, "?");
}
