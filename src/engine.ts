// One network in memory: what walks its layers, one kernel call each. Everything here trusts its arguments: `network.ts`
// checks them, since WebAssembly does not trap on a wrong address inside its memory.

import { CHUNK_ROWS, LINEAR } from "./abi.js";
import type { Dataset } from "./dataset.js";
import { type Build, createMemory, growMemory, type Kernels, loadKernels, type Memory } from "./kernels.js";
import {
  type LayerPlan,
  type Needs,
  type Plan,
  panelIndex,
  planArena,
  type RowsPlan,
  type Tensor,
  tensorFloats,
} from "./plan.js";
import { ascending } from "./random.js";
import { ACTIVATIONS, type Activation, type LayerSpec, type NetworkSpec, outputUnits } from "./spec.js";

/** Samples as they came: whole, or a piece of them. */
export type Samples = Pick<Dataset, "count" | "inputs" | "sampleSize" | "labels" | "targets" | "targetSize">;

/**
 * A batch of at most this many samples learns straight into the weights. In a larger one each sample's share of the step is
 * so small against the weight that float32 would lose much of it, so the gradient is summed on its own first.
 */
const DIRECT_ROWS = 256;

/** Places in `Engine.totals`. */
export const LOSS = 0;
export const CORRECT = 1;

export class Engine {
  /** Addresses of everything; another object after `bind`. */
  plan: Plan;
  /** Sums since the caller last cleared them: of row losses, and of rows classified right. */
  readonly totals = new Float64Array(2);
  private floats: Float32Array;
  private losses: Float64Array;

  private constructor(
    readonly spec: NetworkSpec,
    readonly build: Build,
    private readonly memory: Memory,
    readonly kernels: Kernels,
    needs: Needs,
  ) {
    this.plan = planArena(spec, needs);
    this.floats = new Float32Array(memory.buffer);
    this.losses = this.lossView();
  }

  static async create(spec: NetworkSpec, build: Build): Promise<Engine> {
    const needs = { batch: 1, samples: 0, inputBytes: 0, targetBytes: 0 };
    const memory = createMemory(planArena(spec, needs).end);
    return new Engine(spec, build, memory, await loadKernels(memory, build), needs);
  }

  // --- memory ---

  /** Lays the arena out for batches of `batch` samples of `samples`, and copies them and an ascending order into it. */
  bind(samples: Samples, batch: number): Uint32Array {
    const { inputs, sampleSize, count } = samples;
    const targetBytes = samples.labels ? 4 : samples.targetSize * 4;
    this.arrange({ batch, samples: count, inputBytes: sampleSize * inputs.BYTES_PER_ELEMENT, targetBytes });
    this.copySamples(samples, 0, count, this.plan.data);
    const order = new Uint32Array(this.memory.buffer, this.plan.order, count);
    order.set(ascending(count));
    return order;
  }

  private arrange(needs: Needs): void {
    const plan = planArena(this.spec, needs);
    growMemory(this.memory, plan.end);
    this.plan = plan;
    this.floats = new Float32Array(this.memory.buffer);
    this.losses = this.lossView();
  }

  private lossView(): Float64Array {
    return new Float64Array(this.memory.buffer, this.plan.losses, this.plan.capacity);
  }

  /** Copies samples `from` to `to` to where the plan keeps such rows. */
  private copySamples(samples: Samples, from: number, to: number, at: RowsPlan): void {
    const { inputs, sampleSize, labels, targets, targetSize } = samples;
    const rows = inputs.subarray(from * sampleSize, to * sampleSize);
    if (rows instanceof Uint8Array) new Uint8Array(this.memory.buffer, at.rows, rows.length).set(rows);
    else new Float32Array(this.memory.buffer, at.rows, rows.length).set(rows);
    if (labels) new Uint32Array(this.memory.buffer, at.targets, to - from).set(labels.subarray(from, to));
    else if (targets) this.floats.set(targets.subarray(from * targetSize, to * targetSize), at.targets / 4);
  }

