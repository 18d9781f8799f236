// What training reports.

import type { Evaluation } from "../inference/evaluate.js";

export interface EpochRecord {
  /** From 1. */
  epoch: number;
  /** Mean training loss over the epoch, each batch's taken before its step. */
  loss: number;
  /** Share of training samples classified right, likewise; only with labels. */
  accuracy?: number;
  validation?: Evaluation;
  /** With early stopping: the epoch up to here whose validation was best, to whose parameters the network returns. */
  bestEpoch?: number;
  /** Training alone, without validation. */
  samplesPerSecond: number;
  seconds: number;
}

/** Where training stands after a batch. One object serves all calls: copy what you keep. */
export interface BatchRecord {
  epoch: number;
  /** Samples of this epoch that have been seen, and all of them. */
  samples: number;
  total: number;
  /** Means over the epoch so far. */
  loss: number;
  accuracy: number | undefined;
}
