// The contents of one network's memory: parameters and their gradients, samples, and the results of a batch, by the addresses of
// a plan. Everything here trusts its arguments.

import { ENTRY_BYTES, SPAN_BYTES } from "../abi.js";
import type { Dataset } from "../data/dataset.js";
import { growMemory, type Memory } from "../kernels/memory.js";
import type { Kernels } from "../kernels/modules.js";
import { isBytes } from "../kinds.js";
import { classesOf, classesText, type LayerParameters, type NetworkSpec, outputUnits } from "../spec.js";
import {
  type LayerPlan,
  type Needs,
  type Plan,
  padded,
  panelIndex,
  planArena,
  type Tensor,
  tensorFloats,
} from "./plan.js";
import { writeSparseRows } from "./rows.js";

/** Samples as they came: whole, or a piece of them. */
export type Samples = Pick<Dataset, "count" | "inputs" | "sampleSize" | "labels" | "targets" | "targetSize">;

/** Walks samples piece by piece: gives the first row of each piece and the number of its rows. */
export type Pieces = Generator<[from: number, rows: number]>;

export class Arena {
  /** Addresses of everything; another object after `arrange`, as are the views. */
  plan: Plan;
  floats: Float32Array;
  words: Uint32Array;
  losses: Float64Array;

  constructor(
    private readonly spec: NetworkSpec,
    private kernels: Kernels,
    private memory: Memory,
    needs: Needs,
  ) {
    this.plan = planArena(spec, needs);
    this.floats = new Float32Array(memory.buffer);
    this.words = new Uint32Array(memory.buffer);
    this.losses = this.lossView();
  }

  /** Moves to another memory, with the parameters and nothing else. */
  move(memory: Memory, kernels: Kernels, needs: Needs): void {
    const parameters = this.copyParameters();
    this.memory = memory;
    this.kernels = kernels;
    this.arrange(needs);
    this.setParameters(parameters);
  }

  /** Takes a new layout for everything but the parameters. */
  arrange(needs: Needs): void {
    const plan = planArena(this.spec, needs);
    growMemory(this.memory, plan.end);
    this.plan = plan;
    this.floats = new Float32Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
    this.losses = this.lossView();
  }

  private lossView(): Float64Array {
    return new Float64Array(this.memory.buffer, this.plan.losses, this.plan.capacity);
  }

  // --- samples ---

  /** Copies the inputs of samples, as many as the stage holds at a time: gives the first of them and how many. */
  *staged(samples: Samples): Pieces {
    const { stage, stageRows } = this.plan;
    for (let from = 0; from < samples.count; from += stageRows) {
      const rows = Math.min(stageRows, samples.count - from);
      this.copyInputs(samples, from, from + rows, stage.rows);
      yield [from, rows];
    }
  }

  /** Copies the inputs of samples `from` to `to`, as they came. */
  copyInputs({ inputs, sampleSize }: Samples, from: number, to: number, address: number): void {
    const rows = inputs.subarray(from * sampleSize, to * sampleSize);
    if (isBytes(rows)) new Uint8Array(this.memory.buffer, address, rows.length).set(rows);
    else new Float32Array(this.memory.buffer, address, rows.length).set(rows);
  }

  /** RangeError for a label of no class: it would be a wrong address, or target. Its array may change at any time. */
  copyTargets({ labels, targets, targetSize }: Samples, from: number, to: number, address: number): void {
    if (labels) {
      const copies = new Uint32Array(this.memory.buffer, address, to - from);
      copies.set(labels.subarray(from, to));
      const classes = classesOf(this.spec);
      const wrong = copies.find((label) => label >= classes);
      if (wrong === undefined) return;
      copies.fill(0);
      throw new RangeError(`a label was changed to ${wrong}, but the network has ${classesText(this.spec)}`);
    } else if (targets) this.floats.set(targets.subarray(from * targetSize, to * targetSize), address / 4);
  }

  countNonZero(inputs: Samples["inputs"], counts: number, rows: number, count: number): void {
    if (isBytes(inputs)) this.kernels.countNonZeroU8(counts, rows, count, this.spec.inputs);
    else this.kernels.countNonZeroF32(counts, rows, count, this.spec.inputs);
  }

  /** Non-zero inputs of the stage's first `rows` rows, of the kind of `inputs`. */
  countStaged(inputs: Samples["inputs"], rows: number): number {
    const { stage, labels } = this.plan;
    // The place of the labels is not used yet: they come after.
    this.countNonZero(inputs, labels, stage.rows, rows);
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += this.words[labels / 4 + i] as number;
    return sum;
  }

  /** Non-zero inputs of the `count` bound samples whose order is at `order`. */
  countBound(order: number, count: number): number {
    const { words } = this;
    const [first, index] = [order / 4, this.plan.index / 4];
    let sum = 0;
    for (let i = 0; i < count; i++) sum += words[index + (words[first + i] as number)] as number;
    return sum;
  }

