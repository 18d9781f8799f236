// The options of `fit`: the recipe, and what JSON cannot hold.

import { checkBytes, checkFunction, checkNumber, checkOptions, checkSignal, rangeError } from "../check.js";
import type { Dataset } from "../data/dataset.js";
import type { Signal } from "../globals.js";
import type { InputKind } from "../input-kind.js";
import { checkHasLabels } from "../metrics.js";
import type { Augmenting } from "../recipe/augment.js";
import type { EarlyStoppingOptions } from "../recipe/early-stopping.js";
import { checkFitRecipe, FIT_OPTIONS, type FitRecipe } from "../recipe/recipe.js";
import type { Schedule, ScheduleFunction } from "../recipe/schedule.js";
import { type CheckpointOptions, checkCheckpointOptions } from "./checkpoint.js";
import type { BatchRecord, EpochRecord } from "./record.js";

/** How a network is trained: the recipe, and the options that JSON cannot hold. */
export interface FitOptions extends Omit<FitRecipe, "schedule"> {
  /** The factor of the learning rate over time, default 1: plain data such as `cosine()` gives, or a function. */
  schedule?: Schedule | ScheduleFunction;
  /** The network is evaluated with it after every epoch, and never trained on it; default none. */
  validation?: Dataset;
  /** Called after every epoch; a promise that it returns is awaited. Default none. */
  onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /** Called after mini-batches, at most every `batchInterval`; a promise that it returns is awaited. Default none. */
  onBatch?: (record: BatchRecord) => unknown;
  /**
   * Called before the first step with each sentence about the data that this training finds, such as targets that the last layer
   * cannot reach; the sentences are also added to the `warnings` of the dataset. A promise that it returns is awaited. Default none.
   */
  onWarning?: (warning: string) => void | Promise<void>;
  /** Milliseconds between two calls of `onBatch`, default 0: every mini-batch. A function is called after every call of `onBatch`. */
  batchInterval?: number | (() => number);
  /**
   * Aborting it ends `fit` with the signal's reason after the current step, or in the middle of a long one, which then has no
   * effect; the network keeps what it has learned. Default none.
   */
  signal?: Signal;
  /** Saves at intervals everything that is needed to continue, and once more when training ends or is aborted; default never. */
  checkpoint?: CheckpointOptions;
  /**
   * The bytes of a checkpoint to continue from; default none. The network returns to that state; on the same engine the result is
   * the same, to the bit, as without an interruption. RangeError for a damaged checkpoint, and for data, options or kernels that
   * differ.
   */
  resume?: Uint8Array;
}

/** The options of `fit` with all defaults. */
export interface FitPlan extends Omit<FitOptions, "earlyStopping" | "checkpoint"> {
  earlyStopping?: Required<EarlyStoppingOptions>;
  checkpoint?: Required<CheckpointOptions>;
  batchSize: number;
  shuffle: boolean;
  seed: number;
  /** `augment` as the kernel's settings. */
  augmenting?: Augmenting | undefined;
  /** What the network has been trained on so far, which the training changes. */
  experience: Experience;
}

/** What a network has been trained on so far. */
export interface Experience {
  /** Epochs that it has begun, so that a second `fit` shuffles in another order. */
  epochs: number;
  /** Kinds of inputs. */
  inputs: Set<InputKind>;
}

/** Why nothing can be done with a network any more. */
export const DISPOSED = "this network has been disposed of";

/** Why a second training is refused. */
export const FITTING = "this network is being trained already: wait for the first fit to end";

/** The options that JSON cannot hold. */
const OTHER_OPTIONS = [
  ...["validation", "onEpoch", "onBatch", "onWarning", "batchInterval", "signal", "checkpoint", "resume"],
];

/** The options without the defaults that depend on the network and the data. */
type CheckedOptions = Omit<FitPlan, "batchSize" | "seed" | "augmenting" | "experience"> & Pick<FitOptions, "batchSize">;

/** A checked copy with all defaults. TypeError or RangeError names the option at fault. */
export function checkFitOptions(options: FitOptions): CheckedOptions {
  checkOptions(options, "options", [...FIT_OPTIONS, ...OTHER_OPTIONS]);
  const { validation, onEpoch, onBatch, onWarning, batchInterval = 0, signal, checkpoint, resume, ...recipe } = options;
  const checked = withSchedule(recipe);
  if (typeof batchInterval !== "function") checkInterval(batchInterval);
  if (onEpoch !== undefined) checkFunction(onEpoch, "onEpoch");
  if (onBatch !== undefined) checkFunction(onBatch, "onBatch");
  if (onWarning !== undefined) checkFunction(onWarning, "onWarning");
  if (signal !== undefined) checkSignal(signal, "signal");
  if (checked.earlyStopping) checkValidation(checked.earlyStopping, validation);
  return {
    ...checked,
    batchInterval,
    ...(validation && { validation }),
    ...(onEpoch && { onEpoch }),
    ...(onBatch && { onBatch }),
    ...(onWarning && { onWarning }),
    ...(signal && { signal }),
    ...(checkpoint !== undefined && { checkpoint: checkCheckpointOptions(checkpoint) }),
    ...(resume !== undefined && { resume: checkBytes(resume, "resume") }),
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

/** Early stopping compares a metric of validations, which may need labels. */
function checkValidation({ metric }: Required<EarlyStoppingOptions>, validation: Dataset | undefined): void {
  if (!validation) throw rangeError("validation", 'must be given with "earlyStopping"');
  checkHasLabels(metric, validation.labels !== undefined, "earlyStopping.metric", "validation");
}
