// A seeded random number generator for test pictures, which must be the same in every run.

import { philox } from "../src/random.js";

/** A sequence of random numbers, by Philox4x32-10 with a running counter. */
export class Draws {
  /** The current four words, and how many have been used in all. */
  private readonly block = new Uint32Array(4);
  private count = 0;

  /** `stream` selects one of many independent sequences of a seed. */
  constructor(
    private readonly seed: number,
    private readonly stream: number,
  ) {}

  /** Uniform in [0, 1). */
  unit(): number {
    const word = this.count % 4;
    if (word === 0) philox(this.block, this.count / 4, 0, 0, 0, this.seed, this.stream);
    this.count++;
    return (this.block[word] as number) / 2 ** 32;
  }

  /** Uniform in [least, most). */
  between(least: number, most: number): number {
    return least + (most - least) * this.unit();
  }

  /** Standard normal N(0, 1), by the Box-Muller transform. */
  gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }
}
