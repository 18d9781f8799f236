// How the learning rate changes while training goes on: plain data, or a function of one's own. All is measured in epochs and
// looked at anew for every step, so that half an epoch is half way.

import { checkFloat, checkNumber, checkOptions, rangeError, shown, typeError, within } from "../check.js";
import { exponential, halfCosine, logarithm, power } from "../exact.js";

export interface WarmUp {
  /** Epochs, or a part of one, in which the rate rises in equal steps from 0; 0 unless told. */
  warmUp?: number;
}

/** Schedules as data. After the warm-up time begins anew for the rest. */
type Decay =
  | { readonly name: "constant"; readonly warmUp: number }
  | { readonly name: "stepDecay"; readonly warmUp: number; readonly factor: number; readonly every: number }
  | { readonly name: "exponentialDecay"; readonly warmUp: number; readonly factor: number }
  | { readonly name: "cosine"; readonly warmUp: number; readonly floor: number };

/**
 * What the learning rate is multiplied by, step by step. A function is given the epochs that are done, in fractions, and how
 * many there are to be; it gives a factor of at least 0.
 */
export type Schedule = Decay | ((done: number, epochs: number) => number);

/** Always 1. */
export function constant(options: WarmUp = {}): Schedule {
  checkOptions(options, "options", ["warmUp"]);
  return { name: "constant", warmUp: checkWarmUp(options) };
}

/** 1, and times `factor` after every `every` epochs. */
export function stepDecay(options: WarmUp & { factor: number; every: number }): Schedule {
  checkOptions(options, "options", ["factor", "every", "warmUp"]);
  const { factor, every } = options;
  checkFactor(factor, "factor");
  checkNumber(every, "every", 2 ** -20);
  return { name: "stepDecay", warmUp: checkWarmUp(options), factor, every };
}

/** factor^t after t epochs: a little less at every step. */
export function exponentialDecay(options: WarmUp & { factor: number }): Schedule {
  checkOptions(options, "options", ["factor", "warmUp"]);
  return { name: "exponentialDecay", warmUp: checkWarmUp(options), factor: checkFactor(options.factor, "factor") };
}

/** From 1 down to `floor` (0 unless told) at the last epoch's end, along half a cosine (Loshchilov and Hutter, ICLR 2017). */
export function cosine(options: WarmUp & { floor?: number } = {}): Schedule {
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

/** A checked copy, for a training of `epochs`. */
export function checkSchedule(value: unknown, epochs: number): Schedule {
  if (typeof value === "function") return value as Schedule;
  const { name, ...options } = (typeof value === "object" && value !== null ? value : {}) as {
    name: keyof typeof MAKERS;
  };
  if (!Object.hasOwn(MAKERS, name)) {
    const makers = "constant(), stepDecay(), exponentialDecay() or cosine()";
    throw typeError("schedule", `must be one that ${makers} made, or a function, got ${shown(value)}`);
  }
  const schedule = within("schedule", () => MAKERS[name](options as never) as Decay);
  if (schedule.warmUp < epochs) return schedule;
  throw rangeError("schedule.warmUp", `must be less than the ${epochs} epochs of the training, got ${schedule.warmUp}`);
}

/** The factor of step number `step`, from 1, of `stepsPerEpoch` in each of `epochs`. */
export function factorAt(schedule: Schedule, step: number, stepsPerEpoch: number, epochs: number): number {
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
