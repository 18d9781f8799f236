// One thread's place at the barrier: every thread runs the phases of a task, and meets the others after a phase whose results
// they need. Thread 0 writes tasks into shared memory, the others read them there.

import type { Memory } from "../kernels/memory.js";
import type { Kernels } from "../kernels/modules.js";
import {
  BARRIER_BYTES,
  COMMAND_BYTES,
  COMMAND_FLOATS,
  decodeTask,
  encodeTask,
  newTask,
  type Task,
  TaskKind,
} from "../memory/command.js";
import type { Plan } from "../memory/plan.js";
import type { NetworkSpec } from "../spec.js";
import { StepContext } from "../step/context.js";
import { type Phase, phasesOf } from "../step/work.js";

/** What a meeting ends in (see `assembly/barrier.ts`). */
const TIMED_OUT = 1;
const BROKEN = 2;

/** `proceed` and `resume` give this when all phases are done. */
export const DONE = -1;

export interface SeatOptions {
  /** This thread's number from 0, and how many there are. */
  thread: number;
  threads: number;
  /** Looks at the barrier before the thread sleeps. */
  spins: number;
  /** Milliseconds of sleep after which a meeting counts as late. */
  patience: number;
}

/** For what one thread does alone. */
export const ALONE: SeatOptions = { thread: 0, threads: 1, spins: 0, patience: 0 };

export class Seat {
  private readonly context: StepContext;
  private readonly phases: Record<number, Phase[]>;
  /** Meetings that this thread has been at, and tasks that it has begun. */
  private meetings = 0;
  private tasks = 0;

  /** `wide`: whether to take the tiles for engines that run pairs of vectors as one. */
  constructor(
    private readonly kernels: Kernels,
    spec: NetworkSpec,
    private readonly plan: Plan,
    private readonly memory: Memory,
    wide: boolean,
    private readonly options: SeatOptions,
  ) {
    this.context = new StepContext(kernels, spec, plan, memory, wide, options.thread, options.threads);
    this.phases = phasesOf(plan);
  }

  /** Rows of the last learned batch that were classified right; only thread 0 counts them. */
  get correct(): number {
    return this.context.correct;
  }

  /** On thread 0: gives the others a task, whose phases `proceed` then runs. */
  begin(task: Task): void {
    this.tasks++;
    this.context.task = task;
    this.context.takeSettings(task);
    if (this.options.threads > 1) encodeTask(task, this.command());
  }

  /** Runs this thread's part from phase `first` on. Gives DONE, or where to resume when the others are late for a meeting. */
  proceed(first = 0): number {
    const { context } = this;
    const phases = this.phases[context.task.kind] as Phase[];
    for (let i = first; i < phases.length; i++) {
      const { run, layer, meets } = phases[i] as Phase;
      run(context, layer);
      if (meets && this.options.threads > 1) {
        if (this.meet() === TIMED_OUT) return i + 1;
        this.meetings++;
      }
    }
    return DONE;
  }

  /** Waits once more for the others, and proceeds if they have come. */
  resume(phase: number): number {
    if (this.wait() === TIMED_OUT) return phase;
    this.meetings++;
    return this.proceed(phase);
  }

  /** On the other threads: one task after the other, until they are told to stop or the barrier is broken. */
  serve(): void {
    const { context } = this;
    const task = newTask();
    context.task = task;
    do {
      this.tasks++;
      if (!this.meetPatiently()) return;
      decodeTask(this.command(), task);
      context.takeSettings(task);
      const phases = this.phases[task.kind] as Phase[];
      for (let i = 1; i < phases.length; i++) {
        const { run, layer, meets } = phases[i] as Phase;
        run(context, layer);
        if (meets && !this.meetPatiently()) return;
      }
    } while (task.kind !== TaskKind.stop);
  }

  private meetPatiently(): boolean {
    let outcome = this.meet();
    while (outcome === TIMED_OUT) outcome = this.wait();
    this.meetings++;
    return outcome !== BROKEN;
  }

  private meet(): number {
    const { threads, spins, patience } = this.options;
    return this.kernels.meet(this.plan.meeting, this.meetings, threads, spins, patience);
  }

  private wait(): number {
    return this.kernels.awaitMeeting(this.plan.meeting, this.meetings, 0, this.options.patience);
  }

  /** The current task in shared memory; two places take turns. */
  private command(): Float64Array {
    const at = this.plan.meeting + BARRIER_BYTES + (this.tasks % 2) * COMMAND_BYTES;
    return new Float64Array(this.memory.buffer, at, COMMAND_FLOATS);
  }
}
