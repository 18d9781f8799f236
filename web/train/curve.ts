// What training reports, as a curve: the means of the intervals between two reports, thinned where they become too many.

import type { BatchRecord } from "../../src/worker.js";

/** More points than a chart has pixels for are merged in pairs. */
const MOST_POINTS = 600;
/** A point of so many times fewer samples than the one beside it is joined to it. */
const FEW = 4;

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

  /**
   * `before` epochs were done when this training began. Reports are means over the epoch so far; a point is of what is new.
   * Few samples say little by chance, so that a point of much fewer than its neighbour's is joined to it: the next one, or the
   * last one where `isEnd` says that there may be no next.
   */
  add({ epoch, samples, total, loss, accuracy = 0 }: BatchRecord, { before = 0, isEnd = false } = {}): void {
    if (epoch !== this.epoch || samples < this.samples) this.begin(epoch);
    const fresh = samples - this.samples;
    if (fresh === 0) return;
    const last = this.weights.at(-1);
    this.epochs.push(before + epoch - 1 + samples / total);
    this.losses.push((loss * samples - this.loss) / fresh);
    this.accuracies.push((accuracy * samples - this.correct) / fresh);
    this.weights.push(fresh);
    Object.assign(this, { samples, loss: loss * samples, correct: accuracy * samples });
    const size = this.weights.length;
    const isUneven = last !== undefined && (FEW * last < fresh || (isEnd && FEW * fresh < last));
    // The first stays, which shows how a network does that has learned nothing.
    if (isUneven && size > 2) this.join(size - 2, 1);
    if (this.epochs.length > MOST_POINTS) this.join(0, Math.floor(this.epochs.length / 2));
  }

  private begin(epoch: number): void {
    Object.assign(this, { epoch, samples: 0, loss: 0, correct: 0 });
  }

  /** Makes one point of two, at the later one's place, for so many pairs from there on. */
  private join(from: number, pairs: number): void {
    const { epochs, losses, accuracies, weights } = this;
    for (let i = 0; i < pairs; i++) {
      const [to, first, second] = [from + i, from + 2 * i, from + 2 * i + 1];
      const [a, b] = [weights[first] as number, weights[second] as number];
      for (const values of [losses, accuracies]) {
        values[to] = ((values[first] as number) * a + (values[second] as number) * b) / (a + b);
      }
      epochs[to] = epochs[second] as number;
      weights[to] = a + b;
    }
    for (const values of [epochs, losses, accuracies, weights]) values.splice(from + pairs, pairs);
  }
}

/** So many epochs that are planned have their place from the start. */
const ROOM = 10;

/** Epochs that a chart has room for: all that are planned, but of very many twice to four times what is done. */
export function epochsShown({ planned, epochs }: { planned: number; epochs: number }): number {
  const room = Math.max(ROOM, 4 * 2 ** Math.floor(Math.log2(Math.max(1, epochs))));
  return Math.max(epochs, Math.min(planned, room));
}
