// What one thread does with a batch, phase by phase, over its own panels, rows or inputs. A layer too small to share out is
// computed by every thread into activations and deltas of its own; every parameter is written by exactly one thread.
//
// Everything here trusts its arguments: `network.ts` checks them, since WebAssembly does not trap on a wrong address inside
// its memory.

import { ENTRY_BYTES, LINEAR, NORM, PANEL, SPAN_BYTES } from "../abi.js";
import type { Memory } from "../kernels/memory.js";
import type { Kernels } from "../kernels/modules.js";
import { FIELDS, Field, Lists, Targets, Task } from "../memory/command.js";
import {
  COMMAND_BYTES,
  type LayerPlan,
  type Plan,
  padded,
  panelRows,
  type RedrawPlan,
  shareOf,
} from "../memory/plan.js";
import { listRows } from "../memory/rows.js";
import { ACTIVATIONS, type Activation, type LayerSpec, type NetworkSpec, outputUnits } from "../spec.js";

/** Up to so many samples the gradient is taken by row lists: an input's own list would be too short to pay. */
const FEW_SAMPLES = 16;

export interface Phase {
  work: () => void;
  /** Whether all threads must have done it before any goes on. */
  meets: boolean;
}

/** Parameters that follow one another; only weights decay. */
interface Range {
  address: number;
  floats: number;
  areWeights: boolean;
}

export class Work {
  /** What is being done, where kernels can read it. */
  readonly command: Float64Array;
  /** Rows of the last learned batch that this thread found classified right; only thread 0 counts. */
  correct = 0;
  /** What each task is made of. */
  readonly phases: Record<number, Phase[]>;
  /** What of the parameters it is this thread's to change by their gradient. */
  private readonly own: Range[];

  constructor(
    private readonly kernels: Kernels,
    private readonly spec: NetworkSpec,
    private readonly plan: Plan,
    memory: Memory,
    /** Whether to take the tiles for engines that run pairs of vectors as one. */
    private readonly wide: boolean,
    /** This thread's number, and of how many. */
    private readonly thread: number,
    private readonly threads: number,
  ) {
    this.command = new Float64Array(memory.buffer, plan.commands + thread * COMMAND_BYTES, FIELDS);
    this.own = this.ownParameters();
    const start = { work: () => {}, meets: true };
    const gradient = { work: () => this.gradientShare() };
    const update = { work: () => this.update(), meets: false };
    this.phases = {
      // Met once more, all have read that they are to stop, and the place may be used anew.
      [Task.stop]: [start, start],
      [Task.wait]: [start],
      [Task.learn]: [start, ...this.learning(), { ...gradient, meets: false }],
      // Others may have added to the gradient of what is this thread's to change.
      [Task.step]: [start, ...this.learning(), { ...gradient, meets: true }, update],
      [Task.update]: [start, update],
      [Task.predict]: [start, { work: () => this.infer(), meets: true }],
      [Task.evaluate]: [start, { work: () => this.infer(), meets: true }],
    };
  }

  private field(place: number): number {
    return this.command[place] as number;
  }

  private share(count: number): [from: number, to: number] {
    return shareOf(count, this.thread, this.threads);
  }

  // --- learning from a batch ---

  /** All up to the deltas of every layer. */
  private learning(): Phase[] {
    const { layers } = this.plan;
    const last = layers.length - 1;
    const output = layers[last] as LayerPlan;
    const phases: Phase[] = this.plan.redraw ? [{ work: () => this.redrawShare(), meets: true }] : [];
    phases.push({ work: () => this.gatherOwn(), meets: false });
    layers.forEach((layer, i) => {
      phases.push({ work: () => this.forwardShare(i), meets: layer.split });
    });
    if (output.split) phases.push({ work: () => this.count(), meets: true });
    phases.push({ work: () => this.lossShare(output.split), meets: output.split });
    for (let i = last; i > 0; i--) {
      phases.push({ work: () => this.inputGradientShare(i), meets: i > 1 && (layers[i - 1] as LayerPlan).split });
    }
    // Nobody may read weights any more that somebody else is to change.
    (phases[phases.length - 1] as Phase).meets = true;
    return phases;
  }

  private get redraws(): boolean {
    return this.field(Field.redraws) === 1;
  }

  /** Draws this thread's share of the batch's images anew, for all. */
  private redrawShare(): void {
    if (!this.redraws) return;
    const { kernels, thread } = this;
    const { settings, images, scratch, scratchStride } = this.plan.redraw as RedrawPlan;
    const [from, to] = this.share(this.field(Field.count));
    if (from === to) return;
    const x = images + from * this.spec.inputs * 4;
    const order = this.field(Field.order) + from * 4;
    const isBytes = this.field(Field.bytes) === 1;
    kernels.augment(x, this.field(Field.rows), order, to - from, isBytes, settings, scratch + thread * scratchStride);
  }

