// How parameters follow their gradient: plain data that users make, and what each step's kernels are told of it.

import {
  DECAY,
  EPOCH,
  EPSILON,
  MOMENTUM,
  NESTEROV,
  NORM,
  RATE,
  SEED_LOW,
  SETTINGS,
  SHRINKAGE,
  SQUARES,
} from "../abi.js";
import { checkBoolean, checkFloat, checkNumber, checkOptions, rangeError, shown, typeError, within } from "../check.js";
import { power } from "../exact.js";
import { keyOf } from "../random.js";

export interface SgdOptions {
  /** r of P − r∇C. */
  learningRate: number;
  /** What is kept of the velocity V = momentum·V + ∇C, which then takes the place of ∇C; 0 unless told. */
  momentum?: number;
  /** Whether the step is taken along ∇C + momentum·V, with V as it is after this gradient (Nesterov); false unless told. */
  nesterov?: boolean;
  /** λ of λW that is added to the gradient of the weights, not of the biases; 0 unless told. */
  weightDecay?: number;
}

export interface AdamOptions {
  /** 0.001 unless told. */
  learningRate?: number;
  /** What is kept of the mean gradient, 0.9 unless told, and of the mean squared gradient, 0.999 unless told. */
  beta1?: number;
  beta2?: number;
  /** Added to the root of the mean squared gradient, which is divided by; 1e-8 unless told. */
  epsilon?: number;
  /** As with sgd for `adam`; λ of −rate·λW, apart from the gradient, for `adamw`. Of weights only. */
  weightDecay?: number;
}

export type Optimizer =
  | ({ readonly name: "sgd" } & Readonly<Required<SgdOptions>>)
  | ({ readonly name: "adam" | "adamw" } & Readonly<Required<AdamOptions>>);

const SGD_OPTIONS = ["learningRate", "momentum", "nesterov", "weightDecay"];
const ADAM_OPTIONS = ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"];

/** Of a mean that changes at all within a million steps. */
const MOST_KEPT = 0.999999;
/** Squares below 1e-30 are taken for zero, and what is then divided by must not be much smaller than their root. */
const LEAST_EPSILON = 1e-12;

/**
 * Stochastic gradient descent: after every batch P becomes P − learningRate·∇C, or with `momentum` P − learningRate·V, where
 * V = momentum·V + ∇C. `nesterov` steps along ∇C + momentum·V (Sutskever et al., ICML 2013).
 */
export function sgd(options: SgdOptions): Optimizer {
  checkOptions(options, "options", SGD_OPTIONS);
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkFloat(learningRate, "learningRate", 0);
  checkNumber(momentum, "momentum", 0, MOST_KEPT);
  if (checkBoolean(nesterov, "nesterov") && momentum === 0) {
    throw rangeError("momentum", "must be above 0 for Nesterov momentum, got 0");
  }
  checkFloat(weightDecay, "weightDecay", 0);
  return { name: "sgd", learningRate, momentum, nesterov, weightDecay };
}

/** Adam (Kingma and Ba, ICLR 2015): each parameter has a rate of its own, by the means of its gradient and its square. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adaptive("adam", 0, options);
}

/** Adam with weights that decay apart from the gradient (Loshchilov and Hutter, ICLR 2019); by 0.01 unless told. */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adaptive("adamw", 0.01, options);
}

function adaptive(name: "adam" | "adamw", decay: number, options: AdamOptions): Optimizer {
  checkOptions(options, "options", ADAM_OPTIONS);
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = decay } = options;
  checkFloat(learningRate, "learningRate", 0);
  checkNumber(beta1, "beta1", 0, MOST_KEPT);
  checkNumber(beta2, "beta2", 0, MOST_KEPT);
  checkFloat(epsilon, "epsilon", LEAST_EPSILON);
  checkFloat(weightDecay, "weightDecay", 0);
  return { name, learningRate, beta1, beta2, epsilon, weightDecay };
}

const MAKERS = { sgd, adam, adamw };

/** A checked copy. */
export function checkOptimizer(value: unknown): Optimizer {
  const { name, ...options } = (typeof value === "object" && value !== null ? value : {}) as Optimizer;
  if (!Object.hasOwn(MAKERS, name)) {
    throw typeError("optimizer", `must be one that sgd(), adam() or adamw() made, got ${shown(value)}`);
  }
  return within("optimizer", () => MAKERS[name](options as SgdOptions));
}

/** What the kernels are told, step by step. */
export class Rule {
  /** Of the step at hand, by the places of `abi.ts`. */
  readonly settings = new Float64Array(SETTINGS);
  /** Moments that each parameter has. */
  readonly slots: number;
  /** Whether the gradient may be added straight into the parameters. */
  readonly isPlain: boolean;

  /** `maxNorm` is 0 where weights may be as long as they become; `seed` and, before an epoch, `epoch` are what dropout needs. */
  constructor(
    private readonly optimizer: Optimizer,
    { maxNorm = 0, seed = 0 } = {},
  ) {
    const { settings } = this;
    settings[NORM] = maxNorm;
    settings.set(keyOf(seed), SEED_LOW);
    const { name, weightDecay } = optimizer;
    const isSgd = name === "sgd";
    this.slots = !isSgd ? 2 : optimizer.momentum > 0 ? 1 : 0;
    this.isPlain = this.slots === 0 && weightDecay === 0 && maxNorm === 0;
    if (name !== "adamw") settings[DECAY] = weightDecay;
    settings[MOMENTUM] = isSgd ? optimizer.momentum : optimizer.beta1;
    if (isSgd) settings[NESTEROV] = Number(optimizer.nesterov);
    else settings[SQUARES] = optimizer.beta2;
    this.prepare(1);
  }

  /** Turns to an epoch, counted over all that the network has seen. */
  beginEpoch(epoch: number): void {
    this.settings[EPOCH] = epoch;
  }

  /** Turns to step number `step`, from 1, at `factor` times the learning rate. */
  prepare(step: number, factor = 1): void {
    const { settings, optimizer } = this;
    const rate = optimizer.learningRate * factor;
    settings[RATE] = rate;
    if (optimizer.name === "sgd") return;
    // M/(1 − β1^t) over √(V/(1 − β2^t)) + ε, with the root multiplied out.
    const root = Math.sqrt(1 - power(optimizer.beta2, step));
    settings[RATE] = (rate * root) / (1 - power(optimizer.beta1, step));
    settings[EPSILON] = optimizer.epsilon * root;
    if (optimizer.name === "adamw") settings[SHRINKAGE] = rate * optimizer.weightDecay;
  }
}
