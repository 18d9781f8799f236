// Kernels with wrong arithmetic, to verify that the tests detect them.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The simd build with every f32x4.mul replaced by f32x4.add: 0xfd followed by the LEB128 of 0xe6 and 0xe4. */
export function wrongKernels(): Uint8Array {
  const binary = readFileSync(resolve(import.meta.dirname, "../../build/simd.wasm"));
  const [multiply, add] = [Buffer.from([0xfd, 0xe6, 0x01]), Buffer.from([0xfd, 0xe4, 0x01])];
  for (let at = binary.indexOf(multiply); at >= 0; at = binary.indexOf(multiply, at)) add.copy(binary, at);
  return binary;
}
