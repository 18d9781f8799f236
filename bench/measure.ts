// Interleaved timing: every candidate runs in every round, so that a slow moment of the machine slows all of them.

import { Bench } from "tinybench";
import { median } from "../src/median.js";

export interface Timing {
  /** Milliseconds of one call, the best and the median round. */
  best: number;
  median: number;
}

/** One call of each candidate by its name. A call takes long enough that the clock's resolution does not matter. */
export type Candidates<Name extends string> = Record<Name, () => void>;

export interface Effort {
  rounds: number;
  /** Milliseconds that a candidate runs in each round. */
  time: number;
  /** Milliseconds that it runs before the first round, so that V8's optimizing compiler has finished. */
  warmup: number;
}

/** Times the candidates of one comparison in turn. */
export async function measure<Name extends string>(
  candidates: Candidates<Name>,
  { rounds, time, warmup }: Effort,
): Promise<Record<Name, Timing>> {
  const names = Object.keys(candidates) as Name[];
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (const name of names) warmUp(candidates[name], warmup);
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time, iterations: 3, warmup: false });
    for (const name of names) bench.add(name, candidates[name]);
    for (const task of await bench.run()) {
      if (task.result.state !== "completed") throw new Error(`the benchmark of ${task.name} did not complete`);
      times.get(task.name)?.push(task.result.latency.p50);
    }
  }
  const timings = names.map((name) => [name, timing(times.get(name) as number[])]);
  return Object.fromEntries(timings) as Record<Name, Timing>;
}

/** Runs a candidate for this long. */
function warmUp(run: () => void, milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; ) run();
}

/** The best and the median of the rounds. */
function timing(times: number[]): Timing {
  return { best: Math.min(...times), median: median(times) };
}

/** Rounds to three significant digits, more than a shared machine can repeat. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
