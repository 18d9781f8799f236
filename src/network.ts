// The network as its users know it. What comes from outside is checked before anything is done with it; what goes out is a copy.

// For whoever compiles against `[Symbol.dispose]` with an older library.
/// <reference lib="esnext.disposable" preserve="true" />

import {
  checkBoolean,
  checkBytes,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOptions,
  rangeError,
  reading,
  shown,
  typeError,
} from "./check.js";
import { addWarning, type Dataset } from "./data/dataset.js";
import { Engine } from "./engine.js";
import { encodeModel, parseModel } from "./format/model.js";
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
  predict,
  predictFilled,
} from "./inference/evaluate.js";
import { type Explanation, explain } from "./inference/paper.js";
import { initialParameters } from "./initial.js";
import { type Build, chooseBuild } from "./kernels/features.js";
import { checkHasLabels, checkMetrics } from "./metrics.js";
import { type Augmentation, type Augmenting, checkImages, planAugmenting } from "./recipe/augment.js";
import {
  checkNetworkOptions,
  checkThreads,
  type NetworkOptions,
  type Recipe,
  specOf,
  type Threads,
} from "./recipe/recipe.js";
import {
  type LayerParameters,
  type LayerSpec,
  layerInputs,
  type NetworkSpec,
  outputUnits,
  parameterCount,
  type WeightPosition,
} from "./spec.js";
import { fit } from "./training/fit.js";
import { checkFitOptions, FITTING, type FitOptions } from "./training/fit-options.js";
import type { EpochRecord } from "./training/record.js";
import { findWarnings } from "./training/warnings.js";

/** Inputs of one or more samples, one after the other; bytes are scaled by `inputScale`. */
export type Inputs = Uint8Array | Float32Array | readonly number[];

/** The class that a network assigns to a sample. */
export interface Classification {
  /** The number of the largest output, from 0. With a single sigmoid output: 1 if it is at least ½, else 0. */
  label: number;
  /** The outputs `[units]`; probabilities if the last layer is softmax. A single sigmoid output is the probability of class 1. */
  probabilities: Float32Array;
}

/** A loss and its gradient. */
export interface Gradient {
  /** Mean loss over the samples. */
  loss: number;
  /** dC/dW `[units][inputs]` and dC/dB `[units]` of each layer, row-major. */
  layers: LayerParameters[];
}

/** How a saved network is loaded. */
export interface LoadOptions {
  /** Whether to use the kernels without relaxed SIMD, whose bits are the same on every engine; default false. */
  deterministic?: boolean;
  /** Determines every shuffle of further training; an integer from 0, default 0. */
  seed?: number;
  /** Threads for training and inference, from 1 to 64; default "auto": as many as make it faster. */
  threads?: Threads;
}

/** How a network is loaded from bytes. */
export interface FromBytesOptions extends LoadOptions {
  /** What error messages call the bytes; default "the model". */
  title?: string;
}

/** What a model file holds besides the network. */
export interface SaveOptions {
  /** The recipe that the network was trained by; default none. */
  recipe?: Recipe;
}

/** A multilayer perceptron: layers L_l = S(W·L_{l-1} + B), trained by gradient descent. */
export class Network {
  #engine: Engine | undefined;
  readonly #seed: number;
  #epochs = 0;
  #fitting = false;

