// A page's side of the worker of one network: calls and their results, what a fit asks meanwhile, and what becomes of all that
// when the worker is gone.

import type { Dataset } from "../data/dataset.js";
import { type Helper, spawn } from "../threads/spawn.js";
import { sendDataset } from "./datasets.js";
import { type Asking, type Failure, type Opening, READY, type Reply, type Request } from "./protocol.js";

/** Milliseconds that a worker may take to start. */
const START_PATIENCE = 30_000;
/** And after which a script that was told is looked at: another may never say anything. */
const LOOK_PATIENCE = 1000;

/** What a page does with what a fit asks; what it gives, or the promise of it, is the answer. */
export type Answers = Partial<Record<Asking, (value: never) => unknown>>;

export interface CallOptions {
  answers?: Answers;
  signal?: AbortSignal | undefined;
  transfer?: ArrayBuffer[];
  /** Kept from being collected until the call is done. */
  owner?: object;
}

interface Call extends CallOptions {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  /** What a page's own function threw, which is what the call then ends in. */
  thrown?: { error: unknown };
  onAbort?: () => void;
}

const OTHER_SCRIPT =
  '"workerUrl" must be the address of a copy of "wasmlp/worker-script" of this version, and is of another';

const KINDS = { TypeError, RangeError } as Record<string, new (message: string) => Error>;

/** Tells a worker that the page has forgotten a dataset. */
const forgotten = new FinalizationRegistry<{ channel: WeakRef<Channel>; dataset: number }>(({ channel, dataset }) =>
  channel.deref()?.post({ kind: "drop", dataset }),
);

export class Channel {
  private readonly helper: Helper;
  private readonly calls = new Map<number, Call>();
  private readonly sent = new WeakMap<Dataset, Promise<number>>();
  private numbers = 0;
  private trouble: Error | undefined;
  private starting: ReturnType<typeof setTimeout> | undefined;
  private looking: ReturnType<typeof setTimeout> | undefined;

  /** Starts a worker that runs `source`. Error where the engine refuses. */
  constructor(source: string, opening: Opening) {
    this.helper = start(
      source,
      (message) => this.hear(message),
      (why) => this.fail(lost(why)),
    );
    this.starting = setTimeout(
      () => this.fail(lost(`it did not start within ${START_PATIENCE / 1000} seconds`)),
      START_PATIENCE,
    );
    const { script } = opening;
    if (script !== undefined) this.looking = setTimeout(() => void this.lookAt(script), LOOK_PATIENCE);
    this.post({ kind: "open", opening });
  }

  post(request: Request, transfer?: ArrayBuffer[]): void {
    if (!this.trouble) this.helper.post(request, transfer);
  }

  /** What a method of the worker's network gives, or throws. */
  call(method: string, args: unknown[], options: CallOptions = {}): Promise<unknown> {
    const call = ++this.numbers;
    return new Promise((resolve, reject) => {
      if (this.trouble) throw this.trouble;
      this.calls.set(call, { ...options, resolve, reject });
      this.helper.hold(true);
      this.watch(call, options.signal);
      this.tryPost({ kind: "call", call, method, args }, options.transfer);
    });
  }

  /** TypeError for what cannot be copied. */
  private tryPost(request: Request & { kind: "call" }, transfer?: ArrayBuffer[]): void {
    try {
      this.post(request, transfer);
    } catch (cause) {
      this.take(request.call)?.reject(
        new TypeError(`"${request.method}" was given what cannot be sent to a worker: ${(cause as Error).message}`, {
          cause,
        }),
      );
    }
  }

  private watch(call: number, signal: AbortSignal | undefined): void {
    const pending = this.calls.get(call) as Call;
    if (!signal) return;
    pending.onAbort = () => this.post({ kind: "abort", call });
    signal.addEventListener("abort", pending.onAbort);
  }

  /** The number that the worker knows a dataset by. It is sent once: later changes of its arrays are not seen. */
  send(data: Dataset): Promise<number> {
    const known = this.sent.get(data);
    if (known) return known;
    const dataset = ++this.numbers;
    const sending = sendDataset(data, dataset, (request, transfer) => {
      if (this.trouble) throw this.trouble;
      this.post(request, transfer);
    }).then(() => dataset);
    this.sent.set(data, sending);
    // It may go another time.
    sending.catch(() => this.sent.delete(data));
    forgotten.register(data, { channel: new WeakRef(this), dataset });
    return sending;
  }

  /** Ends the worker at once; what waits for it is rejected with `why`. */
  end(why: string): void {
    this.fail(new Error(why));
  }

  private hear(message: unknown): void {
    if (this.starting === undefined) this.receive(message as Reply);
    else if (message === READY) this.stopWaiting();
    else this.fail(lost(OTHER_SCRIPT));
  }

  private stopWaiting(): void {
    for (const timer of [this.starting, this.looking]) clearTimeout(timer);
    this.starting = undefined;
  }

  /** Gives up a worker whose script turns out to be another. */
  private async lookAt(script: string): Promise<void> {
    // A page's policy may forbid to look.
    const text = await fetch(script)
      .then((response) => response.text())
      .catch(() => READY);
    if (this.starting !== undefined && !text.includes(READY)) this.fail(lost(OTHER_SCRIPT));
  }

  private receive(reply: Reply): void {
    if (reply.kind === "result") this.take(reply.call)?.resolve(reply.value);
    else if (reply.kind === "failure") this.refuse(reply.call, reply.failure, reply.isAbort);
    else void this.answer(reply.call, reply.question, reply.asking, reply.value);
  }

  private refuse(number: number, failure: Failure, isAbort: boolean): void {
    const call = this.take(number);
    if (isAbort) call?.reject(call.signal?.reason);
    else call?.reject(call.thrown ? call.thrown.error : rebuilt(failure));
  }

  private async answer(number: number, question: number, asking: Asking, value: unknown): Promise<void> {
    const call = this.calls.get(number);
    try {
      this.post({ kind: "answer", question, value: await call?.answers?.[asking]?.(value as never) });
    } catch (error) {
      if (call) call.thrown = { error };
      this.post({ kind: "answer", question, failed: true });
    }
  }

  /** A call that is done. */
  private take(number: number): Call | undefined {
    const call = this.calls.get(number);
    this.calls.delete(number);
    if (call?.onAbort) call.signal?.removeEventListener("abort", call.onAbort);
    if (this.calls.size === 0) this.helper.hold(false);
    return call;
  }

  private fail(trouble: Error): void {
    this.stopWaiting();
    this.trouble ??= trouble;
    this.helper.end();
    for (const number of [...this.calls.keys()]) this.take(number)?.reject(this.trouble);
  }
}

function start(source: string, message: (data: unknown) => void, gone: (why: string) => void): Helper {
  try {
    return spawn(source, "wasmlp", { message, gone });
  } catch (cause) {
    throw lost(`it cannot be started: ${(cause as Error).message}`, cause);
  }
}

function lost(why: string, cause?: unknown): Error {
  return new Error(`the worker of this network is of no use: ${why}`, { cause });
}

function rebuilt({ name, message }: Failure): Error {
  return new (KINDS[name] ?? Error)(message);
}
