// V8's experimental option that merges two neighbouring 128-bit vector operations into one of 256 bits. It changes no
// result.

import { setFlagsFromString } from "node:v8";
import { assumePairing, canPair, isPairing, PAIRING_OPTION } from "./kernels/features.js";
import { hasCompiled } from "./kernels/modules.js";

/**
 * Turns on V8's experimental pairing of vector operations for the whole process, and the kernels made for it: faster on
 * processors with 256-bit vectors, with the same results. Returns whether it is on, which needs Node 24 or later.
 * Throws an Error if a network has been created already, since compiled kernels stay as they are.
 */
export function enableTurbo(): boolean {
  if (isPairing()) return true;
  if (!canPair()) return false;
  if (hasCompiled()) throw new Error("enableTurbo() must be called before the first network is created");
  setFlagsFromString(PAIRING_OPTION);
  assumePairing();
  return true;
}
