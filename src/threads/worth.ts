// What pays, by what was measured: lists of what is not zero instead of samples as they came, and more threads than one. The
// results are the same either way.

import { CHUNK_ROWS, ENTRY_BYTES } from "../abi.js";
import { processors } from "../host.js";
import { MOST_THREADS } from "../recipe/recipe.js";
import { type LayerSpec, type NetworkSpec, parameterCount } from "../spec.js";

/** Share of non-zero inputs up to which a batch is taken as lists: where both products together cost the same either way. */
const MOST_LISTED = 0.7;
/** Bytes of the lists of all samples, against those of the samples, up to which they are kept instead. */
const MOST_KEPT = 2;

/** Multiply-adds of a batch, zero inputs left out, that each thread must have to do for one more to pay. */
const LEAST_THREAD_WORK = 300_000;
/** Multiply-adds that drawing a pixel anew takes as long as. */
const REDRAWING_WORK = 80;

/** Multiply-adds of an inference from which on threads are started for the next of its kind, or asked if they run. */
const START_WORK = 500e6;
const ASK_WORK = 30e6;

/**
 * How inputs are taken: by what is measured to be faster; or always as they are, by lists made of each batch, or by lists made
 * before training.
 */
export type InputPath = "auto" | "dense" | "lists" | "keptLists";

/** Whether `inputs` inputs of which so many are not zero are faster as lists. */
export function listsPay(path: InputPath, nonZeros: number, inputs: number): boolean {
  if (path !== "auto") return path !== "dense";
  return nonZeros <= MOST_LISTED * inputs;
}

/** Whether training is to find lists of all its samples ready made, rather than make those of each batch. */
export function keptListsPay(path: InputPath, nonZeros: number, inputs: Uint8Array | Float32Array): boolean {
  if (path !== "auto") return path === "keptLists";
  return listsPay(path, nonZeros, inputs.length) && nonZeros * ENTRY_BYTES <= MOST_KEPT * inputs.byteLength;
}

/** The most threads that "auto" takes. */
export function mostThreads(): number {
  return Math.min(processors(), MOST_THREADS);
}

/** How many threads are worth having in steps of `batch` samples with so many non-zero inputs each, drawn anew or not. */
export function threadsWorth(spec: NetworkSpec, batch: number, nonZeros: number, redraws: boolean): number {
  const skipped = (spec.inputs - nonZeros) * (spec.layers[0] as LayerSpec).units;
  const work = parameterCount(spec) - skipped + (redraws ? REDRAWING_WORK * spec.inputs : 0);
  const paying = Math.floor((Math.min(batch, CHUNK_ROWS) * work) / LEAST_THREAD_WORK);
  return Math.max(1, Math.min(mostThreads(), paying));
}

/** Whether threads that run are worth asking for the inference of `count` samples, and new ones worth starting. */
export function inferenceWorth(spec: NetworkSpec, count: number): { asking: boolean; starting: boolean } {
  const work = count * parameterCount(spec);
  return { asking: work >= ASK_WORK, starting: work >= START_WORK };
}
