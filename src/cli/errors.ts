// How every failure ends: one sentence on stderr, and an exit code. Never a stack trace.

import { CommanderError } from "commander";
import { reason } from "../data/files.js";

const FAILURE = 1;
const USAGE = 2;

/** What was asked for makes no sense; the remedy is another command line. */
export class UsageError extends Error {}

/** What the library's arguments are called on the command line. */
const OPTION_NAMES: [RegExp, string][] = [
  [/"(inputs|layers|layers\[\d+\]\.units)"/g, '"--layers"'],
  [/"layers\[\d+\]\.activation"/g, '"--activation"'],
  [/"layers\[\d+\]\.dropout"/g, '"--dropout"'],
  [/"learningRate"/g, '"--lr"'],
  [/"batchSize"/g, '"--batch"'],
  [/"factor"/g, '"--decay-factor"'],
  [/"every"/g, '"--decay-every"'],
  [/"(train|validation)"/g, '"--data"'],
  [/"earlyStopping"/g, '"--patience"'],
  [/"earlyStopping\.minDelta"/g, '"--min-delta"'],
  [/"earlyStopping\.(\w+)"/g, '"--$1"'],
  [/"(loss|optimizer|momentum|nesterov|beta1|beta2|epsilon|schedule|floor|epochs|seed)"/g, '"--$1"'],
  [/"weightDecay"/g, '"--weight-decay"'],
  [/"warmUp"/g, '"--warm-up"'],
  [/"maxNorm"/g, '"--max-norm"'],
  [/"augment\.(?:elastic\.)?(\w+)"/g, 'the $1 of "--augment"'],
  [/"weight\.(layer|unit|input)"/g, 'the $1 of "--weight"'],
];

/** Runs `work`, where a TypeError or RangeError of the library is about the options: it comes out with their names. */
export async function withOptionNames<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const message = OPTION_NAMES.reduce((text, [name, option]) => text.replace(name, option), error.message);
    throw new UsageError(message, { cause: error });
  }
}

/** Says what went wrong; gives the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return reportCommander(error);
  process.stderr.write(`wasmlp: ${oneLine(sentence(error))}\n`);
  return error instanceof UsageError ? USAGE : FAILURE;
}

/** Help and version end as errors too; commander has printed them by then. */
function reportCommander({ code, exitCode, message }: CommanderError): number {
  if (exitCode === 0) return 0;
  if (code !== "commander.help") process.stderr.write(`wasmlp: ${oneLine(message.replace(/^error: /, ""))}\n`);
  return USAGE;
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined && syscall !== undefined) return `cannot read ${path}: ${reason(error)}`;
  return error.message || error.name;
}

/** File names can hold anything, and a terminal obeys control characters. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, " ")
    .replace(/\p{Cc}/gu, "?");
}