  private constructor(engine: Engine, seed: number) {
    this.#engine = engine;
    this.#seed = seed;
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
   * A network from the bytes that `toBytes` returned. Rejects with a TypeError or RangeError that names an invalid option, or what
   * is wrong with the bytes.
   */
  static async fromBytes(bytes: Uint8Array, options: FromBytesOptions = {}): Promise<Network> {
    checkBytes(bytes, "bytes");
    checkOptions(options, "options", ["deterministic", "seed", "threads", "title"]);
    const { deterministic = false, seed = 0, threads = "auto", title = "the model" } = options;
    if (typeof title !== "string") throw typeError("title", `must be a string, got ${shown(title)}`);
    checkInteger(seed, "seed", 0, Number.MAX_SAFE_INTEGER);
    const { spec, tensors } = reading("bytes", () => parseModel(bytes, title));
    const build = chooseBuild(checkBoolean(deterministic, "deterministic"));
    const engine = await Engine.create(spec, build, checkThreads(threads));
    for (const tensor of engine.plan.tensors) {
      engine.arena.writeTensor(tensor, (tensors.get(tensor.name) as { data: Float32Array }).data);
    }
    return new Network(engine, seed);
  }

  /** What the network is: inputs, layers, loss. A copy. */
  get spec(): NetworkSpec {
    return structuredClone(this.engine.spec);
  }

  /** The kernels in use: `relaxed` where the engine has them, else `simd`. */
  get build(): Build {
    return this.engine.build;
  }

  /** Weights and biases of all layers together. */
  get parameterCount(): number {
    return parameterCount(this.engine.spec);
  }

  /**
   * Trains on `train` and resolves to one record an epoch. Errors: TypeError or RangeError for options or data that do not
   * fit the network, Error when the loss is no longer finite, the signal's reason when aborted.
   */
  async fit(train: Dataset, options: FitOptions): Promise<EpochRecord[]> {
    const { engine } = this;
    const checked = checkFitOptions(options);
    checkDataset(engine.spec, train, "train");
    if (options.validation !== undefined) checkDataset(engine.spec, options.validation, "validation");
    if (this.#fitting) throw new Error(FITTING);
    const { batchSize = Math.min(32, train.count), augment } = checked;
    const augmenting = augment && this.#augmenting(train, augment);
    const onBegin = (epochs: number): void => {
      this.#epochs = epochs;
    };
    if (batchSize > train.count) {
      throw rangeError("batchSize", `must be at most the ${train.count} samples of "train", got ${batchSize}`);
    }
    this.#fitting = true;
    try {
      const found = findWarnings(engine.spec, train, options.validation);
      for (const { data, warning } of found) addWarning(data, warning);
      if (checked.onWarning) for (const { warning } of found) await checked.onWarning(warning);
      return await fit(engine, train, {
        ...checked,
        ...{ batchSize, augmenting, seed: this.#seed, epochsBefore: this.#epochs, onBegin },
      });
    } finally {
      this.#fitting = false;
      if (this.#engine === undefined) engine.dispose();
    }
  }

  #augmenting(train: Dataset, augment: Augmentation): Augmenting {
    checkImages(train.shape, "train");
    return planAugmenting(augment, train.shape, this.engine.spec.inputScale, this.#seed);
  }

  /**
   * Mean loss over `data`, and for labelled samples accuracy and confusion; with `worst` the worst mistakes, and with `metrics`
   * further metrics, each under its name. TypeError or RangeError names the option or what of `data` does not fit.
   */
  evaluate(data: Dataset, options: EvaluationOptions = {}): Evaluation {
    const { engine } = this;
    checkDataset(engine.spec, data, "data");
    const { worst = 0, metrics = [] } = checkOptions(options, "options", ["worst", "metrics"]);
    const names = checkMetrics(metrics, "metrics");
    for (const [i, name] of names.entries()) checkHasLabels(name, data.labels !== undefined, `metrics[${i}]`, "data");
    return evaluate(engine, data, { worst: checkInteger(worst, "worst", 0), metrics: names });
  }

  /**
   * Outputs `[samples][units]` of one or more samples `[samples][inputs]`. Throws a TypeError or RangeError for inputs that are not
   * a whole number of samples or not finite.
   */
  predict(inputs: Inputs): Float32Array {
    const { engine } = this;
    return predict(engine, checkInputs(engine.spec, inputs));
  }

  /**
   * Outputs `[count][units]` of samples that `fill` writes straight into the network's memory. `fill` receives a view of
   * `[rows][inputs]` floats, which is valid only during the call, and the number of its first sample; it is called several times
   * for more than about 256 samples. Floats that it does not write have undefined values, and it is not checked that they are
   * finite. Throws a TypeError or RangeError for an invalid argument.
   */
  fillInputs(count: number, fill: (view: Float32Array, first: number) => void): Float32Array {
    const { engine } = this;
    checkInteger(count, "count");
    checkFunction(fill, "fill");
    return predictFilled(engine, count, fill);
  }

  /**
   * The class of one sample `[inputs]`, and all outputs. Throws a TypeError or RangeError for an invalid sample, and an Error if the
   * network has a single output that is not sigmoid, which is no class: `predict` gives it.
   */
  classify(input: Inputs): Classification {
    const { engine } = this;
    checkClassifies(engine.spec);
    const samples = checkSample(engine.spec, input);
    const labels = new Uint32Array(1);
    const probabilities = predict(engine, samples, labels);
    return { label: labels[0] as number, probabilities };
  }

  /**
   * The outputs `[units]` of every layer for one sample `[inputs]`, from the first hidden layer on; the last are those of
   * `predict`. Throws a TypeError or RangeError for an invalid sample.
   */
  activations(input: Inputs): Float32Array[] {
    const { engine } = this;
    return activations(engine, checkSample(engine.spec, input));
  }

  /**
   * The mean loss over samples `[samples][inputs]` with targets `[samples][units]`, and its gradient ∇C layer by layer. Throws a
   * TypeError or RangeError for invalid inputs or targets.
   */
  gradient(inputs: Inputs, targets: ArrayLike<number>): Gradient {
    const { engine } = this;
    const samples = checkInputs(engine.spec, inputs);
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
    const samples = checkSample(spec, options.input);
    const target = toFloats(options.target, "target", outputUnits(spec));
    checkTargetRange(spec, target, "target");
    const learningRate = checkNumber(options.learningRate, "learningRate", 0);
    const scale = samples.inputs instanceof Uint8Array ? spec.inputScale : 1;
    const input = Array.from(samples.inputs, (x) => x * scale);
    return explain(spec, this.parameters(), input, target, checkPosition(spec, options.weight), learningRate);
  }

  /** Weights `[units][inputs]` and biases `[units]` of each layer, row-major, copied. */
  parameters(): LayerParameters[] {
    return this.engine.arena.readLayers();
  }

  /**
   * Sets all parameters, in the form that `parameters` returns. All are checked before any is set. Throws a TypeError or
   * RangeError that names the array, such as `layers[0].weights`.
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
    if (!engine.arena.hasFiniteParameters()) {
      throw new RangeError("the network has parameters that are not finite numbers, which a model file cannot hold");
    }
    const tensors = engine.plan.tensors.map((tensor) => {
      return { name: tensor.name, shape: tensor.shape, data: engine.arena.readTensor(tensor) };
    });
    return encodeModel(engine.spec, tensors, recipe);
  }

  /** Ends the network's threads and releases its memory. Optional: an unreachable network is collected. */
  dispose(): void {
    if (!this.#fitting) this.#engine?.dispose();
    this.#engine = undefined;
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private get engine(): Engine {
    if (this.#engine) return this.#engine;
    throw new Error("this network has been disposed of");
  }
}