  /** A tensor's values in row-major order, copied; `offset` leads from parameters to their gradients. */
  readTensor(tensor: Tensor, offset = 0): Float32Array<ArrayBuffer> {
    const at = (tensor.address + offset) / 4;
    return Float32Array.from(
      { length: tensorFloats(tensor) },
      (_, i) => this.floats[at + panelIndex(tensor, i)] as number,
    ) as Float32Array<ArrayBuffer>;
  }

  /** Sets a tensor from row-major values. −0 becomes 0, which the sparse path's skipping of zeros relies on. */
  writeTensor(tensor: Tensor, values: Float32Array): void {
    const at = tensor.address / 4;
    for (let i = 0; i < values.length; i++) this.floats[at + panelIndex(tensor, i)] = (values[i] as number) + 0;
  }

  /** Whether no parameter has overflowed. */
  hasFiniteParameters(): boolean {
    const { floats } = this;
    const { params, paramFloats } = this.plan;
    for (let i = params / 4; i < params / 4 + paramFloats; i++) if (!Number.isFinite(floats[i])) return false;
    return true;
  }

  // --- one pass ---

  /** Puts `count` samples from number `from` into the batch, by way of the stage; at most `plan.stageRows`. */
  loadStaged(samples: Samples, from: number, count: number): void {
    this.copySamples(samples, from, from + count, this.plan.stage);
    this.gather(samples, this.plan.stage, 0, count);
  }

  /** Puts `count` bound samples from position `from` of their order into the batch. */
  private loadOrdered(samples: Samples, from: number, count: number): void {
    this.gather(samples, this.plan.data, this.plan.order + from * 4, count);
  }

  private gather(samples: Samples, at: RowsPlan, order: number, count: number): void {
    const { kernels, plan, spec } = this;
    if (samples.inputs instanceof Uint8Array) {
      kernels.gatherU8(plan.inputs, at.rows, order, count, spec.inputs, spec.inputScale);
    } else kernels.gatherF32(plan.inputs, at.rows, order, count, spec.inputs);
    const units = outputUnits(spec);
    if (samples.labels) kernels.gatherLabels(plan.targets, at.targets, order, count, units);
    else if (samples.targets) kernels.gatherF32(plan.targets, at.targets, order, count, units);
  }

  /** Runs the batch's first `rows` samples through all layers. With cross-entropy the outputs are left as logits. */
  forward(rows: number): void {
    const { layers, inputs } = this.plan;
    for (let i = 0; i < layers.length; i++) {
      const { activations, weights, biases, inputs: width, units, panels } = layers[i] as LayerPlan;
      const x = i === 0 ? inputs : (layers[i - 1] as LayerPlan).activations;
      const code = this.leavesLogits(i) ? LINEAR : this.activationCode(i);
      this.kernels.denseForward(activations, x, weights, biases, rows, width, units, 0, panels, code);
    }
  }

  private activationCode(layer: number): number {
    return ACTIVATIONS[(this.spec.layers[layer] as LayerSpec).activation];
  }

  private leavesLogits(layer: number): boolean {
    return this.spec.loss === "crossEntropy" && layer === this.spec.layers.length - 1;
  }

  /** Turns logits into outputs, where `forward` left them so. */
  activateOutputs(rows: number): void {
    const last = this.plan.layers.length - 1;
    if (!this.leavesLogits(last)) return;
    const { activations, units } = this.plan.layers[last] as LayerPlan;
    this.kernels.activate(activations, rows, units, this.activationCode(last));
  }

