// Yields to the event loop during long work, so that a page stays responsive and signals arrive.

import type { Signal } from "./globals.js";
import { now, turn } from "./host.js";

/** Training yields to the event loop after this long, and in a large batch at the end of the chunk of 1,024 samples. */
const YIELD_MILLISECONDS = 12;

/** The clock that says when it is time to yield or to save. Tests replace `now`, in milliseconds, to have it where they need it. */
export const clock = { now };

/** Yields to the event loop if it is time: returns a promise then. */
export type YieldPoint = () => Promise<void> | undefined;
export const neverYield: YieldPoint = () => undefined;

/** Walks through all pieces: calls `take` with each, and `yieldPoint` after it. */
export async function walkYielding(
  pieces: Iterable<[from: number, rows: number]>,
  yieldPoint: YieldPoint,
  take: (from: number, rows: number) => void = () => {},
): Promise<void> {
  for (const [from, rows] of pieces) {
    take(from, rows);
    const pause = yieldPoint();
    if (pause) await pause;
  }
}

/** Throws the reason of a signal that has been aborted. Older signals have no such method, and no reason. */
export function throwIfAborted(signal: Signal | undefined): void {
  if (signal?.aborted) throw signal.reason ?? new Error("this was aborted");
}

/** Yields to the event loop at intervals, which may be longer than an epoch. */
export class Yielder {
  private taken = clock.now();

  /** `check` is called after each pause, and throws where the work is to end. */
  constructor(private readonly check: () => void) {}

  get isDue(): boolean {
    return clock.now() - this.taken >= YIELD_MILLISECONDS;
  }

  /** Yields if it is time. No thread may be at work. */
  take: YieldPoint = () => (this.isDue ? this.pause() : undefined);

  private async pause(): Promise<void> {
    await turn();
    this.taken = clock.now();
    this.check();
  }
}
