// What this engine can compile, and whether its compiler is known to pair vectors.

import { nodeMajor, startedWith } from "../host.js";

/** `relaxed` fuses multiply-adds where the machine does; `simd` rounds alike everywhere. */
export type Build = "simd" | "relaxed";

/** The option of V8 that makes one 256-bit operation of two neighbouring 128-bit ones. */
export const PAIRING_OPTION = "--experimental-wasm-revectorize";
/** Node 24 is the first that acts on it. */
const FIRST_PAIRING_NODE = 24;
let pairing = /* @__PURE__ */ startedWithPairing();

// (func (result v128) v128.const 0): valid only with SIMD; the second also takes f32x4.relaxed_madd of three such.
const SIMD_PROBE = /* @__PURE__ */ probe([0xfd, 0x0c, ...Array<number>(16).fill(0), 0x0b]);
const RELAXED_PROBE = /* @__PURE__ */ probe([
  ...[1, 2, 3].flatMap(() => [0xfd, 0x0c, ...Array<number>(16).fill(0)]),
  ...[0xfd, 0x85, 0x02, 0x0b],
]);

/** A module of one function without parameters that returns a v128; `code` is its body. */
function probe(code: number[]): Uint8Array<ArrayBuffer> {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
  const functions = [0x03, 0x02, 0x01, 0x00];
  const body = [code.length + 1, 0x00, ...code];
  return Uint8Array.from([...header, ...types, ...functions, 0x0a, body.length + 1, 0x01, ...body]);
}

/** What this engine can compile. */
export function simdFeatures(): { simd: boolean; relaxedSimd: boolean } {
  return { simd: WebAssembly.validate(SIMD_PROBE), relaxedSimd: WebAssembly.validate(RELAXED_PROBE) };
}

/** The faster build that this engine takes; the plain one where results must be the same on every engine. */
export function chooseBuild(deterministic: boolean): Build {
  const features = simdFeatures();
  if (!features.simd) throw new Error("this JavaScript engine has no WebAssembly SIMD, which wasmlp needs");
  return features.relaxedSimd && !deterministic ? "relaxed" : "simd";
}

/** Whether this engine can be told to pair vectors. */
export function canPair(): boolean {
  return nodeMajor() >= FIRST_PAIRING_NODE;
}

/** Whether this process was started with the option, on a Node whose V8 acts on it. */
function startedWithPairing(): boolean {
  return canPair() && startedWith(PAIRING_OPTION);
}

/** Whether V8 is known to pair vectors, and the tiles made for that are used. */
export function isPairing(): boolean {
  return pairing;
}

/** Says that V8 pairs vectors from now on. */
export function assumePairing(): void {
  pairing = true;
}