  /** Every thread gathers the whole batch for itself. */
  private gatherOwn(): void {
    this.gather(0, this.field(Field.count), this.thread);
    if (this.usesLists(0) && !this.hasFewSamples) this.listColumns();
  }

  /** Puts the batch's rows `from` to `to` in the blocks of thread `thread`, with their targets. */
  private gather(from: number, to: number, thread: number): void {
    const count = to - from;
    const block = thread * this.plan.batchStride;
    const { inputs } = this.spec;
    const order = this.field(Field.order);
    // Without an order rows are found by where they start.
    const skipped = order === 0 ? from : 0;
    const start = order === 0 ? 0 : order + from * 4;
    if (this.redraws) {
      const { images } = this.plan.redraw as RedrawPlan;
      this.gatherInputs(images + from * inputs * 4, 0, false, from, count, block);
    } else {
      const isBytes = this.field(Field.bytes) === 1;
      const rows = this.field(Field.rows) + skipped * inputs * (isBytes ? 1 : 4);
      this.gatherInputs(rows, start, isBytes, from, count, block);
    }
    this.gatherTargets(skipped, start, from, count, block);
  }

  /** Puts `count` rows, bytes or floats, in the batch from its row `first` on: dense, or as lists. */
  private gatherInputs(
    rows: number,
    order: number,
    isBytes: boolean,
    first: number,
    count: number,
    block: number,
  ): void {
    const { kernels, plan, spec } = this;
    const { inputs, inputScale } = spec;
    const how = this.field(Field.lists);
    const spans = plan.spans + block + first * SPAN_BYTES;
    const lists = plan.inputs + block + first * inputs * ENTRY_BYTES;
    if (how === Lists.kept) kernels.gatherSpans(spans, plan.index, order, count);
    else if (how === Lists.made) listRows(kernels, spec, isBytes, lists, spans, rows, order, count);
    else {
      const x = plan.inputs + block + first * padded(inputs) * 4;
      if (isBytes) kernels.gatherU8(x, rows, order, count, inputs, inputScale);
      else kernels.gatherF32(x, rows, order, count, inputs);
    }
  }

  /** The same of targets, of which the first `skipped` are passed over. */
  private gatherTargets(skipped: number, order: number, first: number, count: number, block: number): void {
    const { kernels, plan } = this;
    const units = outputUnits(this.spec);
    const y = plan.targets + block + first * padded(units) * 4;
    const kind = this.field(Field.targetKind);
    const targets = this.field(Field.targets);
    if (kind === Targets.labels) kernels.gatherLabels(y, targets + skipped * 4, order, count, units);
    else if (kind === Targets.vectors) kernels.gatherF32(y, targets + skipped * units * 4, order, count, units);
  }

  /** Whether a layer takes its inputs from lists. */
  private usesLists(index: number): boolean {
    return index === 0 && this.field(Field.lists) !== Lists.none;
  }

  private get hasFewSamples(): boolean {
    return this.field(Field.count) <= FEW_SAMPLES;
  }

  /** This thread's panels of a layer it shares, or all of its own copy. */
  private forwardShare(index: number): void {
    const layer = this.plan.layers[index] as LayerPlan;
    const [from, to] = layer.split ? this.share(layer.panels) : [0, layer.panels];
    const count = this.field(Field.count);
    this.forward(index, 0, count, from, to, this.thread);
    const rate = this.dropoutOf(index);
    if (rate === 0) return;
    const a = activationsOf(layer, this.thread);
    this.kernels.dropout(a, this.field(Field.order), count, layer.units, from, to, index, rate, this.settings);
  }

  /** The share of a layer's units that is left out: none where samples come in no order, as when only a gradient is asked for. */
  private dropoutOf(index: number): number {
    return this.field(Field.order) === 0 ? 0 : ((this.spec.layers[index] as LayerSpec).dropout ?? 0);
  }

  /** Rows from `first` on of one layer, panels `from` to `to`, in the blocks of thread `thread`. */
  private forward(index: number, first: number, rows: number, from: number, to: number, thread: number): void {
    const layer = this.plan.layers[index] as LayerPlan;
    const { weights, biases, inputs, units } = layer;
    const a = activationsOf(layer, thread) + first * padded(units) * 4;
    const code = this.leavesLogits(index) ? LINEAR : this.activationCode(index);
    if (this.usesLists(index)) {
      const spans = this.plan.spans + thread * this.plan.batchStride + first * SPAN_BYTES;
      this.kernels.sparseForward(a, spans, weights, biases, rows, inputs, units, from, to, code, this.wide);
      return;
    }
    const x = this.layerInput(index, thread) + first * padded(inputs) * 4;
    this.kernels.denseForward(a, x, weights, biases, rows, inputs, units, from, to, code, this.wide);
  }

