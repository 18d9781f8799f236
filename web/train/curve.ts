// The training curve of a run: the mean of each epoch. The first epoch, in which most is learned, has finer points.

import type { BatchRecord } from "../../src/worker.js";

/** Points within the first epoch, about the number of reports that a second of training gives. */
const FIRST_PARTS = 20;
/** Minimum share of an epoch that a mean is shown for: that of fewer samples would be a spike. */
const MIN_SHARE = 1 / FIRST_PARTS;
/** Maximum number of points, about the pixels of a chart; beyond it neighbouring points are merged. */
const MAX_POINTS = 600;

/** Mean loss and accuracy over some training samples, each taken before the step of its mini-batch. */
export interface Mean {
  loss: number;
  accuracy: number;
  /** Whether the epoch that it is of has not ended. */
  isPartial: boolean;
}

/** Training loss and accuracy by epoch; epochs are fractional. */
export class Curve {
  readonly epochs: number[] = [];
  readonly losses: number[] = [];
  readonly accuracies: number[] = [];
  /** Number of samples that each point averages. */
  private readonly weights: number[] = [];
  /** The current epoch at the last report: its number, its samples so far, and sums over them. */
  private epoch = 0;
  private samples = 0;
  private total = 1;
  private loss = 0;
  private correct = 0;
  /** The same sums at the end of the last point, and where the last report lies on the axis. */
  private drawn = { samples: 0, loss: 0, correct: 0 };
  private at = 0;
  /** Means of the last whole epoch. */
  private whole: Mean | undefined;

  /**
   * Adds a report, whose means are since the start of the epoch. A point ends with an epoch, in the very first epoch with
   * each part of it. `before` is the number of epochs of earlier trainings of this network (default 0), `isEnd` marks the
   * last report of an epoch.
   */
  add({ epoch, samples, total, loss, accuracy = 0 }: BatchRecord, { before = 0, isEnd = false } = {}): void {
    if (epoch !== this.epoch) this.beginEpoch(epoch);
    Object.assign(this, { samples, total, loss: loss * samples, correct: accuracy * samples });
    this.at = before + epoch - 1 + samples / total;
    if (isEnd) this.whole = { loss, accuracy, isPartial: false };
    const isFirst = before + epoch <= 1;
    // The very first point shows the loss of the untrained network.
    const isDue = isFirst && (this.epochs.length === 0 || this.openShare >= MIN_SHARE);
    if (isEnd || isDue) this.endPoint();
  }

  /** The open point, which averages the samples since the last one; undefined for too few. */
  get partial(): { epoch: number; loss: number; accuracy: number } | undefined {
    const { loss, correct, samples, drawn } = this;
    const fresh = samples - drawn.samples;
    if (fresh === 0 || this.openShare < MIN_SHARE) return undefined;
    return { epoch: this.at, loss: (loss - drawn.loss) / fresh, accuracy: (correct - drawn.correct) / fresh };
  }

  /**
   * The mean over the last whole epoch. Over the current epoch so far if no epoch has ended, or if training rests within
   * one (`isResting`) of which enough has been trained on. Undefined before training.
   */
  mean(isResting: boolean): Mean | undefined {
    const { whole, samples, total } = this;
    const isOpen = samples > 0 && samples < total;
    if (whole && !(isResting && isOpen && samples / total >= MIN_SHARE)) return whole;
    if (samples === 0) return undefined;
    return { loss: this.loss / samples, accuracy: this.correct / samples, isPartial: isOpen };
  }

  /** Ends the open point before another training of the network, whose epochs count from 1 again. */
  restart(): void {
    this.beginEpoch(0);
  }

  /** Share of an epoch since the last point. */
  private get openShare(): number {
    return (this.samples - this.drawn.samples) / this.total;
  }

  private beginEpoch(epoch: number): void {
    if (this.partial) this.endPoint();
    Object.assign(this, { epoch, samples: 0, loss: 0, correct: 0, drawn: { samples: 0, loss: 0, correct: 0 } });
  }

  private endPoint(): void {
    const { loss, correct, samples, drawn } = this;
    const fresh = samples - drawn.samples;
    if (fresh === 0) return;
    this.epochs.push(this.at);
    this.losses.push((loss - drawn.loss) / fresh);
    this.accuracies.push((correct - drawn.correct) / fresh);
    this.weights.push(fresh);
    this.drawn = { samples, loss, correct };
    const [size, last] = [this.weights.length, this.weights.at(-2) ?? 0];
    // The rest of the first epoch; the very first point is kept.
    if (size > 2 && fresh < last / 2) this.merge(size - 2, 1);
    if (size > MAX_POINTS) this.merge(0, Math.floor(size / 2));
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
