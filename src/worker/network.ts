// The network as the users of a worker know it: the methods of `Network`, each of which gives a promise.

// For whoever compiles against `[Symbol.dispose]` with an older library.
/// <reference lib="esnext.disposable" preserve="true" />

import { workerSource } from "../../build/worker-source.js";
import { checkFunction, checkInteger, checkOptions, shown } from "../check.js";
import { Dataset } from "../data/dataset.js";
import type { Evaluation, EvaluationOptions } from "../inference/evaluate.js";
import type { Explanation } from "../inference/paper.js";
import { type Build, chooseBuild, isPairing } from "../kernels/features.js";
import { binaryOf } from "../kernels/modules.js";
import type { Classification, Gradient, Inputs, Network as LocalNetwork, NetworkOptions } from "../network.js";
import type { LayerParameters, NetworkSpec } from "../spec.js";
import type { Threads } from "../threads/runner.js";
import { usedScript } from "../threads/spawn.js";
import { usedThreadSource } from "../threads/team.js";
import { checkFitOptions, checkInterval, FITTING, type FitOptions } from "../training/fit-options.js";
import type { BatchRecord, EpochRecord } from "../training/record.js";
import { type Answers, type CallOptions, Channel } from "./channel.js";
import { compact } from "./datasets.js";
import type { Facts, SentOptions } from "./protocol.js";

/** Milliseconds of training between two reports of batches. */
const INTERVAL = 50;

/** Ends the workers of forgotten networks. */
const forgotten = new FinalizationRegistry<Channel>((channel) => channel.end("this network was forgotten"));

/**
 * A multilayer perceptron whose work is done in a worker of its own, so that a page or server stays free. What `Network` of
 * `wasmlp` gives, these methods give the promise of; the results are the same. Where threads can be had, the worker has them.
 */
export class Network {
  readonly #channel: Channel;
  readonly #facts: Facts;
  #fitting = false;

  private constructor(channel: Channel, facts: Facts) {
    this.#channel = channel;
    this.#facts = facts;
    forgotten.register(this, channel, this);
  }

  /** Starts a worker, with a network of initial parameters drawn from `seed`. TypeError or RangeError names the option at fault. */
  static async create(options: NetworkOptions): Promise<Network> {
    // What is in them is for the worker to check.
    checkOptions(options, "options", Object.keys(options ?? {}));
    return Network.#open("create", [options], options.deterministic);
  }

  /** Starts a worker with a network from the bytes that `toBytes` gave. RangeError tells what is wrong with others. */
  static async fromBytes(
    bytes: Uint8Array,
    options: { deterministic?: boolean; seed?: number; threads?: Threads; title?: string } = {},
  ): Promise<Network> {
    checkOptions(options, "options", ["deterministic", "seed", "threads", "title"]);
    return Network.#open("fromBytes", [compact(bytes), options], options.deterministic);
  }

