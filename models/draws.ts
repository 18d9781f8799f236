// Seeded draws for pictures that must come out the same in every run.

import { philox } from "../src/random.js";

export class Draws {
  private readonly block = new Uint32Array(4);
  private count = 0;

  /** `stream` tells draws of one seed apart. */
  constructor(
    private readonly seed: number,
    private readonly stream: number,
  ) {}

  /** From [0, 1). */
  unit(): number {
    const word = this.count % 4;
    if (word === 0) philox(this.block, this.count / 4, 0, 0, 0, this.seed, this.stream);
    this.count++;
    return (this.block[word] as number) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.unit();
  }

  /** From N(0, 1), by Box and Muller. */
  gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }
}
