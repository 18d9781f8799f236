// The float64 reference of every kernel in the plainest TypeScript, which the tests compare the kernels with. Matrices are
// row-major without padding, weights `[units][inputs]`. It is written to be obviously right; speed and memory do not matter.

import { LINEAR, SOFTMAX } from "../../build/codes.js";
import { ACTIVATION_NAMES, ACTIVATIONS, type Activation } from "../../src/activations.js";
import type { Loss } from "../../src/losses.js";
import { activationParameter, layerInputs, type NetworkSpec, outputUnits } from "../../src/spec.js";

export type Numbers = ArrayLike<number>;

/** Element `i`. A matrix that is too short is a mistake in a test, and must not be read as NaN. */
export function at(values: Numbers, i: number): number {
  const value = values[i];
  if (value === undefined) throw new RangeError(`no element ${i} among ${values.length}`);
  return value;
}

// --- activations ---

/** The parameter of activations that have one, unless a test gives another. */
export const PARAMETER = Math.fround(0.2);

export function sigmoid(z: number): number {
  return z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z));
}

/** ln(1 + e^z). */
function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

interface Truth {
  /** S(z). Softmax is not elementwise and gives z as it is, like the kernels. */
  value: (z: number, p: number) => number;
  /** S′, from the output a, or from z where `fromSum`. */
  slope: (x: number, p: number) => number;
  fromSum?: true;
}

/** Written without the library's table, which tests compare with it. An activation that is missing here does not compile. */
const TRUTHS: Record<Activation, Truth> = {
  sigmoid: { value: sigmoid, slope: (a) => a * (1 - a) },
  tanh: { value: Math.tanh, slope: (a) => 1 - a * a },
  relu: { value: (z) => Math.max(z, 0), slope: (a) => (a > 0 ? 1 : 0) },
  leakyRelu: { value: (z, p) => (z < 0 ? p * z : z), slope: (a, p) => (a > 0 ? 1 : p) },
  softplus: { value: softplus, slope: sigmoid, fromSum: true },
  linear: { value: (z) => z, slope: () => 1 },
  softmax: { value: (z) => z, slope: () => 1 },
};

function truthOf(code: number): Truth {
  const name = ACTIVATION_NAMES.find((known) => ACTIVATIONS[known].code === code);
  if (!name) throw new RangeError(`no activation has the code ${code}`);
  return TRUTHS[name];
}

export function activation(z: number, code: number, p = PARAMETER): number {
  return truthOf(code).value(z, p);
}

/** What S′ is taken from: the output a, or z itself. */
export function slopeSource(z: number, code: number, p = PARAMETER): number {
  return truthOf(code).fromSum ? z : activation(z, code, p);
}

/** S′ from what `slopeSource` gives. */
export function dActivation(x: number, code: number, p = PARAMETER): number {
  return truthOf(code).slope(x, p);
}

/** e^z divided by their sum, for one row. */
function softmax(z: Numbers): Float64Array {
  const most = Math.max(...Array.from(z));
  const e = Float64Array.from(z, (value) => Math.exp(value - most));
  const sum = e.reduce((total, value) => total + value, 0);
  return e.map((value) => value / sum);
}

/** S(A) of `[rows][units]`. */
export function activate(a: Numbers, rows: number, units: number, code: number, p = PARAMETER): Float64Array {
  if (code !== SOFTMAX) return Float64Array.from({ length: rows * units }, (_, i) => activation(at(a, i), code, p));
  const out = new Float64Array(rows * units);
  for (let r = 0; r < rows; r++) out.set(softmax(Array.from(a).slice(r * units, (r + 1) * units)), r * units);
  return out;
}

/** D·S′, element by element; x is what S′ is taken from. */
export function dActivate(d: Numbers, x: Numbers, code: number): Float64Array {
  return Float64Array.from(d, (value, i) => value * dActivation(at(x, i), code));
}

// --- the products of a dense layer ---

/** S(b + X·Wᵀ): X is `[rows][inputs]`, the result `[rows][units]`; softmax is left as logits. */
export function denseForward(
  x: Numbers,
  w: Numbers,
  b: Numbers,
  rows: number,
  inputs: number,
  units: number,
  code: number = LINEAR,
  p = PARAMETER,
): Float64Array {
  const a = new Float64Array(rows * units);
  for (let r = 0; r < rows; r++) {
    for (let u = 0; u < units; u++) {
      let z = at(b, u);
      for (let k = 0; k < inputs; k++) z += at(x, r * inputs + k) * at(w, u * inputs + k);
      a[r * units + u] = activation(z, code, p);
    }
  }
  return a;
}

