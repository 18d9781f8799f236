// Says in a task which samples it is on.

import { isBytes } from "../kinds.js";
import type { Samples } from "./arena.js";
import { TargetKind, type Task } from "./command.js";
import type { RowsPlan } from "./plan.js";

/** What tells how samples lie in memory. */
export type Kind = Pick<Samples, "inputs" | "labels" | "targets">;
export const FLOATS: Kind = { inputs: new Float32Array(0), labels: undefined, targets: undefined };

/** Fills in which samples a task is on: of the kind of `samples`, whose rows and targets lie at `at`. */
export function describe(
  task: Task,
  { inputs, labels, targets }: Kind,
  at: RowsPlan,
  order: number,
  count: number,
): void {
  task.rows = at.rows;
  task.targets = at.targets;
  task.order = order;
  task.count = count;
  task.areBytes = isBytes(inputs) ? 1 : 0;
  task.targetKind = labels ? TargetKind.labels : targets ? TargetKind.vectors : TargetKind.none;
}
