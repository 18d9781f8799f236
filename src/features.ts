// Capabilities of this JavaScript engine and machine, as `wasmlp info` and the page report them.

import { isPairing, simdFeatures } from "./kernels/features.js";
import { mostThreads } from "./threads/cost-model.js";
import { canHaveThreads } from "./threads/team.js";

/** The capabilities of an engine and its machine. */
export interface EngineFeatures {
  /** Whether the engine has 128-bit WebAssembly SIMD, which this library needs. */
  simd: boolean;
  /** Whether the engine has relaxed SIMD, and so fused multiply-adds. */
  relaxedSimd: boolean;
  /** The largest number of threads that `threads: "auto"` uses. */
  threads: number;
  /** Whether V8 is known to merge pairs of 128-bit vector operations into 256-bit ones. */
  turbo: boolean;
}

/** The capabilities of this engine and machine. */
export function engineFeatures(): EngineFeatures {
  return { ...simdFeatures(), threads: canHaveThreads() ? mostThreads() : 1, turbo: isPairing() };
}
