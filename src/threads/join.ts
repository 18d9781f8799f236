// The helping thread's side of a team.

import { joinKernels } from "../kernels/modules.js";
import { Seat } from "./seat.js";
import type { JoinRequest } from "./team.js";

/** Milliseconds of sleep after which a thread checks the barrier again, in case it was not woken. */
const CHECK_AFTER = 1000;

/**
 * Runs this thread's part of all tasks of thread 0, over the shared memory, until the task "stop" or a broken barrier.
 * Blocks.
 */
export function join({ module, memory, wide, spec, plan, thread, threads, spins }: JoinRequest): void {
  const kernels = joinKernels(module, memory);
  new Seat(kernels, spec, plan, memory, wide, { thread, threads, spins, patience: CHECK_AFTER }).serve();
}
