// What is fuzzed: a target makes a case of bytes, runs it, and gives a text that tells kinds of outcomes apart.

import type { Choices } from "./choices.js";

export interface Target {
  readonly name: string;
  /** How often it is chosen, relative to the others: less where a case takes long. */
  readonly weight: number;
  /** Bytes of a new case. */
  readonly length: number;
  /** Throws a Violation where the library breaks a promise. */
  readonly run: (choices: Choices) => Promise<string>;
}
