// The host environment: what Node offers beyond the language, without `import "node:…"`, which browsers and bundlers
// cannot resolve. In browsers these functions return a neutral value or use the web's equivalent.

/** The part of a `node:worker_threads` Worker that is used here. */
interface NodeWorker {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  terminate(): unknown;
  ref(): void;
  unref(): void;
  on(event: string, listener: (value: unknown) => void): void;
}

/** The part of `node:worker_threads` that is used here. */
export interface NodeThreads {
  Worker: new (source: string, options: { eval: boolean; name: string }) => NodeWorker;
  parentPort: {
    postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
    on(event: string, listener: (value: unknown) => void): void;
  } | null;
}

interface NodeProcess {
  execArgv: string[];
  versions: { node?: string; electron?: string };
  /** Electron's kind of process: "renderer" on a page, "worker" in its Web Workers. */
  type?: string;
  getBuiltinModule?(name: string): unknown;
}

function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}

/** `node:worker_threads`; undefined in browsers and on Node before 20.16, which lacks `getBuiltinModule`. */
export function nodeThreads(): NodeThreads | undefined {
  return nodeProcess()?.getBuiltinModule?.("worker_threads") as NodeThreads | undefined;
}

/** Whether this is a page of Electron with Node's modules, or a Web Worker of one. */
export function isElectronRenderer(): boolean {
  const { versions, type } = nodeProcess() ?? {};
  return versions?.electron !== undefined && (type === "renderer" || type === "worker");
}

/** Node's major version; 0 in browsers. */
export function nodeMajor(): number {
  return Number.parseInt(nodeProcess()?.versions?.node ?? "0", 10);
}

/**
 * Whether this Node process was started with `option`, such as `--experimental-wasm-revectorize`; false in browsers.
 */
export function startedWith(option: string): boolean {
  return nodeProcess()?.execArgv?.includes(option) ?? false;
}

/** How many threads this machine can run at once; 1 where it is unknown. */
export function processors(): number {
  const os = nodeProcess()?.getBuiltinModule?.("os") as { availableParallelism?(): number } | undefined;
  return os?.availableParallelism?.() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/**
 * Yields to the event loop once. In browsers a message does it, because `setTimeout` waits at least 4 ms and
 * `setImmediate` does not exist.
 */
export function turn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Decodes base64 and inflates it: the reverse of how `build.mjs` embeds binaries (raw deflate, no header). */
export function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(base64);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  return inflateRaw(packed);
}

/** On Node by `node:zlib`, which is loaded already; `DecompressionStream` takes ten milliseconds to load there. */
async function inflateRaw(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = nodeProcess()?.getBuiltinModule?.("zlib") as
    | { inflateRawSync(from: Uint8Array): Uint8Array }
    | undefined;
  if (zlib) return Uint8Array.from(zlib.inflateRawSync(packed));
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const writer = writable.getWriter();
  const [bytes] = await Promise.all([new Response(readable).arrayBuffer(), writer.write(packed), writer.close()]);
  return new Uint8Array(bytes);
}
