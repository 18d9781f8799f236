// The arena: where everything of one network lies in its memory. The only file with address arithmetic.
//
//   0        64 KiB
//   | unused | params | grads | activations | deltas | inputs | targets | losses | stage | data | order |
//
//   params       per layer: weights as panels [ceil(units/16)][inputs][16], then biases [units padded to 16]
//   grads        the twin of params: what is at params + i has its gradient at grads + i
//   activations  per layer [capacity][units padded]; deltas likewise, those of the last layer in its activations
//   stage, data  samples as they came, with their labels or target vectors
//
// Rows of activations, deltas, inputs and targets are padded to 16 floats; every block starts on 64 bytes. Parameters come
// first, so they stay where they are when the rest is laid out anew for a dataset.

import { CHUNK_ROWS, PANEL } from "./abi.js";
import { type LayerSpec, layerInputs, type NetworkSpec, outputUnits } from "./spec.js";

/** Page 0 is left alone: address 0 is nobody's, and the debug build keeps its messages there. */
const ARENA = 65536;
const ALIGNMENT = 64;
const MOST_STAGE_ROWS = 256;
const MOST_STAGE_FLOATS = 1 << 22;

/** One matrix or vector of parameters; `address` lies in the parameter block. */
export interface Tensor {
  name: string;
  /** `[units, inputs]` of weights, `[units]` of biases: row-major to users, panels in memory. */
  shape: number[];
  address: number;
}

export interface LayerPlan {
  inputs: number;
  units: number;
  /** Panels of 16 units. */
  panels: number;
  weights: number;
  biases: number;
  /** `[capacity][units padded]`: the layer's outputs. */
  activations: number;
  /** `[capacity][units padded]`: dC/dz. The last layer's share its activations, which the loss turns into them. */
  deltas: number;
}

/** Rows of samples as they came, tightly packed, with a target each. */
export interface RowsPlan {
  rows: number;
  /** Labels (u32) or target vectors (f32). */
  targets: number;
}

/** What the arena must hold besides the network itself. */
export interface Needs {
  /** Samples of a training batch. */
  batch: number;
  /** Samples kept in the arena with their order, and the bytes of one's inputs and of its target. */
  samples: number;
  inputBytes: number;
  targetBytes: number;
}

export interface Plan {
  layers: LayerPlan[];
  tensors: Tensor[];
  /** First address and floats (padding included) of the parameter block; `grads` is its twin. */
  params: number;
  paramFloats: number;
  grads: number;
  /** Rows that one pass of the kernels sees at most. */
  capacity: number;
  /** `[capacity][inputs padded]`: the batch. */
  inputs: number;
  /** `[capacity][outputs padded]`. */
  targets: number;
  /** `[capacity]` float64. */
  losses: number;
  /** The samples that are on their way into a prediction or an evaluation, `stageRows` at a time. */
  stage: RowsPlan;
  stageRows: number;
  /** The dataset of a `fit`, and the order (u32) in which it is walked. */
  data: RowsPlan;
  order: number;
  /** First address past the arena. */
  end: number;
}

export function padded(units: number): number {
  return Math.ceil(units / PANEL) * PANEL;
}

/** Rows that pass through a network at a time in predictions: 256, or fewer of very wide ones. */
function stageRows(spec: NetworkSpec): number {
  const widest = Math.max(spec.inputs, ...spec.layers.map(({ units }) => units));
  return Math.max(1, Math.min(MOST_STAGE_ROWS, Math.floor(MOST_STAGE_FLOATS / widest)));
}

/** Addresses of a network's arena, from its spec and what is to be done with it. Pure. */
export function planArena(spec: NetworkSpec, needs: Needs): Plan {
  let end = ARENA;
  const take = (bytes: number): number => {
    const address = end;
    end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return address;
  };
  const staged = stageRows(spec);
  const capacity = Math.max(Math.min(needs.batch, CHUNK_ROWS), staged);
  const matrix = (columns: number): number => take(capacity * padded(columns) * 4);

  const layers = spec.layers.map((_, i) => planLayer(spec, i, take));
  const paramFloats = (end - ARENA) / 4;
  const grads = take(paramFloats * 4);
  for (const layer of layers) layer.activations = matrix(layer.units);
  layers.forEach((layer, i) => {
    layer.deltas = i === layers.length - 1 ? layer.activations : matrix(layer.units);
  });
  const outputs = outputUnits(spec);
  return {
    layers,
    tensors: layers.flatMap(layerTensors),
    params: ARENA,
    paramFloats,
    grads,
    capacity,
    inputs: matrix(spec.inputs),
    targets: matrix(outputs),
    losses: take(capacity * 8),
    stage: { rows: take(staged * spec.inputs * 4), targets: take(staged * outputs * 4) },
    stageRows: staged,
    data: { rows: take(needs.samples * needs.inputBytes), targets: take(needs.samples * needs.targetBytes) },
    order: take(needs.samples * 4),
    end,
  };
}

function planLayer(spec: NetworkSpec, index: number, take: (bytes: number) => number): LayerPlan {
  const inputs = layerInputs(spec, index);
  const units = (spec.layers[index] as LayerSpec).units;
  const weights = take(padded(units) * inputs * 4);
  const biases = take(padded(units) * 4);
  return { inputs, units, panels: padded(units) / PANEL, weights, biases, activations: 0, deltas: 0 };
}

function layerTensors({ inputs, units, weights, biases }: LayerPlan, i: number): Tensor[] {
  return [
    { name: `layers.${i}.weights`, shape: [units, inputs], address: weights },
    { name: `layers.${i}.biases`, shape: [units], address: biases },
  ];
}

/** Floats of a tensor as users see it, without padding. */
export function tensorFloats(tensor: Tensor): number {
  return tensor.shape.reduce((product, n) => product * n, 1);
}

/**
 * Where element `i` of a row-major tensor lies among the floats at its address: weights [unit][input] are at
 * [unit / 16][input][unit % 16]; biases lie as they are.
 */
export function panelIndex(tensor: Tensor, i: number): number {
  const inputs = tensor.shape[1];
  if (inputs === undefined) return i;
  const unit = Math.floor(i / inputs);
  return (Math.floor(unit / PANEL) * inputs + (i % inputs)) * PANEL + (unit % PANEL);
}
