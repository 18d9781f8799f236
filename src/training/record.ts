// The records that training reports.

import type { Evaluation } from "../inference/evaluate.js";

/** One epoch of training. */
export interface EpochRecord {
  /** Its number, from 1. */
  epoch: number;
  /** Mean training loss over the epoch. The loss of each mini-batch is taken before its step. */
  loss: number;
  /** Share of the training samples that were classified correctly before the step of their mini-batch; absent without labels. */
  accuracy?: number;
  /**
   * The evaluation of `validation` after the epoch; absent without one. Of the records that `fit` resolves to, only the last has
   * its `confusion`, which `onEpoch` gets in every record.
   */
  validation?: Evaluation;
  /** The epoch with the best validation so far, whose parameters the network returns to; absent without early stopping. */
  bestEpoch?: number;
  /** Training samples per second, without validation and callbacks. */
  samplesPerSecond: number;
  /** Seconds of training, without validation and callbacks. */
  seconds: number;
}

/**
 * A record without confusion counts, whose number grows with the square of the number of classes: a copy, if it has any. What is
 * kept of a training has them in its last record only.
 */
export function withoutConfusion(record: EpochRecord): EpochRecord {
  if (!record.validation?.confusion) return record;
  const { confusion: _, ...validation } = record.validation;
  return { ...record, validation };
}

/** The state of training after a mini-batch. All calls get the same object; copy what you keep. */
export interface BatchRecord {
  /** The current epoch, from 1. */
  epoch: number;
  /** Samples of this epoch that have been trained on. */
  samples: number;
  /** Samples of a whole epoch. */
  total: number;
  /** Mean loss over the epoch so far. */
  loss: number;
  /** Share of samples classified correctly in the epoch so far; undefined without labels. */
  accuracy: number | undefined;
}
