// The network as its users know it. What comes from outside is checked before anything is done with it; what goes out is a copy.

import type { Classification, FromBytesOptions, Gradient, Inputs, SaveOptions, TurnOptions } from "./calls.js";
import {
  checkBoolean,
  checkBytes,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOptions,
  checkSignal,
  rangeError,
  reading,
  shown,
  typeError,
} from "./check.js";
import { addWarning, type Dataset } from "./data/dataset.js";
import { notConstructed, printAs, proxied } from "./describe.js";
import { Engine } from "./engine.js";
import { encodeModel, parseModel } from "./format/model.js";
import { decodeSafetensors } from "./format/safetensors.js";
import { isTrainingFile } from "./format/training-file.js";
import {
  checkClassifies,
  checkDataset,
  checkInputs,
  checkPosition,
  checkSample,
  checkTargetRange,
  toFloats,
} from "./guards.js";
import {
  activations,
  type Evaluation,
  type EvaluationOptions,
  evaluate,
  evaluateYielding,
  predict,
  predictFilled,
  predictYielding,
} from "./inference/evaluate.js";
import { type Explanation, explain } from "./inference/paper.js";
import { initialParameters } from "./initial.js";
import { kindOf } from "./input-kind.js";
import { type Build, chooseBuild } from "./kernels/features.js";
import { isBytes } from "./kinds.js";
import { checkHasLabels, checkMetrics } from "./metrics.js";
import { type Augmentation, type Augmenting, checkImages, planAugmenting } from "./recipe/augment.js";
import { checkNetworkOptions, checkThreads, type NetworkOptions, specOf } from "./recipe/recipe.js";
import {
  copiedSpec,
  type LayerParameters,
  type LayerSpec,
  layerInputs,
  type NetworkSpec,
  outputUnits,
  parameterCount,
  type WeightPosition,
} from "./spec.js";
import { modelOfCheckpoint } from "./training/checkpoint.js";
import { fit } from "./training/fit.js";
import { checkFitOptions, DISPOSED, type Experience, FITTING, type FitOptions } from "./training/fit-options.js";
import type { EpochRecord } from "./training/record.js";
import { findWarnings } from "./training/warnings.js";
import { neverYield, throwIfAborted, Yielder, type YieldPoint } from "./yielding.js";

/** A multilayer perceptron: layers L_l = S(W·L_{l-1} + B), trained by gradient descent. */
export class Network {
  #engine: Engine | undefined;
  readonly #seed: number;
  readonly #experience: Experience;
  #fitting = false;
  /** How many `evaluateAsync` and `predictAsync` are under way, and the end of the last of them. */
  #turning = 0;
  #turns: Promise<unknown> = Promise.resolve();

