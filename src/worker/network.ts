// The public class of wasmlp/worker: the methods of `Network`, each of which returns a promise and runs in the worker.

import { workerSource } from "../../build/worker-source.js";
import type { Classification, FromBytesOptions, Gradient, Inputs, SaveOptions } from "../calls.js";
import { checkFunction, checkInteger, checkOptions, typeError } from "../check.js";
import { addWarning, checkIsDataset, type Dataset } from "../data/dataset.js";
import { notConstructed, printAs, proxied } from "../describe.js";
import { loadBuiltins, whenCollected } from "../host.js";
import type { Evaluation, EvaluationOptions } from "../inference/evaluate.js";
import type { Explanation } from "../inference/paper.js";
import { type Build, chooseBuild, isPairing } from "../kernels/features.js";
import { binaryOf } from "../kernels/modules.js";
import type { Network as LocalNetwork } from "../network.js";
import type { NetworkOptions } from "../recipe/recipe.js";
import { copiedSpec, type LayerParameters, type NetworkSpec } from "../spec.js";
import { usedScript } from "../threads/spawn.js";
import { usedThreadSource } from "../threads/team.js";
import { checkFitOptions, checkInterval, FITTING, type FitOptions } from "../training/fit-options.js";
import type { BatchRecord, EpochRecord } from "../training/record.js";
import { throwIfAborted } from "../yielding.js";
import { type Answers, type CallOptions, Channel } from "./channel.js";
import { compact } from "./datasets.js";
import type { Facts, SentOptions, SentWarning } from "./protocol.js";

/** Default of `batchInterval`: milliseconds of training between two calls of `onBatch`. */
const INTERVAL = 50;

/** Terminates the workers of networks that have been garbage-collected. */
const forgotten = /* @__PURE__ */ whenCollected<Channel>((channel) =>
  channel.end("this network was garbage-collected"),
);

/**
 * A multilayer perceptron that runs in a worker of its own, so that a page or server stays responsive. Its methods are
 * those of `Network` in `wasmlp`, with promises of the same results. The worker starts further threads where the engine
 * allows it.
 *
 * All methods reject with an Error once the worker has failed or been disposed of.
 */
export class Network {
  readonly #channel: Channel;
  readonly #facts: Facts;
  #fitting = false;

  private constructor(channel: Channel, facts: Facts) {
    if (!(channel instanceof Channel)) throw notConstructed();
    printAs(this, "Network", () => ({ ...this.spec, build: this.build }));
    this.#channel = channel;
    this.#facts = facts;
    forgotten.register(this, channel, this);
  }

  /**
   * Starts a worker and creates a network in it, its initial parameters generated from `seed`. Rejects with a TypeError
   * or RangeError that names an invalid option.
   */
  static async create(options: NetworkOptions): Promise<Network> {
    // The worker checks the values; here it is only checked that there are options.
    checkOptions(options, "options", Object.keys(options ?? {}));
    return Network.#open("create", [options], options.deterministic);
  }

  /**
   * Starts a worker with a network from bytes that `toBytes` returned. Rejects with a RangeError that says what is
   * wrong with other bytes.
   */
  static async fromBytes(bytes: Uint8Array, options: FromBytesOptions = {}): Promise<Network> {
    checkOptions(options, "options", ["deterministic", "seed", "threads", "title"]);
    return Network.#open("fromBytes", [compact(bytes), options], options.deterministic);
  }