/** D·W times S′ from x: D is `[rows][units]`, x the outputs of the layer below or its z, the result `[rows][inputs]`. */
export function denseInputGradient(
  d: Numbers,
  w: Numbers,
  x: Numbers,
  rows: number,
  inputs: number,
  units: number,
  code: number = LINEAR,
  p = PARAMETER,
): Float64Array {
  const dx = new Float64Array(rows * inputs);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let u = 0; u < units; u++) sum += at(d, r * units + u) * at(w, u * inputs + k);
      dx[r * inputs + k] = sum * dActivation(at(x, r * inputs + k), code, p);
    }
  }
  return dx;
}

/** G += Dᵀ·X and g += Σ D, in place: G is `[units][inputs]`. */
export function accumulateGradient(
  g: Float64Array,
  gBias: Float64Array,
  x: Numbers,
  d: Numbers,
  rows: number,
  inputs: number,
  units: number,
): void {
  for (let u = 0; u < units; u++) {
    for (let r = 0; r < rows; r++) {
      const delta = at(d, r * units + u);
      gBias[u] = at(gBias, u) + delta;
      for (let k = 0; k < inputs; k++) g[u * inputs + k] = at(g, u * inputs + k) + delta * at(x, r * inputs + k);
    }
  }
}

// --- losses ---

export interface LossResult {
  /** One for each row. */
  losses: Float64Array;
  /** dC/dz `[rows][units]`. */
  deltas: Float64Array;
}

/** The terms of a loss that compares each output with its target: its value, and its derivative by the output. */
const POINTWISE = {
  squaredError: { value: (d: number) => d ** 2, slope: (d: number) => 2 * d },
  absoluteError: { value: Math.abs, slope: Math.sign },
};

/** Loss = lossScale·Σ value(a − y); delta = deltaScale·slope(a − y)·S′, with S′ taken from `sources`. */
export function pointwiseError(
  kind: keyof typeof POINTWISE,
  outputs: Numbers,
  sources: Numbers,
  targets: Numbers,
  rows: number,
  units: number,
  lossScale: number,
  deltaScale: number,
  code: number,
  p = PARAMETER,
): LossResult {
  const { value, slope } = POINTWISE[kind];
  const losses = new Float64Array(rows);
  const deltas = new Float64Array(rows * units);
  for (let i = 0; i < rows * units; i++) {
    const row = Math.floor(i / units);
    const difference = at(outputs, i) - at(targets, i);
    losses[row] = at(losses, row) + lossScale * value(difference);
    deltas[i] = deltaScale * slope(difference) * dActivation(at(sources, i), code, p);
  }
  return { losses, deltas };
}

/** From logits: loss = −Σ y·ln softmax(z); delta = scale·(softmax(z)·Σy − y). */
export function softmaxCrossEntropy(
  outputs: Numbers,
  targets: Numbers,
  rows: number,
  units: number,
  scale: number,
): LossResult {
  const losses = new Float64Array(rows);
  const deltas = new Float64Array(rows * units);
  for (let r = 0; r < rows; r++) {
    const z = Array.from(outputs).slice(r * units, (r + 1) * units);
    const y = Array.from(targets).slice(r * units, (r + 1) * units);
    const most = Math.max(...z);
    const logarithm = Math.log(z.reduce((sum, value) => sum + Math.exp(value - most), 0));
    const weight = y.reduce((sum, value) => sum + value, 0);
    losses[r] = y.reduce((sum, value, i) => sum - value * (at(z, i) - most - logarithm), 0);
    deltas.set(
      softmax(z).map((p, i) => scale * (p * weight - at(y, i))),
      r * units,
    );
  }
  return { losses, deltas };
}

/** From logits: loss = −Σ y·ln S(z) + (1 − y)·ln(1 − S(z)) with the sigmoid; delta = scale·(S(z) − y). */
export function sigmoidCrossEntropy(
  outputs: Numbers,
  targets: Numbers,
  rows: number,
  units: number,
  scale: number,
): LossResult {
  const losses = new Float64Array(rows);
  const deltas = new Float64Array(rows * units);
  for (let i = 0; i < rows * units; i++) {
    const row = Math.floor(i / units);
    const [z, y] = [at(outputs, i), at(targets, i)];
    // ln S(z) = −ln(1 + e^−z) and ln(1 − S(z)) = −ln(1 + e^z).
    losses[row] = at(losses, row) + y * softplus(-z) + (1 - y) * softplus(z);
    deltas[i] = scale * (sigmoid(z) - y);
  }
  return { losses, deltas };
}