  static async #open(method: string, args: unknown[], deterministic: unknown): Promise<Network> {
    const build = chooseBuild(deterministic === true);
    const binary = await binaryOf(build);
    const [pairing, threadSource, script] = [isPairing(), usedThreadSource(), usedScript()];
    const channel = new Channel(workerSource, { build, binary, pairing, threadSource, script });
    try {
      return new Network(channel, (await channel.call(method, args)) as Facts);
    } catch (error) {
      channel.end("this network could not be made");
      throw error;
    }
  }

  /** What the network is: inputs, layers, loss. A copy. */
  get spec(): NetworkSpec {
    return structuredClone(this.#facts.spec);
  }

  /** The kernels in use: `relaxed` where the engine has them, else `simd`. */
  get build(): Build {
    return this.#facts.build;
  }

  /** Weights and biases of all layers together. */
  get parameterCount(): number {
    return this.#facts.parameterCount;
  }

  /**
   * Trains on `train` and resolves to one record an epoch, as `fit` of `wasmlp`. `onBatch` is called every 50 ms of training
   * unless `batchInterval` is told; while what it gives is a pending promise, training pauses. A schedule must be plain data.
   * A dataset is sent once: later changes of its arrays are not seen.
   */
  async fit(train: Dataset, options: FitOptions): Promise<EpochRecord[]> {
    checkFitOptions(options);
    if (typeof options.schedule === "function") {
      throw new TypeError('"schedule" must be plain data in a worker, such as cosine() gives, got a function');
    }
    // Of two, the worker would take the one whose data has come first.
    if (this.#fitting) throw new Error(FITTING);
    this.#fitting = true;
    try {
      return await this.#fit(train, options);
    } finally {
      this.#fitting = false;
    }
  }

  async #fit(train: Dataset, options: FitOptions): Promise<EpochRecord[]> {
    const { signal, validation } = options;
    const sent = sentOptions(options);
    const data = await this.#send(train, "train");
    if (validation !== undefined) sent.validation = await this.#send(validation, "validation");
    signal?.throwIfAborted();
    return (await this.#call("fit", [data, sent], { answers: answersOf(options), signal })) as EpochRecord[];
  }

  /** Mean loss over `data`, and for labelled samples accuracy and confusion. */
  async evaluate(data: Dataset, options: EvaluationOptions = {}): Promise<Evaluation> {
    return (await this.#call("evaluate", [await this.#send(data, "data"), options])) as Evaluation;
  }

  /** Outputs `[samples][units]` of one or more samples. */
  async predict(inputs: Inputs): Promise<Float32Array> {
    return (await this.#call("predict", [inputs])) as Float32Array;
  }

  /** Outputs `[count][units]` of samples that `fill` writes into `[count][inputs]` floats, which go to the worker uncopied. */
  async fillInputs(count: number, fill: (view: Float32Array, first: number) => void): Promise<Float32Array> {
    checkInteger(count, "count");
    checkFunction(fill, "fill");
    const view = new Float32Array(count * this.#facts.spec.inputs);
    fill(view, 0);
    return (await this.#call("fillInputs", [count, view], { transfer: [view.buffer] })) as Float32Array;
  }

  /** The largest output of one sample, and all of them. */
  async classify(input: Inputs): Promise<Classification> {
    return (await this.#call("classify", [input])) as Classification;
  }

  /** The outputs of every layer for one sample, from the first hidden layer on. */
  async activations(input: Inputs): Promise<Float32Array[]> {
    return (await this.#call("activations", [input])) as Float32Array[];
  }

  /** The mean loss over samples, and its gradient: ∇C layer by layer. `targets` is `[samples][units]`. */
  async gradient(inputs: Inputs, targets: ArrayLike<number>): Promise<Gradient> {
    return (await this.#call("gradient", [inputs, targets])) as Gradient;
  }

  /** dC/dw of one weight for one sample as the product of its factors, with their values, and the corrected weight. */
  async explain(options: Parameters<LocalNetwork["explain"]>[0]): Promise<Explanation> {
    return (await this.#call("explain", [options])) as Explanation;
  }

  /** Weights `[units][inputs]` and biases `[units]` of each layer, row-major, copied. */
  async parameters(): Promise<LayerParameters[]> {
    return (await this.#call("parameters", [])) as LayerParameters[];
  }

  /** Sets all parameters, in the form that `parameters` gives. All are checked before any is set. */
  async setParameters(layers: Parameters<LocalNetwork["setParameters"]>[0]): Promise<void> {
    await this.#call("setParameters", [layers]);
  }

  /** The network as a safetensors file. */
  async toBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#call("toBytes", [])) as Uint8Array<ArrayBuffer>;
  }

  /** Ends the worker at once, and all that it is at. Never needed: the worker of a forgotten network is ended. */
  dispose(): void {
    forgotten.unregister(this);
    this.#channel.end("this network has been disposed of");
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #call(method: string, args: unknown[], options: CallOptions = {}): Promise<unknown> {
    return this.#channel.call(
      method,
      args.map((value) => compact(value)),
      { ...options, owner: this },
    );
  }

  #send(data: unknown, title: string): Promise<number> {
    if (data instanceof Dataset) return this.#channel.send(data);
    throw new TypeError(`"${title}" must be a Dataset, got ${shown(data)}`);
  }
}

/** What of the options can be sent, but for the datasets. */
function sentOptions(options: FitOptions): SentOptions {
  const { onEpoch, onBatch, batchInterval: _, checkpoint, signal: __, validation: ___, ...rest } = options;
  const sent: SentOptions = { ...rest, asks: { epoch: onEpoch !== undefined, batch: onBatch !== undefined } };
  if (!checkpoint) return sent;
  const { save: ____, ...often } = checkpoint;
  return { ...sent, checkpoint: often };
}

function answersOf({ onEpoch, onBatch, batchInterval = INTERVAL, checkpoint }: FitOptions): Answers {
  return {
    ...(onEpoch && { epoch: waitingFor(onEpoch) }),
    ...(onBatch && {
      batch: async (record: BatchRecord) => {
        await onBatch(record);
        return typeof batchInterval === "function" ? checkInterval(batchInterval()) : batchInterval;
      },
    }),
    ...(checkpoint && { checkpoint: waitingFor(checkpoint.save) }),
  };
}

/** What a page's own function gives stays on the page: it may be anything. */
function waitingFor<T>(own: (value: T) => unknown): (value: T) => Promise<void> {
  return async (value) => {
    await own(value);
  };
}
