// Labelled or targeted samples: rows of bytes or floats, each with a class label or a target vector, all checked on
// creation.

import {
  checkFinite,
  checkInteger,
  checkNumber,
  checkOptions,
  OTHER_COPY,
  rangeError,
  shown,
  typeError,
} from "../check.js";
import { printAs } from "../describe.js";
import { isBytes, isFloats, isWords, tagOf } from "../kinds.js";
import { ascending, Stream, shuffle } from "../random.js";
import { inputWarnings } from "./look.js";

/** Samples, with a label or a target vector each. */
export interface DatasetOptions {
  /**
   * All samples, `[count][sampleSize]` row-major. Bytes are multiplied by the network's `inputScale`, floats are used
   * unchanged. The array is not copied, see `Dataset`.
   */
  inputs: Uint8Array | Float32Array;
  /** Numbers in one sample, or its dimensions, such as `[28, 28]`. */
  shape: number | readonly number[];
  /** `[count]`: the class of each sample, from 0, in any kind of array; default none, which needs `targets`. */
  labels?: ArrayLike<number>;
  /** Number of classes, at most 2^20; default: the largest label plus one. */
  classes?: number;
  /** `[count][targetSize]`: the target outputs of each sample, row-major, not copied; default none, which needs `labels`. */
  targets?: Float32Array;
}

/** The largest number of units of a layer. */
const MOST_CLASSES = 2 ** 20;
/** A warning is given if the largest class has more than this many times the samples of the smallest. */
const IMBALANCE = 3;

/** The arrays of labels that datasets were given. */
const given = new WeakMap<Dataset, ArrayLike<number>>();

/** The sentences about datasets, which grow where the objects are frozen. */
const warned = new WeakMap<Dataset, string[]>();

/** Adds a sentence to the warnings of a dataset, unless it is there. Not a method, as it is not for users. */
export function addWarning(data: Dataset, warning: string): void {
  const warnings = warned.get(data);
  if (warnings && !warnings.includes(warning)) warnings.push(warning);
}

/**
 * Samples for training or evaluation. The arrays stay the caller's: `fit`, `evaluate` and the methods that copy read what inputs,
 * labels and targets hold when they are called, so arrays can be refilled between two calls. They must not change during a call
 * (a `fit` ends when its promise does), must not be shrunk or transferred, and labels must stay below `classes`. A network of
 * `wasmlp/worker` is sent a dataset once: there, refilled arrays need a new `Dataset`. The object itself is frozen.
 */
export class Dataset {
  /** Number of samples. */
  readonly count: number;
  /** Dimensions of one sample; their product is `sampleSize`. */
  readonly shape: readonly number[];
  /** Numbers in one sample. */
  readonly sampleSize: number;
  /** `[count][sampleSize]`: the array that the constructor was given. */
  readonly inputs: Uint8Array | Float32Array;
  /** `[count]`, for classification: the array that the constructor was given, or a copy where that is no Uint32Array. */
  readonly labels: Uint32Array | undefined;
  /** Number of classes; 0 without labels. */
  readonly classes: number;
  /** `[count][targetSize]`; undefined with labels. */
  readonly targets: Float32Array | undefined;
  /** Numbers in one target: the length of a target vector, or the number of classes. */
  readonly targetSize: number;

  /**
   * Throws a TypeError or RangeError if the sizes do not match, a label is out of range, a number is not finite, or
   * there are both or neither of `labels` and `targets`.
   */
  constructor(options: DatasetOptions) {
    checkOptions(options, "options", ["inputs", "shape", "labels", "classes", "targets"]);
    printAs(this, "Dataset", () => this.toJSON());
    this.inputs = checkInputs(options.inputs);
    this.shape = Object.freeze(checkShape(options.shape));
    this.sampleSize = this.shape.reduce((product, n) => product * n, 1);
    this.count = countSamples(this.inputs.length, this.sampleSize);
    if ((options.labels === undefined) === (options.targets === undefined)) {
      throw typeError("labels", 'must be given, or else "targets", and not both');
    }
    const { labels, targets, classes } = options;
    this.labels = labels === undefined ? undefined : takeLabels(labels, this.count, classes);
    if (labels !== undefined) given.set(this, labels);
    this.classes = this.labels ? (classes ?? maximum(this.labels) + 1) : 0;
    this.targets = targets === undefined ? undefined : checkTargets(targets, this.count);
    this.targetSize = this.targets ? this.targets.length / this.count : this.classes;
    const ofTargets = this.labels ? imbalance(countClasses(this), this.count) : constancy(this.targets, this.count);
    warned.set(this, [...inputWarnings(this.inputs, this.count, this.shape), ...ofTargets]);
    Object.freeze(this);
  }

  /** What `JSON.stringify` writes: the sizes, not the numbers. */
  toJSON(): Pick<Dataset, "count" | "shape" | "classes" | "targetSize"> {
    const { count, shape, classes, targetSize } = this;
    return { count, shape, classes, targetSize };
  }

