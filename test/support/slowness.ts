// Limits in milliseconds are those of the machine that the project is measured on: on a slower one they are stretched.

/** Milliseconds that `work` takes on that machine (AMD EPYC, Zen 5), Node 20. */
const THERE = 29;
const TRIES = 7;

/** How long something takes that is all arithmetic, of a fixed length. */
function work(): number {
  const began = performance.now();
  let state = 1;
  for (let i = 0; i < 3e7; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  // So that what comes of it is needed.
  return state === 0 ? 0 : performance.now() - began;
}

/** How many times as long as there things take here, just now: 1 at least. */
export function slowness(): number {
  return Math.max(1, Math.min(...Array.from({ length: TRIES }, work)) / THERE);
}