  /** Where a layer's inputs lie: the batch, or the layer below. */
  private layerInput(index: number, thread: number): number {
    const { inputs, batchStride } = this.plan;
    return index === 0
      ? inputs + thread * batchStride
      : activationsOf(this.plan.layers[index - 1] as LayerPlan, thread);
  }

  private listColumns(): void {
    const { batchStride, columnStride, layers } = this.plan;
    const block = this.thread * batchStride;
    const [columns, ends] = [this.plan.columns + block, this.plan.ends + block];
    const { inputs, units, split } = layers[0] as LayerPlan;
    const [from, to] = split ? [0, inputs] : this.inputShare(inputs);
    const rows = this.field(Field.count);
    this.kernels.listColumns(columns, ends, this.plan.spans + block, rows, units, columnStride, from, to);
  }

  /** This thread's share of a layer's inputs, which are whole panels of the layer below. */
  private inputShare(inputs: number): [from: number, to: number] {
    const [from, to] = this.share(padded(inputs) / PANEL);
    return [Math.min(inputs, from * PANEL), Math.min(inputs, to * PANEL)];
  }

  private activationCode(index: number): number {
    return ACTIVATIONS[(this.spec.layers[index] as LayerSpec).activation];
  }

  private leavesLogits(index: number): boolean {
    return this.spec.loss === "crossEntropy" && index === this.spec.layers.length - 1;
  }

  /** Thread 0 counts the rows that are classified right, before the loss turns outputs into deltas. */
  private count(): void {
    if (this.thread !== 0 || this.field(Field.targetKind) !== Targets.labels) return;
    const { layers, targets } = this.plan;
    const output = layers[layers.length - 1] as LayerPlan;
    // The blocks of thread 0 are the first.
    this.correct = this.kernels.countCorrect(output.activations, targets, this.field(Field.count), output.units);
  }

  private lossShare(split: boolean): void {
    const count = this.field(Field.count);
    if (!split) this.count();
    const [from, to] = split ? this.share(count) : [0, count];
    this.loss(from, to, this.field(Field.scale), this.thread);
  }

  /**
   * Stores the losses of rows `from` to `to`, and turns the outputs into their deltas, by the targets of thread `thread`.
   * Losses are read from the first block, where a layer that is shared out leaves them all.
   */
  private loss(from: number, to: number, scale: number, thread: number): void {
    const { kernels, plan, spec } = this;
    const last = plan.layers.length - 1;
    const layer = plan.layers[last] as LayerPlan;
    const { units } = layer;
    const rows = to - from;
    if (rows === 0) return;
    const losses = plan.losses + ((layer.split ? 0 : thread) * plan.capacity + from) * 8;
    const outputs = activationsOf(layer, thread) + from * padded(units) * 4;
    const targets = plan.targets + thread * plan.batchStride + from * padded(units) * 4;
    if (spec.loss === "crossEntropy") {
      if (outputActivation(spec) === "softmax") {
        kernels.softmaxCrossEntropy(losses, outputs, targets, rows, units, scale);
      } else kernels.sigmoidCrossEntropy(losses, outputs, targets, rows, units, scale);
      return;
    }
    const share = spec.loss === "meanSquaredError" ? 1 / units : 1;
    kernels.squaredError(losses, outputs, targets, rows, units, share, scale * share, this.activationCode(last));
  }

  /** The deltas of the layer below layer `index`: of this thread's panels, or all of its own copy. */
  private inputGradientShare(index: number): void {
    const { layers } = this.plan;
    const [layer, below] = [layers[index] as LayerPlan, layers[index - 1] as LayerPlan];
    const { kernels, thread } = this;
    const { inputs, units } = layer;
    const [from, to] = below.split ? this.share(below.panels) : [0, below.panels];
    const [d, dBelow, a] = [deltasOf(layer, thread), deltasOf(below, thread), activationsOf(below, thread)];
    const rows = this.field(Field.count);
    const code = this.activationCode(index - 1);
    const rate = this.dropoutOf(index - 1);
    // Of a unit that is left out, the output tells no slope.
    const slope = rate === 0 ? code : LINEAR;
    kernels.denseInputGradient(dBelow, d, layer.weights, a, rows, inputs, units, from, to, slope);
    if (rate === 0) return;
    const order = this.field(Field.order);
    kernels.dDropout(dBelow, a, order, rows, inputs, from, to, index - 1, rate, code, this.settings);
  }

