// Capabilities of this JavaScript engine and machine, as `wasmlp info` and the page report them.

import { isPairing, simdFeatures } from "./kernels/features.js";
import { canHaveThreads } from "./threads/team.js";
import { mostThreads } from "./threads/worth.js";

export interface EngineFeatures {
  simd: boolean;
  relaxedSimd: boolean;
  /** The most threads that "auto" takes. */
  threads: number;
  /** Whether V8 is known to merge pairs of 128-bit vector operations into 256-bit ones. */
  turbo: boolean;
}

/** The capabilities of this engine and machine. */
export function engineFeatures(): EngineFeatures {
  return { ...simdFeatures(), threads: canHaveThreads() ? mostThreads() : 1, turbo: isPairing() };
}
