// How much is tested. `npm test` takes a part of the long sweeps, always the same; WASMLP_TESTS=whole, which `.ci/run` sets,
// takes them whole. Tests that are left out otherwise are reported as skipped.

/** Whether everything is tested. In a page the bundler replaces the variable. */
export const WHOLE = process.env.WASMLP_TESTS === "whole";

/** The whole list, or its first element and every `every`-th after it. */
export function partOf<T>(list: readonly T[], every: number): T[] {
  return list.filter((_, i) => WHOLE || i % every === 0);
}

/** Calls `run` with the elements of `partOf`, each with its place in the whole list, so that both cases are the same. */
export function eachOf<T>(list: readonly T[], every: number, run: (element: T, place: number) => void): void {
  list.forEach((element, place) => {
    if (WHOLE || place % every === 0) run(element, place);
  });
}
