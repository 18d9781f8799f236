// The only file that says WebAssembly: which build this engine takes, and the kernels bound to one memory.

import { instantiate } from "@assemblyscript/loader";
import { type KernelExports, relaxed, simd } from "../build/wasm.js";

export type Kernels = KernelExports;
export type Memory = WebAssembly.Memory;

/** `relaxed` fuses multiply-adds where the machine does; `simd` rounds alike everywhere. */
export type Build = "simd" | "relaxed";

const PAGE = 65536;
const MOST_PAGES = 65536;
const BINARIES: Record<Build, string> = { simd, relaxed };
const compiled = new Map<Build, Promise<WebAssembly.Module>>();

// (func (result v128) v128.const 0): valid only with SIMD; the second also takes f32x4.relaxed_madd of three such.
const SIMD_PROBE = probe([0xfd, 0x0c, ...Array<number>(16).fill(0), 0x0b]);
const RELAXED_PROBE = probe([
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
export function engineFeatures(): { simd: boolean; relaxedSimd: boolean } {
  return { simd: WebAssembly.validate(SIMD_PROBE), relaxedSimd: WebAssembly.validate(RELAXED_PROBE) };
}

/** The faster build that this engine takes; the plain one where results must be the same on every engine. */
export function chooseBuild(deterministic: boolean): Build {
  const features = engineFeatures();
  if (!features.simd) throw new Error("this JavaScript engine has no WebAssembly SIMD, which wasmlp needs");
  return features.relaxedSimd && !deterministic ? "relaxed" : "simd";
}

/** The kernels of one build over `memory`; each build is compiled once a process. */
export async function loadKernels(memory: WebAssembly.Memory, build: Build): Promise<Kernels> {
  let module = compiled.get(build);
  if (module === undefined) {
    module = WebAssembly.compile(decodeBase64(BINARIES[build]));
    compiled.set(build, module);
  }
  return bindKernels(await module, memory);
}

/** The kernels of a compiled module over `memory`, without the loader's wrapper, which costs more than a small kernel. */
export async function bindKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const { exports } = await instantiate(module, { env: { memory } });
  const raw = Object.entries(exports).map(([name, value]) => [
    name,
    (value as { original?: unknown })?.original ?? value,
  ]);
  return Object.fromEntries(raw) as Kernels;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** An empty memory of at least `bytes`. RangeError where the engine refuses. */
export function createMemory(bytes: number): WebAssembly.Memory {
  return withRoom(bytes, () => new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) }));
}

/** Grows `memory` to at least `bytes`; what it holds stays where it is, but every view of it is dead. */
export function growMemory(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing > 0) withRoom(bytes, () => memory.grow(missing));
}

function withRoom<T>(bytes: number, allocate: () => T): T {
  const message = `this needs ${(bytes / 2 ** 20).toFixed(0)} MB of WebAssembly memory`;
  if (bytes > MOST_PAGES * PAGE) throw new RangeError(`${message}, and 4096 MB is the most there can be`);
  try {
    return allocate();
  } catch (cause) {
    throw new RangeError(`${message}, which the engine refused`, { cause });
  }
}
