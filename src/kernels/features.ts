// Which kernels this engine can compile, and whether its compiler merges pairs of vectors.

import { nodeMajorOnX64, startedWith } from "../host.js";

/**
 * The two builds of the kernels. `relaxed` uses relaxed SIMD: multiply-adds are fused on machines that can, so results
 * may differ between machines. `simd` rounds products and sums separately and gives the same bits everywhere.
 */
export type Build = "simd" | "relaxed";

/** V8's option that merges two neighbouring 128-bit operations into one of 256 bits. */
export const PAIRING_OPTION = "--experimental-wasm-revectorize";
/** The first major version of Node in which that option has an effect. */
const FIRST_PAIRING_NODE = 24;
let pairing = /* @__PURE__ */ startedWithPairing();

// Minimal modules for feature detection. The first is (func (result v128) v128.const 0), valid only with SIMD; the
// second applies f32x4.relaxed_madd to three such constants.
const SIMD_PROBE = /* @__PURE__ */ probe([0xfd, 0x0c, ...Array<number>(16).fill(0), 0x0b]);
const RELAXED_PROBE = /* @__PURE__ */ probe([
  ...[1, 2, 3].flatMap(() => [0xfd, 0x0c, ...Array<number>(16).fill(0)]),
  ...[0xfd, 0x85, 0x02, 0x0b],
]);

/** The bytes of a module with one function () → v128 whose body is `code`. */
function probe(code: number[]): Uint8Array<ArrayBuffer> {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
  const functions = [0x03, 0x02, 0x01, 0x00];
  const body = [code.length + 1, 0x00, ...code];
  return Uint8Array.from([...header, ...types, ...functions, 0x0a, body.length + 1, 0x01, ...body]);
}

/** Whether this engine can compile SIMD and relaxed SIMD. */
export function simdFeatures(): { simd: boolean; relaxedSimd: boolean } {
  return { simd: WebAssembly.validate(SIMD_PROBE), relaxedSimd: WebAssembly.validate(RELAXED_PROBE) };
}

/** Whether the user supplied kernels of build `simd` and none of `relaxed`: these are used then, whatever the engine has. */
let onlySimd = false;

/** Makes `simd` the build of all networks, or takes that back. */
export function preferSimd(only: boolean): void {
  onlySimd = only;
}

/**
 * The fastest build that this engine supports; `simd` if results must be the same on every engine, or if only those kernels
 * were supplied. Throws an Error without SIMD or without WebAssembly.
 */
export function chooseBuild(deterministic: boolean): Build {
  if (typeof WebAssembly !== "object") throw new Error("this JavaScript engine has no WebAssembly, which wasmlp needs");
  const features = simdFeatures();
  if (!features.simd) throw new Error("this JavaScript engine has no WebAssembly SIMD, which wasmlp needs");
  return features.relaxedSimd && !deterministic && !onlySimd ? "relaxed" : "simd";
}

/** Whether pairing has an effect in this engine: V8 has it for x64 only, and Bun and Deno only name a version of Node. */
export function canPair(): boolean {
  return nodeMajorOnX64() >= FIRST_PAIRING_NODE;
}

/** Whether this process was started with the option, on a Node in which it has an effect. */
function startedWithPairing(): boolean {
  return canPair() && startedWith(PAIRING_OPTION);
}

/** Whether V8 is known to pair vectors. If so, the kernels use tiles made for that (their argument `wide`). */
export function isPairing(): boolean {
  return pairing;
}

/** Records that V8 pairs vectors in everything that it compiles from now on. */
export function assumePairing(): void {
  pairing = true;
}