  /**
   * Starts the worker and calls `method` in it, which creates the network. The kernels are sent, not loaded a second
   * time.
   */
  static async #open(method: string, args: unknown[], deterministic: unknown): Promise<Network> {
    await loadBuiltins();
    const build = chooseBuild(deterministic === true);
    const binary = await binaryOf(build);
    const [pairing, threadSource, script] = [isPairing(), usedThreadSource(), usedScript()];
    const channel = new Channel(workerSource, { build, binary, pairing, threadSource, script });
    try {
      return new Network(channel, (await channel.call(method, args)) as Facts);
    } catch (error) {
      channel.end("this network could not be created");
      throw error;
    }
  }

  /** A copy of the network's specification: inputs, layers, loss. */
  get spec(): NetworkSpec {
    return copiedSpec(this.facts.spec);
  }

  /** The kernels in use: `relaxed` where the engine supports relaxed SIMD, else `simd`. */
  get build(): Build {
    return this.facts.build;
  }

  /** The number of weights and biases of all layers. */
  get parameterCount(): number {
    return this.facts.parameterCount;
  }

  /**
   * Trains on `train` and resolves to one record per epoch, as `fit` of `wasmlp` does. `onBatch` is called every
   * `batchInterval` milliseconds of training (default 50); if it returns a promise, training pauses until that
   * resolves. A schedule must be plain data, not a function. A dataset is sent once: later changes of its arrays have
   * no effect. Rejects with the errors of `fit` of `wasmlp`, such as a TypeError or RangeError for an invalid option.
   */
  async fit(train: Dataset, options: FitOptions): Promise<EpochRecord[]> {
    if (!(#fitting in this)) throw proxied("Network");
    checkFitOptions(options);
    if (typeof options.schedule === "function") {
      throw typeError("schedule", "must be plain data in a worker, such as cosine() gives, got a function");
    }
    // Checked here, because of two calls the worker would run the one whose data arrives first.
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
    const data = await this.send(train, "train");
    if (validation !== undefined) sent.validation = await this.send(validation, "validation");
    throwIfAborted(signal);
    return (await this.call("fit", [data, sent], { answers: answersOf(options, train), signal })) as EpochRecord[];
  }

  /**
   * The mean loss over `data` and, for labelled samples, accuracy and confusion matrix; the same as `evaluate` of `wasmlp`,
   * whose errors it rejects with.
   */
  async evaluate(data: Dataset, options: EvaluationOptions = {}): Promise<Evaluation> {
    return (await this.call("evaluate", [await this.send(data, "data"), options])) as Evaluation;
  }

  /** The outputs `[samples][units]` of one or more samples `[samples][inputs]`. */
  async predict(inputs: Inputs): Promise<Float32Array> {
    return (await this.call("predict", [inputs])) as Float32Array;
  }

  /**
   * The outputs `[count][units]` of samples that `fill` writes: it is called once with an array `[count][inputs]`,
   * which is then transferred to the worker without a copy. Rejects with a TypeError or RangeError for an invalid argument.
   */
  async fillInputs(count: number, fill: (view: Float32Array, first: number) => void): Promise<Float32Array> {
    checkInteger(count, "count");
    checkFunction(fill, "fill");
    const view = new Float32Array(count * this.facts.spec.inputs);
    fill(view, 0);
    return (await this.call("fillInputs", [count, view], { transfer: [view.buffer] })) as Float32Array;
  }

  /** The class of one sample, and all outputs; the same as `classify` of `wasmlp`, whose errors it rejects with. */
  async classify(input: Inputs): Promise<Classification> {
    return (await this.call("classify", [input])) as Classification;
  }

  /** The outputs of all layers for one sample: one array `[units]` per layer, the first hidden layer first. */
  async activations(input: Inputs): Promise<Float32Array[]> {
    return (await this.call("activations", [input])) as Float32Array[];
  }

  /**
   * The mean loss C over samples `[samples][inputs]` with targets `[samples][units]`, and its gradient ∇C, layer by
   * layer.
   */
  async gradient(inputs: Inputs, targets: ArrayLike<number>): Promise<Gradient> {
    return (await this.call("gradient", [inputs, targets])) as Gradient;
  }

  /**
   * dC/dw of one weight for one sample as the product of the chain rule's factors with their values, and the updated
   * weight.
   */
  async explain(options: Parameters<LocalNetwork["explain"]>[0]): Promise<Explanation> {
    return (await this.call("explain", [options])) as Explanation;
  }

  /** Copies of each layer's weights `[units][inputs]`, row-major, and biases `[units]`. */
  async parameters(): Promise<LayerParameters[]> {
    return (await this.call("parameters", [])) as LayerParameters[];
  }

  /** Sets all parameters, in the form that `parameters` returns. Nothing is set unless all are valid. */
  async setParameters(layers: Parameters<LocalNetwork["setParameters"]>[0]): Promise<void> {
    await this.call("setParameters", [layers]);
  }

  /** The bytes of a safetensors file of the network. */
  async toBytes(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.call("toBytes", [options])) as Uint8Array<ArrayBuffer>;
  }

  /** What `JSON.stringify` writes: the spec. `toBytes` saves the network. */
  toJSON(): NetworkSpec {
    return this.spec;
  }

  /** The name of the class in messages, also in minified programs. Vue leaves objects that have such a tag unwrapped. */
  get [Symbol.toStringTag](): string {
    return "Network";
  }

  /**
   * Terminates the worker at once; pending calls are rejected. Optional: the worker of a garbage-collected network is
   * terminated too.
   */
  dispose(): void {
    const { channel } = this;
    forgotten.unregister(this);
    channel.end("this network has been disposed of");
  }

  /** The same as `dispose`, for the `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private get facts(): Facts {
    if (!(#facts in this)) throw proxied("Network");
    return this.#facts;
  }

  private get channel(): Channel {
    if (!(#channel in this)) throw proxied("Network");
    return this.#channel;
  }

  private call(method: string, args: unknown[], options: CallOptions = {}): Promise<unknown> {
    return this.channel.call(
      method,
      args.map((value) => compact(value)),
      { ...options, owner: this },
    );
  }

  private send(data: unknown, title: string): Promise<number> {
    return this.channel.send(checkIsDataset(data, title), title);
  }
}

/** The options without functions, signal and validation set, which cannot be cloned or are sent otherwise. */
function sentOptions(options: FitOptions): SentOptions {
  const {
    onEpoch,
    onBatch,
    onWarning: _____,
    batchInterval: _,
    checkpoint,
    signal: __,
    validation: ___,
    ...rest
  } = options;
  const sent: SentOptions = { ...rest, asks: { epoch: onEpoch !== undefined, batch: onBatch !== undefined } };
  if (!checkpoint) return sent;
  const { save: ____, ...often } = checkpoint;
  return { ...sent, checkpoint: often };
}

/**
 * The page's functions, by the kind of question. The answer to a batch is the interval until the next one, in
 * milliseconds.
 */
function answersOf(options: FitOptions, train: Dataset): Answers {
  const { onEpoch, onBatch, onWarning, batchInterval = INTERVAL, checkpoint, validation } = options;
  return {
    // The worker has copies of the datasets: their warnings are added to the page's.
    warning: async ({ warning, sets }: SentWarning) => {
      for (const name of sets) addWarning({ train, validation }[name] as Dataset, warning);
      await onWarning?.(warning);
    },
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

/** Awaits a page's own function but discards its result, which may be something that cannot be cloned. */
function waitingFor<T>(own: (value: T) => unknown): (value: T) => Promise<void> {
  return async (value) => {
    await own(value);
  };
}
