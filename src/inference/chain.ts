// Computes the factors of the chain rule for one weight, in float64 and independently of the kernels:
//
//   dC/dw = a(below) · S'(z) · dC/da,    dC/da = Σ over the layer above of w · S'(z) · dC/da

import { type Activation, activationRow } from "../activations.js";
import { lossRow } from "../losses.js";
import {
  activationParameter,
  type LayerParameters,
  type LayerSpec,
  layerInputs,
  type NetworkSpec,
  outputUnits,
  type WeightPosition,
} from "../spec.js";

/** One unit of the layer above, and what it passes down. */
export interface Term {
  /** Its number in the layer above, from 0. */
  unit: number;
  /** The weight between the two units. */
  weight: number;
  /** dC/dz of that unit. */
  delta: number;
}

/** The factors of dC/dw of one weight, for one sample. */
export interface Chain {
  /** The weight. */
  position: WeightPosition;
  /** The activation of the weight's unit. */
  activation: Activation;
  /** a(below): the input of the weight, dz/dw. */
  input: number;
  /** z = W·a + b of the weight's unit, and a = S(z). */
  sum: number;
  /** a = S(z). */
  output: number;
  /** The target of the output; absent below the last layer. */
  target?: number;
  /** da/dz = S'(z). */
  slope: number;
  /** Σy over all outputs; absent unless the weight is in a last layer of softmax. */
  targetSum?: number;
  /** dC/da; absent in the last layer with cross-entropy, where `delta` is a − y (softmax: a·Σy − y). */
  outputGradient?: number;
  /** dC/dz. */
  delta: number;
  /** The terms whose sum is dC/da; absent in the last layer. */
  terms?: Term[];
  /** dC/dw. */
  gradient: number;
  /** w, before the correction. */
  weight: number;
  /** The learning rate of the correction. */
  learningRate: number;
  /** w − learningRate·dC/dw. */
  corrected: number;
  /** C of the sample before that correction. */
  loss: number;
}

interface LayerState {
  sums: number[];
  outputs: number[];
  deltas: number[];
}

/** dC/dw for one sample of `input` numbers with target vector `target`. */
export function chainRule(
  spec: NetworkSpec,
  parameters: LayerParameters[],
  input: ArrayLike<number>,
  target: ArrayLike<number>,
  position: WeightPosition,
  learningRate: number,
): Chain {
  const states = forward(spec, parameters, input);
  backward(spec, parameters, states, target);
  const { layer, unit, input: from } = position;
  const { activation } = spec.layers[layer] as LayerSpec;
  const state = states[layer] as LayerState;
  const [sum, output, delta] = [state.sums[unit], state.outputs[unit], state.deltas[unit]] as [number, number, number];
  const below = (layer === 0 ? input[from] : (states[layer - 1] as LayerState).outputs[from]) as number;
  const weight = (parameters[layer] as LayerParameters).weights[unit * layerInputs(spec, layer) + from] as number;
  const gradient = below * delta;
  const slope = slopeAt(spec.layers[layer] as LayerSpec, sum, output);
  const facts = { position, activation, input: below, sum, output, slope, delta, gradient, weight, learningRate };
  const corrected = weight - learningRate * gradient;
  const outputs = (states.at(-1) as LayerState).outputs;
  const loss = lossRow(spec.loss).value(outputs, target, (spec.layers.at(-1) as LayerSpec).activation);
  return { ...facts, corrected, loss, ...outputFacts(spec, parameters, states, target, position) };
}

/** Where dC/da of the weight's unit comes from: the target, or the units above. */
function outputFacts(
  spec: NetworkSpec,
  parameters: LayerParameters[],
  states: LayerState[],
  target: ArrayLike<number>,
  { layer, unit }: WeightPosition,
): Pick<Chain, "target" | "targetSum" | "outputGradient" | "terms"> {
  const { activation, units } = spec.layers[layer] as LayerSpec;
  if (layer === spec.layers.length - 1) {
    const wanted = target[unit] as number;
    const { gradient } = lossRow(spec.loss);
    if (!gradient) return { target: wanted, ...(activation === "softmax" && { targetSum: sumOf(target) }) };
    const output = (states[layer] as LayerState).outputs[unit] as number;
    return { target: wanted, outputGradient: gradient.value(output, wanted, outputUnits(spec)) };
  }
  const { weights } = parameters[layer + 1] as LayerParameters;
  const terms = (states[layer + 1] as LayerState).deltas.map((delta, j) => {
    return { unit: j, weight: weights[j * units + unit] as number, delta };
  });
  return { outputGradient: terms.reduce((sum, { weight, delta }) => sum + weight * delta, 0), terms };
}

function forward(spec: NetworkSpec, parameters: LayerParameters[], input: ArrayLike<number>): LayerState[] {
  const states: LayerState[] = [];
  let below = Array.from(input);
  spec.layers.forEach((layerSpec, layer) => {
    const { units, activation } = layerSpec;
    const { weights, biases } = parameters[layer] as LayerParameters;
    const sums = Array.from({ length: units }, (_, unit) =>
      below.reduce((sum, a, i) => sum + (weights[unit * below.length + i] as number) * a, biases[unit] as number),
    );
    below = activationRow(activation).values(sums, activationParameter(layerSpec));
    states.push({ sums, outputs: below, deltas: [] });
  });
  return states;
}

function backward(
  spec: NetworkSpec,
  parameters: LayerParameters[],
  states: LayerState[],
  target: ArrayLike<number>,
): void {
  const wanted = sumOf(target);
  for (let layer = states.length - 1; layer >= 0; layer--) {
    const state = states[layer] as LayerState;
    const layerSpec = spec.layers[layer] as LayerSpec;
    const { units } = layerSpec;
    const above = states[layer + 1];
    state.deltas = state.outputs.map((a, unit) => {
      const slope = slopeAt(layerSpec, state.sums[unit] as number, a);
      if (!above) return outputDelta(spec, slope, a, target[unit] as number, wanted);
      const { weights } = parameters[layer + 1] as LayerParameters;
      const passed = above.deltas.reduce((sum, delta, j) => sum + (weights[j * units + unit] as number) * delta, 0);
      return slope * passed;
    });
  }
}

/** S′ of one unit, from its z and its output a. */
function slopeAt(layer: LayerSpec, z: number, a: number): number {
  const { slope, slopeNeedsSum } = activationRow(layer.activation);
  return slope(slopeNeedsSum ? z : a, activationParameter(layer));
}

/** dC/dz of an output a with target y: from dC/da and S′, or from the loss at once, as with cross-entropy. */
function outputDelta(spec: NetworkSpec, slope: number, a: number, y: number, targetSum: number): number {
  const { gradient, delta } = lossRow(spec.loss);
  if (gradient) return gradient.value(a, y, outputUnits(spec)) * slope;
  if (delta) return delta(a, y, targetSum, (spec.layers.at(-1) as LayerSpec).activation);
  throw new Error(`the loss "${spec.loss}" has neither a gradient nor a delta`);
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}
