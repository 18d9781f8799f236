// The cost model: when sparse inputs and several threads are faster, by measured thresholds. The results are the same
// either way.

import { CHUNK_ROWS, ENTRY_BYTES } from "../abi.js";
import { processors } from "../host.js";
import { MOST_THREADS } from "../recipe/recipe.js";
import { type LayerSpec, type NetworkSpec, parameterCount } from "../spec.js";

/** The largest share of non-zero inputs for which the sparse products of a batch are faster than the dense ones. */
const MOST_LISTED = 0.7;
/**
 * The largest size of the sparse rows of a whole dataset, relative to the dataset's bytes, for which they are kept in
 * memory.
 */
const MOST_KEPT = 2;

/** Multiply-adds of a mini-batch, zero inputs excluded, that each thread must have for another one to be faster. */
const LEAST_THREAD_WORK = 300_000;
/** The cost of augmenting a pixel, in multiply-adds. */
const AUGMENT_WORK = 80;

/**
 * Multiply-adds of an inference from which on threads are started for the next one, and from which on running ones take
 * part.
 */
const START_WORK = 500e6;
const USE_WORK = 30e6;

/**
 * The form of the inputs: chosen by the cost model ("auto"), always dense, always sparse rows made for each mini-batch
 * ("sparse"), or always sparse rows of the whole dataset, made before training ("storedSparse").
 */
export type InputPath = "auto" | "dense" | "sparse" | "storedSparse";

/** Whether `inputs` inputs, of which `nonZeros` are non-zero, are faster as sparse rows. */
export function usesSparse(path: InputPath, nonZeros: number, inputs: number): boolean {
  if (path !== "auto") return path !== "dense";
  return nonZeros <= MOST_LISTED * inputs;
}

/** Whether training makes the sparse rows of all samples in advance, rather than those of each mini-batch. */
export function storesSparse(path: InputPath, nonZeros: number, inputs: Uint8Array | Float32Array): boolean {
  if (path !== "auto") return path === "storedSparse";
  return usesSparse(path, nonZeros, inputs.length) && nonZeros * ENTRY_BYTES <= MOST_KEPT * inputs.byteLength;
}

/** The maximum number of threads that "auto" uses. */
export function mostThreads(): number {
  return Math.min(processors(), MOST_THREADS);
}

/** The number of threads for steps on `batch` samples with on average `nonZeros` non-zero inputs, augmented or not. */
export function threadsFor(spec: NetworkSpec, batch: number, nonZeros: number, augments: boolean): number {
  const skipped = (spec.inputs - nonZeros) * (spec.layers[0] as LayerSpec).units;
  const work = parameterCount(spec) - skipped + (augments ? AUGMENT_WORK * spec.inputs : 0);
  const paying = Math.floor((Math.min(batch, CHUNK_ROWS) * work) / LEAST_THREAD_WORK);
  return Math.max(1, Math.min(mostThreads(), paying));
}

/**
 * Whether the inference of `count` samples is large enough to use running threads (`use`), and to start some
 * (`start`).
 */
export function inferenceThreads(spec: NetworkSpec, count: number): { use: boolean; start: boolean } {
  const work = count * parameterCount(spec);
  return { use: work >= USE_WORK, start: work >= START_WORK };
}