  /** Adds the gradient of what is this thread's to change to what lies `offset` past the parameters. */
  private gradientShare(): void {
    for (let i = this.plan.layers.length - 1; i >= 0; i--) this.layerGradient(i);
  }

  private layerGradient(index: number): void {
    const { kernels, plan } = this;
    const layer = plan.layers[index] as LayerPlan;
    const { inputs, units, panels, split } = layer;
    const { thread } = this;
    const rows = this.field(Field.count);
    const offset = this.field(Field.offset);
    const deltas = deltasOf(layer, thread);
    const [from, to] = split ? this.share(panels) : [0, panels];
    const [first, end] = split ? [0, inputs] : this.inputShare(inputs);
    const g = layer.weights + offset;
    const block = thread * plan.batchStride;
    if (this.usesLists(index) && this.hasFewSamples) {
      kernels.sparseGradientRows(g, plan.spans + block, deltas, rows, inputs, units, from, to, first, end);
    } else if (this.usesLists(index)) {
      const [columns, ends] = [plan.columns + block, plan.ends + block];
      kernels.sparseGradient(g, columns, ends, deltas, inputs, units, plan.columnStride, from, to, first, end);
    } else {
      const x = this.layerInput(index, thread);
      kernels.accumulateGradient(g, x, deltas, rows, inputs, units, from, to, first, end, this.wide);
    }
    if (split || thread === 0) kernels.accumulateBias(layer.biases + offset, deltas, rows, units, from, to);
  }

  // --- following the gradient ---

  /** This thread's panels of every layer, however the gradient is shared out. */
  private ownParameters(): Range[] {
    return this.plan.layers.flatMap(({ weights, biases, inputs, panels }) => {
      const [from, to] = this.share(panels);
      const floats = panelRows(inputs) * PANEL;
      return [
        { address: weights + from * floats * 4, floats: (to - from) * floats, areWeights: true },
        { address: biases + from * PANEL * 4, floats: (to - from) * PANEL, areWeights: false },
      ];
    });
  }

  private update(): void {
    for (let i = 0; i < this.own.length; i++) this.descend(this.own[i] as Range);
    if (this.field(Field.settings + NORM) === 0) return;
    for (const { weights, inputs, panels } of this.plan.layers) {
      const [from, to] = this.share(panels);
      this.kernels.limitNorms(weights, inputs, from, to, this.settings);
    }
  }

  /** Where kernels find what the step tells them. */
  private get settings(): number {
    return this.command.byteOffset + Field.settings * 8;
  }

  /** Has the optimizer change parameters by their gradient. How many moments there are tells which optimizer it is. */
  private descend({ address, floats, areWeights }: Range): void {
    const { kernels, plan, settings } = this;
    // Twins of the parameters lie one after the other.
    const twin = plan.grads - plan.params;
    const grads = address + twin;
    const [first, second] = [grads + twin, grads + 2 * twin];
    if (plan.slots.length === 0) kernels.sgd(address, grads, floats, settings, areWeights);
    else if (plan.slots.length === 1) kernels.momentum(address, grads, first, floats, settings, areWeights);
    else kernels.adam(address, grads, first, second, floats, settings, areWeights);
  }

  // --- inference ---

  /** This thread's rows through all layers: outputs or losses, and where the largest output of each is. */
  private infer(): void {
    const [from, to] = this.share(this.field(Field.count));
    const rows = to - from;
    if (rows === 0) return;
    this.gather(from, to, 0);
    const { layers, labels } = this.plan;
    layers.forEach((layer, i) => {
      this.forward(i, from, rows, 0, layer.panels, 0);
    });
    const last = layers.length - 1;
    const { activations, units } = layers[last] as LayerPlan;
    const outputs = activations + from * padded(units) * 4;
    this.kernels.findLargest(labels + from * 4, outputs, rows, units);
    if (this.field(Field.task) === Task.evaluate) this.loss(from, to, 1, 0);
    else if (this.leavesLogits(last)) this.kernels.activate(outputs, rows, units, this.activationCode(last));
  }
}

function activationsOf(layer: LayerPlan, thread: number): number {
  return layer.activations + thread * layer.threadStride;
}

function deltasOf(layer: LayerPlan, thread: number): number {
  return layer.deltas + thread * layer.threadStride;
}

function outputActivation(spec: NetworkSpec): Activation {
  return (spec.layers[spec.layers.length - 1] as LayerSpec).activation;
}
