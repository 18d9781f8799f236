// Options of `wasmlp train` that say how parameters follow the gradient, and when that ends; and what they make of a training.

import { type Command, Option } from "commander";
import { within } from "../check.js";
import {
  adam,
  adamw,
  constant,
  cosine,
  type EarlyStoppingOptions,
  exponentialDecay,
  type Optimizer,
  type Schedule,
  sgd,
  stepDecay,
} from "../node.js";
import { UsageError } from "./errors.js";
import { nameOption, rateOption, wholeOption } from "./options.js";

export interface FollowingOptions {
  lr?: number;
  optimizer: "sgd" | "adam" | "adamw";
  momentum?: number;
  nesterov?: true;
  weightDecay?: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  schedule: "constant" | "stepDecay" | "exponentialDecay" | "cosine";
  warmUp?: number;
  decayFactor?: number;
  decayEvery?: number;
  floor?: number;
  patience?: number;
  minDelta?: number;
  metric?: "loss" | "accuracy";
  holdout?: number;
}

const SGD_RATE = 1.5;
const ADAM_RATE = 0.001;
/** Of the training samples, where early stopping needs some and none were told. */
const HOLDOUT = 0.1;

export function addFollowingOptions(command: Command): Command {
  return command
    .addOption(rateOption("--lr <rate>", `learning rate (default: ${SGD_RATE}; ${ADAM_RATE} with adam and adamw)`))
    .addOption(
      nameOption("--optimizer <name>", "how weights follow the gradient", Object.keys(OPTIMIZERS)).default("sgd"),
    )
    .addOption(rateOption("--momentum <share>", "of sgd: what is kept of its velocity (default: 0)"))
    .addOption(new Option("--nesterov", "of sgd with momentum: look ahead"))
    .addOption(rateOption("--weight-decay <rate>", "how fast weights, not biases, decay (default: 0; 0.01 with adamw)"))
    .addOption(rateOption("--beta1 <share>", "of adam and adamw: what is kept of the mean gradient (default: 0.9)"))
    .addOption(
      rateOption("--beta2 <share>", "of adam and adamw: what is kept of the mean squared gradient (default: 0.999)"),
    )
    .addOption(
      rateOption("--epsilon <number>", "of adam and adamw: what is added to what is divided by (default: 1e-8)"),
    )
    .addOption(
      nameOption("--schedule <name>", "how the learning rate changes", Object.keys(SCHEDULES)).default("constant"),
    )
    .addOption(rateOption("--warm-up <epochs>", "in which the learning rate rises from 0 (default: 0)"))
    .addOption(rateOption("--decay-factor <factor>", "of stepDecay and exponentialDecay"))
    .addOption(rateOption("--decay-every <epochs>", "of stepDecay"))
    .addOption(rateOption("--floor <factor>", "of cosine: where it ends (default: 0)"))
    .addOption(
      wholeOption("--patience <epochs>", "stop after so many without a better validation, with the best weights", 1),
    )
    .addOption(rateOption("--min-delta <number>", "of --patience: how much better counts (default: anything)"))
    .addOption(
      nameOption("--metric <name>", "of --patience: what is looked at, loss unless told", ["loss", "accuracy"]),
    )
    .addOption(
      rateOption(
        "--holdout <fraction>",
        `training samples to validate on instead of the test samples (${HOLDOUT} with --patience)`,
      ),
    );
}

const RATE_AND_MEANS = ["beta1", "beta2", "epsilon", "weightDecay"] as const;
const OPTIMIZERS = {
  sgd: [sgd, SGD_RATE, ["momentum", "nesterov", "weightDecay"]],
  adam: [adam, ADAM_RATE, RATE_AND_MEANS],
  adamw: [adamw, ADAM_RATE, RATE_AND_MEANS],
} as const;

export function optimizerOf(options: FollowingOptions): Optimizer {
  const [make, rate, names] = OPTIMIZERS[options.optimizer];
  refuseOthers(options, "optimizer", ["momentum", "nesterov", ...RATE_AND_MEANS], names);
  return within("optimizer", () => make({ learningRate: options.lr ?? rate, ...given(options, names) }));
}

const SCHEDULES = {
  constant: [constant, []],
  stepDecay: [stepDecay, ["decayFactor", "decayEvery"]],
  exponentialDecay: [exponentialDecay, ["decayFactor"]],
  cosine: [cosine, ["floor"]],
} as const;

/** Undefined where the rate is to stay. */
export function scheduleOf(options: FollowingOptions): Schedule | undefined {
  const [make, names] = SCHEDULES[options.schedule];
  refuseOthers(options, "schedule", ["decayFactor", "decayEvery", "floor"], names);
  if (options.schedule === "constant" && options.warmUp === undefined) return undefined;
  for (const name of names) {
    if (name === "floor" || options[name] !== undefined) continue;
    throw new UsageError(`"--schedule" ${options.schedule} needs "${flag(name)}"`);
  }
  const { decayFactor: factor, decayEvery: every, floor, warmUp } = options;
  return within("schedule", () => make(defined({ factor, every, floor, warmUp }) as { factor: number; every: number }));
}

export function earlyStoppingOf(options: FollowingOptions): EarlyStoppingOptions | undefined {
  const { patience, minDelta, metric } = options;
  if (patience !== undefined) return { patience, ...defined({ minDelta, metric }) };
  for (const name of ["minDelta", "metric"] as const) {
    if (options[name] !== undefined) throw new UsageError(`"${flag(name)}" needs "--patience"`);
  }
  return undefined;
}

/** The share of the training samples that is not learned from; 0 where none is. */
export function holdoutOf({ holdout, patience }: FollowingOptions): number {
  return holdout ?? (patience === undefined ? 0 : HOLDOUT);
}

/** Refuses what was given of `all` but does not go with the choice made by option `choice`. */
function refuseOthers(
  options: FollowingOptions,
  choice: "optimizer" | "schedule",
  all: readonly (keyof FollowingOptions)[],
  own: readonly string[],
): void {
  const other = all.find((name) => options[name] !== undefined && !own.includes(name));
  if (other !== undefined) throw new UsageError(`"${flag(other)}" does not go with "--${choice}" ${options[choice]}`);
}

function given(options: FollowingOptions, names: readonly (keyof FollowingOptions)[]): object {
  return defined(Object.fromEntries(names.map((name) => [name, options[name]])));
}

function defined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** weightDecay: --weight-decay */
function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
