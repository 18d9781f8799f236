// The options of `fit`: the recipe, and what JSON has no word for.

import { checkFunction, checkNumber, checkOptions, rangeError, shown, typeError } from "../check.js";
import type { Dataset } from "../data/dataset.js";
import type { Augmenting } from "../recipe/augment.js";
import type { EarlyStoppingOptions } from "../recipe/early-stopping.js";
import { checkFitRecipe, FIT_OPTIONS, type FitRecipe } from "../recipe/recipe.js";
import type { Schedule, ScheduleFunction } from "../recipe/schedule.js";
import { type CheckpointOptions, checkCheckpointOptions } from "./checkpoint.js";
import type { BatchRecord, EpochRecord } from "./record.js";

export interface FitOptions extends Omit<FitRecipe, "schedule"> {
  /** The factor of the learning rate over time, default 1: plain data such as `cosine()` gives, or a function. */
  schedule?: Schedule | ScheduleFunction;
  /** Evaluated after every epoch, never learned from. */
  validation?: Dataset;
  /** Called after every epoch; a promise is waited for. */
  onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /** Called after every batch, or as often as `batchInterval` says; a promise is waited for. */
  onBatch?: (record: BatchRecord) => unknown;
  /** Milliseconds between two calls of `onBatch`, default 0; a function is called again after every call. */
  batchInterval?: number | (() => number);
  /**
   * Aborting ends `fit` with the signal's reason after the step at hand, or in the middle of a long one, which is then as if
   * it had not been begun; the network keeps what it has learned.
   */
  signal?: AbortSignal;
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
  augmenting?: Augmenting | undefined;
  /** Epochs that the network has been trained for before, so that a second `fit` shuffles in another order. */
  epochsBefore: number;
  /** Called as training and each epoch begin, with how many epochs the network has then seen or begun. */
  onBegin: (epochs: number) => void;
}

/** Why a second training is refused. */
export const FITTING = "this network is being trained already: wait for the first fit to end";

/** The options that JSON has no word for. */
const OTHER_OPTIONS = [...["validation", "onEpoch", "onBatch", "batchInterval", "signal", "checkpoint", "resume"]];

/** The options but for their defaults that depend on the network and the data. */
type CheckedOptions = Omit<FitPlan, "batchSize" | "seed" | "augmenting" | "epochsBefore" | "onBegin"> &
  Pick<FitOptions, "batchSize">;

/** A checked copy with all defaults. TypeError or RangeError names the option at fault. */
export function checkFitOptions(options: FitOptions): CheckedOptions {
  checkOptions(options, "options", [...FIT_OPTIONS, ...OTHER_OPTIONS]);
  const { validation, onEpoch, onBatch, batchInterval = 0, signal, checkpoint, resume, ...recipe } = options;
  const checked = withSchedule(recipe);
  if (typeof batchInterval !== "function") checkInterval(batchInterval);
  if (onEpoch !== undefined) checkFunction(onEpoch, "onEpoch");
  if (onBatch !== undefined) checkFunction(onBatch, "onBatch");
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw typeError("signal", `must be an AbortSignal, got ${shown(signal)}`);
  }
  if (checked.earlyStopping) checkValidation(checked.earlyStopping, validation);
  return {
    ...checked,
    batchInterval,
    ...(validation && { validation }),
    ...(onEpoch && { onEpoch }),
    ...(onBatch && { onBatch }),
    ...(signal && { signal }),
    ...(checkpoint !== undefined && { checkpoint: checkCheckpointOptions(checkpoint) }),
    ...(resume !== undefined && { resume }),
  };
}

/** The part of the options that is a recipe, but that a schedule may be a function. */
function withSchedule({ schedule, ...rest }: Omit<FitRecipe, "schedule"> & Pick<FitOptions, "schedule">) {
  if (typeof schedule !== "function") return checkFitRecipe({ ...rest, ...(schedule !== undefined && { schedule }) });
  return { ...checkFitRecipe(rest), schedule };
}

/** Milliseconds that `batchInterval` is or gives. */
export function checkInterval(value: unknown): number {
  return checkNumber(value, "batchInterval", 0);
}

/** Early stopping compares validations, and accuracies only of labelled samples. */
function checkValidation({ metric }: EarlyStoppingOptions, validation: Dataset | undefined): void {
  if (!validation) throw rangeError("validation", 'must be given with "earlyStopping"');
  if (metric === "accuracy" && !validation.labels) {
    throw rangeError("earlyStopping.metric", 'must be "loss" where "validation" has no labels, got "accuracy"');
  }
}
