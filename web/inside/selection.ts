// The selected weight: which one is shown when the digit or the network changes.

import { layerInputs, type NetworkSpec } from "../../src/spec.js";
import type { LayerParameters, WeightPosition } from "../../src/worker.js";

/** What a network computes for one digit. */
export interface Evaluated {
  spec: NetworkSpec;
  parameters: LayerParameters[];
  /** Outputs of every layer, `[layer][unit]`. */
  activations: Float32Array[];
  sample: { pixels: Uint8Array };
}

/** The last selection, and whether the user chose the weight, only its neuron, or nothing. */
export interface Selection {
  position: WeightPosition;
  by: "weight" | "neuron" | "page";
}

/** The weight to show, and a sentence if it is not the one that the user chose. */
export interface Shown {
  position: WeightPosition;
  note: string;
}

/**
 * The weight of the selection for another digit: the neuron's most telling one, as the last one may lie on blank paper, where
 * every ∂C/∂w is 0. A weight that the user chose is kept as long as its input is not 0.
 */
export function weightFor(evaluated: Evaluated, { position, by }: Selection): Shown {
  const { layer, unit, input } = position;
  if (by === "weight" && inputsOf(evaluated, layer)[input] !== 0) return { position, note: "" };
  const best = largestContribution(evaluated, layer, unit);
  // Without any input, as for a blank digit, no weight tells more than another.
  if (inputsOf(evaluated, layer)[best.input] === 0) return { position, note: "" };
  if (by !== "weight") return { position: best, note: "" };
  const from = layer === 0 ? `pixel ${input}` : `neuron ${input} of layer ${layer - 1}`;
  return { position: best, note: `Your weight, from ${from}, has the input 0 here; this is the most telling one.` };
}

/** The neuron's weight w with the largest |w·a|, a being its input. */
export function largestContribution(evaluated: Evaluated, layer: number, unit: number): WeightPosition {
  const inputs = inputsOf(evaluated, layer);
  const contributions = weightsOf(evaluated, layer, unit).map((weight, i) => Math.abs(weight * (inputs[i] as number)));
  return { layer, unit, input: largestAt(contributions) };
}

/** Whether a network of this shape has a weight at the position. */
export function exists(spec: NetworkSpec, { layer, unit, input }: WeightPosition): boolean {
  return unit < (spec.layers[layer]?.units ?? 0) && input < layerInputs(spec, layer);
}

/** Index of the largest value. */
export function largestAt(values: Float32Array): number {
  return values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity));
}

/** The weights of one neuron, `[inputs]`: a view into the layer's weights. */
export function weightsOf(
  { spec, parameters }: Pick<Evaluated, "spec" | "parameters">,
  layer: number,
  unit: number,
): Float32Array {
  const inputs = layerInputs(spec, layer);
  return (parameters[layer] as LayerParameters).weights.subarray(unit * inputs, (unit + 1) * inputs);
}

/** What the layer takes in: the pixels, or the outputs of the layer below. */
function inputsOf({ sample, activations }: Evaluated, layer: number): ArrayLike<number> {
  return layer === 0 ? sample.pixels : (activations[layer - 1] ?? []);
}
