// The page's side of a network's worker: sends calls and resolves them with their results, answers the questions that a
// fit asks while it runs, and rejects all pending calls when the worker fails or is terminated.

import { about } from "../check.js";
import { type Dataset, readAnew } from "../data/dataset.js";
import { timers, whenCollected } from "../host.js";
import { messageOf } from "../kinds.js";
import { spawn, type WorkerHandle } from "../threads/spawn.js";
import { sendDataset } from "./datasets.js";
import { type Asking, type Failure, type Opening, READY, type Reply, type Request } from "./protocol.js";

/** Milliseconds within which a worker must start. */
const START_TIMEOUT = 30_000;
/**
 * Milliseconds after which the script of `workerUrl` is checked: a script of something else may never post a message.
 */
const CHECK_SCRIPT_AFTER = 1000;

/** The page's functions that answer the questions of a fit, by kind. An answer may be a promise. */
export type Answers = Partial<Record<Asking, (value: never) => unknown>>;

/** Options of one call of a method. */
export interface CallOptions {
  answers?: Answers;
  signal?: AbortSignal | undefined;
  /** Buffers that move to the worker instead of being copied. */
  transfer?: ArrayBuffer[];
  /**
   * An object that must not be garbage-collected before the call ends: the network, whose collection ends the worker.
   */
  owner?: object;
}

/** A pending call. */
interface Call extends CallOptions {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  /** What one of the page's own functions threw. The call is then rejected with it. */
  thrown?: { error: unknown };
  onAbort?: () => void;
}

const OTHER_SCRIPT =
  '"workerUrl" must be the address of a copy of "wasmlp/worker-script" of this version, but another script is there';

/** Errors are sent as name and message, since browsers do not clone all of them alike; these classes are restored. */
const KINDS = { TypeError, RangeError } as Record<string, new (message: string) => Error>;

/** Tells the worker to free a dataset that the page has garbage-collected. */
const forgotten = /* @__PURE__ */ whenCollected<{ channel: WeakRef<Channel>; dataset: number }>(
  ({ channel, dataset }) => channel.deref()?.post({ kind: "drop", dataset }),
);

/**
 * The connection to one worker. Calls, questions and datasets are numbered, so that replies can be assigned to them.
 */
export class Channel {
  private readonly helper: WorkerHandle;
  private readonly calls = new Map<number, Call>();
  private readonly sent = new WeakMap<Dataset, Promise<number>>();
  private numbers = 0;
  /** Why the worker cannot be used any more; undefined while it can. */
  private failure: Error | undefined;
  /** The timers of START_TIMEOUT (undefined once the worker has started) and of CHECK_SCRIPT_AFTER. */
  private starting: ReturnType<typeof timers.start>;
  private checking: ReturnType<typeof timers.start>;

  /** Starts a worker that runs `source`. Throws an Error if the engine refuses to start one. */
  constructor(source: string, opening: Opening) {
    this.helper = start(
      source,
      (message) => this.onMessage(message),
      (why) => this.fail(unusable(why)),
    );
    this.starting = timers.start(
      () => this.fail(unusable(`it did not start within ${START_TIMEOUT / 1000} seconds`)),
      START_TIMEOUT,
    );
    const { script } = opening;
    if (script !== undefined) this.checking = timers.start(() => void this.checkScript(script), CHECK_SCRIPT_AFTER);
    this.post({ kind: "open", opening });
  }

  /** Sends a message; does nothing after a failure. */
  post(request: Request, transfer?: ArrayBuffer[]): void {
    if (!this.failure) this.helper.post(request, transfer);
  }

  /** Calls a method of the worker's network. Resolves to its result, or rejects with the error that it throws. */
  call(method: string, args: unknown[], options: CallOptions = {}): Promise<unknown> {
    const call = ++this.numbers;
    return new Promise((resolve, reject) => {
      if (this.failure) throw this.failure;
      this.calls.set(call, { ...options, resolve, reject });
      this.helper.hold(true);
      this.watch(call, options.signal);
      this.tryPost({ kind: "call", call, method, args }, options.transfer);
    });
  }

  /** Sends a call, or rejects it with a TypeError if its arguments cannot be cloned. */
  private tryPost(request: Request & { kind: "call" }, transfer?: ArrayBuffer[]): void {
    try {
      this.post(request, transfer);
    } catch (cause) {
      this.finish(request.call)?.reject(
        new TypeError(
          `${request.method}() was given what cannot be sent to a worker, such as a function or a proxy (of Vue, MobX): ${messageOf(cause)}`,
          {
            cause,
          },
        ),
      );
    }
  }

