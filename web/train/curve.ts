// The training curve of a run: one point per batch report, thinned when there are more points than a chart can show.

import type { BatchRecord } from "../../src/worker.js";

/** Maximum number of points, about the pixels of a chart; beyond it neighbouring points are merged. */
const MAX_POINTS = 600;
/** A point is merged with its neighbour if that has more than this many times its samples. */
const MAX_IMBALANCE = 4;

/** Training loss and accuracy by epoch; epochs are fractional. */
export class Curve {
  readonly epochs: number[] = [];
  readonly losses: number[] = [];
  readonly accuracies: number[] = [];
  /** Number of samples that each point averages. */
  private readonly weights: number[] = [];
  /** The current epoch at the last report: its number, and sums over its samples so far. */
  private epoch = 0;
  private samples = 0;
  private loss = 0;
  private correct = 0;

  /**
   * Adds the point of a report. Reports hold means since the start of the epoch; the point is the mean over the samples since
   * the previous report. A mean over few samples is noisy, so a point of much fewer samples than its neighbour is merged with it:
   * with the following point, or with the preceding one if `isEnd` marks the last report of an epoch. `before` is the number of
   * epochs of earlier trainings of this network (default 0).
   */
  add({ epoch, samples, total, loss, accuracy = 0 }: BatchRecord, { before = 0, isEnd = false } = {}): void {
    if (epoch !== this.epoch || samples < this.samples) this.beginEpoch(epoch);
    const fresh = samples - this.samples;
    if (fresh === 0) return;
    const last = this.weights.at(-1);
    this.epochs.push(before + epoch - 1 + samples / total);
    this.losses.push((loss * samples - this.loss) / fresh);
    this.accuracies.push((accuracy * samples - this.correct) / fresh);
    this.weights.push(fresh);
    Object.assign(this, { samples, loss: loss * samples, correct: accuracy * samples });
    const size = this.weights.length;
    const isUneven = last !== undefined && (MAX_IMBALANCE * last < fresh || (isEnd && MAX_IMBALANCE * fresh < last));
    // The first point is kept: it shows the loss of the untrained network.
    if (isUneven && size > 2) this.merge(size - 2, 1);
    if (this.epochs.length > MAX_POINTS) this.merge(0, Math.floor(this.epochs.length / 2));
  }

  private beginEpoch(epoch: number): void {
    Object.assign(this, { epoch, samples: 0, loss: 0, correct: 0 });
  }

  /** Replaces `pairs` successive pairs of points, from index `from`, by their weighted means at the later epoch. */
  private merge(from: number, pairs: number): void {
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

/** Minimum number of planned epochs that the axis shows from the start. */
const MIN_SHOWN = 10;

/**
 * Number of epochs on a chart's axis: the planned ones, but at most two to four times those done. The limit doubles in steps, so
 * that the axis of a long training rarely rescales.
 */
export function epochsShown({ planned, epochs }: { planned: number; epochs: number }): number {
  const limit = Math.max(MIN_SHOWN, 4 * 2 ** Math.floor(Math.log2(Math.max(1, epochs))));
  return Math.max(epochs, Math.min(planned, limit));
}
