// The backward pass: the loss and ∂C/∂z of the last layer, ∂C/∂z of the layers below by the chain rule, and ∂C/∂W, ∂C/∂B.

import { ACTIVATIONS } from "../activations.js";
import { TargetKind } from "../memory/command.js";
import { padded } from "../memory/plan.js";
import { hasFewSamples, inputShare } from "./batch.js";
import { activationsOf, deltasOf, type StepContext, sumsOf } from "./context.js";
import { layerInput } from "./forward.js";

/** On thread 0, counts the rows that are classified right, before the loss turns outputs into deltas. */
export function countCorrect(context: StepContext): void {
  const { kernels, plan, task, thread, isBinary, leavesLogits } = context;
  if (thread !== 0 || task.targetKind !== TargetKind.labels) return;
  const { activations, units } = context.lastLayer;
  // The blocks of thread 0 are the first.
  context.correct = isBinary
    ? kernels.countBinary(activations, plan.targets, task.count, leavesLogits)
    : kernels.countCorrect(activations, plan.targets, task.count, units);
}

/** The losses of the batch and ∂C/∂z of the last layer: of this thread's rows where it is split, else of all. */
export function outputDeltas(context: StepContext): void {
  const { task, thread } = context;
  const { split } = context.lastLayer;
  if (!split) countCorrect(context);
  const [from, to] = split ? context.share(task.count) : [0, task.count];
  lossOfRows(context, from, to, task.scale, thread);
}

/**
 * Stores the losses of rows `from` to `to` and turns their outputs into ∂C/∂z times `scale`, in place, by the targets of thread
 * `thread`. The host reads losses from the first block, where a split layer stores them all.
 */
export function lossOfRows(context: StepContext, from: number, to: number, scale: number, thread: number): void {
  const { kernels, plan } = context;
  const layer = context.lastLayer;
  const { units, code, parameter } = layer;
  const rows = to - from;
  if (rows === 0) return;
  const losses = plan.losses + ((layer.split ? 0 : thread) * plan.capacity + from) * 8;
  const offset = from * padded(units) * 4;
  const outputs = activationsOf(layer, thread) + offset;
  const slopes = sumsOf(layer, thread) + offset;
  const targets = plan.targets + thread * plan.batchStride + offset;
  context.loss(kernels, losses, outputs, slopes, targets, rows, units, scale, code, parameter);
}

/** ∂C/∂z_{l−1} = Wᵀ·∂C/∂z_l · S′(z_{l−1}): of this thread's units of a split layer below, else of all of them, for itself. */
export function inputGradient(context: StepContext, index: number): void {
  const [layer, below] = [context.layer(index), context.layer(index - 1)];
  const { kernels, task, thread, settings } = context;
  const { inputs, units, weights } = layer;
  const [from, to] = below.split ? context.share(below.panels) : [0, below.panels];
  const [d, dBelow, slopes] = [deltasOf(layer, thread), deltasOf(below, thread), sumsOf(below, thread)];
  const { code, parameter, sums } = below;
  const rate = context.dropoutOf(index - 1);
  // A unit that dropout left out has an output of 0, from which no slope can be taken: `dDropout` multiplies by S′ instead.
  const slopeCode = rate === 0 ? code : ACTIVATIONS.linear.code;
  const { count, order } = task;
  kernels.denseInputGradient(dBelow, d, weights, slopes, count, inputs, units, from, to, slopeCode, parameter);
  if (rate === 0) return;
  const ofSums = sums !== 0;
  const place = index - 1;
  kernels.dDropout(dBelow, slopes, order, count, inputs, from, to, place, rate, code, parameter, ofSums, settings);
}

/** Adds ∂C/∂W and ∂C/∂B of every layer, of what this thread changes, to what lies `offset` past the parameters. */
export function addGradients(context: StepContext): void {
  for (let i = context.layers.length - 1; i >= 0; i--) addLayerGradient(context, i);
}

/** ∂C/∂W = ∂C/∂z·L_{l−1}ᵀ and ∂C/∂B = ∂C/∂z, summed over the batch. */
function addLayerGradient(context: StepContext, index: number): void {
  const layer = context.layer(index);
  const { inputs, panels, split } = layer;
  const { kernels, task, thread } = context;
  // A split layer is shared out by units, another by inputs: a parameter is always changed by one thread.
  const [from, to] = split ? context.share(panels) : [0, panels];
  const [first, end] = split ? [0, inputs] : inputShare(context, inputs);
  if (layer.trains.weights) addWeightGradient(context, index, from, to, first, end);
  if (!layer.trains.biases || (!split && thread !== 0)) return;
  kernels.accumulateBias(layer.biases + task.offset, deltasOf(layer, thread), task.count, layer.units, from, to);
}

/** ∂C/∂W for the units of panels `from` to `to` and the inputs `first` to `end`. */
function addWeightGradient(
  context: StepContext,
  index: number,
  from: number,
  to: number,
  first: number,
  end: number,
): void {
  const { kernels, plan, task, thread, wide } = context;
  const layer = context.layer(index);
  const { inputs, units } = layer;
  const g = layer.weights + task.offset;
  const d = deltasOf(layer, thread);
  const block = thread * plan.batchStride;
  if (context.usesSparseRows(index) && hasFewSamples(context)) {
    kernels.sparseGradientRows(g, plan.spans + block, d, task.count, inputs, units, from, to, first, end);
  } else if (context.usesSparseRows(index)) {
    const [columns, ends] = [plan.columns + block, plan.ends + block];
    kernels.sparseGradient(g, columns, ends, d, inputs, units, plan.columnStride, from, to, first, end);
  } else {
    const x = layerInput(context, index, thread);
    kernels.accumulateGradient(g, x, d, task.count, inputs, units, from, to, first, end, wide);
  }
}
