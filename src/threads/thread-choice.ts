// Chooses between one thread and all threads by measuring both during training. The results are the same either way,
// and which one is faster changes with the load: on a busy machine threads wait for each other.

/** Milliseconds of steps in a trial, and for which the faster choice is kept until the other one is tried again. */
const TRY = 20;
const KEEP = 1200;
/** Trials before the first comparison: the first steps of each choice run on code that is not optimized yet. */
const FIRST_TRIES = 4;

export class ThreadChoice {
  /** Milliseconds per sample when last measured, with one thread and with all. */
  private readonly costs: [alone: number, together: number] = [Infinity, Infinity];
  private together = true;
  /** Completed trials and kept periods. */
  private tries = 0;
  /** Samples and milliseconds of the current one. */
  private samples = 0;
  private elapsed = 0;

  /** Whether the next step is for all threads. */
  get isTogether(): boolean {
    return this.together;
  }

  /** Records the time of a step on `samples` samples, and chooses again at the end of a trial or period. */
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

  /** Whether the current choice was the slower one when both were last measured: then it runs only for a trial. */
  private get isDoubtful(): boolean {
    const [alone, together] = this.costs;
    return this.together ? together > alone : alone > together;
  }

  private choose(wasTry: boolean): void {
    const [alone, together] = this.costs;
    // After a kept period the other choice is tried; after a trial the faster one is kept.
    if (this.tries < FIRST_TRIES || !wasTry) this.together = !this.together;
    else this.together = together < alone;
  }
}