  /** Adds the loss of `rows` samples to `totals`, and turns the outputs into their deltas, dC/dz times `scale`. */
  loss(rows: number, scale: number): void {
    const { kernels, plan, spec } = this;
    const last = plan.layers.length - 1;
    const { deltas, units } = plan.layers[last] as LayerPlan;
    if (spec.loss === "crossEntropy") {
      if (outputActivation(spec) === "softmax") {
        kernels.softmaxCrossEntropy(plan.losses, deltas, plan.targets, rows, units, scale);
      } else kernels.sigmoidCrossEntropy(plan.losses, deltas, plan.targets, rows, units, scale);
    } else {
      const share = spec.loss === "meanSquaredError" ? 1 / units : 1;
      kernels.squaredError(
        plan.losses,
        deltas,
        plan.targets,
        rows,
        units,
        share,
        scale * share,
        this.activationCode(last),
      );
    }
    let sum = this.totals[LOSS] as number;
    for (let i = 0; i < rows; i++) sum += this.losses[i] as number;
    this.totals[LOSS] = sum;
  }

  /**
   * Backpropagation: from the last layer down, the deltas of the layer below, then this layer's gradient added to what lies
   * `offset` past its parameters. Offset 0 is the parameters themselves, which is why the deltas go first.
   */
  private backward(rows: number, offset: number): void {
    const { layers, inputs } = this.plan;
    for (let i = layers.length - 1; i >= 0; i--) {
      const { deltas, weights, biases, inputs: width, units, panels } = layers[i] as LayerPlan;
      const below = layers[i - 1];
      const x = below ? below.activations : inputs;
      if (below) {
        const code = this.activationCode(i - 1);
        this.kernels.denseInputGradient(below.deltas, deltas, weights, x, rows, width, units, 0, below.panels, code);
      }
      this.kernels.accumulateGradient(weights + offset, biases + offset, x, deltas, rows, width, units, 0, panels);
    }
  }

  // --- learning ---

  /** One step of gradient descent on `count` bound samples from position `from`: P − rate·∇C. Adds to `totals`. */
  step(samples: Samples, from: number, count: number, rate: number): void {
    if (count <= DIRECT_ROWS) {
      this.loadOrdered(samples, from, count);
      this.learn(samples, count, -rate / count, 0);
      return;
    }
    const offset = this.clearGradients();
    for (let done = 0; done < count; done += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, count - done);
      this.loadOrdered(samples, from + done, rows);
      this.learn(samples, rows, 1 / count, offset);
    }
    this.kernels.sgd(this.plan.params, this.plan.grads, this.plan.paramFloats, rate);
  }

  private learn(samples: Samples, rows: number, scale: number, offset: number): void {
    this.forward(rows);
    if (samples.labels) this.countCorrect(rows);
    this.loss(rows, scale);
    this.backward(rows, offset);
  }

  private countCorrect(rows: number): void {
    const { activations, units } = this.plan.layers[this.plan.layers.length - 1] as LayerPlan;
    const correct = this.kernels.countCorrect(activations, this.plan.targets, rows, units);
    this.totals[CORRECT] = (this.totals[CORRECT] as number) + correct;
  }

  /** Leaves the mean gradient over `samples` in the gradient block; gives the way there from a parameter, in bytes. */
  gradient(samples: Samples): number {
    const offset = this.clearGradients();
    for (let from = 0; from < samples.count; from += this.plan.stageRows) {
      const rows = Math.min(this.plan.stageRows, samples.count - from);
      this.loadStaged(samples, from, rows);
      this.learn(samples, rows, 1 / samples.count, offset);
    }
    return offset;
  }

  private clearGradients(): number {
    const { params, grads, paramFloats } = this.plan;
    this.floats.fill(0, grads / 4, grads / 4 + paramFloats);
    return grads - params;
  }

  /** Copies row `row` of the outputs, `units` numbers, into `out` at `at`. */
  copyOutput(row: number, out: Float32Array, at: number): void {
    const { activations, units, panels } = this.plan.layers[this.plan.layers.length - 1] as LayerPlan;
    const start = activations / 4 + row * panels * 16;
    out.set(this.floats.subarray(start, start + units), at);
  }
}

function outputActivation(spec: NetworkSpec): Activation {
  return (spec.layers[spec.layers.length - 1] as LayerSpec).activation;
}
