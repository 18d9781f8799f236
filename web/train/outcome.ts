// What a training came to, in a sentence.

import { percent } from "../format.js";

/** A run whose training has come to its end. */
export interface Finished {
  name: string;
  /** Epochs done, fractional. */
  epochs: number;
  /** Learning rate of the last training; undefined if there was none. */
  learningRate: number | undefined;
  /** Share of the test images that are recognized; undefined before a test. */
  accuracy: number | undefined;
}

/** Up to this share of the test images a network may just as well guess one digit for all: the most frequent has 11.35 %. */
const MAX_GUESSED = 0.15;
/** Below this share "trained" would promise too much. */
const MIN_TRAINED = 0.5;

/** "784-128-10, run 1 is trained." only of a network that has learned the digits. */
export function outcomeOf({ name, epochs, learningRate, accuracy }: Finished): string {
  const ended = `${name} has run ${epochs === 1 ? "1 epoch" : `${Number(epochs.toFixed(2))} epochs`}`;
  const result = accuracy === undefined ? "" : ` Test accuracy ${percent(accuracy)}.`;
  if (learningRate === 0) return `${ended}, the last at the learning rate 0, which changes nothing.${result}`;
  if (accuracy !== undefined && accuracy <= MAX_GUESSED) {
    return `${ended} and does no better than guessing, which gives 10 %.${result} Try another learning rate or activation.`;
  }
  if (accuracy !== undefined && accuracy < MIN_TRAINED) return `${ended} and has learned little so far.${result}`;
  return `${name} is trained.${result}`;
}
