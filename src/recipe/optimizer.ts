// The optimizers: everything about each but its kernel, which is in `assembly/optimizer.ts`. An optimizer is plain data: its
// name and its options.

import { DECAY, EPSILON, MOMENTUM, NESTEROV, RATE, SHRINKAGE, SQUARES } from "../abi.js";
import { checkBoolean, checkFloat, checkNumber, checkOptions, rangeError, shown, typeError, within } from "../check.js";
import { power } from "../exact.js";
import type { Kernels } from "../kernels/modules.js";

/** The options of `sgd`. */
export interface SgdOptions {
  /** r of P − r∇C, at least 0. */
  learningRate: number;
  /** μ of the velocity V = μV + ∇C, which takes the place of ∇C; from 0 to 0.999999, default 0. */
  momentum?: number;
  /** Whether the step follows ∇C + μV, with V as it is after this gradient (Nesterov); default false. */
  nesterov?: boolean;
  /** λ of λW, which is added to the gradient of the weights, not of the biases; default 0. */
  weightDecay?: number;
}

/** The options of `adam` and `adamw`. */
export interface AdamOptions {
  /** The learning rate, at least 0; default 0.001. */
  learningRate?: number;
  /** The share that is kept of the running mean of the gradient; from 0 to 0.999999, default 0.9. */
  beta1?: number;
  /** The share that is kept of the running mean of the squared gradient; from 0 to 0.999999, default 0.999. */
  beta2?: number;
  /** Added to the root of the mean squared gradient, by which the step is divided; at least 1e-12, default 1e-8. */
  epsilon?: number;
  /** λ of weights only: as with `sgd` for `adam`, default 0; of −rate·λW besides the gradient for `adamw`, default 0.01. */
  weightDecay?: number;
}

/** The options of `rmsprop`. */
export interface RmspropOptions {
  /** The learning rate, at least 0; default 0.001. */
  learningRate?: number;
  /** The share that is kept of the running mean of the squared gradient; from 0 to 0.999999, default 0.9. */
  rho?: number;
  /** Added to the root of the mean squared gradient, by which the step is divided; at least 1e-12, default 1e-8. */
  epsilon?: number;
  /** λ of λW, which is added to the gradient of the weights, not of the biases; default 0. */
  weightDecay?: number;
}

/** The options of every optimizer, by its name. */
export interface OptimizerOptions {
  /** Of `sgd`. */
  sgd: SgdOptions;
  /** Of `adam`. */
  adam: AdamOptions;
  /** Of `adamw`. */
  adamw: AdamOptions;
  /** Of `rmsprop`. */
  rmsprop: RmspropOptions;
}
/** The name of an optimizer. */
export type OptimizerName = keyof OptimizerOptions;

/** An optimizer as plain data, every option filled in; made by `sgd()`, `adam()`, `adamw()` or `rmsprop()`. */
export type Optimizer = {
  [Name in OptimizerName]: { readonly name: Name } & Readonly<Required<OptimizerOptions[Name]>>;
}[OptimizerName];

/** An option of an optimizer. */
export interface OptimizerOption<Value = number | boolean> {
  /** Left out where the option must be given. */
  readonly default?: Value;
  /** The checked value; TypeError or RangeError. */
  readonly check: (value: unknown, title: string) => Value;
  /** What it is, in words. */
  readonly text: string;
}

/** The kernels that update parameters; all have the same arguments. */
export type UpdateKernel = {
  [Name in keyof Kernels & string]: Kernels[Name] extends Kernels["adam"] ? Name : never;
}[keyof Kernels & string];

interface OptimizerRow<Given> {
  /** The name in words. */
  readonly text: string;
  readonly options: { readonly [Option in keyof Given]-?: OptimizerOption<Required<Given>[Option]> };
  /** A learning rate that networks of this library usually learn well with. */
  readonly usualRate: number;
  /** Moments that it keeps of every parameter, 0 to 2. */
  readonly slots: (options: Required<Given>) => 0 | 1 | 2;
  readonly kernel: (options: Required<Given>) => UpdateKernel;
  /** Whether −rate·∇C can be added straight into the parameters, without a gradient block. */
  readonly addsDirectly?: (options: Required<Given>) => boolean;
  /** Writes what the kernel is told in step number `step`, from 1, at learning rate `rate`, by the places of `abi.ts`. */
  readonly settings: (settings: Float64Array, options: Required<Given>, step: number, rate: number) => void;
  /** TypeError or RangeError for options that do not go with each other. */
  readonly checkTogether?: (options: Required<Given>) => void;
}

/** Above this, a running mean would hardly change within a million steps. */
const MOST_KEPT = 0.999999;
/** The kernels clear squares below 1e-30, and what the step is divided by must not be much smaller than their root. */
const LEAST_EPSILON = 1e-12;

function atLeastZero(text: string, value?: number): OptimizerOption<number> {
  return { ...given(value), check: (number, title) => checkFloat(number, title, 0), text };
}

function share(text: string, value: number): OptimizerOption<number> {
  return { default: value, check: (number, title) => checkNumber(number, title, 0, MOST_KEPT), text };
}

const EPSILON_OPTION: OptimizerOption<number> = {
  default: 1e-8,
  check: (number, title) => checkFloat(number, title, LEAST_EPSILON),
  text: "added to the root of the mean squared gradient",
};

function given(value: number | undefined): { default?: number } {
  return value === undefined ? {} : { default: value };
}

