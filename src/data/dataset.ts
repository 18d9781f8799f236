// Samples and what they should give: rows of one type, with a label or a target vector each, checked against each other.

import { checkFinite, checkInteger, checkNumber, checkOptions, shown } from "../check.js";
import { ascending, Stream, shuffle } from "../random.js";

export interface DatasetOptions {
  /** All samples one after the other. Bytes are scaled by the network's `inputScale`, floats used as given. */
  inputs: Uint8Array | Float32Array;
  /** Numbers in one sample, or its dimensions, such as `[28, 28]`. */
  shape: number | readonly number[];
  /** A class number from 0 for each sample; give these or `targets`. */
  labels?: ArrayLike<number>;
  /** How many classes there are, 2^20 at most; one more than the largest label unless told. */
  classes?: number;
  /** The wanted outputs of each sample, one sample after the other. */
  targets?: Float32Array;
}

/** As many as a layer may have units. */
const MOST_CLASSES = 2 ** 20;
/** The largest class may have this many times the samples of the smallest before a warning. */
const IMBALANCE = 3;

export class Dataset {
  /** Number of samples. */
  readonly count: number;
  /** Dimensions of one sample; their product is `sampleSize`. */
  readonly shape: readonly number[];
  readonly sampleSize: number;
  readonly inputs: Uint8Array | Float32Array;
  /** `[count]`, for classification. */
  readonly labels: Uint32Array | undefined;
  /** How many classes the labels are of; 0 without labels. */
  readonly classes: number;
  /** `[count][targetSize]`, without labels. */
  readonly targets: Float32Array | undefined;
  readonly targetSize: number;
  /** What is odd about the data, a sentence each. */
  readonly warnings: readonly string[];

  /** TypeError or RangeError when the parts do not fit each other, a label is out of range or a number is not finite. */
  constructor(options: DatasetOptions) {
    checkOptions(options, "options", ["inputs", "shape", "labels", "classes", "targets"]);
    this.inputs = checkInputs(options.inputs);
    this.shape = checkShape(options.shape);
    this.sampleSize = this.shape.reduce((product, n) => product * n, 1);
    this.count = countSamples(this.inputs.length, this.sampleSize);
    if ((options.labels === undefined) === (options.targets === undefined)) {
      throw new TypeError('a dataset needs either "labels" or "targets"');
    }
    const { labels, targets, classes } = options;
    this.labels = labels === undefined ? undefined : checkLabels(labels, this.count, classes);
    this.classes = this.labels ? (classes ?? maximum(this.labels) + 1) : 0;
    this.targets = targets === undefined ? undefined : checkTargets(targets, this.count);
    this.targetSize = this.targets ? this.targets.length / this.count : this.classes;
    this.warnings = this.labels ? imbalance(this.classCounts()) : [];
  }

  /** Samples of each class, by label; empty without labels. */
  classCounts(): number[] {
    const counts = Array<number>(this.classes).fill(0);
    for (const label of this.labels ?? []) counts[label] = (counts[label] as number) + 1;
    return counts;
  }

  /** The inputs of one sample: a view, not a copy. */
  sample(index: number): Uint8Array | Float32Array {
    checkInteger(index, "index", 0, this.count - 1);
    return this.inputs.subarray(index * this.sampleSize, (index + 1) * this.sampleSize);
  }

  /** What one sample should give: its label as a one-hot vector, or its target vector. */
  target(index: number): Float32Array {
    checkInteger(index, "index", 0, this.count - 1);
    if (this.targets) return this.targets.slice(index * this.targetSize, (index + 1) * this.targetSize);
    const oneHot = new Float32Array(this.classes);
    oneHot[this.labels?.[index] as number] = 1;
    return oneHot;
  }

  /** The same samples in a random order that `seed` fixes. */
  shuffle(seed: number): Dataset {
    return this.select(shuffled(this.count, seed));
  }

  /** Two datasets: `fraction` of the samples, drawn at random by `seed`, and the rest. Neither may be empty. */
  split(fraction: number, seed: number): [Dataset, Dataset] {
    checkNumber(fraction, "fraction", 0, 1);
    const first = Math.round(this.count * fraction);
    if (first === 0 || first === this.count) {
      throw new RangeError(`"fraction" of ${fraction} leaves one part of ${this.count} samples empty`);
    }
    const order = shuffled(this.count, seed);
    return [this.select(order.subarray(0, first)), this.select(order.subarray(first))];
  }

