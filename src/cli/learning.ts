// Options of `wasmlp train` for the optimizer, the schedule and early stopping, and what they change in a recipe. The options of
// optimizers come from the library's table.

import { type Command, Option } from "commander";
import { METRIC_NAMES, type MetricName } from "../metrics.js";
import type { EarlyStoppingOptions, Optimizer, Recipe, Schedule } from "../node.js";
import { OPTIMIZER_NAMES, OPTIMIZERS, type OptimizerName, type OptimizerOption } from "../recipe/optimizer.js";
import { SCHEDULE_NAMES } from "../recipe/schedule.js";
import { flag, UsageError } from "./errors.js";
import { nameOption, rateOption, wholeOption } from "./options.js";

/** The options as commander parses them; undefined if they are not given. */
export interface LearningOptions {
  /** Learning rate. */
  lr?: number;
  optimizer?: OptimizerName;
  schedule?: Schedule["name"];
  /** In epochs. */
  warmUp?: number;
  /** For stepDecay and exponentialDecay; the former also needs the epochs between two decays. */
  decayFactor?: number;
  decayEvery?: number;
  /** The last factor of cosine. */
  floor?: number;
  /** In epochs; without it there is no early stopping. */
  patience?: number;
  minDelta?: number;
  metric?: MetricName;
  /** Share of the training samples, from 0 to 1. */
  holdout?: number;
}

/** The share of the training samples that early stopping validates on by default. */
const HOLDOUT = 0.1;

/** Adds the options; `defaults` are the recipe without any. */
export function addLearningOptions(command: Command, defaults: Recipe): Command {
  command
    .addOption(
      rateOption(
        "--lr <rate>",
        `learning rate (default: by the optimizer, the loss, the activation and the batch size; ${defaults.fit.optimizer.learningRate} without options)`,
      ),
    )
    .addOption(nameOption("--optimizer <name>", "update rule", OPTIMIZER_NAMES).default(defaults.fit.optimizer.name));
  for (const [name, uses] of optimizerOptions()) command.addOption(optimizerOption(name, uses));
  return command
    .addOption(
      nameOption("--schedule <name>", "change of the learning rate over time", SCHEDULE_NAMES).default("constant"),
    )
    .addOption(rateOption("--warm-up <epochs>", "linear rise of the learning rate from 0 (default: 0)"))
    .addOption(rateOption("--decay-factor <factor>", "factor of each decay, with stepDecay and exponentialDecay"))
    .addOption(rateOption("--decay-every <epochs>", "time between two decays, with stepDecay"))
    .addOption(rateOption("--floor <factor>", "last factor of the learning rate, with cosine (default: 0)"))
    .addOption(
      wholeOption(
        "--patience <epochs>",
        "early stopping: epochs without a better validation; keeps the best weights",
        1,
      ),
    )
    .addOption(rateOption("--min-delta <number>", "early stopping: smallest improvement that counts (default: any)"))
    .addOption(nameOption("--metric <name>", "early stopping: metric to compare (default: loss)", METRIC_NAMES))
    .addOption(
      rateOption(
        "--holdout <fraction>",
        `share of the training samples to validate on instead of the test samples (default: 0; ${HOLDOUT} with --patience)`,
      ),
    );
}

/** The optimizers that have an option, with their definitions of it. */
type Uses = [OptimizerName, OptimizerOption][];

/** The options of all optimizers besides the learning rate, each with the optimizers that have it. */
function optimizerOptions(): Map<string, Uses> {
  const all = new Map<string, Uses>();
  for (const name of OPTIMIZER_NAMES) {
    for (const [option, rule] of Object.entries<OptimizerOption>(OPTIMIZERS[name].options as never)) {
      if (option !== "learningRate") all.set(option, [...(all.get(option) ?? []), [name, rule]]);
    }
  }
  return all;
}

/** The command line's option for an option of optimizers; its help names the optimizers that have it. */
function optimizerOption(name: string, uses: Uses): Option {
  const [, { text, default: value }] = uses[0] as Uses[number];
  const owners = uses.length === OPTIMIZER_NAMES.length ? "" : `, with ${uses.map(([owner]) => owner).join(", ")}`;
  if (typeof value === "boolean") return new Option(flag(name), text + owners);
  const defaults = byOwner(uses.map(([owner, rule]) => [owner, rule.default]));
  return rateOption(`${flag(name)} <number>`, `${text}${owners} (default: ${defaults})`);
}

