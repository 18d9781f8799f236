// Whether a picture shows a digit at all: a small network that looks at the hidden layers of the pretrained reader of digits.

import type { Network } from "./network.js";

/** The most doubt with which a picture counts as a digit, and with which an answer may be sure. */
export const [MOST_DOUBT, SURE_DOUBT] = [0.98, 0.1];
/** The least probability of a sure answer. */
export const SURE = 0.9;

/** Says how probable it is that a picture shows none of the digits, whichever network reads it. */
export class Doubt {
  readonly #reader: Network;
  readonly #head: Network;

  /** `head` takes the `features` of `reader` and has two outputs, the probabilities of a digit and of none. */
  constructor(reader: Network, head: Network) {
    this.#reader = reader;
    this.#head = head;
  }

  /**
   * The probability, from 0 to 1, that `digit` shows none of the digits; `[28][28]` bytes as `preprocessDigit` gives them.
   * TypeError or RangeError for other inputs.
   */
  of(digit: Uint8Array): number {
    return this.#head.predict(features(this.#reader, digit))[1] as number;
  }
}

/** The outputs of all hidden layers of a reader, one after the other. */
export function features(reader: Network, digit: Uint8Array): Float32Array {
  const hidden = reader.activations(digit).slice(0, -1);
  const all = new Float32Array(hidden.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const outputs of hidden) {
    all.set(outputs, at);
    at += outputs.length;
  }
  return all;
}
