// The kernels' WebAssembly modules: embedded in the library or supplied by the user, checked, compiled, and
// instantiated over a memory.

import { instantiateSync } from "@assemblyscript/loader";
import { binaries, type KernelExports, relaxedBytes, simdBytes } from "../../build/wasm.js";
import { rangeError, shown, typeError } from "../check.js";
import { unpack } from "../host.js";
import { messageOf, tagOf } from "../kinds.js";
import { type Build, preferSimd } from "./features.js";
import type { Memory } from "./memory.js";

declare global {
  // Merges with the DOM library's types. Projects for Node may be compiled without that library, and need the name
  // declared.
  namespace WebAssembly {
    interface Module {}
  }
}

export type Kernels = KernelExports;
/** Compiled kernels: a `WebAssembly.Module`. */
export type KernelModule = WebAssembly.Module;

/** The kernels of a build, as bytes or as a module compiled for a memory that is not shared. */
export type KernelBinary = Uint8Array<ArrayBuffer> | KernelModule;

/** The library's own kernels, both builds one after the other, unpacked at the first use. */
let unpacked: Promise<Uint8Array<ArrayBuffer>> | undefined;
/** Kernels that the user supplied instead of the embedded ones. */
const supplied = new Map<Build, KernelBinary>();
/** The compiled modules of this process, by build and kind of memory. */
const compiled = new Map<string, Promise<KernelModule>>();

/** The compiled kernels of a build, for a shared or an unshared memory; compiled once per process. */
export function compileKernels(build: Build, shared: boolean): Promise<KernelModule> {
  const key = `${build} ${shared}`;
  let module = compiled.get(key);
  if (module === undefined) {
    module = binaryOf(build).then((binary) => compileBinary(binary, shared));
    compiled.set(key, module);
  }
  return module;
}

async function compileBinary(binary: KernelBinary, shared: boolean): Promise<KernelModule> {
  if (isModule(binary)) return binary as KernelModule;
  const bytes = binary as Uint8Array<ArrayBuffer>;
  try {
    return await WebAssembly.compile(shared ? withSharedMemory(bytes) : bytes);
  } catch (cause) {
    throw new Error(`the kernels could not be compiled: ${messageOf(cause)}; ${COMPILED}`, { cause });
  }
}

function isModule(value: unknown): boolean {
  return tagOf(value) === "WebAssembly.Module";
}

/** What helps where engines do not compile bytes: at the edge, and under a content security policy. */
const COMPILED =
  "where WebAssembly may not be compiled from bytes, import wasmlp/simd.wasm as a module and call init({ wasm: { simd } })";

/** Whether a module has been compiled. Options of the compiler have no effect on it afterwards. */
export function hasCompiled(): boolean {
  return compiled.size > 0;
}

/**
 * The kernels of a module over `memory`. The loader's wrappers are removed, since they cost more than a small kernel.
 */
export function bindKernels(module: KernelModule, memory: Memory): Kernels {
  // The loader takes a module of another realm, as Next's edge runtime gives, for bytes.
  if (!(module instanceof WebAssembly.Module)) return { ...joinKernels(module, memory) };
  // Not `instantiate`: it tests whether the module is a Response, for which Node loads its whole HTTP client.
  const { exports } = instantiateSync(module, { env: { memory } });
  const raw = Object.entries(exports).map(([name, value]) => [
    name,
    (value as { original?: unknown })?.original ?? value,
  ]);
  return Object.fromEntries(raw) as Kernels;
}

/** The same in a helping thread, whose script does not contain the loader. */
export function joinKernels(module: KernelModule, memory: Memory): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as Kernels;
}

/** The binary of a build: the supplied one, else the embedded one. */
export async function binaryOf(build: Build): Promise<KernelBinary> {
  const own = supplied.get(build);
  if (own) return own;
  // `build.mjs` embeds both builds as one: deflated, in base64.
  unpacked ??= unpack(binaries);
  const both = await unpacked;
  return build === "simd" ? both.slice(0, simdBytes) : both.slice(simdBytes);
}

/** Uses `binary`, which `checkBinary` must have returned, for the kernels of a build from now on. */
export function supplyKernels(build: Build, binary: KernelBinary): void {
  supplied.set(build, binary);
  preferSimd(supplied.has("simd") && !supplied.has("relaxed"));
  for (const shared of [false, true]) compiled.delete(`${build} ${shared}`);
}

/**
 * Checks kernels that the user supplied, and copies bytes. Throws a TypeError if they are neither bytes nor a module,
 * and a RangeError if they are not of this build and version; `title` names the argument.
 */
export function checkBinary(build: Build, value: unknown, title: string): KernelBinary {
  if (isModule(value)) return checkModule(value as KernelModule, title);
  const isBuffer = tagOf(value) === "ArrayBuffer";
  if (!isBuffer && !ArrayBuffer.isView(value)) {
    throw typeError(title, `must be bytes or a module of kernels, got ${shown(value)}`);
  }
  const bytes = isBuffer
    ? new Uint8Array(value as ArrayBuffer)
    : new Uint8Array(
        (value as ArrayBufferView).buffer,
        (value as ArrayBufferView).byteOffset,
        (value as ArrayBufferView).byteLength,
      );
  const wanted = build === "simd" ? simdBytes : relaxedBytes;
  const isWebAssembly = bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (!isWebAssembly || bytes.length !== wanted) {
    const got = `${bytes.length} bytes${isWebAssembly ? "" : " that are not WebAssembly"}`;
    throw rangeError(title, `must be ${build}.wasm of this version, ${wanted} bytes, got ${got}`);
  }
  return bytes.slice();
}

/** Checks a compiled module by its imports and exports, since its bytes cannot be read. */
function checkModule(module: KernelModule, title: string): KernelModule {
  const imports = WebAssembly.Module.imports(module);
  const exports = WebAssembly.Module.exports(module);
  const takesMemory = imports.length === 1 && imports[0]?.module === "env" && imports[0].name === "memory";
  if (takesMemory && exports.some(({ name }) => name === "denseForward")) return module;
  throw rangeError(title, `must be a module of wasmlp's kernels, got another`);
}

/** Whether the kernels of a build can use shared memory; a module that the user compiled cannot. */
export function canShare(build: Build): boolean {
  return !isModule(supplied.get(build));
}

/** The same module for shared memory: only the flags of the memory import's limits differ (3 instead of 1). */
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
