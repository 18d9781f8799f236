// One interface to both kinds of workers, `node:worker_threads` and Web Workers: starting them, and their own side of
// the messages.

import { isElectronRenderer, type NodeThreads, nodeThreads } from "../host.js";
import { messageOf } from "../kinds.js";

/** A worker that has been started. */
export interface WorkerHandle {
  /** Sends a message; buffers in `transfer` are moved, not copied. */
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Terminates it at once. */
  end(): void;
  /** Whether the worker keeps the Node process alive; default false. No effect in browsers. */
  hold(holds: boolean): void;
}

interface Events {
  /** The worker has sent a message. */
  message(data: unknown): void;
  /** The worker has ended or failed, with the reason. May be called more than once. */
  gone(why: string): void;
}

/** The address of the script for workers in browsers; by default they run a text, from a blob. */
let script: string | undefined;

/** Makes workers in browsers run the script at this address. */
export function useScript(address: string | undefined): void {
  script = address;
}

/** The address that was set by `useScript`; undefined on Node, where it has no effect. */
export function usedScript(): string | undefined {
  return threadsOfNode() ? undefined : script;
}

/**
 * `node:worker_threads` where its workers are to be used: not on the page of an Electron renderer, which can have that module,
 * but whose engine cannot start threads of Node, nor in a Web Worker there.
 */
function threadsOfNode(): NodeThreads | undefined {
  return isElectronRenderer() ? undefined : nodeThreads();
}

/** Whether this environment has workers. */
export function canSpawn(): boolean {
  return threadsOfNode() !== undefined || typeof Worker === "function";
}

/** Starts a worker that runs `source`, or the script that was set. Throws an Error if the engine refuses. */
export function spawn(source: string, name: string, events: Events): WorkerHandle {
  if (!canSpawn()) throw new Error('this environment has no workers; "wasmlp/worker" needs them, "wasmlp" does not');
  return threadsOfNode() ? spawnInNode(source, name, events) : spawnInBrowser(source, name, events);
}

function spawnInNode(source: string, name: string, { message, gone }: Events): WorkerHandle {
  const { Worker } = nodeThreads() as NodeThreads;
  // The process's `--require`, `--import` and NODE_OPTIONS are for its own program: hooks that instrument it would slow the threads
  // down or break them. Options of V8 hold for the whole process in any case.
  const worker = new Worker(source, { eval: true, name, execArgv: [], env: {} });
  worker.on("message", message);
  worker.on("error", (error) => gone(failure(messageOf(error))));
  worker.on("messageerror", () => gone(failure(UNREADABLE)));
  worker.on("exit", () => gone("it was terminated"));
  worker.unref();
  return {
    post: (data, transfer) => worker.postMessage(data, transfer),
    end: () => void worker.terminate(),
    hold: (holds) => (holds ? worker.ref() : worker.unref()),
  };
}

function spawnInBrowser(source: string, name: string, { message, gone }: Events): WorkerHandle {
  const blob = script === undefined ? new Blob([source], { type: "text/javascript" }) : undefined;
  const address = blob ? URL.createObjectURL(blob) : (script as string);
  const worker = new Worker(trusted(address), { name });
  worker.onmessage = ({ data }) => {
    // The first message shows that the script has been loaded; its address is not needed any more.
    if (blob) URL.revokeObjectURL(address);
    worker.onmessage = (event) => message(event.data);
    message(data);
  };
  worker.onmessageerror = () => gone(failure(UNREADABLE));
  worker.onerror = (event) => {
    // Otherwise the error would also be reported in the thread that started the worker.
    event.preventDefault();
    // There is no message if the script could not be loaded.
    if (!event.message) gone(blob ? NO_BLOBS : `the script ${address} could not be loaded`);
    else gone(blob ? failure(event.message) : `${failure(event.message)} in ${address}`);
  };
  return {
    post: (data, transfer = []) => worker.postMessage(data, transfer),
    end: () => worker.terminate(),
    hold: () => {},
  };
}

/**
 * The address as a TrustedScriptURL of the policy "wasmlp", for pages that require trusted types. If the page allows no
 * policy of that name, its default policy may still accept the plain address.
 */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as unknown as { trustedTypes?: TrustedTypes };
  try {
    policy ??= trustedTypes?.createPolicy("wasmlp", { createScriptURL: (own) => own });
  } catch {
    // Not allowed; the page may not require trusted types at all.
  }
  return policy?.createScriptURL(address) ?? address;
}

/** The policy, created once: a page may allow only one of a name. */
let policy: TrustedPolicy | undefined;

/** The part of trusted types that is used. The result is really an object that stands for the address. */
interface TrustedPolicy {
  createScriptURL(address: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy;
}

const NO_BLOBS =
  "it could not be started from a blob: address, perhaps because of the page's content-security-policy; " +
  "init({ workerUrl }) sets another address";

/** A message that cannot be deserialized ends the worker: whoever waits for the answer would wait forever. */
const UNREADABLE = "a message could not be read";

function unreadable(): never {
  throw new Error(UNREADABLE);
}

function failure(message: string): string {
  return `it failed with "${message}"`;
}

/** The connection of a worker to the thread that started it. */
export interface Port {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Receives messages. An error thrown by `receive` ends the worker and is reported to the other side. */
  listen(receive: (message: unknown) => void): void;
}

/** This worker's port. To be called in a worker only. */
export function ownPort(): Port {
  const port = threadsOfNode()?.parentPort;
  if (port) {
    return {
      post: (message, transfer) => port.postMessage(message, transfer),
      listen: (receive) => {
        port.on("message", receive);
        port.on("messageerror", unreadable);
      },
    };
  }
  const scope = globalThis as unknown as DedicatedWorker;
  return {
    post: (message, transfer = []) => scope.postMessage(message, transfer),
    listen: (receive) => {
      scope.onmessage = ({ data }) => receive(data);
      scope.onmessageerror = unreadable;
    },
  };
}

/** The part of DedicatedWorkerGlobalScope that is used. */
interface DedicatedWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: (event: { data: unknown }) => void;
  onmessageerror: () => void;
}
