// What every command prints and how it fails.

/** An error that ends the command with one sentence and this exit code. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** Wrong use of the command line. */
export function usage(message: string): Failure {
  return new Failure(message, 2);
}

/** One sentence on stderr, and the end. */
export function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`wasmlp: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`);
  process.exit(error instanceof Failure ? error.exitCode : 1);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** For people, where stdout may be for programs. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** 12345 as 12,345. */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}
