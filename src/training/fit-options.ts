// What a training is told, and whether it makes sense.

import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOptions,
  rangeError,
  shown,
  typeError,
} from "../check.js";
import type { Dataset } from "../data/dataset.js";
import { type Augmentation, checkAugmentation, type Redrawing } from "../recipe/augment.js";
import { checkOptimizer, type Optimizer } from "../recipe/optimizer.js";
import { checkSchedule, type Schedule } from "../recipe/schedule.js";
import { type CheckpointOptions, checkCheckpointOptions } from "./checkpoint.js";
import type { BatchRecord, EpochRecord } from "./record.js";
import { checkEarlyStopping, type EarlyStoppingOptions } from "./stopping.js";

export interface FitOptions {
  /** Times that every sample is seen. */
  epochs: number;
  /** Samples that a step averages over; a last short batch is averaged over its own number. 32 unless told. */
  batchSize?: number;
  optimizer: Optimizer;
  /** What the learning rate is multiplied by as training goes on; 1 unless told. */
  schedule?: Schedule;
  /** The longest that the weights into a unit may be together, by the root of their squares; any length unless told. */
  maxNorm?: number;
  /** Evaluated after every epoch, never learned from. */
  validation?: Dataset;
  /** Whether each epoch takes the samples in a new random order; true unless told. */
  shuffle?: boolean;
  /**
   * Draws every training image anew in every epoch, changed by chance within these bounds; `train` must then have a shape of
   * `[height, width]`. `digitAugmentation` is for handwritten digits. What comes in from outside of an image is 0.
   */
  augment?: Augmentation;
  /** Called after every epoch; a promise is waited for. */
  onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /** Called after every batch, or as often as `batchInterval` says; a promise is waited for. */
  onBatch?: (record: BatchRecord) => unknown;
  /** Milliseconds between two calls of `onBatch`, 0 unless told; a function is asked anew after every call. */
  batchInterval?: number | (() => number);
  /**
   * Aborting ends `fit` with the signal's reason after the step at hand, or in the middle of a long one, which is then as if
   * it had not been begun; the network keeps what it has learned.
   */
  signal?: AbortSignal;
  /** Ends training when `validation` has not become better for a while; the network returns to its best, however it ends. */
  earlyStopping?: EarlyStoppingOptions;
  /** Saves now and then all that is needed to go on. When training is aborted, it saves once more. */
  checkpoint?: CheckpointOptions;
  /**
   * A checkpoint to go on from: the network becomes what it was then, and on the same engine ends as if it had never stopped,
   * to the bit. RangeError for a damaged one, or if data or an option that matters is another than it was.
   */
  resume?: Uint8Array;
}

/** What `fit` goes by, every default filled in. */
export interface FitPlan extends Omit<FitOptions, "earlyStopping" | "checkpoint"> {
  earlyStopping?: Required<EarlyStoppingOptions>;
  checkpoint?: Required<CheckpointOptions>;
  batchSize: number;
  shuffle: boolean;
  seed: number;
  /** What `augment` comes to. */
  redrawing?: Redrawing | undefined;
  /** Epochs that the network has seen before, so that a second `fit` shuffles anew. */
  epochsBefore: number;
  /** Called as training and each epoch begin, with how many epochs the network has then seen or begun. */
  onBegin: (epochs: number) => void;
}

/** Why a second training is refused. */
export const FITTING = "this network is being trained already: wait for the first fit to end";

const FIT_OPTIONS = [
  ...[
    "epochs",
    "batchSize",
    "optimizer",
    "schedule",
    "maxNorm",
    "validation",
    "shuffle",
    "augment",
    "onEpoch",
    "onBatch",
    "batchInterval",
    "signal",
  ],
  ...["earlyStopping", "checkpoint", "resume"],
];

/** Squares of lengths between these are numbers of float32, and not denormal ones. */
const LEAST_NORM = 1e-15;
const MOST_NORM = 1e15;

/** The options but for their defaults that depend on the network and the data. */
type CheckedOptions = Omit<FitPlan, "batchSize" | "seed" | "redrawing" | "epochsBefore" | "onBegin"> &
  Pick<FitOptions, "batchSize">;

/** A checked copy. TypeError or RangeError names the option at fault. */
export function checkFitOptions(options: FitOptions): CheckedOptions {
  checkOptions(options, "options", FIT_OPTIONS);
  const { augment, batchSize, earlyStopping, checkpoint, schedule, shuffle = true, signal, ...rest } = options;
  checkInteger(options.epochs, "epochs");
  if (batchSize !== undefined) checkInteger(batchSize, "batchSize");
  checkBoolean(shuffle, "shuffle");
  if (options.maxNorm !== undefined) checkNumber(options.maxNorm, "maxNorm", LEAST_NORM, MOST_NORM);
  const { batchInterval = 0 } = options;
  if (typeof batchInterval !== "function") checkInterval(batchInterval);
  for (const name of ["onEpoch", "onBatch"] as const) {
    if (options[name] !== undefined) checkFunction(options[name], name);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw typeError("signal", `must be an AbortSignal, got ${shown(signal)}`);
  }
  return {
    ...rest,
    ...{ shuffle, optimizer: checkOptimizer(options.optimizer) },
    ...(batchSize !== undefined && { batchSize }),
    ...(signal && { signal }),
    ...(augment !== undefined && { augment: checkAugmentation(augment) }),
    ...(schedule !== undefined && { schedule: checkSchedule(schedule, options.epochs) }),
    ...(checkpoint !== undefined && { checkpoint: checkCheckpointOptions(checkpoint) }),
    ...(earlyStopping !== undefined && { earlyStopping: checkStopping(earlyStopping, options.validation) }),
  };
}

/** Milliseconds that `batchInterval` is or gives. */
export function checkInterval(value: unknown): number {
  return checkNumber(value, "batchInterval", 0);
}

function checkStopping(value: EarlyStoppingOptions, validation: Dataset | undefined): Required<EarlyStoppingOptions> {
  const checked = checkEarlyStopping(value);
  if (!validation) throw rangeError("validation", 'must be given with "earlyStopping", which goes by it');
  if (checked.metric === "accuracy" && !validation.labels) {
    throw rangeError("earlyStopping.metric", 'must be "loss" where "validation" has no labels, got "accuracy"');
  }
  return checked;
}
