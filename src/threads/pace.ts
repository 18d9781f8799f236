// Whether several threads are faster than one just now, found out by trying both while training goes on: the results are the
// same either way. On a busy machine threads wait for each other, and one does better alone.

/** Milliseconds of steps that a try takes, and that the better one is kept until the other is tried again. */
const TRY = 20;
const KEEP = 1200;
/** Tries that are needed before a comparison: the first steps of either run on code that is not optimized yet. */
const FIRST_TRIES = 4;

export class Pace {
  /** Milliseconds a sample, of one thread and of all. */
  private readonly costs: [alone: number, together: number] = [Infinity, Infinity];
  private together = true;
  private tries = 0;
  private samples = 0;
  private elapsed = 0;

  /** Whether the next step is for all threads. */
  get isTogether(): boolean {
    return this.together;
  }

  /** Takes in how long a step on `samples` took. */
  add(samples: number, milliseconds: number): void {
    this.samples += samples;
    this.elapsed += milliseconds;
    const isTry = this.tries < FIRST_TRIES || this.isDoubtful;
    if (this.elapsed < (isTry ? TRY : KEEP)) return;
    this.costs[this.together ? 1 : 0] = this.elapsed / this.samples;
    this.samples = 0;
    this.elapsed = 0;
    this.tries++;
    this.choose(isTry);
  }

  /** Whether what runs now is the one that was slower when it was last tried. */
  private get isDoubtful(): boolean {
    const [alone, together] = this.costs;
    return this.together ? together > alone : alone > together;
  }

  private choose(wasTry: boolean): void {
    const [alone, together] = this.costs;
    // After a long run the other gets its try; after a try the better one runs on.
    if (this.tries < FIRST_TRIES || !wasTry) this.together = !this.together;
    else this.together = together < alone;
  }
}
