// What Node offers past the language, reached without an import, which browsers and bundlers would stumble over. Elsewhere
// there is none of it.

/** A thread of `node:worker_threads`, as far as it is used. */
interface NodeWorker {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  terminate(): unknown;
  ref(): void;
  unref(): void;
  on(event: string, listener: (value: unknown) => void): void;
}

/** `node:worker_threads`, as far as it is used. */
export interface NodeThreads {
  Worker: new (source: string, options: { eval: boolean; name: string }) => NodeWorker;
  parentPort: {
    postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
    on(event: string, listener: (value: unknown) => void): void;
  } | null;
}

interface NodeProcess {
  execArgv: string[];
  versions: { node?: string };
  getBuiltinModule?(name: string): unknown;
}

function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}

/** `node:worker_threads`; undefined elsewhere, and on Node before 20.16. */
export function nodeThreads(): NodeThreads | undefined {
  return nodeProcess()?.getBuiltinModule?.("worker_threads") as NodeThreads | undefined;
}

/** Node's major version; 0 elsewhere. */
export function nodeMajor(): number {
  return Number.parseInt(nodeProcess()?.versions?.node ?? "0", 10);
}

/** Whether this process was started with an option of the engine. */
export function startedWith(option: string): boolean {
  return nodeProcess()?.execArgv?.includes(option) ?? false;
}

/** Threads that run on this machine at once. */
export function processors(): number {
  const os = nodeProcess()?.getBuiltinModule?.("os") as { availableParallelism?(): number } | undefined;
  return os?.availableParallelism?.() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Lets the event loop turn once. In browsers `setTimeout` would wait 4 ms and `setImmediate` does not exist. */
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

/** What the build deflated without a header and wrote as base64. */
export function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(base64);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  return inflateRaw(packed);
}

/** Node's own module is at hand at once, its streams take ten milliseconds to load. */
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
