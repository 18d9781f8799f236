// Who does what is told: this thread alone, or all threads together, whichever is faster just now; and what becomes of threads
// that are late, or gone. The results are the same whoever does it.

import { isPairing } from "../kernels/features.js";
import type { Memory } from "../kernels/memory.js";
import type { KernelModule, Kernels } from "../kernels/modules.js";
import { Field, Task } from "../memory/command.js";
import type { Plan } from "../memory/plan.js";
import type { Threads } from "../recipe/recipe.js";
import type { NetworkSpec } from "../spec.js";
import { Pace } from "./pace.js";
import { ALONE, DONE, Pass, type Seat } from "./seat.js";
import { spinsFor, Team } from "./team.js";

/** Milliseconds of waiting for other threads until it is looked whether they are still there. */
const PATIENCE = 200;
/** Times that a call which cannot look waits so long, before it goes on alone. */
const MOST_WAITS = 4;

/** Ends the threads of forgotten networks. */
const forgotten = new FinalizationRegistry<Team>((team) => team.end());

/** What all threads of a network share. */
interface Common {
  spec: NetworkSpec;
  memory: Memory;
  module: KernelModule;
  kernels: Kernels;
}

export class Runner {
  /** This thread's part in what it does alone, and in what all do. */
  private solo: Pass;
  private shared: Pass | undefined;
  private team: Team | undefined;
  /** Whether a command waits for a late thread. */
  private isLate = false;
  /** Whether other threads may be at work. */
  private othersWork = false;
  private pace = new Pace();

  constructor(
    private readonly common: Common,
    private readonly threads: Threads,
    private plan: Plan,
  ) {
    this.solo = this.seat(ALONE);
  }

  private seat(seat: Seat): Pass {
    const { kernels, spec, memory } = this.common;
    return new Pass(kernels, spec, this.plan, memory, isPairing(), seat);
  }

  /** Works by another plan from now on, alone until threads are invited anew. */
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

  /** Lets the threads join that the plan is for. Without them, this thread does it all. */
  async open(): Promise<void> {
    const { threads } = this.plan;
    if (threads === 1 || this.shared) return;
    const team = this.teamOf(threads);
    if (!team) return;
    if (await team.gather()) this.invite(team);
    else this.dispose();
  }

  /** Whether so many threads run; where `start`, they are started for the next time. */
  isReady(threads: number, start: boolean): boolean {
    return (start || this.team !== undefined) && this.teamOf(threads)?.isReady === true;
  }

  /** Lets the threads of the plan join, which are ready. */
  join(): void {
    this.invite(this.team as Team);
  }

  /** The team of so many threads, started if need be; undefined where it cannot be had. */
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
    new Uint32Array(memory.buffer, plan.meeting, 16).fill(0);
    team.invite({ module, memory, spec, plan, wide: isPairing() });
    this.pace = new Pace();
    this.othersWork = false;
    this.shared = this.seat({ thread: 0, threads: team.threads, spins: spinsFor(team.threads), patience: PATIENCE });
  }

  /** Lets the threads go; they forget this network's memory. */
  close(): void {
    const { shared } = this;
    if (!shared) return;
    this.shared = undefined;
    shared.command[Field.task] = Task.stop;
    if (shared.run() !== DONE) this.dispose();
  }

  /** Ends the other threads at once. */
  dispose(): void {
    this.team?.end();
    this.team = undefined;
    this.shared = undefined;
  }

  // --- commands ---

  /** Who is to do the next command on samples; what the others may still write is settled first where one alone does it. */
  choose(): Pass | Promise<Pass> {
    const { chosen } = this;
    const settling = chosen === this.solo ? this.settle() : undefined;
    return settling ? settling.then(() => chosen) : chosen;
  }

  private get chosen(): Pass {
    const isTogether = this.threads !== "auto" || this.pace.isTogether;
    return this.shared && isTogether ? this.shared : this.solo;
  }

  /** Does the pass's command. A promise where other threads are late. */
  execute(pass: Pass): Promise<void> | undefined {
    this.othersWork ||= pass === this.shared;
    const phase = pass.run();
    return phase === DONE ? undefined : this.waitFor(pass, phase);
  }

  /** The same for a command on `samples` samples, by whose time is found whether several threads pay. */
  executeTimed(pass: Pass, samples: number): Promise<void> | undefined {
    if (!this.shared) return this.execute(pass);
    const started = performance.now();
    const late = this.execute(pass);
    this.pace.add(samples, late ? PATIENCE : performance.now() - started);
    return late;
  }

  /** The same for a long command, and waits until all are done: what the others take longer counts too. */
  async executeWhole(pass: Pass, samples: number): Promise<void> {
    const started = performance.now();
    await this.execute(pass);
    await this.settle();
    this.pace.add(samples, performance.now() - started);
  }

  /** Has all do a command that `describe` writes, and that needs no samples. */
  order(describe: (pass: Pass) => void): Promise<void> | undefined {
    const pass = this.shared ?? this.solo;
    describe(pass);
    return this.execute(pass);
  }

  /** Waits until no thread is at work, so that what all have written can be read. */
  settle(): Promise<void> | undefined {
    if (!this.shared || !this.othersWork) return undefined;
    this.shared.command[Field.task] = Task.wait;
    const waiting = this.execute(this.shared);
    this.othersWork = false;
    return waiting;
  }

  /** Does at once a command that `describe` writes, alone if the others do not come. */
  insist(describe: (pass: Pass) => void): void {
    const { chosen } = this;
    for (const pass of chosen === this.solo ? [this.solo] : [chosen, this.solo]) {
      describe(pass);
      let phase = pass.run();
      for (let waits = 0; phase !== DONE && waits < MOST_WAITS; waits++) phase = pass.resume(phase);
      if (phase === DONE) break;
      this.abandon();
    }
  }

  /** Does alone, at once, a command that `describe` writes. */
  doAlone(describe: (pass: Pass) => void): void {
    describe(this.solo);
    this.solo.run();
  }

  private async waitFor(pass: Pass, stopped: number): Promise<void> {
    this.isLate = true;
    for (let phase = stopped; phase !== DONE; phase = pass.resume(phase)) {
      // A thread's end is told by an event, and those need the event loop.
      await new Promise((resolve) => setTimeout(resolve, 1));
      const failure = this.team?.failure;
      if (failure === undefined) continue;
      this.abandon();
      throw new Error(`a thread is gone in the middle of training: ${failure}; the step at hand is half done`);
    }
    this.isLate = false;
  }

  /** Sends the other threads home, whatever they are at. */
  private abandon(): void {
    this.common.kernels.breakBarrier(this.plan.meeting);
    this.isLate = false;
    this.dispose();
  }

  checkNotLate(): void {
    if (this.isLate) throw new Error("training waits for a thread that is late: ask again in a moment");
  }
}
