// The clock of training in the hands of a test, so that it yields to the event loop where the test needs it, not where a fast or
// busy machine happens to.

import { turn } from "../../src/host.js";
import { clock } from "../../src/yielding.js";

const { now } = clock;

/** Training yields at every place where it can, until `restoreClock`. */
export function yieldAlways(): void {
  let time = 0;
  clock.now = () => {
    time += 1000;
    return time;
  };
}

/** The clock stands at what the returned object says, in milliseconds, until `restoreClock`. */
export function holdClock(): { time: number } {
  const held = { time: 0 };
  clock.now = () => held.time;
  return held;
}

export function restoreClock(): void {
  clock.now = now;
}

/** Calls `meddle` in every turn of the event loop until `work` ends. Returns how often. */
export async function inEveryTurn(meddle: () => void, work: () => Promise<unknown>): Promise<number> {
  let [turns, isOver] = [0, false];
  const next = (): void => {
    if (isOver) return;
    turns++;
    meddle();
    void turn().then(next);
  };
  void turn().then(next);
  try {
    await work();
  } finally {
    isOver = true;
  }
  return turns;
}
