// The compiler option of V8 that runs two neighbouring 128-bit operations as one of 256 bits; it changes no result.

import { setFlagsFromString } from "node:v8";
import { assumePairing, canPair, isPairing, PAIRING_OPTION } from "./kernels/features.js";
import { hasCompiled } from "./kernels/modules.js";

/**
 * Turns on V8's experimental pairing of vector operations for the whole process, and the kernels made for it: faster
 * where the processor has 256-bit vectors (the README has what was measured), with the same results. Gives whether it is on: Node before
 * 24 cannot. Error if a network has been created already, since what is compiled stays as it is.
 */
export function enableTurbo(): boolean {
  if (isPairing()) return true;
  if (!canPair()) return false;
  if (hasCompiled()) throw new Error("enableTurbo() must be called before the first network is created");
  setFlagsFromString(PAIRING_OPTION);
  assumePairing();
  return true;
}
