// What training reports, as a curve: the means of the intervals between two reports, thinned where they become too many.

import type { BatchRecord } from "../../src/record.js";

/** More points than a chart has pixels for are merged in pairs. */
const MOST_POINTS = 600;

/** Loss and accuracy over the epochs that are done, in fractions. */
export class Curve {
  readonly epochs: number[] = [];
  readonly losses: number[] = [];
  readonly accuracies: number[] = [];
  /** Samples that each point is the mean of. */
  private readonly weights: number[] = [];
  /** Of the epoch at hand: how far it was, and sums up to there. */
  private epoch = 0;
  private samples = 0;
  private loss = 0;
  private correct = 0;

  /** `before` epochs were done when this training began. Reports are means over the epoch so far; a point is of what is new. */
  add({ epoch, samples, total, loss, accuracy = 0 }: BatchRecord, before = 0): void {
    if (epoch !== this.epoch || samples < this.samples) this.begin(epoch);
    const fresh = samples - this.samples;
    if (fresh === 0) return;
    this.epochs.push(before + epoch - 1 + samples / total);
    this.losses.push((loss * samples - this.loss) / fresh);
    this.accuracies.push((accuracy * samples - this.correct) / fresh);
    this.weights.push(fresh);
    Object.assign(this, { samples, loss: loss * samples, correct: accuracy * samples });
    if (this.epochs.length > MOST_POINTS) this.thin();
  }

  private begin(epoch: number): void {
    Object.assign(this, { epoch, samples: 0, loss: 0, correct: 0 });
  }

  /** Two points become one, at the later one's place; a last one alone stays. */
  private thin(): void {
    const { epochs, losses, accuracies, weights } = this;
    const half = Math.floor(epochs.length / 2);
    for (let i = 0; i < half; i++) {
      const [first, second] = [weights[2 * i] as number, weights[2 * i + 1] as number];
      const mean = (values: number[]): number =>
        ((values[2 * i] as number) * first + (values[2 * i + 1] as number) * second) / (first + second);
      losses[i] = mean(losses);
      accuracies[i] = mean(accuracies);
      epochs[i] = epochs[2 * i + 1] as number;
      weights[i] = first + second;
    }
    for (const values of [epochs, losses, accuracies, weights]) values.splice(half, half);
  }
}