// --- the rest ---

/** P −= rate·G, in place. */
function sgd(params: Float64Array, grads: Numbers, rate: number): void {
  for (let i = 0; i < params.length; i++) params[i] = at(params, i) - rate * at(grads, i);
}

/** Rows of `width` numbers times `scale`; `order` holds their numbers, and if it is undefined the first `count` are taken. */
export function gather(
  rows: Numbers,
  order: Numbers | undefined,
  count: number,
  width: number,
  scale = 1,
): Float64Array {
  return Float64Array.from({ length: count * width }, (_, i) => {
    const row = Math.floor(i / width);
    return scale * at(rows, (order ? at(order, row) : row) * width + (i % width));
  });
}

/** One-hot rows of labels; with one unit the labels. */
export function gatherLabels(labels: Numbers, order: Numbers | undefined, count: number, units: number): Float64Array {
  const y = new Float64Array(count * units);
  for (let i = 0; i < count; i++) {
    const label = at(labels, order ? at(order, i) : i);
    if (units === 1) y[i] = label;
    else y[i * units + label] = 1;
  }
  return y;
}

/** Number of rows whose largest output (the first of equals) has a target above one half. */
export function countCorrect(outputs: Numbers, targets: Numbers, rows: number, units: number): number {
  let correct = 0;
  for (let r = 0; r < rows; r++) {
    let best = 0;
    for (let u = 1; u < units; u++) if (at(outputs, r * units + u) > at(outputs, r * units + best)) best = u;
    if (at(targets, r * units + best) > 0.5) correct++;
  }
  return correct;
}

// --- a whole network ---

export interface Parameters {
  /** `[units][inputs]`. */
  weights: Float64Array;
  biases: Float64Array;
}

/** Float64 copies of parameters of any number type. */
export function copyParameters(layers: readonly { weights: Numbers; biases: Numbers }[]): Parameters[] {
  return layers.map(({ weights, biases }) => ({
    weights: Float64Array.from(weights),
    biases: Float64Array.from(biases),
  }));
}

/** The factors of the outputs `[rows][units]` of each hidden layer, before the next layer takes them. */
export type Masks = readonly (Numbers | undefined)[];

function masked(values: Numbers, mask: Numbers | undefined): Numbers {
  return mask ? Float64Array.from(values, (value, i) => value * at(mask, i)) : values;
}

interface Pass {
  /** The inputs, then the outputs of every layer before any mask; the last layer's are logits with cross-entropy. */
  outputs: Numbers[];
  /** What S′ of every layer is taken from; the first is of the inputs and not used. */
  sources: Numbers[];
}

function layerOutputs(spec: NetworkSpec, params: readonly Parameters[], x: Numbers, rows: number, masks?: Masks): Pass {
  const pass: Pass = { outputs: [x], sources: [x] };
  spec.layers.forEach((layer, i) => {
    const { weights, biases } = params[i] as Parameters;
    const { units } = layer;
    const logits = spec.loss === "crossEntropy" && i === spec.layers.length - 1;
    const [code, p] = [logits ? LINEAR : codeOf(layer), activationParameter(layer)];
    const below = masked(pass.outputs[i] as Numbers, masks?.[i - 1]);
    const z = denseForward(below, weights, biases, rows, layerInputs(spec, i), units);
    pass.outputs.push(z.map((one) => activation(one, code, p)));
    pass.sources.push(z.map((one) => slopeSource(one, code, p)));
  });
  return pass;
}

type Layer = NetworkSpec["layers"][number];

function codeOf({ activation: name }: Layer): number {
  return ACTIVATIONS[name].code;
}

function lastLayer(spec: NetworkSpec): Layer {
  return spec.layers.at(-1) as Layer;
}

/** The outputs `[rows][units]` of a network. */
export function predict(spec: NetworkSpec, params: readonly Parameters[], x: Numbers, rows: number): Float64Array {
  const last = layerOutputs(spec, params, x, rows).outputs.at(-1) as Numbers;
  return spec.loss === "crossEntropy"
    ? activate(last, rows, outputUnits(spec), codeOf(lastLayer(spec)))
    : Float64Array.from(last);
}

