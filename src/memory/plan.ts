// The arena: where everything of one network lies in its memory. The addresses of all blocks are made here; addresses
// within a block are computed by those who use it.
//
//   0        64 KiB
//   | unused | params | grads | slots | data | order | index | activations | inputs | spans | columns | ends | targets |
//   | losses | labels | stage | keptOutputs | augment | settings | meeting |
//
//   params       per layer: weights as panels [ceil(units/16)][inputs | 1][16], then biases [units padded to 16]
//   grads        in the layout of params: what is at params + i has its gradient at grads + i
//   slots        in the same layout, the moments of an optimizer
//   data, order  the samples of a fit as they came, or as sparse rows, with their targets; the order they are walked in
//   index        by sample: how many inputs are non-zero, or the span of its sparse row
//   activations  per layer [capacity][units padded]: outputs; likewise z where the slope needs it, and deltas, which the
//                last layer has in the place of its outputs; one such block for all threads of a split layer, else one
//                per thread
//   inputs       the batch, once per thread: rows of floats, or sparse rows (CSR), each with its span of entries (spans)
//   columns      the sparse columns (CSC) of the batch, for the gradient, and the end of each (ends)
//   targets      the targets of the batch [capacity][outputs padded], with its inputs once per thread
//   losses       [capacity] float64, once per thread
//   labels       [capacity]: the class of each row: the number of its largest output, or of a single one 1 from ½ on, else 0
//   stage        samples on their way into a prediction or an evaluation, with their labels or target vectors
//   keptOutputs  the outputs that an evaluation keeps for the host
//   augment      the augmented images of a batch, the settings of the augmentation, and scratch memory for each thread
//   settings     the settings of the step, a copy for the kernels of each thread
//   meeting      the barrier of the threads, and two commands that take turns
//
// Rows of activations, deltas, inputs and targets are padded to 16 floats; every block starts on 64 bytes. Parameters
// come first, so that they keep their addresses when the rest gets a new layout for a dataset; then the dataset, so that
// it keeps its address when the rest gets a new layout for more threads.

import { AUGMENT_WORDS, CHUNK_ROWS, ENTRY_BYTES, PANEL, SPAN_BYTES } from "../abi.js";
import { activationRow } from "../activations.js";
import type { UpdateKernel } from "../recipe/optimizer.js";
import { type LayerSpec, layerInputs, type NetworkSpec, outputUnits, type TensorSpec, tensorsOf } from "../spec.js";
import { MEETING_BYTES, SETTINGS_BYTES } from "./command.js";

/** Page 0 is left alone: address 0 is nobody's, and the debug build keeps its messages there. */
const ARENA = 65536;
const ALIGNMENT = 64;
const MOST_STAGE_ROWS = 256;
const MOST_STAGE_FLOATS = 1 << 22;
/** Weights of a layer from which on it is worth sharing out: below, meeting costs more than computing it all again. */
const LEAST_SPLIT = 2048;

/** One matrix or vector of parameters: row-major to users, in memory weights are panels. */
export interface Tensor extends TensorSpec {
  /** Lies in the parameter block. */
  readonly address: number;
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
  /** `[capacity][units padded]`: z, where the slope of the activation is taken from it; else 0. */
  sums: number;
  /** `[capacity][units padded]`: dC/dz. The last layer's share its activations, which the loss turns into them. */
  deltas: number;
  /** Whether each thread computes some of the panels for all; else each computes all for itself. */
  split: boolean;
  /** Bytes from one thread's activations to the next's, and likewise deltas; 0 where they share them. */
  threadStride: number;
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
  /** Samples kept in the arena with their order, and the bytes of all their inputs and of one's target. */
  samples: number;
  inputBytes: number;
  targetBytes: number;
  /** Threads that the network is to be trained by. */
  threads: number;
  /** The kernel of the optimizer, and twins of the parameters that it keeps; default none. */
  update?: UpdateKernel;
  slots?: number;
  /** Scratch memory that each thread needs to augment images; left out where none are augmented. */
  scratchBytes?: number | undefined;
}

/** Where the images of a batch are augmented. */
export interface AugmentPlan {
  /** The settings of the kernel `augment` (see `src/recipe/augment.ts`). */
  settings: number;
  /** `[batch][inputs]` tight floats, for all threads. */
  images: number;
  /** Thread 0's scratch memory, and how far on the next thread's is. */
  scratch: number;
  scratchStride: number;
}

