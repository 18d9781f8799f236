// The learning rate of a training that gives none. Measured on MNIST with 32 hidden units and three epochs: plain SGD reaches 93.6 to
// 96.1 % of the test images with sigmoid, tanh and relu, cross-entropy and the quadratic cost, and mini-batches of 10, 32 and 128. The
// factors of momentum and of the other optimizers are checked at single points only. `test/cli/defaults.test.ts` holds the results.

import { type Activation, activationRow } from "../activations.js";
import { type Loss, lossRow } from "../losses.js";
import { outputUnits } from "../spec.js";
import { OPTIMIZERS, type Optimizer } from "./optimizer.js";
import type { NetworkOptions } from "./recipe.js";

/** The mini-batch that the usual rates of the optimizers are for; others change the rate by the cube root of their size. */
export const USUAL_BATCH = 32;

/**
 * Factors of the rate by the activation of the first hidden layer, 1 for all others: the slope of the sigmoid is at most ¼, and
 * layers without a bend amplify errors. Optimizers that divide by the size of the gradient need less of it.
 */
const HIDDEN: { readonly [Name in Activation]?: { readonly plain: number; readonly adaptive: number } } = {
  sigmoid: { plain: 5.5, adaptive: 2 },
  linear: { plain: 0.4, adaptive: 1 },
};
/** Factors of losses whose gradient has the slope of the outputs as a factor: of a sigmoid, and of others. */
const SLOPED = { shares: 4, others: 0.5 };
/** With such losses momentum drives units into saturation, where they stay: 40 to 76 % of MNIST without this factor. */
const SATURATION = 0.3;
/** What the rate is rounded to, times a power of ten. */
const ROUND = [1, 1.5, 2, 3, 5, 7, 10];

/**
 * A learning rate that networks like this one usually learn with: that of the optimizer, times factors of the hidden activation, the
 * loss and the mini-batch. Plain SGD feels the scale of the gradient, which the other optimizers divide by.
 */
export function usualRate(
  { layers, loss }: Pick<NetworkOptions, "layers" | "loss">,
  optimizer: Pick<Optimizer, "name"> & { momentum?: number },
  batchSize: number,
): number {
  const isPlain = optimizer.name === "sgd";
  const factor = layers.length > 1 ? HIDDEN[layers[0]?.activation as Activation] : undefined;
  const hidden = factor?.[isPlain ? "plain" : "adaptive"] ?? 1;
  const slows = optimizer.momentum && !lossRow(loss).takesLogits ? SATURATION : 1;
  // A momentum of 1 or more is refused later, by its own name.
  const pace = Math.max(1e-6, 1 - (optimizer.momentum ?? 0));
  const scale = isPlain ? lossFactor(loss, layers) * pace * slows : 1;
  const batch = Math.cbrt(batchSize / USUAL_BATCH);
  return rounded(OPTIMIZERS[optimizer.name].usualRate * hidden * scale * batch);
}

/** 1 for losses whose ∂C/∂z is a − y; more where the slope of the outputs, or their number, makes it smaller. */
function lossFactor(loss: Loss, layers: NetworkOptions["layers"]): number {
  const { takesLogits, averages } = lossRow(loss);
  if (takesLogits) return 1;
  const { givesShares } = activationRow(layers.at(-1)?.activation as Activation);
  return (givesShares ? SLOPED.shares : SLOPED.others) * (averages ? outputUnits({ layers }) : 1);
}

/** The nearest of the round numbers, by ratio. Made from its digits, so that 1.5 is 1.5. */
function rounded(rate: number): number {
  const exponent = Math.floor(Math.log10(rate));
  const digits = rate / 10 ** exponent;
  const distance = (round: number) => Math.abs(Math.log(round / digits));
  const nearest = ROUND.reduce((best, round) => (distance(round) < distance(best) ? round : best));
  return Number(`${nearest}e${exponent}`);
}
