// Inference: the forward pass of each thread's own rows, with the losses of an evaluation.

import { ACTIVATIONS } from "../activations.js";
import { TaskKind } from "../memory/command.js";
import { padded } from "../memory/plan.js";
import { lossOfRows } from "./backward.js";
import { gatherRows } from "./batch.js";
import type { StepContext } from "./context.js";
import { forwardRows } from "./forward.js";

/** This thread's rows through all layers, in the blocks of thread 0: outputs or losses, and the class of each row. */
export function inferRows(context: StepContext): void {
  const { kernels, layers, plan, task } = context;
  const [from, to] = context.share(task.count);
  const rows = to - from;
  if (rows === 0) return;
  gatherRows(context, from, to, 0);
  for (let i = 0; i < layers.length; i++) forwardRows(context, i, from, rows, 0, context.layer(i).panels, 0);
  const { activations, units, panels, code, parameter } = context.lastLayer;
  const outputs = activations + from * padded(units) * 4;
  const labels = plan.labels + from * 4;
  if (context.isBinary) kernels.findBinary(labels, outputs, rows, context.leavesLogits);
  else kernels.findLargest(labels, outputs, rows, units);
  if (task.kind === TaskKind.evaluate) {
    if (task.keepsOutputs === 1) keepOutputs(context, outputs, from, rows);
    lossOfRows(context, from, to, 1, 0);
  } else if (context.leavesLogits) kernels.activate(outputs, outputs, rows, units, 0, panels, code, parameter);
}

/** Copies the outputs of rows `from` on before the loss overwrites them; logits become what a prediction gives. */
function keepOutputs(context: StepContext, outputs: number, from: number, rows: number): void {
  const { kernels, lastLayer, leavesLogits, plan } = context;
  const { units, panels, parameter } = lastLayer;
  const code = leavesLogits ? lastLayer.code : ACTIVATIONS.linear.code;
  const kept = plan.keptOutputs + from * padded(units) * 4;
  kernels.activate(kept, outputs, rows, units, 0, panels, code, parameter);
}
