// The modules of kernels: carried by the library or given from outside, checked, compiled, and bound to one memory.

import { instantiateSync } from "@assemblyscript/loader";
import { binaries, type KernelExports, relaxedBytes, simdBytes } from "../../build/wasm.js";
import { shown } from "../check.js";
import { unpack } from "../host.js";
import type { Build } from "./features.js";
import type { Memory } from "./memory.js";

declare global {
  // Merges with the engine's own types, and makes up for them in projects of Node, whose types may lack these names.
  namespace WebAssembly {
    interface Module {}
  }
}

export type Kernels = KernelExports;
export type KernelModule = WebAssembly.Module;

/** The kernels of a build: as bytes, or compiled for an unshared memory. */
export type KernelBinary = Uint8Array<ArrayBuffer> | KernelModule;

let unpacked: Promise<Uint8Array<ArrayBuffer>> | undefined;
/** Kernels that take the place of the library's own copy. */
const supplied = new Map<Build, KernelBinary>();
const compiled = new Map<string, Promise<KernelModule>>();

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

/** Whether a module has been compiled, after which a compiler's option would come too late. */
export function hasCompiled(): boolean {
  return compiled.size > 0;
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
