// What a network is, before it has memory: sizes, activations, loss. Plain data that JSON can carry.

import { ACTIVATION_NAMES, type Activation, activationRow } from "./activations.js";
import { checkInteger, checkName, checkNumber, checkOptions, rangeError, shown, typeError } from "./check.js";
import { LOSS_NAMES, type Loss, lossRow } from "./losses.js";

/** One layer. */
export interface LayerSpec {
  /** Neurons of the layer. */
  units: number;
  /** The activation of its outputs. */
  activation: Activation;
  /** Slope of `leakyRelu` for z below 0, from 0 to 1, default 0.01; refused for other activations. */
  slope?: number;
  /**
   * The share of a hidden layer's units that training leaves out, drawn for every sample and epoch; from 0 to 0.99, default 0.
   * It is saved with the network, so that further training drops units in the same way.
   */
  dropout?: number;
}

/** The topology of a network, as plain JSON. */
export interface NetworkSpec {
  /** Numbers in one sample. */
  inputs: number;
  /** From the first hidden layer to the output layer. */
  layers: readonly LayerSpec[];
  /** The loss that training minimizes. */
  loss: Loss;
  /** What `Uint8Array` inputs are multiplied by, default 1/255. `Float32Array` inputs are used as given. */
  inputScale: number;
}

/** Weights `[units][inputs]` and biases `[units]` of one layer, row-major. */
export interface LayerParameters {
  /** W: `[units][inputs]`, row-major. */
  weights: Float32Array;
  /** B: `[units]`. */
  biases: Float32Array;
}

/** Which weight, all from 0: unit `unit` of layer `layer`, its weight on input `input`. */
export interface WeightPosition {
  /** The layer, from 0: the first hidden layer. */
  layer: number;
  /** The unit of the layer, from 0. */
  unit: number;
  /** The input of the layer, from 0. */
  input: number;
}

const MOST_UNITS = 1 << 20;
const MOST_LAYERS = 256;

/** A checked copy of a spec from outside; `title` names it in messages. TypeError or RangeError. */
export function checkSpec(value: unknown, title: string): NetworkSpec {
  const spec = checkOptions(value, title, ["inputs", "layers", "loss", "inputScale"]);
  const inputs = checkInteger(spec.inputs, "inputs", 1, MOST_UNITS);
  if (!Array.isArray(spec.layers)) throw typeError("layers", `must be an array, got ${shown(spec.layers)}`);
  if (spec.layers.length < 1 || spec.layers.length > MOST_LAYERS) {
    throw rangeError("layers", `must hold 1 to ${MOST_LAYERS} layers, got ${spec.layers.length}`);
  }
  // Not `map`, which would pass over the holes of an array.
  const layers = Array.from(spec.layers, checkLayer);
  const loss = checkName(spec.loss, "loss", LOSS_NAMES);
  checkPairing(layers, loss);
  if (layers.at(-1)?.dropout) {
    throw rangeError(
      `layers[${layers.length - 1}].dropout`,
      `must be 0 in the last layer, got ${layers.at(-1)?.dropout}`,
    );
  }
  const inputScale = spec.inputScale === undefined ? 1 / 255 : checkScale(spec.inputScale);
  return { inputs, layers, loss, inputScale };
}

/** A factor that float32 holds, since the kernels take it so. */
function checkScale(value: unknown): number {
  const scale = checkNumber(value, "inputScale");
  const float = Math.fround(scale);
  if (float !== 0 && Number.isFinite(float)) return scale;
  throw rangeError("inputScale", `must be neither zero nor past the range of float32, got ${scale}`);
}

function checkLayer(value: unknown, index: number): LayerSpec {
  const title = `layers[${index}]`;
  const layer = checkOptions(value, title, ["units", "activation", "slope", "dropout"]);
  const units = checkInteger(layer.units, `${title}.units`, 1, MOST_UNITS);
  const activation = checkName(layer.activation, `${title}.activation`, ACTIVATION_NAMES);
  const slope = checkSlope(layer.slope, `${title}.slope`, activation);
  const dropout = layer.dropout === undefined ? 0 : checkNumber(layer.dropout, `${title}.dropout`, 0, 0.99);
  return { units, activation, ...(slope !== undefined && { slope }), ...(dropout !== 0 && { dropout }) };
}

/** The parameter of an activation that has one, if it is given and not the default. */
function checkSlope(value: unknown, title: string, activation: Activation): number | undefined {
  if (value === undefined) return undefined;
  const { parameter } = activationRow(activation);
  if (!parameter) throw rangeError(title, `must be left out with "${activation}", got ${shown(value)}`);
  // The kernels take it as float32.
  const slope = Math.fround(checkNumber(value, title, parameter.least, parameter.most));
  return slope === parameter.default ? undefined : slope;
}

/** The parameter of a layer's activation, 0 where it has none. */
export function activationParameter({ activation, slope }: LayerSpec): number {
  return slope ?? activationRow(activation).parameter?.default ?? 0;
}

