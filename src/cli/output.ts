// Where words go: results to stdout, all else to stderr. And how numbers read.

/** A line of what was asked for. */
export function printResult(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One JSON object, one line. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A line about how it goes. */
export function printNote(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Whoever reads our output may leave early, as `head` does: nothing is wrong then. */
export function endQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit();
      throw error;
    });
  }
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