  /** Puts lists of all samples where the plan has the dataset, with their spans; a piece at a time. */
  *listSamples(samples: Samples): Pieces {
    const { kernels, spec } = this;
    const { data, index, stage } = this.plan;
    const areBytes = isBytes(samples.inputs);
    let lists = data.rows;
    for (const [from, rows] of this.staged(samples)) {
      // There is room for what was counted before others had their turn.
      if (lists + this.countStaged(samples.inputs, rows) * ENTRY_BYTES > data.targets) {
        throw new RangeError("the inputs were changed while they were taken in");
      }
      const spans = index + from * SPAN_BYTES;
      writeSparseRows(kernels, spec, areBytes, lists, spans, stage.rows, 0, rows);
      lists = this.words[(spans + rows * SPAN_BYTES) / 4 - 1] as number;
      yield [from, rows];
    }
  }

  /**
   * Copies all samples unchanged to the plan's dataset, and counts the non-zero inputs of each; one piece at a time.
   */
  *loadSamples(samples: Samples): Pieces {
    const { inputs, sampleSize, count } = samples;
    const { data, index, stageRows } = this.plan;
    const rowBytes = sampleSize * inputs.BYTES_PER_ELEMENT;
    for (let from = 0; from < count; from += stageRows) {
      const rows = Math.min(stageRows, count - from);
      this.copyInputs(samples, from, from + rows, data.rows + from * rowBytes);
      this.countNonZero(inputs, index + from * 4, data.rows + from * rowBytes, rows);
      yield [from, rows];
    }
  }

  // --- results ---

  /** The class of row `row` of the last piece. */
  label(row: number): number {
    return this.words[this.plan.labels / 4 + row] as number;
  }

  /** Where the outputs of row `row` of the last evaluated piece begin among the floats, if they were kept. */
  keptOutputs(row: number): number {
    return this.plan.keptOutputs / 4 + row * padded(outputUnits(this.spec));
  }

  /** Copies the outputs of the last piece's first `rows` rows, `[rows][units]`, into `out` at `at`; default: the last layer. */
  copyOutputs(rows: number, out: Float32Array, at: number, layer = this.spec.layers.length - 1): void {
    const { activations, units } = this.plan.layers[layer] as LayerPlan;
    const { floats } = this;
    for (let row = 0, from = activations / 4; row < rows; row++, from += padded(units)) {
      for (let unit = 0; unit < units; unit++) out[at++] = floats[from + unit] as number;
    }
  }

  // --- parameters ---

  /** A tensor's values in row-major order, copied; `offset` leads from parameters to a twin of theirs. */
  readTensor(tensor: Tensor, offset = 0): Float32Array<ArrayBuffer> {
    const at = (tensor.address + offset) / 4;
    const values = new Float32Array(tensorFloats(tensor));
    for (let i = 0; i < values.length; i++) values[i] = this.floats[at + panelIndex(tensor, i)] as number;
    return values;
  }

  /** All parameters, or with `offset` a twin of theirs, copied: W and B of each layer, row-major. */
  readLayers(offset = 0): LayerParameters[] {
    const layers = this.plan.layers.map(() => ({}) as LayerParameters);
    for (const tensor of this.plan.tensors) {
      (layers[tensor.layer] as LayerParameters)[tensor.kind] = this.readTensor(tensor, offset);
    }
    return layers;
  }

  /** Sets all parameters, in the form that `readLayers` gives. */
  writeLayers(layers: readonly LayerParameters[]): void {
    for (const tensor of this.plan.tensors) {
      this.writeTensor(tensor, (layers[tensor.layer] as LayerParameters)[tensor.kind]);
    }
  }

  /** Sets a tensor from row-major values. −0 becomes 0, which the sparse path's skipping of zeros relies on. */
  writeTensor(tensor: Tensor, values: Float32Array): void {
    this.restoreTensor(
      tensor,
      values.map((value) => value + 0),
    );
  }

  /** Sets a tensor to what `readTensor` gave, to the bit. */
  restoreTensor(tensor: Tensor, values: Float32Array, offset = 0): void {
    const at = (tensor.address + offset) / 4;
    for (let i = 0; i < values.length; i++) this.floats[at + panelIndex(tensor, i)] = values[i] as number;
  }

  /** The parameters as they lie in memory, for `setParameters`; into `copy` where one is given. */
  copyParameters(copy = new Float32Array(this.plan.paramFloats)): Float32Array<ArrayBuffer> {
    const at = this.plan.params / 4;
    copy.set(this.floats.subarray(at, at + this.plan.paramFloats));
    return copy;
  }

  /** Puts back what `copyParameters` gave. */
  setParameters(copy: Float32Array): void {
    this.floats.set(copy, this.plan.params / 4);
  }

  /** Bytes of the memory. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Whether no parameter has overflowed. */
  hasFiniteParameters(): boolean {
    return this.isFinite(this.plan.params);
  }

  /** Whether no moment of the optimizer has overflowed. */
  hasFiniteSlots(): boolean {
    return this.plan.slots.every((address) => this.isFinite(address));
  }

  private isFinite(address: number): boolean {
    const { floats } = this;
    const end = address / 4 + this.plan.paramFloats;
    for (let i = address / 4; i < end; i++) if (!Number.isFinite(floats[i])) return false;
    return true;
  }

  clearSlots(): void {
    for (const address of this.plan.slots) this.floats.fill(0, address / 4, address / 4 + this.plan.paramFloats);
  }
}
