// Where words go: results to stdout, all else to stderr. And how numbers read.

import { reason } from "../data/files.js";

/** Those that could not be written to: what still comes for them is dropped. */
const lost = new Set<NodeJS.WriteStream>();
let isSaving = false;

/** A line of what was asked for. */
export function printResult(line: string): void {
  print(process.stdout, line);
}

/** One JSON object, one line. */
export function printJson(value: object): void {
  print(process.stdout, JSON.stringify(value));
}

/** A line about how it goes. */
export function printNote(line: string): void {
  print(process.stderr, line);
}

function print(stream: NodeJS.WriteStream, line: string): void {
  if (!lost.has(stream)) stream.write(`${line}\n`);
}

/** From here on the work has a result of its own, a file, which matters more than what is printed about it. */
export function goOnWithoutReader(): void {
  isSaving = true;
}

/** What happens when output cannot be written; without words on stderr the work goes on in any case. */
export function watchOutput(): void {
  process.stderr.on("error", () => lost.add(process.stderr));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Each line that was on its way fails anew.
    if (!lost.has(process.stdout)) loseResults(error);
  });
}

function loseResults(error: NodeJS.ErrnoException): void {
  lost.add(process.stdout);
  const problem = `cannot write to standard output: ${reason(error)}`;
  // Whoever reads may leave early, as `head` does: nothing is wrong then.
  const isQuiet = error.code === "EPIPE";
  if (isQuiet && !isSaving) process.exit();
  if (!isSaving) throw new Error(problem, { cause: error });
  if (isQuiet) return;
  printNote(`${problem}; going on without it`);
  process.exitCode = 1;
}

/** 60,000 */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** 94.32 % */
export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Four significant digits or so: 0.1042, 12.31, 1.204e+9. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(3);
  return value.toFixed(size >= 100 ? 2 : 4);
}

/** 28x28 */
export function dimensions(shape: readonly number[]): string {
  return shape.join("x");
}