  /** The name of the class in messages, also in minified programs. Vue leaves objects that have such a tag unwrapped. */
  get [Symbol.toStringTag](): string {
    return "Dataset";
  }

  /**
   * Sentences about data that is legal, but hardly what was meant, such as very unequal classes, inputs far from unit scale or the
   * same in every sample. `fit` adds what it finds when it looks at the data against the network. The size of inputs is judged by
   * samples that are spread over the dataset.
   */
  get warnings(): readonly string[] {
    return [...(warned.get(this) ?? [])];
  }

  /** `[classes]`: the number of samples of each class; empty without labels. */
  classCounts(): number[] {
    readAnew(this);
    return countClasses(this);
  }

  /**
   * The inputs `[sampleSize]` of one sample: a view, not a copy. Throws a RangeError for an `index` outside 0 … count −
   * 1.
   */
  sample(index: number): Uint8Array | Float32Array {
    checkInteger(index, "index", 0, this.count - 1);
    checkThere(this);
    return this.inputs.subarray(index * this.sampleSize, (index + 1) * this.sampleSize);
  }

  /**
   * The target `[targetSize]` of one sample, copied: its target vector, or its label as a one-hot vector. Throws a TypeError or
   * RangeError unless `index` is an integer from 0 to `count` − 1.
   */
  target(index: number): Float32Array {
    checkInteger(index, "index", 0, this.count - 1);
    checkThere(this);
    if (this.targets) return this.targets.slice(index * this.targetSize, (index + 1) * this.targetSize);
    const oneHot = new Float32Array(this.classes);
    oneHot[given.get(this)?.[index] as number] = 1;
    return oneHot;
  }

  /** A copy with the samples in a random order, which depends only on `seed` and `count`. */
  shuffle(seed: number): Dataset {
    return this.select(shuffled(this.count, seed));
  }

  /**
   * Splits at random into two datasets, copies of `fraction` of the samples (rounded) and of the rest. The choice
   * depends only on `seed` and `count`. Throws a RangeError if one of them would be empty.
   */
  split(fraction: number, seed: number): [Dataset, Dataset] {
    checkNumber(fraction, "fraction", 0, 1);
    const first = Math.round(this.count * fraction);
    if (first === 0 || first === this.count) {
      throw rangeError("fraction", `of ${fraction} leaves one part of ${this.count} samples empty`);
    }
    const order = shuffled(this.count, seed);
    return [this.select(order.subarray(0, first)), this.select(order.subarray(first))];
  }

  /**
   * A copy of the samples with these indices, in this order; an index may occur more than once. Throws a TypeError or
   * RangeError unless there is at least one index and all are integers from 0 to `count` − 1.
   */
  select(indices: ArrayLike<number>): Dataset {
    readAnew(this);
    checkList(indices, "indices");
    const rows = Array.from(indices, (index) => checkInteger(index, "indices", 0, this.count - 1));
    if (rows.length === 0) throw rangeError("indices", "must name at least one sample, got none");
    const parts = { inputs: pick(this.inputs, rows, this.sampleSize), shape: this.shape };
    if (this.targets) return new Dataset({ ...parts, targets: pick(this.targets, rows, this.targetSize) });
    return new Dataset({ ...parts, labels: pick(this.labels as Uint32Array, rows, 1), classes: this.classes });
  }
}

/** `[classes]`: the number of samples of each class, by labels that have been read. */
export function countClasses({ classes, labels = new Uint32Array(0) }: Dataset): number[] {
  const counts = Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts;
}

/** Checks that a value is a Dataset of this copy of the library. */
export function checkIsDataset(value: unknown, title: string): Dataset {
  if (value instanceof Dataset) return value;
  const isOther = tagOf(value) === "Dataset";
  throw typeError(title, `must be a Dataset, got ${isOther ? `a Dataset of ${OTHER_COPY}` : shown(value)}`);
}

function checkInputs(inputs: unknown): Uint8Array | Float32Array {
  if (isFloats(inputs)) checkFinite(inputs, "inputs");
  else if (!isBytes(inputs)) {
    throw typeError("inputs", `must be a Uint8Array or a Float32Array, got ${shown(inputs)}`);
  }
  return inputs as Uint8Array | Float32Array;
}

function checkShape(shape: unknown): number[] {
  if (typeof shape === "number") return [checkInteger(shape, "shape")];
  if (!Array.isArray(shape) || shape.length === 0) {
    throw typeError("shape", `must be a number or an array of dimensions, got ${shown(shape)}`);
  }
  return Array.from(shape, (n, i) => checkInteger(n, `shape[${i}]`));
}

/** The number of samples of `size` numbers in `numbers` numbers, which must be a multiple. */
function countSamples(numbers: number, size: number): number {
  if (numbers > 0 && numbers % size === 0) return numbers / size;
  throw rangeError("inputs", `must hold a whole number of samples of ${size} numbers, got ${numbers} numbers`);
}

