// Workers of either kind, `node:worker_threads` and Web Workers, from both their sides: started here, and what they see of it.

import { nodeThreads } from "../host.js";

/** A worker that was started. */
export interface Helper {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  end(): void;
  /** Whether it keeps a process of Node alive; at first it does not. */
  hold(holds: boolean): void;
}

interface Events {
  message(data: unknown): void;
  /** It is of no use any more, and why. */
  gone(why: string): void;
}

let script: string | undefined;

/** Has workers of browsers run the script at this address. */
export function useScript(address: string | undefined): void {
  script = address;
}

/** The address of the script that workers run, if it was told, and not on Node. */
export function usedScript(): string | undefined {
  return nodeThreads() ? undefined : script;
}

/** Whether this engine has workers. */
export function canSpawn(): boolean {
  return nodeThreads() !== undefined || typeof Worker === "function";
}

/** Starts a worker that runs `source`, or the script that was told. Throws where the engine refuses. */
export function spawn(source: string, name: string, events: Events): Helper {
  if (!canSpawn()) throw new Error('there are no workers here, which "wasmlp/worker" needs and "wasmlp" does not');
  return nodeThreads() ? spawnInNode(source, name, events) : spawnInBrowser(source, name, events);
}

function spawnInNode(source: string, name: string, { message, gone }: Events): Helper {
  const { Worker } = nodeThreads() as NonNullable<ReturnType<typeof nodeThreads>>;
  const worker = new Worker(source, { eval: true, name });
  worker.on("message", message);
  worker.on("error", (error) => gone(failure(error instanceof Error ? error.message : String(error))));
  worker.on("messageerror", () => gone(failure(UNREADABLE)));
  worker.on("exit", () => gone("it was ended"));
  worker.unref();
  return {
    post: (data, transfer) => worker.postMessage(data, transfer),
    end: () => void worker.terminate(),
    hold: (holds) => (holds ? worker.ref() : worker.unref()),
  };
}

function spawnInBrowser(source: string, name: string, { message, gone }: Events): Helper {
  const blob = script === undefined ? new Blob([source], { type: "text/javascript" }) : undefined;
  const address = blob ? URL.createObjectURL(blob) : (script as string);
  const worker = new Worker(trusted(address), { name });
  worker.onmessage = ({ data }) => {
    if (blob) URL.revokeObjectURL(address);
    worker.onmessage = (event) => message(event.data);
    message(data);
  };
  worker.onmessageerror = () => gone(failure(UNREADABLE));
  worker.onerror = (event) => {
    // Else it would be an error of whoever started the worker, too: of a network's worker, that of a helping thread.
    event.preventDefault();
    // A script that cannot be had tells nothing.
    if (!event.message) gone(blob ? NO_BLOBS : `${address} is no script that can be run`);
    else gone(blob ? failure(event.message) : `${failure(event.message)} in ${address}`);
  };
  return {
    post: (data, transfer = []) => worker.postMessage(data, transfer),
    end: () => worker.terminate(),
    hold: () => {},
  };
}

/**
 * An address as a page takes it that requires trusted types: from a policy, which goes by the name of "wasmlp". Where the page
 * allows none of that name it may take the address by its own default policy.
 */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as unknown as { trustedTypes?: TrustedTypes };
  try {
    policy ??= trustedTypes?.createPolicy("wasmlp", { createScriptURL: (own) => own });
  } catch {
    // Perhaps it requires none either.
  }
  return policy?.createScriptURL(address) ?? address;
}

/** There may be one of a name only. */
let policy: TrustedPolicy | undefined;

/** As far as it is used; what comes of it is an object, which stands for the address. */
interface TrustedPolicy {
  createScriptURL(address: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy;
}

const NO_BLOBS =
  "it may not be started from a blob: address, as by the page's content-security-policy; init({ workerUrl }) sets another";

/** Why a worker is of no use whose message, or one to it, got lost: who waits for the answer would wait for ever. */
const UNREADABLE = "a message could not be read";

function unreadable(): never {
  throw new Error(UNREADABLE);
}

function failure(message: string): string {
  return `it failed with "${message}"`;
}

/** The way back from a worker to whoever started it. */
export interface Port {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** What is thrown while a message is received ends the worker, of which the other side is told. */
  listen(receive: (message: unknown) => void): void;
}

/** In a worker, its port. */
export function ownPort(): Port {
  const port = nodeThreads()?.parentPort;
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

interface DedicatedWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: (event: { data: unknown }) => void;
  onmessageerror: () => void;
}