  /** The samples of these numbers, in this order, copied. */
  select(indices: ArrayLike<number>): Dataset {
    checkList(indices, "indices");
    const rows = Array.from(indices, (index) => checkInteger(index, "indices", 0, this.count - 1));
    if (rows.length === 0) throw new RangeError('"indices" must name at least one sample, got none');
    const parts = { inputs: pick(this.inputs, rows, this.sampleSize), shape: this.shape };
    if (this.targets) return new Dataset({ ...parts, targets: pick(this.targets, rows, this.targetSize) });
    return new Dataset({ ...parts, labels: pick(this.labels as Uint32Array, rows, 1), classes: this.classes });
  }
}

function checkInputs(inputs: unknown): Uint8Array | Float32Array {
  if (inputs instanceof Float32Array) checkFinite(inputs, "inputs");
  else if (!(inputs instanceof Uint8Array)) {
    throw new TypeError(`"inputs" must be a Uint8Array or a Float32Array, got ${shown(inputs)}`);
  }
  return inputs as Uint8Array | Float32Array;
}

function checkShape(shape: unknown): number[] {
  if (typeof shape === "number") return [checkInteger(shape, "shape")];
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new TypeError(`"shape" must be a number or an array of dimensions, got ${shown(shape)}`);
  }
  return Array.from(shape, (n, i) => checkInteger(n, `shape[${i}]`));
}

function countSamples(numbers: number, size: number): number {
  if (numbers > 0 && numbers % size === 0) return numbers / size;
  throw new RangeError(`"inputs" must hold a whole number of samples of ${size} numbers, got ${numbers} numbers`);
}

function checkLabels(labels: ArrayLike<number>, count: number, classes: number | undefined): Uint32Array {
  checkList(labels, "labels");
  if (labels.length !== count) throw new RangeError(`"labels" must hold ${count} labels, got ${labels.length}`);
  const most = (classes === undefined ? MOST_CLASSES : checkInteger(classes, "classes", 1, MOST_CLASSES)) - 1;
  for (let i = 0; i < count; i++) {
    const label = labels[i] as number;
    if (!Number.isInteger(label) || label < 0 || label > most) {
      throw new RangeError(`"labels" must be whole numbers from 0 to ${most}, got ${shown(label)} at index ${i}`);
    }
  }
  return Uint32Array.from(labels);
}

function checkList(value: unknown, title: string): void {
  const isList = typeof value === "object" && typeof (value as { length?: unknown } | null)?.length === "number";
  if (!isList) throw new TypeError(`"${title}" must be an array, got ${shown(value)}`);
}

function checkTargets(targets: unknown, count: number): Float32Array {
  if (!(targets instanceof Float32Array)) {
    throw new TypeError(`"targets" must be a Float32Array, got ${shown(targets)}`);
  }
  if (targets.length === 0 || targets.length % count !== 0) {
    throw new RangeError(
      `"targets" must hold the same number of targets for each of ${count} samples, got ${targets.length}`,
    );
  }
  checkFinite(targets, "targets");
  return targets;
}

function maximum(labels: Uint32Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

function imbalance(counts: number[]): string[] {
  let [rare, common] = [0, 0];
  // There can be more classes than a call of Math.min takes arguments.
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

function shuffled(count: number, seed: number): Uint32Array {
  const order = ascending(count);
  shuffle(order, checkInteger(seed, "seed", 0, Number.MAX_SAFE_INTEGER), Stream.split);
  return order;
}

/** Rows by number out of a tight array of rows of `size`. */
function pick<T extends Uint8Array | Uint32Array | Float32Array>(values: T, rows: number[], size: number): T {
  // Bytes may be a Buffer, whose own constructor is deprecated.
  const make = values instanceof Uint8Array ? Uint8Array : values.constructor;
  const picked = new (make as new (length: number) => T)(rows.length * size);
  rows.forEach((row, i) => {
    picked.set(values.subarray(row * size, (row + 1) * size), i * size);
  });
  return picked;
}
