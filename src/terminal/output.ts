// Output of terminal programs: results go to stdout, everything else to stderr.

import { reason } from "../data/files.js";

/** Streams that failed. Further lines for them are dropped. */
const lost = new Set<NodeJS.WriteStream>();
/** Whether the program writes a file, which is worth finishing even if nobody reads its output. */
let isSaving = false;

/** Prints a line of the result. */
export function printResult(line: string): void {
  print(process.stdout, line);
}

/** Prints a result as one line of JSON. */
export function printJson(value: object): void {
  print(process.stdout, JSON.stringify(value));
}

/** Prints a line about progress, a warning or an error. */
export function printNote(line: string): void {
  print(process.stderr, line);
}

function print(stream: NodeJS.WriteStream, line: string): void {
  if (!lost.has(stream)) stream.write(`${line}\n`);
}

/** From this call on the program continues if stdout fails, because it writes a file that matters more than its output. */
export function continueWithoutStdout(): void {
  isSaving = true;
}

/** Handles errors of both streams. Losing stderr never ends the program; losing stdout does, unless it writes a file. */
export function watchOutput(): void {
  process.stderr.on("error", () => lost.add(process.stderr));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Every line that was already buffered fails too; only the first error counts.
    if (!lost.has(process.stdout)) loseResults(error);
  });
}

/** Ends the program, quietly if the reader has closed the pipe, or continues without stdout if a file is being written. */
function loseResults(error: NodeJS.ErrnoException): void {
  lost.add(process.stdout);
  const problem = `cannot write to standard output: ${reason(error)}`;
  // The reader may close the pipe early, as `head` does. That is not an error.
  const isQuiet = error.code === "EPIPE";
  if (isQuiet && !isSaving) process.exit();
  if (!isSaving) throw new Error(problem, { cause: error });
  if (isQuiet) return;
  printNote(`${problem}; continuing without it`);
  process.exitCode = 1;
}