  private constructor(engine: Engine, seed: number, { epochs, inputs }: Experience = { epochs: 0, inputs: new Set() }) {
    if (!(engine instanceof Engine)) throw notConstructed();
    printAs(this, "Network", () => (this.#engine ? { ...this.spec, build: this.build } : { disposed: true }));
    this.#engine = engine;
    this.#seed = seed;
    this.#experience = { epochs, inputs };
  }

  /** A network with initial parameters drawn from `seed`. TypeError or RangeError names the option at fault. */
  static async create(options: NetworkOptions): Promise<Network> {
    const network = checkNetworkOptions(options);
    const { seed, weightInit, biasInit, deterministic, threads = "auto" } = network;
    const spec = specOf(network);
    const engine = await Engine.create(spec, chooseBuild(deterministic), threads);
    engine.arena.writeLayers(initialParameters(spec, seed, weightInit, biasInit));
    return new Network(engine, seed);
  }

  /**
   * A network from the bytes that `toBytes` returned, or of a checkpoint: with its best parameters where early stopping kept some,
   * else with those where the training stood, and with its seed by default. Rejects with a TypeError or RangeError that names an
   * invalid option, or what is wrong with the bytes.
   */
  static async fromBytes(bytes: Uint8Array, options: FromBytesOptions = {}): Promise<Network> {
    checkBytes(bytes, "bytes");
    checkOptions(options, "options", ["deterministic", "seed", "threads", "title"]);
    const { deterministic = false, threads = "auto", title = "the model" } = options;
    if (typeof title !== "string") throw typeError("title", `must be a string, got ${shown(title)}`);
    const model = reading("bytes", () => {
      const file = decodeSafetensors(bytes, title, ["F32", "U8"]);
      return isTrainingFile(file) ? modelOfCheckpoint(file, title) : { ...parseModel(file, title), seed: 0, epochs: 0 };
    });
    const { spec, tensors, trainedOn, epochs } = model;
    const seed = checkInteger(
      options.seed === undefined ? model.seed : options.seed,
      "seed",
      0,
      Number.MAX_SAFE_INTEGER,
    );
    const build = chooseBuild(checkBoolean(deterministic, "deterministic"));
    const engine = await Engine.create(spec, build, checkThreads(threads));
    for (const tensor of engine.plan.tensors) {
      engine.arena.writeTensor(tensor, (tensors.get(tensor.name) as { data: Float32Array }).data);
    }
    return new Network(engine, seed, { epochs, inputs: new Set(trainedOn) });
  }

  /** What the network is: inputs, layers, loss. A copy. */
  get spec(): NetworkSpec {
    return copiedSpec(this.alive.spec);
  }

  /** The kernels in use: `relaxed` where the engine has them, else `simd`. */
  get build(): Build {
    return this.alive.build;
  }

  /** Weights and biases of all layers together. */
  get parameterCount(): number {
    return parameterCount(this.alive.spec);
  }

  /**
   * Trains on `train` and resolves to one record an epoch. Every call resets the optimizer: its moments are zero and its
   * steps count from 1, also after a `fit` with the same options; only `resume` continues with moments. Errors: TypeError or
   * RangeError for options or data that do not fit the network, Error when the loss is no longer finite, which returns the
   * parameters to those of the last whole epoch, Error when the network is disposed of, the signal's reason when aborted.
   */
  async fit(train: Dataset, options: FitOptions): Promise<EpochRecord[]> {
    const { engine } = this;
    const checked = checkFitOptions(options);
    checkDataset(engine.spec, train, "train", new Set());
    const kinds = new Set([...this.#experience.inputs, kindOf(train.inputs)]);
    if (options.validation !== undefined) checkDataset(engine.spec, options.validation, "validation", kinds);
    if (this.#fitting) throw new Error(FITTING);
    const { batchSize = Math.min(32, train.count), augment } = checked;
    const augmenting = augment && this.#augmenting(train, augment);
    if (batchSize > train.count) {
      throw rangeError("batchSize", `must be at most the ${train.count} samples of "train", got ${batchSize}`);
    }
    this.#fitting = true;
    try {
      const found = findWarnings(engine.spec, train, options.validation);
      for (const { data, warning } of found) addWarning(data, warning);
      if (checked.onWarning) for (const { warning } of found) await checked.onWarning(warning);
      // What measures the network in turns has begun with its parameters.
      if (this.#turning > 0) await this.#turns;
      return await fit(engine, train, {
        ...checked,
        ...{ batchSize, augmenting, seed: this.#seed, experience: this.#experience },
      });
    } finally {
      this.#fitting = false;
    }
  }

  #augmenting(train: Dataset, augment: Augmentation): Augmenting {
    checkImages(train.shape, "train");
    return planAugmenting(augment, train.shape, this.engine.spec.inputScale, this.#seed);
  }

  /**
   * Mean loss over `data`, and for labelled samples accuracy and confusion; with `worst` the worst mistakes, and with `metrics`
   * further metrics, each under its name. A loss of NaN tells that outputs are not numbers; an accuracy beside it means nothing.
   * TypeError or RangeError names the option or what of `data` does not fit.
   */
  evaluate(data: Dataset, options: EvaluationOptions = {}): Evaluation {
    const { engine } = this;
    return told(engine, evaluate(engine, data, this.#checkEvaluation(data, options)));
  }

  /**
   * `evaluate`, with the same result, in turns that leave the event loop to others. `data` must not change meanwhile. One such
   * call begins after the other, and `fit` after all of them; `setParameters` is refused. During a `fit` it is done in one
   * turn, so that it measures the parameters of one step. Rejects with a TypeError or RangeError for what `evaluate` refuses, or
   * with the signal's reason when aborted.
   */
  async evaluateAsync(data: Dataset, options: EvaluationOptions & TurnOptions = {}): Promise<Evaluation> {
    const { signal, ...rest } = checkOptions(options, "options", ["worst", "metrics", "signal"]);
    const checked = this.#checkEvaluation(data, rest);
    return this.#inTurns(signal, async (engine, yieldPoint) =>
      told(engine, await evaluateYielding(engine, data, yieldPoint, checked)),
    );
  }

  #checkEvaluation(data: Dataset, options: EvaluationOptions): Required<EvaluationOptions> {
    checkDataset(this.engine.spec, data, "data", this.#experience.inputs);
    const { worst = 0, metrics = [] } = checkOptions(options, "options", ["worst", "metrics"]);
    const names = checkMetrics(metrics, "metrics");
    for (const [i, name] of names.entries()) checkHasLabels(name, data.labels !== undefined, `metrics[${i}]`, "data");
    return { worst: checkInteger(worst, "worst", 0), metrics: names };
  }

  /** Runs `work` after all that was begun before; in one go while a training changes the parameters. */
  async #inTurns<T>(signal: unknown, work: (engine: Engine, yieldPoint: YieldPoint) => Promise<T>): Promise<T> {
    const stop = signal === undefined ? undefined : checkSignal(signal, "signal");
    const check = (): Engine => {
      throwIfAborted(stop);
      return this.engine;
    };
    check();
    const turn = this.#turns.then(async () => {
      const yieldPoint = this.#fitting ? neverYield : new Yielder(check).take;
      return work(check(), yieldPoint);
    });
    this.#turning++;
    this.#turns = turn.catch(() => {}).finally(() => this.#turning--);
    return turn;
  }

  /**
   * Outputs `[samples][units]` of one or more samples `[samples][inputs]`. Throws a TypeError or RangeError for inputs that are not
   * a whole number of samples or not finite.
   */
  predict(inputs: Inputs): Float32Array {
    const { engine } = this;
    return predict(engine, checkInputs(engine.spec, inputs, this.#experience.inputs));
  }

  /**
   * `predict`, with the same result `[samples][units]`, in turns that leave the event loop to others, as `evaluateAsync` does.
   * Rejects with a TypeError or RangeError for what `predict` refuses, or with the signal's reason when aborted.
   */
  async predictAsync(inputs: Inputs, options: TurnOptions = {}): Promise<Float32Array> {
    const { signal } = checkOptions(options, "options", ["signal"]);
    const samples = checkInputs(this.engine.spec, inputs, this.#experience.inputs);
    return this.#inTurns(signal, (engine, yieldPoint) => predictYielding(engine, samples, yieldPoint));
  }

  /**
   * Outputs `[count][units]` of samples that `fill` writes straight into the network's memory. `fill` receives a view of
   * `[rows][inputs]` floats, which is valid only during the call, and the number of its first sample; it is called several times
   * for more than about 256 samples. The floats are used as given, so bytes must be scaled by whoever writes them; those that it
   * does not write have undefined values, and it is not checked that they are finite. `fill` may not call this network. Throws a
   * TypeError or RangeError for an invalid argument.
   */
  fillInputs(count: number, fill: (view: Float32Array, first: number) => void): Float32Array {
    const { engine } = this;
    checkInteger(count, "count");
    checkFunction(fill, "fill");
    return predictFilled(engine, count, fill);
  }

  /**
   * The class of one sample `[inputs]`, and all outputs. Throws a TypeError or RangeError for an invalid sample, and an Error if an
   * output is not a finite number, or if the network has a single output that is not sigmoid, which is no class: `predict` gives it.
   */
  classify(input: Inputs): Classification {
    const { engine } = this;
    checkClassifies(engine.spec);
    const samples = checkSample(engine.spec, input, this.#experience.inputs);
    const labels = new Uint32Array(1);
    const probabilities = predict(engine, samples, labels);
    if (!probabilities.every(Number.isFinite)) throw noAnswer(engine);
    return { label: labels[0] as number, probabilities };
  }

  /**
   * The outputs `[units]` of every layer for one sample `[inputs]`, from the first hidden layer on; the last are those of
   * `predict`. Throws a TypeError or RangeError for an invalid sample.
   */
  activations(input: Inputs): Float32Array[] {
    const { engine } = this;
    return activations(engine, checkSample(engine.spec, input, this.#experience.inputs));
  }

  /**
   * The mean loss over samples `[samples][inputs]` with targets `[samples][units]`, and its gradient ∇C layer by layer. Throws a
   * TypeError or RangeError for invalid inputs or targets.
   */
  gradient(inputs: Inputs, targets: ArrayLike<number>): Gradient {
    const { engine } = this;
    const samples = checkInputs(engine.spec, inputs, this.#experience.inputs);
    const units = outputUnits(engine.spec);
    const wanted = toFloats(targets, "targets", samples.count * units);
    checkTargetRange(engine.spec, wanted, "targets");
    const { loss, offset } = engine.gradient({ ...samples, targets: wanted, targetSize: units });
    return { loss: loss / samples.count, layers: engine.arena.readLayers(offset) };
  }

  /**
   * ∂C/∂w of one weight for one sample as the product of its factors, with their values, and the corrected weight. Throws a
   * TypeError or RangeError that names an invalid option.
   */
  explain(options: {
    /** The sample `[inputs]`. */
    input: Inputs;
    /** Its target outputs `[units]`. */
    target: ArrayLike<number>;
    /** The weight. */
    weight: WeightPosition;
    /** The learning rate of the correction, at least 0. */
    learningRate: number;
  }): Explanation {
    const { spec } = this.engine;
    checkOptions(options, "options", ["input", "target", "weight", "learningRate"]);
    const samples = checkSample(spec, options.input, this.#experience.inputs);
    const target = toFloats(options.target, "target", outputUnits(spec));
    checkTargetRange(spec, target, "target");
    const learningRate = checkNumber(options.learningRate, "learningRate", 0);
    const scale = isBytes(samples.inputs) ? spec.inputScale : 1;
    const input = Array.from(samples.inputs, (x) => x * scale);
    return explain(spec, this.parameters(), input, target, checkPosition(spec, options.weight), learningRate);
  }

  /** Weights `[units][inputs]` and biases `[units]` of each layer, row-major, copied. Error in the middle of another call. */
  parameters(): LayerParameters[] {
    const { engine } = this;
    engine.checkNotLate();
    return engine.arena.readLayers();
  }

  /**
   * Sets all parameters, in the form that `parameters` returns. All are checked before any is set. Throws a TypeError or
   * RangeError that names the array, such as `layers[0].weights`, and an Error while the network is trained, or evaluated in turns.
   */
  setParameters(
    layers: readonly {
      /** W: `[units][inputs]`, row-major. */
      weights: ArrayLike<number>;
      /** B: `[units]`. */
      biases: ArrayLike<number>;
    }[],
  ): void {
    const { engine } = this;
    if (this.#fitting)
      throw new Error("this network is being trained: set its parameters before fit, or after it has ended");
    if (this.#turning > 0)
      throw new Error("this network is answering in turns: wait for evaluateAsync and predictAsync to end");
    const wanted = engine.spec.layers.length;
    if (!Array.isArray(layers)) throw typeError("layers", `must be an array, got ${shown(layers)}`);
    if (layers.length !== wanted) throw rangeError("layers", `must hold ${wanted} layers, got ${layers.length}`);
    // `Array.from` has no holes, which `map` alone would skip.
    const values = Array.from(layers, (layer, i) => {
      const { weights, biases } = checkOptions(layer, `layers[${i}]`, ["weights", "biases"]);
      const { units } = engine.spec.layers[i] as LayerSpec;
      return {
        weights: toFloats(weights, `layers[${i}].weights`, units * layerInputs(engine.spec, i)),
        biases: toFloats(biases, `layers[${i}].biases`, units),
      };
    });
    engine.arena.writeLayers(values);
  }

  /**
   * The network as a safetensors file: the tensors `layers.N.weights` `[units][inputs]` and `layers.N.biases` `[units]`, and the
   * spec as JSON in its metadata; with `recipe` also how it was trained, which `readRecipe` reads back. RangeError for parameters
   * that are not finite, or for the recipe of another network.
   */
  toBytes(options: SaveOptions = {}): Uint8Array<ArrayBuffer> {
    const { engine } = this;
    const { recipe } = checkOptions(options, "options", ["recipe"]);
    engine.checkNotLate();
    if (!engine.arena.hasFiniteParameters()) {
      throw new RangeError("the network has parameters that are not finite numbers, which a model file cannot hold");
    }
    const tensors = engine.plan.tensors.map((tensor) => {
      return { name: tensor.name, shape: tensor.shape, data: engine.arena.readTensor(tensor) };
    });
    return encodeModel(engine.spec, tensors, this.#experience.inputs, recipe);
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
   * Ends the network's threads and releases its memory. A running `fit` rejects after the current step, or piece of one, without
   * another checkpoint. Optional: an unreachable network is collected. TypeError where the network is wrapped in a proxy.
   */
  dispose(): void {
    if (!(#engine in this)) throw proxied("Network");
    this.#engine?.dispose();
    this.#engine = undefined;
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private get alive(): Engine {
    if (!(#engine in this)) throw proxied("Network");
    if (this.#engine) return this.#engine;
    throw new Error(DISPOSED);
  }

  /** The engine for a call that uses it, which must not come from a callback in the middle of another. */
  private get engine(): Engine {
    const engine = this.alive;
    if (engine.callback === undefined) return engine;
    throw new Error(`${engine.callback} must not call the network that calls it: do so before or after`);
  }
}

/** An evaluation as it is; Error where its loss is not finite because the parameters are not. */
function told(engine: Engine, evaluation: Evaluation): Evaluation {
  if (!Number.isFinite(evaluation.loss)) checkParameters(engine);
  return evaluation;
}

/** Why there is no class. Finite parameters may be so large that sums of products overflow. */
function noAnswer(engine: Engine): Error {
  checkParameters(engine);
  return new Error(
    "outputs for this sample are not finite numbers: scale the inputs to about −1…1, or train with a lower learning rate",
  );
}

function checkParameters(engine: Engine): void {
  if (engine.arena.hasFiniteParameters()) return;
  throw new Error(
    "the network has parameters that are not finite numbers, as its training has just diverged: it has no answer",
  );
}
