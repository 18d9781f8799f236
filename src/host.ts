// The host environment: what Node offers beyond the language, without `import "node:…"`, which browsers and bundlers
// cannot resolve, and what both have: clock, timers, decompression. Where something is missing, these functions return a
// neutral value or use the web's equivalent.

import { processorQuota } from "./quota.js";

/** The part of a `node:worker_threads` Worker that is used here. */
interface NodeWorker {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  terminate(): unknown;
  ref(): void;
  unref(): void;
  on(event: string, listener: (value: unknown) => void): void;
}

/** The options with which a `node:worker_threads` Worker is started here. */
interface NodeWorkerOptions {
  eval: boolean;
  name: string;
  execArgv: string[];
  env: Record<string, string>;
}

/** The part of `node:worker_threads` that is used here. */
export interface NodeThreads {
  Worker: new (source: string, options: NodeWorkerOptions) => NodeWorker;
  parentPort: {
    postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
    on(event: string, listener: (value: unknown) => void): void;
  } | null;
}

interface NodeProcess {
  arch: string;
  execArgv: string[];
  execPath: string;
  versions: { node?: string; bun?: string; deno?: string; electron?: string };
  /** Electron's kind of process: "renderer" on a page, "worker" in its Web Workers. */
  type?: string;
  getBuiltinModule?(name: string): unknown;
}

function nodeProcess(): NodeProcess | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.versions?.node === undefined ? undefined : process;
}

// --- Node's own modules ---

/** Gives one of Node's own modules by its name. */
type RequireBuiltin = (name: string) => unknown;

/** Stands in for `process.getBuiltinModule`, which Node lacks before 20.16, in 21 and before 22.3. */
let provided: RequireBuiltin | undefined;

/** Uses `require` for Node's own modules where `process.getBuiltinModule` is missing. */
export function provideBuiltins(require: RequireBuiltin): void {
  provided = require;
}

/** One of Node's own modules; undefined elsewhere. */
function builtin<T>(name: string): T | undefined {
  const process = nodeProcess();
  if (!process) return undefined;
  if (process.getBuiltinModule) return process.getBuiltinModule(name) as T | undefined;
  // Workers that run a text have a global `require`.
  const require = provided ?? (globalThis as { require?: RequireBuiltin }).require;
  return require?.(name) as T | undefined;
}

/** `import()` of a name that bundlers do not see and so do not try to resolve. */
const load = (name: string): Promise<{ createRequire(from: string): RequireBuiltin }> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ name);

/**
 * Makes Node's own modules available on a Node without `process.getBuiltinModule`. Elsewhere it does nothing, nor where
 * `import()` fails, as in a vm context: one thread then does everything.
 */
export async function loadBuiltins(): Promise<void> {
  const process = nodeProcess();
  if (!process || builtin("module") !== undefined) return;
  const { createRequire } = await load("node:module").catch(() => ({ createRequire: undefined }));
  provided = createRequire?.(process.execPath);
}

/** `node:worker_threads`; undefined in browsers. */
export function nodeThreads(): NodeThreads | undefined {
  return builtin<NodeThreads>("worker_threads");
}

/** Whether this is a page of Electron with Node's modules, or a Web Worker of one. */
export function isElectronRenderer(): boolean {
  const { versions, type } = nodeProcess() ?? {};
  return versions?.electron !== undefined && (type === "renderer" || type === "worker");
}

/** The major version of Node, if the engine is V8 as Node builds it for processors of the kind "x64"; else 0. */
export function nodeMajorOnX64(): number {
  const { arch, versions } = nodeProcess() ?? {};
  const isOther = arch !== "x64" || versions?.bun !== undefined || versions?.deno !== undefined;
  return isOther ? 0 : Number.parseInt(versions?.node ?? "0", 10);
}

/**
 * Whether this Node process was started with `option`, such as `--experimental-wasm-revectorize`; false in browsers.
 */
export function startedWith(option: string): boolean {
  return nodeProcess()?.execArgv?.includes(option) ?? false;
}

/** Processors that the process may use by its container's quota; read once. */
let quota: number | undefined;

