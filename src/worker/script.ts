// The worker's own side: one network, and what a page asks of it. The same script is that of helping threads, which run it where
// the page told its address.

import { assumePairing } from "../kernels/features.js";
import { supplyKernels } from "../kernels/modules.js";
import { Network, type NetworkOptions } from "../network.js";
import { join } from "../threads/join.js";
import { ownPort, useScript } from "../threads/spawn.js";
import { type Invitation, useThreadSource } from "../threads/team.js";
import type { FitOptions } from "../training/fit-options.js";
import { Datasets } from "./datasets.js";
import { type Asking, type Facts, type Opening, READY, type Request, type SentOptions } from "./protocol.js";

type Method = (call: number, ...args: never[]) => unknown;

/** What a page has yet to answer. */
interface Question {
  call: number;
  asking: Asking;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Those of a network's methods that are called as they are. */
const PLAIN = [
  ...(["predict", "classify", "activations", "gradient", "explain"] as const),
  ...(["parameters", "setParameters", "toBytes"] as const),
];

const port = ownPort();
const datasets = new Datasets();
const fits = new Map<number, AbortController>();
const questions = new Map<number, Question>();
let asked = 0;
let network: Network | undefined;

function own(): Network {
  if (network) return network;
  throw new Error("this worker has no network");
}

function adopt(created: Network): Facts {
  network = created;
  const { spec, build, parameterCount } = created;
  return { spec, build, parameterCount };
}

const METHODS: Record<string, Method> = {
  create: async (_, options: NetworkOptions) => adopt(await Network.create(options)),
  fromBytes: async (_, ...args: Parameters<typeof Network.fromBytes>) => adopt(await Network.fromBytes(...args)),
  fit,
  evaluate: (_, data: number, options: { worst?: number }) => own().evaluate(datasets.get(data), options),
  fillInputs: (_, count: number, inputs: Float32Array) => {
    const size = inputs.length / count;
    return own().fillInputs(count, (view, first) => {
      view.set(inputs.subarray(first * size, first * size + view.length));
    });
  },
};
for (const name of PLAIN) METHODS[name] = (_, ...args) => (own()[name] as (...args: never[]) => unknown)(...args);

async function fit(call: number, train: number, sent: SentOptions): Promise<unknown> {
  const { asks, checkpoint, validation, ...options } = sent;
  const stop = new AbortController();
  fits.set(call, stop);
  try {
    return await own().fit(datasets.get(train), {
      ...options,
      ...(validation !== undefined && { validation: datasets.get(validation) }),
      ...(asks.epoch && { onEpoch: (record) => ask(call, "epoch", record) as Promise<void> }),
      ...(asks.batch && reporting(call)),
      ...(checkpoint && { checkpoint: { ...checkpoint, save: (bytes) => ask(call, "checkpoint", bytes) } }),
      signal: stop.signal,
    });
  } finally {
    fits.delete(call);
  }
}

/** Every answer to a batch is how long it is until the next one is reported. */
function reporting(call: number): Pick<FitOptions, "onBatch" | "batchInterval"> {
  let interval = 0;
  const onBatch: FitOptions["onBatch"] = async (record) => {
    interval = (await ask(call, "batch", record)) as number;
  };
  return { onBatch, batchInterval: () => interval };
}

function ask(call: number, asking: Asking, value: unknown): Promise<unknown> {
  const question = ++asked;
  port.post({ kind: "question", call, question, asking, value });
  return new Promise((resolve, reject) => questions.set(question, { call, asking, resolve, reject }));
}

function open({ build, binary, pairing, threadSource, script }: Opening): void {
  if (pairing) assumePairing();
  supplyKernels(build, binary);
  useThreadSource(threadSource);
  useScript(script);
}

async function answer(call: number, method: string, args: unknown[]): Promise<void> {
  try {
    const value = await (METHODS[method] as Method)(call, ...(args as never[]));
    // These are copies, which nothing here needs any more.
    const moved = ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : [];
    port.post({ kind: "result", call, value }, moved);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    port.post({ kind: "failure", call, failure: { name, message }, isAbort: error === ABORTED });
  }
}

/** Why a fit ends that the page aborts; the page knows its own reason. */
const ABORTED = new Error("aborted");

/** Nobody waits for an answer to a fit that is aborted, but for a checkpoint to be saved: it would be saved once more meanwhile. */
function abort(call: number): void {
  fits.get(call)?.abort(ABORTED);
  for (const [number, question] of questions) {
    if (question.call !== call || question.asking === "checkpoint") continue;
    questions.delete(number);
    question.reject(ABORTED);
  }
}

function settle(question: number, value: unknown, failed: boolean): void {
  const waiting = questions.get(question);
  questions.delete(question);
  if (failed) waiting?.reject(new Error("what the page does with it failed"));
  else waiting?.resolve(value);
}

function receive(request: Request): void {
  if (request.kind === "open") open(request.opening);
  else if (request.kind === "call") void answer(request.call, request.method, request.args);
  else if (request.kind === "abort") abort(request.call);
  else if (request.kind === "answer") settle(request.question, request.value, request.failed === true);
  else datasets.receive(request);
}

port.listen((message) => {
  if ("memory" in (message as object)) join(message as Invitation);
  else receive(message as Request);
});
port.post(READY);