/** "0.9", or where values differ "0; 0.01 with adamw": the first holds for all that are not named. */
function byOwner(values: [OptimizerName, unknown][]): string {
  const owners = new Map<unknown, OptimizerName[]>();
  for (const [name, value] of values) owners.set(value, [...(owners.get(value) ?? []), name]);
  const [first, ...others] = owners;
  return [first?.[0], ...others.map(([value, names]) => `${value} with ${names.join(", ")}`)].join("; ");
}

/**
 * The optimizer of a recipe, changed by the options that were given. Where no learning rate is given, `rateOf` gives that of another
 * optimizer, and of the recipe's own unless it `keepsRate`.
 */
export function optimizerOf(
  base: Optimizer,
  given: LearningOptions,
  keepsRate: boolean,
  rateOf: (optimizer: Optimizer) => number,
): Optimizer {
  const name = given.optimizer ?? base.name;
  const own = Object.keys(OPTIMIZERS[name].options);
  refuseOthers(given, "optimizer", name, [...optimizerOptions().keys()], own);
  const optimizer = { ...(name === base.name ? base : { name }), ...picked(given, own) } as Optimizer;
  if (given.lr === undefined && keepsRate && name === base.name) return optimizer;
  return { ...optimizer, learningRate: given.lr ?? rateOf(optimizer) };
}

/** The options of a schedule that each name takes, by their names on the command line; true where one must be given. */
const SCHEDULES: Record<Schedule["name"], Partial<Record<"decayFactor" | "decayEvery" | "floor", boolean>>> = {
  constant: {},
  stepDecay: { decayFactor: true, decayEvery: true },
  exponentialDecay: { decayFactor: true },
  cosine: { floor: false },
};

/** The schedule of a recipe, changed by the options that were given; undefined for a constant rate. */
export function scheduleOf(base: Schedule | undefined, given: LearningOptions): Schedule | undefined {
  const { schedule, warmUp, decayFactor: factor, decayEvery: every, floor } = given;
  const changes = defined({ warmUp, factor, every, floor });
  if (schedule === undefined && Object.keys(changes).length === 0) return base;
  const name = schedule ?? base?.name ?? "constant";
  refuseOthers(given, "schedule", name, ["decayFactor", "decayEvery", "floor"], Object.keys(SCHEDULES[name]));
  const changed = { ...(name === base?.name ? base : { name }), ...changes } as Schedule & Record<string, unknown>;
  const arguments_ = { decayFactor: changed.factor, decayEvery: changed.every, floor: changed.floor };
  for (const [option, isNeeded] of Object.entries(SCHEDULES[name])) {
    if (!isNeeded || arguments_[option as keyof typeof arguments_] !== undefined) continue;
    throw new UsageError(`"--schedule" ${name} needs "${flag(option)}"`);
  }
  return name === "constant" && !changed.warmUp ? undefined : changed;
}

/** The early stopping of a recipe, changed by the options that were given; undefined where there is none. */
export function earlyStoppingOf(
  base: EarlyStoppingOptions | undefined,
  given: LearningOptions,
): EarlyStoppingOptions | undefined {
  const changes = picked(given, ["patience", "minDelta", "metric"]);
  if (base !== undefined || given.patience !== undefined) return { ...base, ...changes } as EarlyStoppingOptions;
  const [other] = Object.keys(changes);
  if (other !== undefined) throw new UsageError(`"${flag(other)}" needs "--patience"`);
  return undefined;
}

/** The share of the training samples to validate on; 0 for the test samples. */
export function holdoutOf({ holdout }: LearningOptions, { fit }: Recipe): number {
  return holdout ?? (fit.earlyStopping === undefined ? 0 : HOLDOUT);
}

/** Throws if an option of `all` was given that the chosen optimizer or schedule `name` does not have among its `own`. */
function refuseOthers(
  given: LearningOptions,
  choice: "optimizer" | "schedule",
  name: string,
  all: readonly string[],
  own: readonly string[],
): void {
  const [other] = Object.keys(
    picked(
      given,
      all.filter((option) => !own.includes(option)),
    ),
  );
  if (other !== undefined) throw new UsageError(`"${flag(other)}" does not go with "--${choice}" ${name}`);
}

/** The properties with these names. */
function picked(values: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

/** The properties that are not undefined. */
export function defined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
