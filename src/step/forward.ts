// The forward pass: L_l = S(W·L_{l−1} + B), layer by layer.

import { SPAN_BYTES } from "../abi.js";
import { padded } from "../memory/plan.js";
import { activationsOf, type StepContext, sumsOf } from "./context.js";

/** L_l of the batch in training: this thread's units of a split layer, else all of them, for itself. Dropout is part of it. */
export function forwardLayer(context: StepContext, index: number): void {
  const layer = context.layer(index);
  const [from, to] = layer.split ? context.share(layer.panels) : [0, layer.panels];
  const { kernels, task, thread, settings } = context;
  forwardRows(context, index, 0, task.count, from, to, thread);
  const rate = context.dropoutOf(index);
  if (rate === 0) return;
  const a = activationsOf(layer, thread);
  kernels.dropout(a, task.order, task.count, layer.units, from, to, index, rate, settings);
}

/** L_l = S(W·L_{l−1} + B) of rows `first` on, for the units of panels `from` to `to`, in the blocks of thread `thread`. */
export function forwardRows(
  context: StepContext,
  index: number,
  first: number,
  rows: number,
  from: number,
  to: number,
  thread: number,
): void {
  const { kernels, plan, wide } = context;
  const layer = context.layer(index);
  const { weights, biases, inputs, units, forwardCode, parameter, code, sums } = layer;
  const offset = first * padded(units) * 4;
  const z = sumsOf(layer, thread) + offset;
  if (context.usesSparseRows(index)) {
    const spans = plan.spans + thread * plan.batchStride + first * SPAN_BYTES;
    kernels.sparseForward(z, spans, weights, biases, rows, inputs, units, from, to, forwardCode, parameter, wide);
  } else {
    const x = layerInput(context, index, thread) + first * padded(inputs) * 4;
    kernels.denseForward(z, x, weights, biases, rows, inputs, units, from, to, forwardCode, parameter, wide);
  }
  // Where z is kept, the outputs have a block of their own; elsewhere the product has applied S in place.
  if (sums === 0) return;
  kernels.activate(activationsOf(layer, thread) + offset, z, rows, units, from, to, code, parameter);
}

/** L_{l−1}: the batch, or the outputs of the layer below. */
export function layerInput({ plan, layers }: StepContext, index: number, thread: number): number {
  const below = layers[index - 1];
  return below ? activationsOf(below, thread) : plan.inputs + thread * plan.batchStride;
}
