// What threads are told: one command, by its fields.

import { SETTINGS } from "../abi.js";

/** What the threads are told to do. */
export const Task = {
  stop: 0,
  wait: 1,
  /** Adds a batch's gradient to what learns. */
  learn: 2,
  /** The same, and then changes the parameters by it. */
  step: 3,
  /** Changes the parameters by the gradient there is. */
  update: 4,
  predict: 5,
  evaluate: 6,
} as const;

/** The fields of a command, by their place. Addresses and sizes are whole numbers, which float64 holds. */
export const Field = {
  task: 0,
  /** Rows of samples, their targets and the order in which to take them (0: as they stand). */
  rows: 1,
  targets: 2,
  order: 3,
  count: 4,
  /** Whether inputs are bytes, and targets labels (1), vectors (2) or none (0). */
  bytes: 5,
  targetKind: 6,
  /** Whether the batch's rows are lists of what is not zero: no (0), made while it is gathered (1), or kept as such (2). */
  lists: 7,
  /** The factor of the deltas, and the way from a parameter to what learns: 0, or the gradient block. */
  scale: 8,
  offset: 9,
  /** Whether the batch's images are drawn anew. */
  redraws: 10,
  /** The first of what a step tells its kernels (see `abi.ts`). */
  settings: 11,
} as const;
export const FIELDS = Field.settings + SETTINGS;

export const Lists = { none: 0, made: 1, kept: 2 } as const;
export const Targets = { none: 0, labels: 1, vectors: 2 } as const;
