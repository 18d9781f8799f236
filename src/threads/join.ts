// How a helping thread takes part in another's work.

import { joinKernels } from "../kernels/modules.js";
import { Seat } from "./seat.js";
import type { Invitation } from "./team.js";

/** Milliseconds between two looks whether anything has happened that no one woke it for. */
const PATIENCE = 1000;

/** Does this thread's part of what thread 0 tells all, until it tells them to stop. */
export function join({ module, memory, wide, spec, plan, thread, threads, spins }: Invitation): void {
  const kernels = joinKernels(module, memory);
  new Seat(kernels, spec, plan, memory, wide, { thread, threads, spins, patience: PATIENCE }).serve();
}