/** How many threads this machine, or this process's share of it, can run at once; 1 where it is unknown. */
export function processors(): number {
  const os = builtin<{ availableParallelism?(): number }>("os");
  const count = os?.availableParallelism?.() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  // Deno would ask the user for the permission to read, and Node 20 does not look at quotas by itself.
  if (nodeProcess()?.versions.deno === undefined) quota ??= processorQuota(readText);
  return Math.min(count, quota ?? count);
}

/** The text of a file; undefined where there is none, or no way to read it. */
function readText(path: string): string | undefined {
  try {
    return builtin<{ readFileSync(path: string, encoding: string): string }>("fs")?.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

// --- clock and timers ---

/** What `setTimeout` gives: a number or an object. The declarations name no function that projects may lack the types of. */
type Timer = unknown;

/**
 * The clock and timers as they were when this module was loaded: a test that replaces them by fake ones, which stand still,
 * must not make training wait for ever.
 */
interface Natives {
  clock: { now(): number };
  setTimeout: ((work: () => void, milliseconds?: number) => Timer) | undefined;
  clearTimeout: ((timer: Timer) => void) | undefined;
  setImmediate: ((work: () => void) => unknown) | undefined;
  MessageChannel: typeof MessageChannel | undefined;
}

const natives = /* @__PURE__ */ captured();

function captured(): Natives {
  const { performance, setTimeout, clearTimeout, setImmediate, MessageChannel } = globalThis as typeof globalThis &
    Natives;
  const immediates = [setImmediate, builtin<Natives>("timers")?.setImmediate];
  return {
    clock: performance ?? Date,
    setTimeout: isReal(setTimeout) ? setTimeout : builtin<Natives>("timers")?.setTimeout,
    clearTimeout,
    setImmediate: immediates.find(isReal),
    MessageChannel,
  };
}

/** Whether a function is there and no fake of Jest or vitest, whose fakes have these properties. */
function isReal(timer: unknown): boolean {
  return typeof timer === "function" && !("clock" in timer) && !("_isMockFunction" in timer);
}

/** Milliseconds of a clock that does not go back where the engine has one. */
export function now(): number {
  return natives.clock.now();
}

/** The timers, called as methods so that tests can replace them. They do nothing where the engine has none. */
export const timers = {
  start: (work: () => void, milliseconds: number): Timer => {
    // Browsers refuse their timers as methods of another object.
    const { setTimeout } = natives;
    return setTimeout?.(work, milliseconds);
  },
  stop: (timer: Timer): void => {
    const { clearTimeout } = natives;
    clearTimeout?.(timer);
  },
};

/**
 * Yields to the event loop once. In browsers a message does it, because `setTimeout` waits at least 4 ms and
 * `setImmediate` does not exist. An engine without any timer only gets a microtask.
 */
export function turn(): Promise<void> {
  const { setImmediate, MessageChannel, setTimeout } = natives;
  if (setImmediate) return new Promise((resolve) => void setImmediate(resolve));
  if (!MessageChannel) return new Promise((resolve) => (setTimeout ? void setTimeout(resolve) : resolve()));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

// --- memory ---

/** Calls `cleanup` with what was registered for an object some time after the object has been garbage-collected. */
export interface Collected<T> {
  register(object: object, held: T, token?: object): void;
  unregister(token: object): void;
}

/** A FinalizationRegistry; where the engine has none, what was registered stays until it is disposed of. */
export function whenCollected<T>(cleanup: (held: T) => void): Collected<T> {
  if (typeof FinalizationRegistry === "function") return new FinalizationRegistry(cleanup);
  return { register: () => {}, unregister: () => {} };
}

// --- decompression ---

/**
 * Unpacks what the build embeds as text: zlib's format (RFC 1950) in base64. Rejects with an Error if the data is damaged, or the
 * engine has no means.
 */
export async function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = builtin<{ inflateSync(from: Uint8Array): Uint8Array }>("zlib");
  if (!zlib && typeof DecompressionStream !== "function") {
    throw new Error("this engine has no DecompressionStream to unpack the kernels with: give them to init({ wasm })");
  }
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  // `DecompressionStream` takes ten milliseconds to load on Node; `node:zlib` is loaded already.
  if (zlib) return Uint8Array.from(zlib.inflateSync(packed));
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  const [bytes] = await Promise.all([new Response(readable).arrayBuffer(), writer.write(packed), writer.close()]);
  return new Uint8Array(bytes);
}
