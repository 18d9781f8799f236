// What training needs besides the gradient, in float64 as in the papers: optimizers, max-norm, dropout.

import type { Optimizer } from "../../src/index.js";
import { philox, Stream } from "../../src/random.js";
import { layerInputs, type NetworkSpec } from "../../src/spec.js";
import { at, copyParameters, gradient, type Masks, type Numbers, type Parameters } from "./reference.js";

/** All weights or all biases, with the moments of the optimizer. */
export class Follower {
  readonly first: Float64Array;
  readonly second: Float64Array;
  private steps = 0;

  constructor(
    private readonly optimizer: Optimizer,
    readonly params: Float64Array,
    private readonly isWeights: boolean,
  ) {
    this.first = new Float64Array(params.length);
    this.second = new Float64Array(params.length);
  }

  /** One step with gradient `grads`, at `factor` times the learning rate. */
  step(grads: Numbers, factor = 1): void {
    this.steps++;
    for (let i = 0; i < this.params.length; i++) this.follow(i, at(grads, i), factor);
  }

  private follow(i: number, gradient: number, factor: number): void {
    const { optimizer, params } = this;
    const rate = optimizer.learningRate * factor;
    const p = at(params, i);
    const decay = this.isWeights ? optimizer.weightDecay : 0;
    if (optimizer.name === "adamw") params[i] = p - rate * decay * p - rate * this.adaptive(i, gradient);
    else if (optimizer.name === "adam") params[i] = p - rate * this.adaptive(i, gradient + decay * p);
    else if (optimizer.name === "rmsprop") params[i] = p - rate * this.scaled(i, gradient + decay * p);
    else params[i] = p - rate * this.accelerated(i, gradient + decay * p);
  }

  private accelerated(i: number, d: number): number {
    const { momentum, nesterov } = this.optimizer as Extract<Optimizer, { name: "sgd" }>;
    const velocity = momentum * at(this.first, i) + d;
    this.first[i] = velocity;
    return nesterov ? d + momentum * velocity : velocity;
  }

  /** The gradient over the root of its mean square, as PyTorch has it. */
  private scaled(i: number, d: number): number {
    const { rho, epsilon } = this.optimizer as Extract<Optimizer, { name: "rmsprop" }>;
    const square = rho * at(this.first, i) + (1 - rho) * d * d;
    this.first[i] = square;
    return d / (Math.sqrt(square) + epsilon);
  }

  /** The first mean over the root of the second, both without their bias towards zero. */
  private adaptive(i: number, d: number): number {
    const { beta1, beta2, epsilon } = this.optimizer as Extract<Optimizer, { name: "adam" | "adamw" }>;
    const mean = beta1 * at(this.first, i) + (1 - beta1) * d;
    const square = beta2 * at(this.second, i) + (1 - beta2) * d * d;
    this.first[i] = mean;
    this.second[i] = square;
    return mean / (1 - beta1 ** this.steps) / (Math.sqrt(square / (1 - beta2 ** this.steps)) + epsilon);
  }
}

/** Shortens each row of weights `[units][inputs]` to a norm of at most `most`, in place. */
export function limitNorms(weights: Float64Array, inputs: number, most: number): void {
  for (let from = 0; from < weights.length; from += inputs) {
    const row = weights.subarray(from, from + inputs);
    const norm = Math.hypot(...row);
    if (norm > most) row.set(row.map((w) => (w * most) / norm));
  }
}

/** The factor of a unit's output: 0, or 1/(1 − rate). A block of four words is for one unit in each quarter of a panel. */
export function dropoutFactor(
  draw: { seed: number; epoch: number; layer: number; sample: number; unit: number },
  rate: number,
): number {
  const { seed, epoch, layer, sample, unit } = draw;
  const block = new Uint32Array(4);
  const [panel, word, lane] = [unit >> 4, (unit >> 2) & 3, unit & 3];
  philox(
    block,
    sample,
    layer * 2 ** 20 + panel * 4 + lane,
    epoch,
    Stream.dropout,
    seed % 2 ** 32,
    Math.floor(seed / 2 ** 32),
  );
  return at(block, word) / 2 ** 32 < rate ? 0 : 1 / (1 - rate);
}

/** The masks for the samples with these numbers. */
export function dropoutMasks(spec: NetworkSpec, seed: number, epoch: number, samples: Numbers): Masks {
  return spec.layers.map(({ units, dropout = 0 }, layer) => {
    if (dropout === 0) return undefined;
    return Float64Array.from({ length: samples.length * units }, (_, i) => {
      const sample = at(samples, Math.floor(i / units));
      return dropoutFactor({ seed, epoch, layer, sample, unit: i % units }, dropout);
    });
  });
}

/** Trains a whole network. */
export class ReferenceTraining {
  readonly params: Parameters[];
  private readonly followers: Follower[][];

  constructor(
    private readonly spec: NetworkSpec,
    start: readonly { weights: Numbers; biases: Numbers }[],
    optimizer: Optimizer,
    private readonly maxNorm = Infinity,
  ) {
    this.params = copyParameters(start);
    this.followers = this.params.map(({ weights, biases }) => [
      new Follower(optimizer, weights, true),
      new Follower(optimizer, biases, false),
    ]);
  }

  /** One step on `rows` samples. Returns the mean loss before it. */
  step(x: Numbers, y: Numbers, rows: number, factor = 1, masks?: Masks): number {
    const { loss, layers } = gradient(this.spec, this.params, x, y, rows, masks);
    layers.forEach(({ weights, biases }, i) => {
      const [ofWeights, ofBiases] = this.followers[i] as [Follower, Follower];
      ofWeights.step(weights, factor);
      ofBiases.step(biases, factor);
      limitNorms(ofWeights.params, layerInputs(this.spec, i), this.maxNorm);
    });
    return loss;
  }
}
