// Putting a mini-batch together: augmenting its images, copying its rows out of the dataset, and making sparse rows (CSR) and
// columns (CSC) of them. Every thread gathers the whole batch for itself: that costs less than fetching it from another core.

import { ENTRY_BYTES, PANEL, SPAN_BYTES } from "../abi.js";
import { InputForm, TargetKind } from "../memory/command.js";
import { type AugmentPlan, padded } from "../memory/plan.js";
import { writeSparseRows } from "../memory/rows.js";
import { outputUnits } from "../spec.js";
import type { StepContext } from "./context.js";

/** Up to this many samples the gradient uses sparse rows: sparse columns would be too short to be worth making. */
const FEW_SAMPLES = 16;

export function hasFewSamples(context: StepContext): boolean {
  return context.task.count <= FEW_SAMPLES;
}

/** Augments this thread's share of the batch's images, for all threads. */
export function augmentShare(context: StepContext): void {
  const { kernels, plan, spec, task, thread } = context;
  if (task.augments === 0) return;
  const { settings, images, scratch, scratchStride } = plan.augment as AugmentPlan;
  const [from, to] = context.share(task.count);
  if (from === to) return;
  const x = images + from * spec.inputs * 4;
  const order = task.order + from * 4;
  kernels.augment(x, task.rows, order, to - from, task.areBytes === 1, settings, scratch + thread * scratchStride);
}

/** Gathers the whole batch into this thread's blocks. */
export function gatherBatch(context: StepContext): void {
  gatherRows(context, 0, context.task.count, context.thread);
  if (context.usesSparseRows(0) && !hasFewSamples(context)) makeColumns(context);
}

/** Puts the batch's rows `from` to `to` with their targets into the blocks of thread `thread`. */
export function gatherRows(context: StepContext, from: number, to: number, thread: number): void {
  const { plan, spec, task } = context;
  const count = to - from;
  const block = thread * plan.batchStride;
  // Without an order, rows are found by where they start.
  const skipped = task.order === 0 ? from : 0;
  const order = task.order === 0 ? 0 : task.order + from * 4;
  if (task.augments === 1) {
    const { images } = plan.augment as AugmentPlan;
    gatherInputs(context, images + from * spec.inputs * 4, 0, false, from, count, block);
  } else {
    const areBytes = task.areBytes === 1;
    const rows = task.rows + skipped * spec.inputs * (areBytes ? 1 : 4);
    gatherInputs(context, rows, order, areBytes, from, count, block);
  }
  gatherTargets(context, skipped, order, from, count, block);
}

/** Puts `count` rows of bytes or floats into the batch, from its row `first` on: dense, or as sparse rows. */
function gatherInputs(
  { kernels, plan, spec, task }: StepContext,
  rows: number,
  order: number,
  areBytes: boolean,
  first: number,
  count: number,
  block: number,
): void {
  const { inputs, inputScale } = spec;
  const spans = plan.spans + block + first * SPAN_BYTES;
  const entries = plan.inputs + block + first * inputs * ENTRY_BYTES;
  if (task.inputForm === InputForm.storedSparse) kernels.gatherSparseRows(spans, plan.index, order, count);
  else if (task.inputForm === InputForm.sparse) {
    writeSparseRows(kernels, spec, areBytes, entries, spans, rows, order, count);
  } else {
    const x = plan.inputs + block + first * padded(inputs) * 4;
    if (areBytes) kernels.gatherU8(x, rows, order, count, inputs, inputScale);
    else kernels.gatherF32(x, rows, order, count, inputs);
  }
}

/** The same for targets; the first `skipped` of the dataset are passed over. */
function gatherTargets(
  { kernels, plan, spec, task }: StepContext,
  skipped: number,
  order: number,
  first: number,
  count: number,
  block: number,
): void {
  const units = outputUnits(spec);
  const y = plan.targets + block + first * padded(units) * 4;
  const { targetKind, targets } = task;
  if (targetKind === TargetKind.labels) kernels.gatherLabels(y, targets + skipped * 4, order, count, units);
  else if (targetKind === TargetKind.vectors) kernels.gatherF32(y, targets + skipped * units * 4, order, count, units);
}

/** Makes sparse columns of the batch's sparse rows, for the inputs whose gradient is this thread's. */
function makeColumns(context: StepContext): void {
  const { kernels, plan, task, thread } = context;
  const { batchStride, columnStride } = plan;
  const block = thread * batchStride;
  const { inputs, units, split } = context.layer(0);
  const [from, to] = split ? [0, inputs] : inputShare(context, inputs);
  const [columns, ends] = [plan.columns + block, plan.ends + block];
  kernels.sparseColumns(columns, ends, plan.spans + block, task.count, units, columnStride, from, to);
}

/** This thread's share of a layer's inputs, in whole panels of the layer below. */
export function inputShare(context: StepContext, inputs: number): [from: number, to: number] {
  const [from, to] = context.share(padded(inputs) / PANEL);
  return [Math.min(inputs, from * PANEL), Math.min(inputs, to * PANEL)];
}
