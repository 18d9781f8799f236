// Runs tasks: on this thread alone, or on all threads together, whichever is faster at the time; and deals with threads that
// are late or gone. The results are the same either way.

import { now, turn, whenCollected } from "../host.js";
import { isPairing } from "../kernels/features.js";
import type { Memory } from "../kernels/memory.js";
import type { KernelModule, Kernels } from "../kernels/modules.js";
import { BARRIER_BYTES, newTask, type Task, TaskKind } from "../memory/command.js";
import type { Plan } from "../memory/plan.js";
import type { Threads } from "../recipe/recipe.js";
import type { NetworkSpec } from "../spec.js";
import { ALONE, DONE, Seat, type SeatOptions } from "./seat.js";
import { spinsFor, Team } from "./team.js";
import { ThreadChoice } from "./thread-choice.js";

/** Milliseconds that thread 0 waits for the others before it checks whether they still exist. */
const CHECK_AFTER = 200;
/** How often a call that cannot check waits so long before it does the work alone. */
const MOST_WAITS = 4;

/** Ends the threads of networks that have been collected. */
const forgotten = /* @__PURE__ */ whenCollected<Team>((team) => team.end());

/** What all threads of a network share. */
interface Common {
  spec: NetworkSpec;
  memory: Memory;
  module: KernelModule;
  kernels: Kernels;
}

/** A helper thread ended in the middle of a step, whose effect is incomplete. */
export class LostThread extends Error {
  constructor(why: string) {
    super(`a helper thread ended during training: ${why}`);
  }
}

export class Runner {
  /** This thread's seat for what it does alone, and for what all threads do. */
  private solo: Seat;
  private shared: Seat | undefined;
  private team: Team | undefined;
  /** Whether a task waits for a late thread. */
  private isLate = false;
  /** Whether other threads may still be running a task. */
  private othersWork = false;
  private choice = new ThreadChoice();
  /** Tasks of the runner's own. */
  private readonly waiting = newTask();
  private readonly stopping = { ...newTask(), kind: TaskKind.stop };
  /** Whether a thread that was let go in the middle of a task may still write into the memory. */
  hasStray = false;
  /** Rows of the last learned batch that were classified right. */
  correct = 0;

  constructor(
    private common: Common,
    private readonly threads: Threads,
    private plan: Plan,
  ) {
    this.solo = this.seat(ALONE);
  }

  private seat(options: SeatOptions): Seat {
    const { kernels, spec, memory } = this.common;
    return new Seat(kernels, spec, this.plan, memory, isPairing(), options);
  }

  /** Takes another memory with its kernels. The threads must have been let go; they are sent it when they join again. */
  move(common: Omit<Common, "spec">, plan: Plan): void {
    this.common = { ...common, spec: this.common.spec };
    this.hasStray = false;
    this.arrange(plan);
  }

  /** Takes another plan. Until threads are invited again, this thread works alone. */
  arrange(plan: Plan): void {
    this.plan = plan;
    this.solo = this.seat(ALONE);
    this.shared = undefined;
  }

  // --- threads ---

  /** Whether threads have been invited. */
  get isOpen(): boolean {
    return this.shared !== undefined;
  }

  /** Starts the threads of the plan if need be, and lets them join. Where that fails, this thread works alone. */
  async open(): Promise<void> {
    const { threads } = this.plan;
    if (threads === 1 || this.shared) return;
    const team = this.teamOf(threads);
    if (!team) return;
    if (await team.whenStarted()) this.invite(team);
    else this.dispose();
  }

  /** Whether that many threads run; with `start`, they are started for the next time. */
  isReady(threads: number, start: boolean): boolean {
    return (start || this.team !== undefined) && this.teamOf(threads)?.isReady === true;
  }

  /** Lets the threads of the plan join, which must be ready. */
  join(): void {
    this.invite(this.team as Team);
  }

  /** The team of that many threads, started if need be; undefined where the engine refuses. */
  private teamOf(threads: number): Team | undefined {
    if (this.team?.failure !== undefined || (this.team && this.team.threads !== threads)) this.dispose();
    if (this.team) return this.team;
    try {
      this.team = new Team(threads);
      forgotten.register(this, this.team);
    } catch {
      return undefined;
    }
    return this.team;
  }

