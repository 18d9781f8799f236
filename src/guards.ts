// Checks of what `Network` is given as data: samples, targets and the position of a weight.

import { checkFinite, checkFloats, checkInteger, checkOptions, rangeError, shown, typeError } from "./check.js";
import { checkIsDataset, type Dataset, readAnew } from "./data/dataset.js";
import { checkKind, type InputKinds, plainBytes } from "./input-kind.js";
import { isBytes, isFloats } from "./kinds.js";
import { lossRow } from "./losses.js";
import type { Samples } from "./memory/arena.js";
import {
  classesOf,
  classesText,
  isBinary,
  type LayerSpec,
  layerInputs,
  type NetworkSpec,
  outputUnits,
  type WeightPosition,
} from "./spec.js";

/**
 * Whether samples and targets have the network's sizes, and targets the loss's range, and whether inputs are of the kind that it
 * was trained on. Reads the labels from the caller's array.
 */
export function checkDataset(spec: NetworkSpec, value: unknown, title: string, trainedOn: InputKinds): void {
  const data = checkIsDataset(value, title);
  readAnew(data, title);
  const units = outputUnits(spec);
  if (data.sampleSize !== spec.inputs) {
    throw rangeError(title, `has samples of ${data.sampleSize} numbers, but the network takes ${spec.inputs}`);
  }
  if (data.targets) {
    if (data.targetSize !== units) {
      throw rangeError(title, `has targets of ${data.targetSize} numbers, but the network gives ${units}`);
    }
    checkTargetRange(spec, data.targets, `${title}.targets`);
  } else checkClasses(spec, data, title);
  checkKind(spec, data.inputs, trainedOn, `${title}.inputs`);
}

/** RangeError for labels of more classes than the network tells apart. */
function checkClasses(spec: NetworkSpec, { classes }: Dataset, title: string): void {
  const most = classesOf(spec);
  if (most === 0) {
    const { activation } = spec.layers.at(-1) as LayerSpec;
    throw rangeError(
      title,
      `has labels, but the network has one output of "${activation}", which tells no classes apart: give "targets", or end ` +
        `the network with one unit of "sigmoid" for two classes, or with a unit for each class`,
    );
  }
  if (classes > most)
    throw rangeError(title, `has labels of ${classes} classes, but the network has ${classesText(spec)}`);
}

/** Error for a network with one output that tells no classes apart. */
export function checkClassifies(spec: NetworkSpec): void {
  if (outputUnits(spec) > 1 || isBinary(spec)) return;
  const { activation } = spec.layers.at(-1) as LayerSpec;
  throw new Error(
    `classify() needs classes, but this network has one output of "${activation}": call predict(), which gives the output`,
  );
}

/** RangeError for a target outside of the range that the loss is defined for. */
export function checkTargetRange({ loss }: NetworkSpec, targets: Float32Array, title: string): void {
  const range = lossRow(loss).targets;
  if (!range) return;
  const [least, most] = range;
  const at = targets.findIndex((y) => y < least || y > most);
  if (at >= 0)
    throw rangeError(title, `must be from ${least} to ${most} with "${loss}", got ${targets[at]} at index ${at}`);
}

/** One or more samples without targets, of the kind that the network was trained on: a plain array is taken for it. */
export function checkInputs(spec: NetworkSpec, inputs: unknown, trainedOn: InputKinds): Samples {
  const values = toInputs(inputs, trainedOn);
  checkKind(spec, values, trainedOn, "inputs");
  if (values.length === 0 || values.length % spec.inputs !== 0) {
    throw rangeError("inputs", `must hold samples of ${spec.inputs} numbers, got ${values.length} numbers`);
  }
  const count = values.length / spec.inputs;
  return { count, inputs: values, sampleSize: spec.inputs, labels: undefined, targets: undefined, targetSize: 0 };
}

function toInputs(inputs: unknown, trainedOn: InputKinds): Uint8Array | Float32Array {
  if (isBytes(inputs)) return inputs;
  const bytes = isNumbers(inputs) ? plainBytes(inputs, trainedOn, "inputs") : undefined;
  return bytes ?? toFloats(inputs, "inputs");
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((x) => typeof x === "number");
}

export function checkSample(spec: NetworkSpec, input: unknown, trainedOn: InputKinds): Samples {
  const samples = checkInputs(spec, input, trainedOn);
  if (samples.count !== 1) throw rangeError("input", `must be one sample, got ${samples.count}`);
  return samples;
}

/** Finite floats from a Float32Array or an array of numbers; `length` of them where given. */
export function toFloats(value: unknown, title: string, length?: number): Float32Array {
  const floats = isNumbers(value) ? Float32Array.from(value) : value;
  if (!isFloats(floats)) {
    throw typeError(title, `must be a Float32Array or an array of numbers, got ${shown(value)}`);
  }
  if (length !== undefined) return checkFloats(floats, title, length);
  checkFinite(floats, title);
  return floats;
}

export function checkPosition(spec: NetworkSpec, value: unknown): WeightPosition {
  const { layer, unit, input } = checkOptions(value, "weight", ["layer", "unit", "input"]);
  const index = checkInteger(layer, "weight.layer", 0, spec.layers.length - 1);
  return {
    layer: index,
    unit: checkInteger(unit, "weight.unit", 0, (spec.layers[index] as LayerSpec).units - 1),
    input: checkInteger(input, "weight.input", 0, layerInputs(spec, index) - 1),
  };
}
