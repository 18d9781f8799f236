// The threads that help: how many, how they are started, handed a network's memory, and found to be gone. What they do is in
// `pass.ts` and `work.ts`; their own side is `thread.ts`, which the build bundles into the text that starts them.

import { threadSource } from "../../build/thread.js";
import { processors } from "../host.js";
import type { Memory } from "../kernels/memory.js";
import type { KernelModule } from "../kernels/modules.js";
import type { Plan } from "../memory/plan.js";
import type { NetworkSpec } from "../spec.js";
import { canSpawn, type Helper, spawn } from "./spawn.js";

/** What a thread is told to join. */
export interface Invitation {
  module: KernelModule;
  memory: Memory;
  wide: boolean;
  spec: NetworkSpec;
  plan: Plan;
  thread: number;
  threads: number;
  spins: number;
}

/**
 * Looks at the barrier before a thread sleeps, about 0.1 ms: waking takes 50 µs, which makes the woken late for the
 * next meeting, so that the other sleeps too, and so on. With more threads than processors it would look in vain.
 */
const SPINS = 100_000;
/** Milliseconds that threads may take to start. */
const START_PATIENCE = 5000;

let source = threadSource;

/** Has threads run this text: a worker's own script does not carry it. */
export function useThreadSource(text: string): void {
  source = text;
}

export function usedThreadSource(): string {
  return source;
}

/** Whether threads can be had: shared memory, workers, and a thread here that may wait for them. */
export function canHaveThreads(): boolean {
  if (typeof SharedArrayBuffer !== "function") return false;
  if (!canSpawn()) return false;
  try {
    // The main thread of a browser may not wait, and throws.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

export function spinsFor(threads: number): number {
  return threads <= processors() ? SPINS : 0;
}

/** Helping threads of one network, started once, idle and without its memory between two runs. */
export class Team {
  private readonly helpers: Helper[] = [];
  private readonly started = new Set<number>();
  private trouble: string | undefined;
  private changed: () => void = () => {};

  /** Starts `threads` − 1 threads. Throws where the engine refuses. */
  constructor(readonly threads: number) {
    try {
      for (let thread = 1; thread < threads; thread++) this.helpers.push(this.start(thread));
    } catch (cause) {
      this.end();
      throw cause;
    }
  }

  /** Why the team is of no use any more, if it is not. */
  get failure(): string | undefined {
    return this.trouble;
  }

  private start(thread: number): Helper {
    return spawn(source, `wasmlp ${thread}`, {
      message: () => {
        this.started.add(thread);
        this.changed();
      },
      gone: (why) => {
        this.trouble ??= why;
        this.changed();
      },
    });
  }

  /** Whether all threads run, and take an invitation as soon as they are done with the one before. */
  get isReady(): boolean {
    return this.trouble === undefined && this.started.size === this.helpers.length;
  }

  /** Resolves to whether all threads have started. */
  async gather(): Promise<boolean> {
    // Nothing else may keep the process alive meanwhile.
    for (const helper of this.helpers) helper.hold(true);
    const deadline = performance.now() + START_PATIENCE;
    while (!this.isReady && this.trouble === undefined && performance.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const helper of this.helpers) helper.hold(false);
    return this.isReady;
  }

  /** Hands every thread its invitation. They arrive at the barrier on their own. */
  invite(invitation: Omit<Invitation, "thread" | "threads" | "spins">): void {
    const { threads } = this;
    this.helpers.forEach((helper, i) => {
      helper.post({ ...invitation, thread: i + 1, threads, spins: spinsFor(threads) });
    });
  }

  /** Ends the threads at once. */
  end(): void {
    this.trouble ??= "it was ended";
    for (const helper of this.helpers) helper.end();
  }
}