/** Where a batch is gathered: thread 0's blocks, and how far on the next thread's are. */
interface BatchPlan {
  /** `[capacity][inputs padded]`: the batch; or its row lists. */
  inputs: number;
  /** `[capacity][2]` u32: where each row's list begins and ends. */
  spans: number;
  /** Column lists of a training batch, `columnStride` bytes apart, and where each ends (u32). */
  columns: number;
  columnStride: number;
  ends: number;
  /** `[capacity][outputs padded]`. */
  targets: number;
  batchStride: number;
}

export interface Plan extends BatchPlan {
  layers: LayerPlan[];
  tensors: Tensor[];
  /** First address and floats (padding included) of the parameter block; `grads` is its twin. */
  params: number;
  paramFloats: number;
  grads: number;
  slots: number[];
  /** The kernel that updates the parameters. */
  update: UpdateKernel;
  /** Threads that blocks of their own are laid out for. */
  threads: number;
  /** Rows that one pass of the kernels sees at most. */
  capacity: number;
  /** `[capacity]` float64, a block of them for each thread. */
  losses: number;
  /** `[capacity]` u32: the class of each row. */
  labels: number;
  /** The samples that are on their way into a prediction or an evaluation, `stageRows` at a time. */
  stage: RowsPlan;
  stageRows: number;
  /** `[stageRows][outputs padded]`: the outputs that an evaluation keeps for the host. */
  keptOutputs: number;
  /** The dataset of a `fit`, and the order (u32) in which it is walked. */
  data: RowsPlan;
  order: number;
  /** By sample: the number of non-zero inputs (u32) or, if sparse rows are stored, its span of entries (two u32). */
  index: number;
  /** Only where images are augmented. */
  augment: AugmentPlan | undefined;
  /** Thread 0's copy of a step's settings (float64, by the places of `abi.ts`), and bytes to the next thread's. */
  settings: number;
  settingsStride: number;
  /** The barrier, and after it two commands (see `command.ts`). */
  meeting: number;
  /** First address past the arena. */
  end: number;
}

/** Bytes rounded up to whole blocks. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

export function padded(units: number): number {
  return Math.ceil(units / PANEL) * PANEL;
}

/** Rows of 16 weights in a panel: one an input, and an unused one that keeps their number odd (see `assembly/simd.ts`). */
export function panelRows(inputs: number): number {
  return inputs | 1;
}

/** Bytes from one column list to the next: an entry for every row, and an odd number of cache lines. */
export function columnStride(rows: number): number {
  return (Math.ceil((rows * ENTRY_BYTES) / ALIGNMENT) | 1) * ALIGNMENT;
}

/** The share of thread `thread` of `threads` in `count` things: from the first to before the second number. */
export function shareOf(count: number, thread: number, threads: number): [from: number, to: number] {
  return [Math.floor((count * thread) / threads), Math.floor((count * (thread + 1)) / threads)];
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
    end += aligned(bytes);
    return address;
  };
  const staged = stageRows(spec);
  const settingsStride = aligned(SETTINGS_BYTES);
  const batch = Math.min(needs.batch, CHUNK_ROWS);
  const capacity = Math.max(batch, staged * needs.threads);

  const layers = spec.layers.map((_, i) => planLayer(spec, i, needs.threads, take));
  const paramFloats = (end - ARENA) / 4;
  const grads = take(paramFloats * 4);
  const slots = Array.from({ length: needs.slots ?? 0 }, () => take(paramFloats * 4));
  const dataset = {
    data: { rows: take(needs.inputBytes), targets: take(needs.samples * needs.targetBytes) },
    order: take(needs.samples * 4),
    index: take(needs.samples * SPAN_BYTES),
  };
  layers.forEach((layer, i) => {
    const bytes = capacity * padded(layer.units) * 4;
    const blocks = layer.split ? 1 : needs.threads;
    layer.threadStride = layer.split ? 0 : bytes;
    layer.activations = take(bytes * blocks);
    if (keepsSums(spec.layers[i] as LayerSpec)) layer.sums = take(bytes * blocks);
    layer.deltas = i === layers.length - 1 ? layer.activations : take(bytes * blocks);
  });
  const outputs = outputUnits(spec);
  return {
    layers,
    tensors: tensorsOf(spec).map((tensor) => ({
      ...tensor,
      address: (layers[tensor.layer] as LayerPlan)[tensor.kind],
    })),
    params: ARENA,
    paramFloats,
    grads,
    slots,
    update: needs.update ?? "sgd",
    threads: needs.threads,
    capacity,
    ...planBatch(spec, capacity, batch, needs.threads, take),
    losses: take(capacity * 8 * needs.threads),
    labels: take(capacity * 4),
    stage: {
      rows: take(staged * needs.threads * spec.inputs * 4),
      targets: take(staged * needs.threads * outputs * 4),
    },
    stageRows: staged * needs.threads,
    keptOutputs: take(staged * needs.threads * padded(outputs) * 4),
    ...dataset,
    augment:
      needs.scratchBytes === undefined
        ? undefined
        : planAugment(batch * spec.inputs, needs.scratchBytes, needs.threads, take),
    settings: take(settingsStride * needs.threads),
    settingsStride,
    meeting: take(MEETING_BYTES),
    end,
  };
}