  /** Passes the abortion of `signal` on to the worker. */
  private watch(call: number, signal: AbortSignal | undefined): void {
    const pending = this.calls.get(call) as Call;
    if (!signal) return;
    pending.onAbort = () => this.post({ kind: "abort", call });
    signal.addEventListener("abort", pending.onAbort);
  }

  /**
   * Sends a dataset and resolves to its number in the worker. Each is sent once: later changes of its arrays have no
   * effect.
   */
  async send(data: Dataset, title: string): Promise<number> {
    const known = this.sent.get(data);
    if (known) return known;
    readAnew(data, title);
    const dataset = ++this.numbers;
    const sending = sendDataset(data, dataset, (request, transfer) => {
      if (this.failure) throw this.failure;
      this.post(request, transfer);
    }).then(() => dataset);
    this.sent.set(data, sending);
    // A dataset whose sending failed is sent again at the next call.
    sending.catch(() => this.sent.delete(data));
    if (typeof WeakRef === "function") forgotten.register(data, { channel: new WeakRef(this), dataset });
    return sending;
  }

  /** Terminates the worker at once. Pending and later calls are rejected with an Error of message `why`. */
  end(why: string): void {
    this.fail(new Error(why));
  }

  /** The worker's first message must be READY of this version; all others are replies. */
  private onMessage(message: unknown): void {
    if (this.starting === undefined) this.receive(message as Reply);
    else if (message === READY) this.stopTimers();
    else this.fail(unusable(OTHER_SCRIPT));
  }

  private stopTimers(): void {
    for (const timer of [this.starting, this.checking]) timers.stop(timer);
    this.starting = undefined;
  }

  /** Fails at once, instead of after START_TIMEOUT, if the text at `workerUrl` is not this version's script. */
  private async checkScript(script: string): Promise<void> {
    // The page's policy may forbid the request; then only the timeout remains.
    const text = await fetch(script)
      .then((response) => response.text())
      .catch(() => READY);
    if (this.starting !== undefined && !text.includes(READY)) this.fail(unusable(OTHER_SCRIPT));
  }

  private receive(reply: Reply): void {
    if (reply.kind === "result") this.finish(reply.call)?.resolve(reply.value);
    else if (reply.kind === "failure") this.reject(reply.call, reply.failure, reply.isAbort);
    else void this.answer(reply.call, reply.question, reply.asking, reply.value);
  }

  /** Rejects a call: with its signal's reason, with what the page's own function threw, or with the worker's error. */
  private reject(number: number, failure: Failure, isAbort: boolean): void {
    const call = this.finish(number);
    if (isAbort) call?.reject(call.signal?.reason);
    else call?.reject(call.thrown ? call.thrown.error : rebuilt(failure));
  }

  /** Answers a question of the worker by the call's function for it. If that throws, the worker ends the fit. */
  private async answer(number: number, question: number, asking: Asking, value: unknown): Promise<void> {
    const call = this.calls.get(number);
    try {
      this.post({ kind: "answer", question, value: await call?.answers?.[asking]?.(value as never) });
    } catch (error) {
      if (call) call.thrown = { error };
      this.post({ kind: "answer", question, failed: true });
    }
  }

  /**
   * Removes a call from the pending ones and returns it, if it was there. Without pending calls Node's process may
   * exit.
   */
  private finish(number: number): Call | undefined {
    const call = this.calls.get(number);
    this.calls.delete(number);
    if (call?.onAbort) call.signal?.removeEventListener("abort", call.onAbort);
    if (this.calls.size === 0) this.helper.hold(false);
    return call;
  }

  /** Terminates the worker and rejects all pending calls. The first failure is the one that is reported. */
  private fail(failure: Error): void {
    this.stopTimers();
    this.failure ??= failure;
    this.helper.end();
    for (const number of [...this.calls.keys()]) this.finish(number)?.reject(this.failure);
  }
}

function start(source: string, message: (data: unknown) => void, gone: (why: string) => void): WorkerHandle {
  try {
    return spawn(source, "wasmlp", { message, gone });
  } catch (cause) {
    throw unusable(`it could not be started: ${messageOf(cause)}`, cause);
  }
}

function unusable(why: string, cause?: unknown): Error {
  return new Error(`the worker of this network cannot be used: ${why}`, { cause });
}

/** An error of the worker, with its class. */
function rebuilt({ name, message, argument }: Failure): Error {
  const error = new (KINDS[name] ?? Error)(message);
  return argument === undefined ? error : about(argument, error);
}
