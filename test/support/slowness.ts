// Limits in milliseconds hold on the machine on which the project is measured. On a slower machine they are stretched.

/** Milliseconds that `work` takes there (AMD EPYC, Zen 5), with Node 20. */
const THERE = 29;
const TRIES = 7;

/** The time of a fixed amount of arithmetic, in milliseconds. */
function work(): number {
  const began = performance.now();
  let state = 1;
  for (let i = 0; i < 3e7; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  // The result is used, so that it is not optimised away.
  return state === 0 ? 0 : performance.now() - began;
}

/** How many times slower than that machine this one is at present; at least 1. */
export function slowness(): number {
  return Math.max(1, Math.min(...Array.from({ length: TRIES }, work)) / THERE);
}
