// What this JavaScript engine and machine have.

import { isPairing, simdFeatures } from "./kernels/features.js";
import { canHaveThreads } from "./threads/team.js";
import { mostThreads } from "./threads/worth.js";

export interface EngineFeatures {
  simd: boolean;
  relaxedSimd: boolean;
  /** The most threads that "auto" takes. */
  threads: number;
  /** Whether V8 is known to run pairs of vectors as one. */
  turbo: boolean;
}

/** What this JavaScript engine and machine have. */
export function engineFeatures(): EngineFeatures {
  return { ...simdFeatures(), threads: canHaveThreads() ? mostThreads() : 1, turbo: isPairing() };
}
