// Initial weights and biases, generated from one seed.

import { type Activation, activationRow } from "./activations.js";
import { fillGaussian, Stream } from "./random.js";
import { type LayerParameters, layerInputs, type NetworkSpec } from "./spec.js";

export const WEIGHT_INITS = ["auto", "lecunNormal", "heNormal"] as const;
/**
 * The standard deviation of the normal distribution of initial weights: `lecunNormal` 1/√inputs (LeCun et al.,
 * "Efficient BackProp", 1998; Nielsen, "Neural networks and deep learning", chapter 3), `heNormal` √(2/inputs) (He et
 * al., "Delving deep into rectifiers", 2015). `auto` uses He's for rectifiers and LeCun's for all other activations.
 */
export type WeightInit = (typeof WEIGHT_INITS)[number];

export const BIAS_INITS = ["zeros", "gaussian"] as const;
/** Initial biases: all zero, or from the standard normal distribution N(0, 1). */
export type BiasInit = (typeof BIAS_INITS)[number];

/** Weights `[units][inputs]` and biases `[units]` of each layer in turn, row-major, in the order of `tensorsOf`. */
export function initialParameters(
  spec: NetworkSpec,
  seed: number,
  weightInit: WeightInit,
  biasInit: BiasInit,
): LayerParameters[] {
  return spec.layers.map(({ units, activation }, layer) => {
    const inputs = layerInputs(spec, layer);
    const weights = new Float32Array(units * inputs);
    fillGaussian(weights, deviation(weightInit, activation, inputs), seed, Stream.weights, layer);
    const biases = new Float32Array(units);
    if (biasInit === "gaussian") fillGaussian(biases, 1, seed, Stream.biases, layer);
    return { weights, biases };
  });
}

function deviation(init: WeightInit, activation: Activation, inputs: number): number {
  const gain = init === "auto" ? activationRow(activation).gain : init === "heNormal" ? 2 : 1;
  return Math.sqrt(gain / inputs);
}