/** The blocks of a batch, one set a thread: it costs less to gather a batch again than to fetch it from another processor. */
function planBatch(
  spec: NetworkSpec,
  capacity: number,
  batch: number,
  threads: number,
  take: (bytes: number) => number,
): BatchPlan {
  // A row with no zero takes an entry for every input, which is more than its padded floats unless there are very few.
  const inputs = take(capacity * Math.max(spec.inputs * ENTRY_BYTES, padded(spec.inputs) * 4));
  const blocks = {
    inputs,
    spans: take(capacity * SPAN_BYTES),
    columns: take(spec.inputs * columnStride(batch)),
    columnStride: columnStride(batch),
    ends: take(spec.inputs * 4),
    targets: take(capacity * padded(outputUnits(spec)) * 4),
  };
  const batchStride = take(0) - inputs;
  take(batchStride * (threads - 1));
  return { ...blocks, batchStride };
}

function planAugment(
  floats: number,
  scratchBytes: number,
  threads: number,
  take: (bytes: number) => number,
): AugmentPlan {
  const blocks = { settings: take(AUGMENT_WORDS * 4), images: take(floats * 4), scratch: take(scratchBytes) };
  const scratchStride = take(0) - blocks.scratch;
  take(scratchStride * (threads - 1));
  return { ...blocks, scratchStride };
}

function keepsSums({ activation }: LayerSpec): boolean {
  return activationRow(activation).slopeNeedsSum === true;
}

function planLayer(spec: NetworkSpec, index: number, threads: number, take: (bytes: number) => number): LayerPlan {
  const inputs = layerInputs(spec, index);
  const units = (spec.layers[index] as LayerSpec).units;
  const weights = take(padded(units) * panelRows(inputs) * 4);
  const biases = take(padded(units) * 4);
  const panels = padded(units) / PANEL;
  const split = threads > 1 && panels >= threads && inputs * units >= LEAST_SPLIT;
  return { inputs, units, panels, weights, biases, activations: 0, sums: 0, deltas: 0, split, threadStride: 0 };
}

/** Floats of a tensor as users see it, without padding. */
export function tensorFloats(tensor: Pick<Tensor, "shape">): number {
  return tensor.shape.reduce((product, n) => product * n, 1);
}

/**
 * Where element `i` of a row-major tensor lies among the floats at its address: weights [unit][input] are at
 * [unit / 16][input][unit % 16]; biases lie as they are.
 */
export function panelIndex(tensor: Pick<Tensor, "shape">, i: number): number {
  const inputs = tensor.shape[1];
  if (inputs === undefined) return i;
  const unit = Math.floor(i / inputs);
  return (Math.floor(unit / PANEL) * panelRows(inputs) + (i % inputs)) * PANEL + (unit % PANEL);
}

/** Floats of the parameter block that follow one another; weights decay, biases do not. */
export interface ParameterRange {
  address: number;
  floats: number;
  decays: boolean;
}

/** What thread `thread` of `threads` updates: its panels of every tensor that is trained, however the gradient is shared out. */
export function parameterRanges({ layers, tensors }: Plan, thread: number, threads: number): ParameterRange[] {
  const trained = tensors.filter((tensor) => tensor.trained);
  return trained.map(({ address, kind, layer }) => {
    const { inputs, panels } = layers[layer] as LayerPlan;
    const [from, to] = shareOf(panels, thread, threads);
    const floats = kind === "weights" ? panelRows(inputs) * PANEL : PANEL;
    return { address: address + from * floats * 4, floats: (to - from) * floats, decays: kind === "weights" };
  });
}
