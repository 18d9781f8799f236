// The worker's side: holds one network and runs the calls that the page sends. Where workers must be started from an
// address (`workerUrl`), the network's threads run this script too, and join on their first message.

import { argumentOf } from "../check.js";
import type { Dataset } from "../data/dataset.js";
import type { EvaluationOptions } from "../inference/evaluate.js";
import { assumePairing } from "../kernels/features.js";
import { supplyKernels } from "../kernels/modules.js";
import { messageOf } from "../kinds.js";
import { Network } from "../network.js";
import type { NetworkOptions } from "../recipe/recipe.js";
import { join } from "../threads/join.js";
import { ownPort, useScript } from "../threads/spawn.js";
import { type JoinRequest, useThreadSource } from "../threads/team.js";
import type { FitOptions } from "../training/fit-options.js";
import { Datasets } from "./datasets.js";
import {
  type Asking,
  type Facts,
  type Opening,
  READY,
  type Request,
  type SentOptions,
  type SentWarning,
} from "./protocol.js";

/** A function that runs one call; it is given the call's number and arguments. */
type Method = (call: number, ...args: never[]) => unknown;

/** A question to the page that is not answered yet. */
interface Question {
  call: number;
  asking: Asking;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** The methods of a network that are called directly with the arguments that were sent. */
const PLAIN = [
  ...(["predict", "classify", "activations", "gradient", "explain"] as const),
  ...(["parameters", "setParameters", "toBytes"] as const),
];

const port = ownPort();
const datasets = new Datasets();
/** By their calls' numbers: what aborts the running fits. */
const fits = new Map<number, AbortController>();
const questions = new Map<number, Question>();
/** The number of the last question. */
let asked = 0;
let network: Network | undefined;

function own(): Network {
  if (network) return network;
  throw new Error("this worker has no network");
}

/** Keeps the network that was created; its constant properties are the result of the call. */
function adopt(created: Network): Facts {
  network = created;
  const { spec, build, parameterCount } = created;
  return { spec, build, parameterCount };
}

const METHODS: Record<string, Method> = {
  create: async (_, options: NetworkOptions) => adopt(await Network.create(options)),
  fromBytes: async (_, ...args: Parameters<typeof Network.fromBytes>) => adopt(await Network.fromBytes(...args)),
  fit,
  evaluate: (_, data: number, options: EvaluationOptions) => own().evaluate(datasets.get(data), options),
  fillInputs: (_, count: number, inputs: Float32Array) => {
    const size = inputs.length / count;
    return own().fillInputs(count, (view, first) => {
      view.set(inputs.subarray(first * size, first * size + view.length));
    });
  },
};
for (const name of PLAIN) METHODS[name] = (_, ...args) => (own()[name] as (...args: never[]) => unknown)(...args);

/** Runs a fit. The page's callbacks become questions, whose answers the fit awaits. */
async function fit(call: number, train: number, sent: SentOptions): Promise<unknown> {
  const { asks, checkpoint, validation, ...options } = sent;
  const stop = new AbortController();
  fits.set(call, stop);
  try {
    const sets = {
      train: datasets.get(train),
      validation: validation === undefined ? undefined : datasets.get(validation),
    };
    return await own().fit(sets.train, {
      ...options,
      ...(sets.validation && { validation: sets.validation }),
      onWarning: (warning) => ask(call, "warning", warningOf(warning, sets)) as Promise<void>,
      ...(asks.epoch && { onEpoch: (record) => ask(call, "epoch", record) as Promise<void> }),
      ...(asks.batch && reporting(call)),
      ...(checkpoint && { checkpoint: { ...checkpoint, save: (bytes) => ask(call, "checkpoint", bytes) } }),
      signal: stop.signal,
    });
  } finally {
    fits.delete(call);
  }
}

/** A warning with the datasets that have it. */
function warningOf(warning: string, sets: Record<SentWarning["sets"][number], Dataset | undefined>): SentWarning {
  return { warning, sets: (["train", "validation"] as const).filter((name) => sets[name]?.warnings.includes(warning)) };
}

/** Reports batches. The page's answer to each is the interval in milliseconds until the next report. */
function reporting(call: number): Pick<FitOptions, "onBatch" | "batchInterval"> {
  let interval = 0;
  const onBatch: FitOptions["onBatch"] = async (record) => {
    interval = (await ask(call, "batch", record)) as number;
  };
  return { onBatch, batchInterval: () => interval };
}

/** Asks the page a question and resolves to its answer. */
function ask(call: number, asking: Asking, value: unknown): Promise<unknown> {
  const question = ++asked;
  port.post({ kind: "question", call, question, asking, value });
  return new Promise((resolve, reject) => questions.set(question, { call, asking, resolve, reject }));
}

/** Uses the kernels and the source of threads that the page sent. */
function open({ build, binary, pairing, threadSource, script }: Opening): void {
  if (pairing) assumePairing();
  supplyKernels(build, binary);
  useThreadSource(threadSource);
  useScript(script);
}

/** Runs a call and sends its result or error. */
async function answer(call: number, method: string, args: unknown[]): Promise<void> {
  try {
    const value = await (METHODS[method] as Method)(call, ...(args as never[]));
    // Arrays that methods return are copies that only the page needs, so their buffers are transferred.
    const moved = ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : [];
    port.post({ kind: "result", call, value }, moved);
  } catch (error) {
    const { name = "Error" } = (error ?? {}) as Partial<Error>;
    port.post({
      kind: "failure",
      call,
      failure: { name, message: messageOf(error), argument: argumentOf(error) },
      isAbort: error === ABORTED,
    });
  }
}

/** The reason with which a fit is aborted here; the page rejects the call with its own signal's reason. */
const ABORTED = new Error("aborted");

/**
 * Aborts a fit. Its open questions are abandoned, except for a checkpoint: the page may still be saving it, and if
 * the fit ended before that, the next one could save at the same time.
 */
function abort(call: number): void {
  fits.get(call)?.abort(ABORTED);
  for (const [number, question] of questions) {
    if (question.call !== call || question.asking === "checkpoint") continue;
    questions.delete(number);
    question.reject(ABORTED);
  }
}

/**
 * Resolves or rejects a question by the page's answer. The page keeps the error itself and rejects the call with it.
 */
function settle(question: number, value: unknown, failed: boolean): void {
  const waiting = questions.get(question);
  questions.delete(question);
  if (failed) waiting?.reject(new Error("the page's callback failed"));
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
  if ("memory" in (message as object)) join(message as JoinRequest);
  else receive(message as Request);
});
port.post(READY);
