// The only file that says WebAssembly: which build this engine takes, and the kernels bound to one memory.

import { instantiateSync } from "@assemblyscript/loader";
import { binaries, type KernelExports, relaxedBytes, simdBytes } from "../build/wasm.js";
import { shown } from "./check.js";
import { nodeMajor, startedWith, unpack } from "./host.js";

declare global {
  // Merges with the engine's own types, and makes up for them in projects of Node, whose types may lack these names.
  namespace WebAssembly {
    interface Memory {}
    interface Module {}
  }
}

export type Kernels = KernelExports;
export type Memory = WebAssembly.Memory;
export type KernelModule = WebAssembly.Module;

/** `relaxed` fuses multiply-adds where the machine does; `simd` rounds alike everywhere. */
export type Build = "simd" | "relaxed";

/** The kernels of a build: as bytes, or compiled for an unshared memory. */
export type KernelBinary = Uint8Array<ArrayBuffer> | KernelModule;

const PAGE = 65536;
const MOST_PAGES = 65536;
/** A shared memory states its maximum, which some engines reserve: below this it is not worth having. */
const LEAST_SHARED_PAGES = 1024;
let unpacked: Promise<Uint8Array<ArrayBuffer>> | undefined;
/** Kernels that take the place of the library's own copy. */
const supplied = new Map<Build, KernelBinary>();
const compiled = new Map<string, Promise<KernelModule>>();

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

// --- pairs of vectors ---

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

/** Whether a module has been compiled, after which a compiler's option would come too late. */
export function hasCompiled(): boolean {
  return compiled.size > 0;
}

/** Says that V8 pairs vectors from now on. */
export function assumePairing(): void {
  pairing = true;
}

// --- modules ---

/** The compiled kernels of one build, for a shared or an unshared memory; compiled once a process. */
export function compileKernels(build: Build, shared: boolean): Promise<KernelModule> {
  const key = `${build} ${shared}`;
  let module = compiled.get(key);
  if (module === undefined) {
    module = binaryOf(build).then((binary) => compileBinary(binary, shared));
    compiled.set(key, module);
  }
  return module;
}

function compileBinary(binary: KernelBinary, shared: boolean): KernelModule | Promise<KernelModule> {
  if (binary instanceof WebAssembly.Module) return binary;
  return WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
}

/** The kernels of a compiled module over `memory`, without the loader's wrapper, which costs more than a small kernel. */
export function bindKernels(module: KernelModule, memory: Memory): Kernels {
  // Not `instantiate`: it asks whether the module is a Response, for which Node loads its whole HTTP client.
  const { exports } = instantiateSync(module, { env: { memory } });
  const raw = Object.entries(exports).map(([name, value]) => [
    name,
    (value as { original?: unknown })?.original ?? value,
  ]);
  return Object.fromEntries(raw) as Kernels;
}

/** The same for a helping thread, which does without the loader. */
export function joinKernels(module: KernelModule, memory: Memory): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as Kernels;
}

/** What the kernels of a build are compiled of. */
export async function binaryOf(build: Build): Promise<KernelBinary> {
  const own = supplied.get(build);
  if (own) return own;
  // The build packs them together: deflated, in base64.
  unpacked ??= unpack(binaries);
  const both = await unpacked;
  return build === "simd" ? both.slice(0, simdBytes) : both.slice(simdBytes);
}

/** Takes `binary` for the kernels of a build from now on. It must be what `checkBinary` gave. */
export function supplyKernels(build: Build, binary: KernelBinary): void {
  supplied.set(build, binary);
  for (const shared of [false, true]) compiled.delete(`${build} ${shared}`);
}

/** Kernels of this version from outside; `title` names them. TypeError for another kind of value, RangeError for others. */
export function checkBinary(build: Build, value: unknown, title: string): KernelBinary {
  if (value instanceof WebAssembly.Module) return checkModule(value, title);
  if (!(value instanceof ArrayBuffer) && !ArrayBuffer.isView(value)) {
    throw new TypeError(`"${title}" must be bytes or a module of kernels, got ${shown(value)}`);
  }
  const bytes =
    value instanceof ArrayBuffer
      ? new Uint8Array(value)
      : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const wanted = build === "simd" ? simdBytes : relaxedBytes;
  const isModule = bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (!isModule || bytes.length !== wanted) {
    const what = isModule ? "a module" : "what is no WebAssembly";
    throw new RangeError(
      `"${title}" must be ${build}.wasm of this version, ${wanted} bytes, got ${what} of ${bytes.length}`,
    );
  }
  return bytes.slice();
}

function checkModule(module: KernelModule, title: string): KernelModule {
  const imports = WebAssembly.Module.imports(module);
  const exports = WebAssembly.Module.exports(module);
  const takesMemory = imports.length === 1 && imports[0]?.module === "env" && imports[0].name === "memory";
  if (takesMemory && exports.some(({ name }) => name === "denseForward")) return module;
  throw new RangeError(`"${title}" must be a module of wasmlp's kernels, got another`);
}

/** Whether the kernels of a build can work on a memory that threads share: a module compiled elsewhere cannot. */
export function canShare(build: Build): boolean {
  return !(supplied.get(build) instanceof WebAssembly.Module);
}

/** The same module for a shared memory: only the kind of limits of the memory import differs, 1 or 3. */
function withSharedMemory(binary: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const name = [3, ...[..."env"].map(code), 6, ...[..."memory"].map(code), 2, 1];
  const at = binary.findIndex((_, i) => name.every((byte, j) => binary[i + j] === byte));
  const shared = binary.slice();
  shared[at + name.length - 1] = 3;
  return shared;
}

function code(character: string): number {
  return character.charCodeAt(0);
}

// --- memory ---

/** An empty memory of at least `bytes`. RangeError where the engine refuses. */
export function createMemory(bytes: number): Memory {
  const initial = Math.ceil(bytes / PAGE);
  return withRoom(bytes, () => new WebAssembly.Memory({ initial, maximum: MOST_PAGES }));
}

/** A memory that threads can share, with the largest maximum that the engine grants; undefined where it grants none. */
export function createSharedMemory(bytes: number): Memory | undefined {
  const initial = Math.ceil(bytes / PAGE);
  for (let maximum = MOST_PAGES; maximum >= Math.max(initial, LEAST_SHARED_PAGES); maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch {
      // Half of it may be had.
    }
  }
  return undefined;
}

/** Grows `memory` to at least `bytes`; what it holds stays where it is, but every view of it is dead. */
export function growMemory(memory: Memory, bytes: number): void {
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
