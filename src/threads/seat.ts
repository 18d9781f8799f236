// One thread's part in a command: every thread runs the same phases, and meets the others after a phase whose results they need.
// Thread 0 writes commands, the others read them.

import type { Memory } from "../kernels/memory.js";
import type { Kernels } from "../kernels/modules.js";
import { FIELDS, Field, Task } from "../memory/command.js";
import { COMMAND_BYTES, type Plan } from "../memory/plan.js";
import type { NetworkSpec } from "../spec.js";
import { type Phase, Work } from "../step/work.js";

/** Where the command lies past the barrier: two take turns, so that one is read while the next is written. */
const COMMANDS = 64;

/** What a meeting ends in (see `assembly/barrier.ts`). */
const TIMED_OUT = 1;
const BROKEN = 2;

/** `run` and `resume` give this when all phases are done. */
export const DONE = -1;

/** Who takes part: this thread's number, of how many, and how long it waits for the others. */
export interface Seat {
  thread: number;
  threads: number;
  /** Looks at the barrier before it sleeps. */
  spins: number;
  /** Milliseconds of sleep until it is told that the others are late. */
  patience: number;
}

export const ALONE: Seat = { thread: 0, threads: 1, spins: 0, patience: 0 };

export class Pass {
  private readonly work: Work;
  private meetings = 0;
  private commands = 0;

  /** `wide`: whether to take the tiles for engines that run pairs of vectors as one. */
  constructor(
    private readonly kernels: Kernels,
    spec: NetworkSpec,
    private readonly plan: Plan,
    private readonly memory: Memory,
    wide: boolean,
    private readonly seat: Seat,
  ) {
    this.work = new Work(kernels, spec, plan, memory, wide, seat.thread, seat.threads);
  }

  /** What is to be done, for thread 0 to fill in. */
  get command(): Float64Array {
    return this.work.command;
  }

  /** Rows of the last learned batch that this thread found classified right; only thread 0 counts. */
  get correct(): number {
    return this.work.correct;
  }

  /** Tells the others of `command` and does this thread's part. Gives DONE, or where to resume when the others are late. */
  run(): number {
    this.commands++;
    if (this.seat.threads > 1) this.commandView().set(this.command);
    return this.runFrom(0);
  }

  /** Goes on where `run` or `resume` stopped. */
  resume(phase: number): number {
    if (this.wait() === TIMED_OUT) return phase;
    this.meetings++;
    return this.runFrom(phase);
  }

  private runFrom(first: number): number {
    const { phases } = this;
    for (let i = first; i < phases.length; i++) {
      const { work, meets } = phases[i] as Phase;
      work();
      if (meets && this.seat.threads > 1) {
        if (this.meet() === TIMED_OUT) return i + 1;
        this.meetings++;
      }
    }
    return DONE;
  }

  /** What the threads other than 0 do: one command after the other, until told to stop or the barrier is broken. */
  serve(): void {
    for (;;) {
      this.commands++;
      if (!this.meetPatiently()) return;
      this.command.set(this.commandView());
      const { phases } = this;
      for (let i = 1; i < phases.length; i++) {
        const { work, meets } = phases[i] as Phase;
        work();
        if (meets && !this.meetPatiently()) return;
      }
      if (this.command[Field.task] === Task.stop) return;
    }
  }

  /** What the command is made of. */
  private get phases(): Phase[] {
    return this.work.phases[this.command[Field.task] as number] as Phase[];
  }

  private meetPatiently(): boolean {
    let outcome = this.meet();
    while (outcome === TIMED_OUT) outcome = this.wait();
    this.meetings++;
    return outcome !== BROKEN;
  }

  private meet(): number {
    const { threads, spins, patience } = this.seat;
    return this.kernels.meet(this.plan.meeting, this.meetings, threads, spins, patience);
  }

  private wait(): number {
    return this.kernels.awaitMeeting(this.plan.meeting, this.meetings, 0, this.seat.patience);
  }

  private commandView(): Float64Array {
    const at = this.plan.meeting + COMMANDS + (this.commands % 2) * COMMAND_BYTES;
    return new Float64Array(this.memory.buffer, at, FIELDS);
  }
}
