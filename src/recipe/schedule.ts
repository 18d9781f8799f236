// Learning-rate schedules: plain data, or a function of the caller. Time is measured in epochs and evaluated for every step, so
// half an epoch is a valid time.

import { checkFloat, checkName, checkNumber, checkOptions, rangeError, shown, typeError, within } from "../check.js";
import { exponential, halfCosine, logarithm, power } from "../exact.js";

/** What all schedules have. */
export interface WarmUp {
  /** Epochs, or a fraction of one, during which the rate rises linearly from 0; default 0. */
  warmUp?: number;
}

/** The options of `stepDecay`. */
export interface StepDecayOptions extends WarmUp {
  /** The factor of one change, above 0 and at most 1. */
  factor: number;
  /** Epochs between two changes, above 0. */
  every: number;
}

/** The options of `exponentialDecay`. */
export interface ExponentialDecayOptions extends WarmUp {
  /** The factor of one epoch, above 0 and at most 1. */
  factor: number;
}

/** The options of `cosine`. */
export interface CosineOptions extends WarmUp {
  /** The factor at the end, from 0 to 1; default 0. */
  floor?: number;
}

/** The factor of the learning rate over time, as plain data. All times count from the end of the warm-up. */
export type Schedule =
  | ({ readonly name: "constant" } & Readonly<Required<WarmUp>>)
  | ({ readonly name: "stepDecay" } & Readonly<Required<StepDecayOptions>>)
  | ({ readonly name: "exponentialDecay" } & Readonly<Required<ExponentialDecayOptions>>)
  | ({ readonly name: "cosine" } & Readonly<Required<CosineOptions>>);

/**
 * The factor of the learning rate in the next step, at least 0. `done` are the epochs so far, with fractions, of `epochs` in all.
 */
export type ScheduleFunction = (done: number, epochs: number) => number;

/** Factor 1 after the warm-up. Throws a TypeError or RangeError that names an invalid option. */
export function constant(options: WarmUp = {}): Schedule {
  checkOptions(options, "options", ["warmUp"]);
  return { name: "constant", warmUp: checkWarmUp(options) };
}

/**
 * Begins at factor 1 and multiplies it by `factor` after every `every` epochs. Throws a TypeError or RangeError that names an
 * invalid option.
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  checkOptions(options, "options", ["factor", "every", "warmUp"]);
  const { factor, every } = options;
  checkFactor(factor, "factor");
  checkNumber(every, "every", 2 ** -20);
  return { name: "stepDecay", warmUp: checkWarmUp(options), factor, every };
}

/** factor^t after t epochs, evaluated at every step. Throws a TypeError or RangeError that names an invalid option. */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  checkOptions(options, "options", ["factor", "warmUp"]);
  return { name: "exponentialDecay", warmUp: checkWarmUp(options), factor: checkFactor(options.factor, "factor") };
}

/**
 * Falls from factor 1 to `floor` at the end of the last epoch, along half a cosine (Loshchilov and Hutter, ICLR 2017). Throws a
 * TypeError or RangeError that names an invalid option.
 */
export function cosine(options: CosineOptions = {}): Schedule {
  checkOptions(options, "options", ["floor", "warmUp"]);
  const { floor = 0 } = options;
  return { name: "cosine", warmUp: checkWarmUp(options), floor: checkNumber(floor, "floor", 0, 1) };
}

function checkWarmUp({ warmUp = 0 }: WarmUp): number {
  return checkNumber(warmUp, "warmUp", 0);
}

/** Above 0 and at most 1. */
function checkFactor(value: unknown, title: string): number {
  const factor = checkNumber(value, title, 0, 1);
  if (factor === 0) throw rangeError(title, `must be above 0, got 0`);
  return factor;
}

const MAKERS = { constant, stepDecay, exponentialDecay, cosine };

export const SCHEDULE_NAMES = Object.keys(MAKERS) as Schedule["name"][];

/** A checked copy with all defaults, for a training of `epochs`. TypeError or RangeError names the option at fault. */
export function checkSchedule(value: unknown, epochs: number): Schedule {
  if (typeof value !== "object" || value === null) {
    throw typeError("schedule", `must be an object such as cosine() gives, got ${shown(value)}`);
  }
  const { name, ...options } = value as Schedule;
  checkName(name, "schedule.name", SCHEDULE_NAMES);
  const schedule = within("schedule", () => MAKERS[name](options as never));
  if (schedule.warmUp < epochs) return schedule;
  throw rangeError("schedule.warmUp", `must be less than the ${epochs} epochs of the training, got ${schedule.warmUp}`);
}

/** The factor of step number `step`, from 1, of `stepsPerEpoch` in each of `epochs`. */
export function factorAt(
  schedule: Schedule | ScheduleFunction,
  step: number,
  stepsPerEpoch: number,
  epochs: number,
): number {
  if (typeof schedule === "function") {
    return checkFloat(schedule((step - 1) / stepsPerEpoch, epochs), "schedule()", 0);
  }
  const { warmUp } = schedule;
  if (step < warmUp * stepsPerEpoch) return step / (warmUp * stepsPerEpoch);
  const done = Math.max(0, (step - 1) / stepsPerEpoch - warmUp);
  switch (schedule.name) {
    case "stepDecay":
      return power(schedule.factor, Math.floor(done / schedule.every));
    case "exponentialDecay":
      return exponential(schedule.factor === 1 ? 0 : done * logarithm(schedule.factor));
    case "cosine":
      return schedule.floor + (1 - schedule.floor) * halfCosine(done / (epochs - warmUp));
    default:
      return 1;
  }
}