/**
 * Reads the caller's labels, which may have been refilled. RangeError names an array that holds less than it did, or a label that
 * is no class; `title` is what the dataset is called.
 */
export function readAnew(data: Dataset, title?: string): void {
  checkThere(data, title);
  const labels = given.get(data);
  if (!labels) return;
  checkLabels(labels, data.count, data.classes - 1, named(title, "labels"));
  if (labels !== data.labels) data.labels?.set(labels);
}

/** Whether the arrays hold what they held: a buffer may have been shrunk or transferred. */
export function checkThere(data: Dataset, title?: string): void {
  const { count, inputs, sampleSize, targets, targetSize } = data;
  checkLength(inputs, count * sampleSize, named(title, "inputs"));
  if (targets) checkLength(targets, count * targetSize, named(title, "targets"));
  else checkLength(given.get(data) as ArrayLike<number>, count, named(title, "labels"));
}

function named(title: string | undefined, array: string): string {
  return title === undefined ? array : `${title}.${array}`;
}

function checkLength({ length }: ArrayLike<number>, least: number, title: string): void {
  if (length >= least) return;
  const cause = "its buffer was shrunk or transferred after the Dataset was made; make a new Dataset";
  throw rangeError(title, `holds ${length} numbers of ${least}: ${cause}`);
}

/** The labels as integers: a copy, if they are in another kind of array. */
function takeLabels(labels: ArrayLike<number>, count: number, classes: number | undefined): Uint32Array {
  checkList(labels, "labels");
  if (labels.length !== count) throw rangeError("labels", `must hold ${count} labels, got ${labels.length}`);
  const most = classes === undefined ? MOST_CLASSES : checkInteger(classes, "classes", 1, MOST_CLASSES);
  checkLabels(labels, count, most - 1, "labels");
  return isWords(labels) ? labels : Uint32Array.from(labels);
}

function checkLabels(labels: ArrayLike<number>, count: number, most: number, title: string): void {
  for (let i = 0; i < count; i++) {
    const label = labels[i] as number;
    if (!Number.isInteger(label) || label < 0 || label > most) {
      throw rangeError(title, `must be whole numbers from 0 to ${most}, got ${shown(label)} at index ${i}`);
    }
  }
}

/** Checks that a value is array-like: an array or a typed array of any kind. */
function checkList(value: unknown, title: string): void {
  const isList = typeof value === "object" && typeof (value as { length?: unknown } | null)?.length === "number";
  if (!isList) throw typeError(title, `must be an array, got ${shown(value)}`);
}

function checkTargets(targets: unknown, count: number): Float32Array {
  if (!isFloats(targets)) {
    throw typeError("targets", `must be a Float32Array, got ${shown(targets)}`);
  }
  if (targets.length === 0 || targets.length % count !== 0) {
    throw rangeError(
      "targets",
      `must hold the same number of targets for each of ${count} samples, got ${targets.length}`,
    );
  }
  checkFinite(targets, "targets");
  return targets;
}

function maximum(labels: Uint32Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

/** A warning if all samples have the same target vector. */
function constancy(targets: Float32Array | undefined, count: number): string[] {
  if (!targets || count === 1) return [];
  const size = targets.length / count;
  for (let i = size; i < targets.length; i++) if (targets[i] !== targets[i - size]) return [];
  return [`all ${count} samples have the same target`];
}

/** A warning if there is one class only, or if the classes have very unequal numbers of samples. */
function imbalance(counts: number[], count: number): string[] {
  const only = counts.indexOf(count);
  if (only >= 0)
    return count === 1 ? [] : [`all ${count} samples are of class ${only}: there is nothing to tell apart`];
  let [rare, common] = [0, 0];
  // Not `Math.min(...counts)`: there can be more classes than a call can take arguments.
  counts.forEach((count, label) => {
    if (count < (counts[rare] as number)) rare = label;
    if (count > (counts[common] as number)) common = label;
  });
  const [least, most] = [counts[rare] as number, counts[common] as number];
  if (most <= IMBALANCE * least) return [];
  return [
    `class ${common} has ${most} samples, over ${IMBALANCE} times the ${least} of class ${rare}: accuracy may mislead`,
  ];
}

/** The numbers 0 … count − 1 in random order. */
function shuffled(count: number, seed: number): Uint32Array {
  const order = ascending(count);
  shuffle(order, checkInteger(seed, "seed", 0, Number.MAX_SAFE_INTEGER), Stream.split);
  return order;
}

/** Copies rows of `size` numbers by index out of `values` [·][size]. */
function pick<T extends Uint8Array | Uint32Array | Float32Array>(values: T, rows: number[], size: number): T {
  // Bytes may be a Buffer of Node, whose constructor is deprecated.
  const make = isBytes(values) ? Uint8Array : values.constructor;
  const picked = new (make as new (length: number) => T)(rows.length * size);
  rows.forEach((row, i) => {
    picked.set(values.subarray(row * size, (row + 1) * size), i * size);
  });
  return picked;
}