/** RangeError unless every activation is allowed in its layer and the loss accepts the last one. */
function checkPairing(layers: LayerSpec[], loss: Loss): void {
  const last = layers.length - 1;
  const misplaced = layers.findIndex((layer, i) => i < last && activationRow(layer.activation).onlyLast);
  if (misplaced >= 0) {
    const { activation } = layers[misplaced] as LayerSpec;
    throw rangeError(`layers[${misplaced}].activation`, `is "${activation}", which only the last layer can have`);
  }
  const { activation: output, units } = layers[last] as LayerSpec;
  const { leastUnits = 1 } = activationRow(output);
  if (units < leastUnits) {
    throw rangeError(
      `layers[${last}].units`,
      `must be at least ${leastUnits} with "${output}", whose one output would always be 1, got ${units}: ` +
        `for two classes take one unit of "sigmoid"`,
    );
  }
  const { outputs } = lossRow(loss);
  if (outputs && !outputs.includes(output)) {
    const names = outputs.map((name) => `"${name}"`).join(" or ");
    throw rangeError("loss", `is "${loss}", which needs ${names} as the last layer's activation, got "${output}"`);
  }
  if (!outputs && activationRow(output).onlyLast) {
    const losses = LOSS_NAMES.filter((name) => lossRow(name).outputs?.includes(output)).map((name) => `"${name}"`);
    throw rangeError("loss", `is "${loss}", but a last layer of "${output}" needs ${losses.join(" or ")}`);
  }
}

/** A deep copy; a spec is plain data, as JSON holds it. */
export function copiedSpec(spec: NetworkSpec): NetworkSpec {
  return JSON.parse(JSON.stringify(spec)) as NetworkSpec;
}

/** Numbers that a layer takes in: the network's inputs, or the units of the layer below. */
export function layerInputs(spec: NetworkSpec, layer: number): number {
  return layer === 0 ? spec.inputs : (spec.layers[layer - 1] as LayerSpec).units;
}

/** What has layers: a spec, or the options of a network. */
type Layered = Pick<NetworkSpec, "layers">;

/** The last layer's units: numbers in one output. */
export function outputUnits(spec: Layered): number {
  return (spec.layers[spec.layers.length - 1] as LayerSpec).units;
}

/**
 * The classes that a network tells apart: as many as it has outputs. A single output from 0 to 1 tells two: class 1 from ½ on, else
 * class 0. Any other single output tells none, which is 0 here.
 */
export function classesOf(spec: Layered): number {
  const { units, activation } = spec.layers[spec.layers.length - 1] as LayerSpec;
  if (units > 1) return units;
  return activationRow(activation).givesShares ? 2 : 0;
}

/** How many classes a network tells apart, after "the network has". */
export function classesText(spec: Layered): string {
  return isBinary(spec) ? "one output, which tells 2 classes apart" : `${outputUnits(spec)} outputs`;
}

/** Whether the network tells two classes apart by a single output. */
export function isBinary(spec: Layered): boolean {
  return outputUnits(spec) === 1 && classesOf(spec) === 2;
}

/** The target outputs `[units]` of a label: one-hot, or with a single output the label itself. */
export function labelTarget(spec: NetworkSpec, label: number): Float32Array {
  const target = new Float32Array(outputUnits(spec));
  if (isBinary(spec)) target[0] = label;
  else target[label] = 1;
  return target;
}

/** A number for each class, from the outputs: they themselves, or 1 − a and a of a single output a. */
export function classOutputs(spec: NetworkSpec, outputs: Float32Array): Float32Array {
  return isBinary(spec) ? Float32Array.of(1 - (outputs[0] as number), outputs[0] as number) : outputs;
}

/** Weights and biases of all layers; 784-16-16-10 has 13,002. */
export function parameterCount(spec: NetworkSpec): number {
  return spec.layers.reduce((sum, layer, i) => sum + layer.units * (layerInputs(spec, i) + 1), 0);
}

/** One matrix or vector of a network's numbers. */
export interface TensorSpec {
  /** Its name in a model file. */
  readonly name: string;
  readonly layer: number;
  readonly kind: keyof LayerParameters;
  /** `[units, inputs]` of weights, `[units]` of biases. */
  readonly shape: readonly number[];
  /** Whether training changes it. */
  readonly trained: boolean;
}

/** All tensors of a network, in the order of model files: the weights and the biases of each layer, the first layer first. */
export function tensorsOf(spec: NetworkSpec): TensorSpec[] {
  return spec.layers.flatMap(({ units }, layer): TensorSpec[] => [
    {
      name: `layers.${layer}.weights`,
      layer,
      kind: "weights",
      shape: [units, layerInputs(spec, layer)],
      trained: true,
    },
    { name: `layers.${layer}.biases`, layer, kind: "biases", shape: [units], trained: true },
  ]);
}