/** The loss of each row and its deltas, from what `layerOutputs` gave for the last layer. A loss that is missing does not compile. */
function lossOf(spec: NetworkSpec, { outputs, sources }: Pass, y: Numbers, rows: number, scale: number): LossResult {
  const units = outputUnits(spec);
  const [code, p] = [codeOf(lastLayer(spec)), activationParameter(lastLayer(spec))];
  const [a, source] = [outputs.at(-1) as Numbers, sources.at(-1) as Numbers];
  const mean = scale / units;
  const losses: Record<Loss, () => LossResult> = {
    quadratic: () => pointwiseError("squaredError", a, source, y, rows, units, 1, scale, code, p),
    meanSquaredError: () => pointwiseError("squaredError", a, source, y, rows, units, 1 / units, mean, code, p),
    meanAbsoluteError: () => pointwiseError("absoluteError", a, source, y, rows, units, 1 / units, mean, code, p),
    crossEntropy: () => (code === SOFTMAX ? softmaxCrossEntropy : sigmoidCrossEntropy)(a, y, rows, units, scale),
  };
  return losses[spec.loss]();
}

/** The mean loss over `rows` samples, whose targets are y `[rows][outputs]`. */
function meanLoss(
  spec: NetworkSpec,
  params: readonly Parameters[],
  x: Numbers,
  y: Numbers,
  rows: number,
  masks?: Masks,
): number {
  const { losses } = lossOf(spec, layerOutputs(spec, params, x, rows, masks), y, rows, 1);
  return losses.reduce((sum, loss) => sum + loss, 0) / rows;
}

/** The mean loss and its gradient by backpropagation, in the shape of the parameters. */
export function gradient(
  spec: NetworkSpec,
  params: readonly Parameters[],
  x: Numbers,
  y: Numbers,
  rows: number,
  masks?: Masks,
): { loss: number; layers: Parameters[] } {
  const pass = layerOutputs(spec, params, x, rows, masks);
  const { losses, deltas } = lossOf(spec, pass, y, rows, 1 / rows);
  const layers = zeros(params);
  let delta = deltas;
  for (let i = spec.layers.length - 1; i >= 0; i--) {
    const [below, source] = [pass.outputs[i] as Numbers, pass.sources[i] as Numbers];
    const [inputs, units] = [layerInputs(spec, i), (spec.layers[i] as Layer).units];
    const { weights, biases } = layers[i] as Parameters;
    accumulateGradient(weights, biases, masked(below, masks?.[i - 1]), delta, rows, inputs, units);
    const layerBelow = spec.layers[i - 1];
    if (!layerBelow) break;
    const w = (params[i] as Parameters).weights;
    const [code, p] = [codeOf(layerBelow), activationParameter(layerBelow)];
    const passed = denseInputGradient(delta, w, source, rows, inputs, units, code, p);
    delta = Float64Array.from(masked(passed, masks?.[i - 1]));
  }
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / rows, layers };
}

function zeros(params: readonly Parameters[]): Parameters[] {
  return params.map(({ weights, biases }) => ({
    weights: new Float64Array(weights.length),
    biases: new Float64Array(biases.length),
  }));
}

/**
 * The same gradient without the chain rule: (C(p + h) − C(p − h)) / 2h for every parameter p. h = 1e-5 leaves about ten
 * correct digits where the loss is smooth; where a relu has its kink within h of p, it is not.
 */
export function centralDifferences(
  spec: NetworkSpec,
  params: readonly Parameters[],
  x: Numbers,
  y: Numbers,
  rows: number,
  masks?: Masks,
  h = 1e-5,
): Parameters[] {
  const moved = copyParameters(params);
  const slope = (block: Float64Array, i: number): number => {
    const p = at(block, i);
    block[i] = p + h;
    const right = meanLoss(spec, moved, x, y, rows, masks);
    block[i] = p - h;
    const left = meanLoss(spec, moved, x, y, rows, masks);
    block[i] = p;
    return (right - left) / (2 * h);
  };
  return moved.map(({ weights, biases }) => ({
    weights: Float64Array.from(weights, (_, i) => slope(weights, i)),
    biases: Float64Array.from(biases, (_, i) => slope(biases, i)),
  }));
}

/** One step of gradient descent on all `rows` samples, in place. Returns the mean loss before it. */
export function trainStep(
  spec: NetworkSpec,
  params: readonly Parameters[],
  x: Numbers,
  y: Numbers,
  rows: number,
  rate: number,
): number {
  const { loss, layers } = gradient(spec, params, x, y, rows);
  params.forEach(({ weights, biases }, i) => {
    const { weights: dWeights, biases: dBiases } = layers[i] as Parameters;
    sgd(weights, dWeights, rate);
    sgd(biases, dBiases, rate);
  });
  return loss;
}
