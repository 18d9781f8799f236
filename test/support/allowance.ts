// Limits in milliseconds catch faults, not slow or busy machines: they are ten times what was measured on one machine, and
// longer on slower ones. Times themselves belong in the benchmark.

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

/** How many times the time that was measured there a test may take: 10, or more on a slower machine. */
export function allowance(): number {
  return 10 * Math.max(1, Math.min(...Array.from({ length: TRIES }, work)) / THERE);
}
