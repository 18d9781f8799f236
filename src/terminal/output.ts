// Where words go: results to stdout, all else to stderr.

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