  private invite(team: Team): void {
    const { memory, spec, module } = this.common;
    const { plan } = this;
    new Uint8Array(memory.buffer, plan.meeting, BARRIER_BYTES).fill(0);
    team.requestJoin({ module, memory, spec, plan, wide: isPairing() });
    this.choice = new ThreadChoice();
    this.othersWork = false;
    this.shared = this.seat({ thread: 0, threads: team.threads, spins: spinsFor(team.threads), patience: CHECK_AFTER });
  }

  /** Lets the threads go; they drop this network's memory. */
  close(): void {
    const { shared } = this;
    if (!shared) return;
    this.shared = undefined;
    shared.begin(this.stopping);
    if (shared.proceed() === DONE) return;
    this.hasStray = true;
    this.dispose();
  }

  /** Ends the other threads at once. */
  dispose(): void {
    this.team?.end();
    this.team = undefined;
    this.shared = undefined;
  }

  // --- tasks ---

  /**
   * Runs a task on the threads that are faster at the time, which its duration helps to find out. Gives a promise where others
   * are late. With `settles` it also waits until all are done, and so measures what the others take longer.
   */
  run(task: Task, settles = false): Promise<void> | undefined {
    const seat = this.seatFor(task);
    if (seat === this.solo) {
      const settling = this.settle();
      if (settling) return settling.then(() => this.run(task, settles));
    }
    const started = this.shared ? now() : 0;
    this.othersWork ||= seat === this.shared;
    seat.begin(task);
    const phase = seat.proceed();
    this.correct = seat.correct;
    if (phase !== DONE) return this.finishLate(task, seat, phase, settles ? started : undefined);
    if (settles) return this.finishWhole(task, started);
    // Small networks take less than a microsecond a step, and a look at the clock 40 ns.
    if (this.shared) this.addTime(task, now() - started);
    return undefined;
  }

  /** All threads for a task without samples, which no timing decides; else those that are faster at the time. */
  private seatFor(task: Task): Seat {
    return task.count === 0 ? (this.shared ?? this.solo) : this.chosen;
  }

  /** Counts the duration of a task on samples. */
  private addTime({ count }: Task, milliseconds: number): void {
    if (this.shared && count > 0) this.choice.add(count, milliseconds);
  }

  private get chosen(): Seat {
    const isTogether = this.threads !== "auto" || this.choice.isTogether;
    return this.shared && isTogether ? this.shared : this.solo;
  }

  /** Waits for late threads; with the time at which the task was started also until all are done. */
  private async finishLate(task: Task, seat: Seat, phase: number, started: number | undefined): Promise<void> {
    await this.waitFor(seat, phase);
    this.correct = seat.correct;
    if (started === undefined) this.addTime(task, CHECK_AFTER);
    else await this.finishWhole(task, started);
  }

  private async finishWhole(task: Task, started: number): Promise<void> {
    await this.settle();
    this.addTime(task, now() - started);
  }

  /** Runs a task at once, alone if the others do not come. */
  runNow(task: Task): void {
    const { chosen } = this;
    for (const seat of chosen === this.solo ? [this.solo] : [chosen, this.solo]) {
      seat.begin(task);
      let phase = seat.proceed();
      for (let waits = 0; phase !== DONE && waits < MOST_WAITS; waits++) phase = seat.resume(phase);
      if (phase === DONE) break;
      this.abandon();
    }
  }

  /** Runs a task at once on this thread alone. */
  runAlone(task: Task): void {
    this.solo.begin(task);
    this.solo.proceed();
  }

  /** Waits until no thread is at work, so that everything they wrote can be read. */
  settle(): Promise<void> | undefined {
    if (!this.shared || !this.othersWork) return undefined;
    this.othersWork = false;
    this.shared.begin(this.waiting);
    const phase = this.shared.proceed();
    return phase === DONE ? undefined : this.waitFor(this.shared, phase);
  }

  private async waitFor(seat: Seat, stopped: number): Promise<void> {
    this.isLate = true;
    for (let phase = stopped; phase !== DONE; phase = seat.resume(phase)) {
      // The end of a thread is an event, and events need the event loop.
      await turn();
      // The team is gone where the network has been disposed of.
      const failure = this.team ? this.team.failure : "it was disposed of";
      if (failure === undefined) continue;
      this.abandon();
      throw new LostThread(failure);
    }
    this.isLate = false;
  }

  /** Releases the other threads from whatever they wait for, and ends them. */
  private abandon(): void {
    this.common.kernels.breakBarrier(this.plan.meeting);
    this.isLate = false;
    this.hasStray = true;
    this.dispose();
  }

  checkNotLate(): void {
    if (this.isLate) throw new Error("training waits for a thread that is late: call again in a moment");
  }
}
