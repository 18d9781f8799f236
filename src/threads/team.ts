// The helping threads of a network: starting them, sending them the network's memory, and noticing that they are gone.
// What they compute is in `step/`; their own side is `thread.ts`, which the build bundles into the text from which they
// start.

import { threadSource } from "../../build/thread.js";
import { now, processors, timers } from "../host.js";
import type { Memory } from "../kernels/memory.js";
import type { KernelModule } from "../kernels/modules.js";
import type { Plan } from "../memory/plan.js";
import type { NetworkSpec } from "../spec.js";
import { canSpawn, spawn, type WorkerHandle } from "./spawn.js";

/** The message by which a thread joins the work of a network. */
export interface JoinRequest {
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
 * How often a thread polls the barrier before it sleeps, about 0.1 ms. Waking takes about 50 µs: a thread that slept is
 * late at the next barrier, so the others sleep there too, and so on. With more threads than processors, polling only
 * takes time from the thread that is waited for.
 */
const SPINS = 100_000;
/** Milliseconds within which all threads must start, also on a busy machine; as long as a network's own worker has. */
const START_TIMEOUT = 30_000;

/** The text that threads run. */
let source = threadSource;

/**
 * Makes threads run this text. A network's worker receives it from the page, because its own script does not contain
 * it.
 */
export function useThreadSource(text: string): void {
  source = text;
}

/** The text that threads run. */
export function usedThreadSource(): string {
  return source;
}

/** Whether threads can be used here: it needs shared memory, workers, and a calling thread that may block. */
export function canHaveThreads(): boolean {
  if (typeof SharedArrayBuffer !== "function") return false;
  if (!canSpawn()) return false;
  try {
    // Throws on the main thread of a browser, which may not block.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** How often the threads of a team poll before they sleep; 0 with more threads than processors. */
export function spinsFor(threads: number): number {
  return threads <= processors() ? SPINS : 0;
}

/**
 * The helping threads of one network. They are started once; between two runs they are idle and do not hold its memory.
 */
export class Team {
  private readonly helpers: WorkerHandle[] = [];
  /** The numbers of the threads that have started. */
  private readonly started = new Set<number>();
  /** Why a thread is gone; undefined while all are there. */
  private reason: string | undefined;
  /** Called when a thread has started or is gone. */
  private changed: () => void = () => {};

  /** Starts `threads` − 1 threads, numbered from 1; thread 0 is the caller. Throws an Error if the engine refuses. */
  constructor(readonly threads: number) {
    try {
      for (let thread = 1; thread < threads; thread++) this.helpers.push(this.start(thread));
    } catch (cause) {
      this.end();
      throw cause;
    }
  }

  /** Why the team cannot be used any more; undefined while it can. */
  get failure(): string | undefined {
    return this.reason;
  }

  private start(thread: number): WorkerHandle {
    return spawn(source, `wasmlp ${thread}`, {
      message: () => {
        this.started.add(thread);
        this.changed();
      },
      gone: (why) => {
        this.reason ??= why;
        this.changed();
      },
    });
  }

  /** Whether all threads have started. They join as soon as they have finished what they did before. */
  get isReady(): boolean {
    return this.reason === undefined && this.started.size === this.helpers.length;
  }

  /** Waits until all threads have started, or have failed to within the timeout. Resolves to whether they have. */
  async whenStarted(): Promise<boolean> {
    // The threads keep Node's process alive during the wait; it may be the only thing that does.
    for (const helper of this.helpers) helper.hold(true);
    const deadline = now() + START_TIMEOUT;
    while (!this.isReady && this.reason === undefined && now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = timers.start(resolve, 100);
        this.changed = () => {
          timers.stop(timer);
          resolve();
        };
      });
    }
    for (const helper of this.helpers) helper.hold(false);
    return this.isReady;
  }

  /** Sends every thread what it needs to join. The threads then arrive at the barrier by themselves. */
  requestJoin(request: Omit<JoinRequest, "thread" | "threads" | "spins">): void {
    const { threads } = this;
    this.helpers.forEach((helper, i) => {
      helper.post({ ...request, thread: i + 1, threads, spins: spinsFor(threads) });
    });
  }

  /** Terminates all threads at once. */
  end(): void {
    this.reason ??= "it was terminated";
    for (const helper of this.helpers) helper.end();
  }
}