/** Adam and AdamW differ in how weights decay. */
function adaptive(text: string, decay: number, isDecoupled: boolean): OptimizerRow<AdamOptions> {
  return {
    text,
    options: {
      learningRate: atLeastZero("learning rate", 0.001),
      beta1: share("share kept of the mean gradient", 0.9),
      beta2: share("share kept of the mean squared gradient", 0.999),
      epsilon: EPSILON_OPTION,
      weightDecay: atLeastZero("decay of weights, not of biases", decay),
    },
    usualRate: 0.001,
    slots: () => 2,
    kernel: () => "adam",
    settings: (settings, { beta1, beta2, epsilon, weightDecay }, step, rate) => {
      // M / (1 − β1^t) over √(V / (1 − β2^t)) + ε, with the root multiplied out.
      const root = Math.sqrt(1 - power(beta2, step));
      settings[RATE] = (rate * root) / (1 - power(beta1, step));
      settings[MOMENTUM] = beta1;
      settings[SQUARES] = beta2;
      settings[EPSILON] = epsilon * root;
      if (isDecoupled) settings[SHRINKAGE] = rate * weightDecay;
      else settings[DECAY] = weightDecay;
    },
  };
}

export const OPTIMIZERS: { readonly [Name in OptimizerName]: OptimizerRow<OptimizerOptions[Name]> } = {
  sgd: {
    text: "SGD",
    options: {
      learningRate: atLeastZero("learning rate"),
      momentum: share("share kept of the velocity", 0),
      nesterov: { default: false, check: checkBoolean, text: "look ahead along the velocity" },
      weightDecay: atLeastZero("decay of weights, not of biases", 0),
    },
    usualRate: 0.1,
    slots: ({ momentum }) => (momentum > 0 ? 1 : 0),
    kernel: ({ momentum }) => (momentum > 0 ? "momentum" : "sgd"),
    addsDirectly: ({ momentum, weightDecay }) => momentum === 0 && weightDecay === 0,
    settings: (settings, { momentum, nesterov, weightDecay }, _step, rate) => {
      settings[RATE] = rate;
      settings[DECAY] = weightDecay;
      settings[MOMENTUM] = momentum;
      settings[NESTEROV] = Number(nesterov);
    },
    checkTogether: ({ nesterov, momentum }) => {
      if (nesterov && momentum === 0) throw rangeError("momentum", "must be above 0 for Nesterov momentum, got 0");
    },
  },
  adam: adaptive("Adam", 0, false),
  adamw: adaptive("AdamW", 0.01, true),
  rmsprop: {
    text: "RMSProp",
    options: {
      learningRate: atLeastZero("learning rate", 0.001),
      rho: share("share kept of the mean squared gradient", 0.9),
      epsilon: EPSILON_OPTION,
      weightDecay: atLeastZero("decay of weights, not of biases", 0),
    },
    usualRate: 0.001,
    slots: () => 1,
    kernel: () => "rmsprop",
    settings: (settings, { rho, epsilon, weightDecay }, _step, rate) => {
      settings[RATE] = rate;
      settings[DECAY] = weightDecay;
      settings[SQUARES] = rho;
      settings[EPSILON] = epsilon;
    },
  },
};
export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as OptimizerName[];

/** The row of an optimizer, for options of its own. */
export function optimizerRow(name: OptimizerName): OptimizerRow<Record<string, never>> {
  return OPTIMIZERS[name] as unknown as OptimizerRow<Record<string, never>>;
}

/** An optimizer of checked options. TypeError or RangeError names the option. */
function makeOptimizer(name: OptimizerName, options: unknown): Optimizer {
  const row = optimizerRow(name);
  const rules = Object.entries(row.options as Record<string, OptimizerOption>);
  const values = checkOptions(
    options,
    "options",
    rules.map(([option]) => option),
  );
  const checked = Object.fromEntries(
    rules.map(([option, rule]) => {
      const value = values[option];
      return [option, rule.check(value === undefined ? rule.default : value, option)];
    }),
  );
  row.checkTogether?.(checked as never);
  return { name, ...checked } as unknown as Optimizer;
}

/**
 * Stochastic gradient descent: after every batch P becomes P − learningRate·∇C, or with `momentum` P − learningRate·V, where
 * V = momentum·V + ∇C. `nesterov` steps along ∇C + momentum·V (Sutskever et al., ICML 2013). TypeError or RangeError names the
 * option at fault.
 */
export function sgd(options: SgdOptions): Optimizer {
  return makeOptimizer("sgd", options);
}

/**
 * Adam: every parameter has a rate of its own, by the running means of its gradient and of its square (Kingma and Ba, ICLR
 * 2015). TypeError or RangeError names the option at fault.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return makeOptimizer("adam", options);
}

/**
 * Adam whose weights decay besides the gradient (Loshchilov and Hutter, ICLR 2019). TypeError or RangeError names the option
 * at fault.
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  return makeOptimizer("adamw", options);
}

/**
 * RMSProp: P − learningRate·∇C / (√V + epsilon), where V is the running mean of the squared gradient (Tieleman and Hinton,
 * 2012). TypeError or RangeError names the option at fault.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  return makeOptimizer("rmsprop", options);
}

/** A checked copy. TypeError or RangeError. */
export function checkOptimizer(value: unknown): Optimizer {
  const { name, ...options } = (typeof value === "object" && value !== null ? value : {}) as { name: OptimizerName };
  if (typeof name === "string" && Object.hasOwn(OPTIMIZERS, name))
    return within("optimizer", () => makeOptimizer(name, options));
  const names = OPTIMIZER_NAMES.map((known) => `${known}()`).join(", ");
  throw typeError(
    "optimizer",
    `must be the result of one of ${names}, or JSON with such a "name", got ${shown(value)}`,
  );
}
