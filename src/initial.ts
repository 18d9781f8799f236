// Initial parameters, row-major, all from one seed.

import { fillGaussian, Stream } from "./random.js";
import { type Activation, layerInputs, type NetworkSpec } from "./spec.js";

export const WEIGHT_INITS = ["auto", "lecunNormal", "heNormal"] as const;
/**
 * Standard deviation of the Gaussian that weights are drawn from: `lecunNormal` 1/√inputs (LeCun et al., "Efficient BackProp",
 * 1998; Nielsen, chapter 3), `heNormal` √(2/inputs) (He et al., 2015); `auto` takes He for relu and leakyRelu, else LeCun.
 */
export type WeightInit = (typeof WEIGHT_INITS)[number];

export const BIAS_INITS = ["zeros", "gaussian"] as const;
/** Biases start at zero or are drawn from N(0, 1). */
export type BiasInit = (typeof BIAS_INITS)[number];

/** Weights and biases of each layer in turn, as `plan.tensors` lists them. */
export function initialParameters(
  spec: NetworkSpec,
  seed: number,
  weightInit: WeightInit,
  biasInit: BiasInit,
): Float32Array[] {
  return spec.layers.flatMap(({ units, activation }, layer) => {
    const inputs = layerInputs(spec, layer);
    const weights = new Float32Array(units * inputs);
    fillGaussian(weights, deviation(weightInit, activation, inputs), seed, Stream.weights, layer);
    const biases = new Float32Array(units);
    if (biasInit === "gaussian") fillGaussian(biases, 1, seed, Stream.biases, layer);
    return [weights, biases];
  });
}

function deviation(init: WeightInit, activation: Activation, inputs: number): number {
  const rectified = activation === "relu" || activation === "leakyRelu";
  const he = init === "heNormal" || (init === "auto" && rectified);
  return Math.sqrt((he ? 2 : 1) / inputs);
}
