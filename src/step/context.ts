// What the phases of a step share: the kernels, where everything lies, the task, and which part of it is this thread's.

import { ACTIVATIONS, activationRow } from "../activations.js";
import type { Memory } from "../kernels/memory.js";
import type { Kernels } from "../kernels/modules.js";
import { type LossKernel, lossRow } from "../losses.js";
import { InputForm, newTask, SETTINGS_BYTES, type Task } from "../memory/command.js";
import { type LayerPlan, type ParameterRange, type Plan, parameterRanges, shareOf } from "../memory/plan.js";
import type { UpdateKernel } from "../recipe/optimizer.js";
import { activationParameter, isBinary, type LayerSpec, type NetworkSpec, type TensorSpec } from "../spec.js";

/** One layer as a thread sees it. */
export interface StepLayer extends LayerPlan {
  /** Code and parameter of the activation. */
  code: number;
  parameter: number;
  /** The code of what the forward product applies: that of `linear` where z is kept, or the loss takes logits. */
  forwardCode: number;
  /** The share of units that training leaves out. */
  dropout: number;
  /** Whether training changes the weights, and the biases. */
  trains: Record<TensorSpec["kind"], boolean>;
}

/** One thread's view of a network in memory. All phases of a step are functions of it. */
export class StepContext {
  /** What is being done. */
  task: Task = newTask();
  /** Rows of the last batch that were classified right; only thread 0 counts them. */
  correct = 0;
  readonly layers: readonly StepLayer[];
  readonly loss: LossKernel;
  /** The kernel that updates parameters. */
  readonly update: Kernels[UpdateKernel];
  /** Whether the last layer's outputs are logits until the loss, or a prediction, applies its activation. */
  readonly leavesLogits: boolean;
  /** Whether a single output tells two classes apart. */
  readonly isBinary: boolean;
  /** The parameters that this thread updates. */
  readonly ranges: readonly ParameterRange[];
  /** Where the kernels of this thread find the settings of a step, and the same as numbers. */
  readonly settings: number;
  private readonly settingsView: Float64Array;

  constructor(
    readonly kernels: Kernels,
    readonly spec: NetworkSpec,
    readonly plan: Plan,
    memory: Memory,
    /** Whether to take the tiles for engines that run pairs of vectors as one. */
    readonly wide: boolean,
    /** This thread's number from 0, and how many there are. */
    readonly thread: number,
    readonly threads: number,
  ) {
    const { kernel, takesLogits = false } = lossRow(spec.loss);
    this.loss = kernel;
    this.update = kernels[plan.update];
    this.leavesLogits = takesLogits;
    this.isBinary = isBinary(spec);
    const last = plan.layers.length - 1;
    this.layers = plan.layers.map((layer, i) => {
      const trains = { weights: trained(plan, i, "weights"), biases: trained(plan, i, "biases") };
      return { ...stepLayer(spec.layers[i] as LayerSpec, layer, takesLogits && i === last), trains };
    });
    this.ranges = parameterRanges(plan, thread, threads);
    this.settings = plan.settings + thread * plan.settingsStride;
    this.settingsView = new Float64Array(memory.buffer, this.settings, SETTINGS_BYTES / 8);
  }

  layer(index: number): StepLayer {
    return this.layers[index] as StepLayer;
  }

  get lastLayer(): StepLayer {
    return this.layers[this.layers.length - 1] as StepLayer;
  }

  /** This thread's share of `count` things: from the first to before the second number. */
  share(count: number): [from: number, to: number] {
    return shareOf(count, this.thread, this.threads);
  }

  /** Puts a task's settings where the kernels of this thread read them. */
  takeSettings({ settings, hasSettings }: Task): void {
    if (hasSettings === 0) return;
    for (let i = 0; i < settings.length; i++) this.settingsView[i] = settings[i] as number;
  }

  /** Whether a layer takes its inputs as sparse rows. */
  usesSparseRows(index: number): boolean {
    return index === 0 && this.task.inputForm !== InputForm.dense;
  }

  /** The share of a layer's units that is left out: 0 outside training, where samples come in no order. */
  dropoutOf(index: number): number {
    return this.task.order === 0 ? 0 : this.layer(index).dropout;
  }
}

function stepLayer(layer: LayerSpec, plan: LayerPlan, leavesLogits: boolean): Omit<StepLayer, "trains"> {
  const { code } = activationRow(layer.activation);
  const forwardCode = leavesLogits || plan.sums !== 0 ? ACTIVATIONS.linear.code : code;
  return { ...plan, code, parameter: activationParameter(layer), forwardCode, dropout: layer.dropout ?? 0 };
}

function trained({ tensors }: Plan, layer: number, kind: TensorSpec["kind"]): boolean {
  return tensors.some((tensor) => tensor.layer === layer && tensor.kind === kind && tensor.trained);
}

/** The outputs and the deltas of a layer in the blocks of one thread, which a split layer has only one of. */
export function activationsOf(layer: LayerPlan, thread: number): number {
  return layer.activations + thread * layer.threadStride;
}

export function deltasOf(layer: LayerPlan, thread: number): number {
  return layer.deltas + thread * layer.threadStride;
}

/** Where W·L + B of a layer goes, and S′ is taken from: its block of z where it keeps one, else its outputs. */
export function sumsOf(layer: LayerPlan, thread: number): number {
  return (layer.sums === 0 ? layer.activations : layer.sums) + thread * layer.threadStride;
}
