// The numbers of the chain rule for one weight, in float64 and independently of the kernels:
//
//   dC/dw = a(below) · S'(z) · dC/da,    dC/da = Σ over the layer above of w · S'(z) · dC/da

import {
  type Activation,
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
  const slope = derivative(activation, output);
  const facts = { position, activation, input: below, sum, output, slope, delta, gradient, weight, learningRate };
  const corrected = weight - learningRate * gradient;
  return { ...facts, corrected, ...outputFacts(spec, parameters, states, target, position) };
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
    if (activation === "softmax") return { target: wanted, targetSum: sumOf(target) };
    if (spec.loss === "crossEntropy") return { target: wanted };
    return {
      target: wanted,
      outputGradient: lossGradient(spec, (states[layer] as LayerState).outputs[unit] as number, wanted),
    };
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
  spec.layers.forEach(({ units, activation }, layer) => {
    const { weights, biases } = parameters[layer] as LayerParameters;
    const sums = Array.from({ length: units }, (_, unit) =>
      below.reduce((sum, a, i) => sum + (weights[unit * below.length + i] as number) * a, biases[unit] as number),
    );
    below = activate(activation, sums);
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
    const { activation, units } = spec.layers[layer] as LayerSpec;
    const above = states[layer + 1];
    state.deltas = state.outputs.map((a, unit) => {
      if (!above) return outputDelta(spec, activation, a, target[unit] as number, wanted);
      const { weights } = parameters[layer + 1] as LayerParameters;
      const passed = above.deltas.reduce((sum, delta, j) => sum + (weights[j * units + unit] as number) * delta, 0);
      return derivative(activation, a) * passed;
    });
  }
}

/** dC/dz of an output a with target y. Softmax with cross-entropy gives a·Σy − y, and Σy is 1 for a label. */
function outputDelta(spec: NetworkSpec, activation: Activation, a: number, y: number, targetSum: number): number {
  if (activation === "softmax") return a * targetSum - y;
  if (spec.loss === "crossEntropy") return a - y;
  return lossGradient(spec, a, y) * derivative(activation, a);
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

/** dC/da of the two squared losses. */
function lossGradient(spec: NetworkSpec, a: number, y: number): number {
  return (2 * (a - y)) / (spec.loss === "meanSquaredError" ? outputUnits(spec) : 1);
}

function activate(activation: Activation, sums: number[]): number[] {
  if (activation === "softmax") {
    const most = sums.reduce((a, b) => Math.max(a, b));
    const powers = sums.map((z) => Math.exp(z - most));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  }
  const functions = {
    sigmoid: (z: number) => 1 / (1 + Math.exp(-z)),
    tanh: Math.tanh,
    relu: (z: number) => Math.max(z, 0),
    leakyRelu: (z: number) => Math.max(z, LEAKY_SLOPE * z),
    linear: (z: number) => z,
  };
  return sums.map(functions[activation]);
}

const LEAKY_SLOPE = Math.fround(0.01);

/** S'(z) from a = S(z). */
function derivative(activation: Activation, a: number): number {
  if (activation === "tanh") return 1 - a * a;
  if (activation === "relu") return a > 0 ? 1 : 0;
  if (activation === "leakyRelu") return a > 0 ? 1 : LEAKY_SLOPE;
  if (activation === "linear") return 1;
  return a * (1 - a);
}
