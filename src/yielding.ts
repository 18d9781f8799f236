// Yields to the event loop during long work, so that a page stays responsive and signals arrive.

import type { Signal } from "./globals.js";
import { turn } from "./host.js";

/** Training yields to the event loop after this long, and in a large batch at the end of the chunk of 1,024 samples. */
const YIELD_MILLISECONDS = 12;

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

/** Yields to the event loop at intervals, which may be longer than an epoch. */
export class Yielder {
  private taken = performance.now();

  constructor(private readonly signal: Signal | undefined) {}

  get isDue(): boolean {
    return performance.now() - this.taken >= YIELD_MILLISECONDS;
  }

  /** Yields if it is time. No thread may be at work. */
  take: YieldPoint = () => (this.isDue ? this.pause() : undefined);

  private async pause(): Promise<void> {
    await turn();
    this.taken = performance.now();
    this.signal?.throwIfAborted();
  }
}
