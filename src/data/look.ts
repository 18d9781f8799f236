// A look at the inputs of a dataset: sentences about what is legal, but surely not what was meant.

import { isBytes, isFloats } from "../kinds.js";

type Inputs = Uint8Array | Float32Array;

/** What a look at some samples found of each input (column). */
export interface Look {
  /** `[sampleSize]`: the least and the most of the samples that were looked at, and the root of the mean square. */
  least: Float32Array;
  most: Float32Array;
  size: Float32Array;
}

/**
 * Numbers that are looked at, in samples spread evenly over all: enough to tell how large each input is, in a millisecond,
 * however many samples there are.
 */
const LOOKED = 2 ** 17;
/** Numbers that tell how large the inputs are on the whole: so few that the beginning of a short training is not felt. */
export const GLANCED = 2 ** 14;
/** An input whose root mean square is above this is far from unit scale: standardised ones have 1, and pixels from 0 to 255 about 100. */
const MOST_SIZE = 30;
/** Inputs that are all below this are too; bytes of 0 and 1 become 1/255. */
const LEAST_SIZE = 0.01;
/** The share of the other inputs' numbers from which on a value is their background, as 0 in images and sparse rows is. */
const BACKGROUND = 0.25;
/** Up to this many inputs make a table, each of whose columns is there for a reason. */
const MOST_COLUMNS = 100;
/** In fewer samples an input can be constant by chance. */
const LEAST_SAMPLES = 4;

/** Looks at about so many `numbers` of the samples `[count][sampleSize]`. */
export function lookAt(inputs: Inputs, count: number, sampleSize: number, numbers = LOOKED): Look {
  const rows = rowsOf(count, sampleSize, numbers);
  const least = new Float32Array(sampleSize).fill(Infinity);
  const most = new Float32Array(sampleSize).fill(-Infinity);
  const squares = new Float64Array(sampleSize);
  for (let row = 0; row < rows; row++) {
    const at = sampleAt(row, rows, count) * sampleSize;
    for (let i = 0; i < sampleSize; i++) {
      const x = inputs[at + i] as number;
      if (x < (least[i] as number)) least[i] = x;
      if (x > (most[i] as number)) most[i] = x;
      squares[i] = (squares[i] as number) + x * x;
    }
  }
  return { least, most, size: Float32Array.from(squares, (sum) => Math.sqrt(sum / rows)) };
}

/** Samples that are looked at. */
function rowsOf(count: number, sampleSize: number, numbers: number): number {
  return Math.min(count, Math.ceil(numbers / sampleSize));
}

function sampleAt(row: number, rows: number, count: number): number {
  return Math.floor((row * count) / rows);
}

/** What the inputs alone tell. */
export function inputWarnings(inputs: Inputs, count: number, shape: readonly number[]): string[] {
  const sampleSize = inputs.length / count;
  const look = lookAt(inputs, count, sampleSize);
  const same = sameWarning(inputs, count, sampleSize, look) ?? constantWarning(inputs, count, shape, look);
  const size = isFloats(inputs) ? sizeWarning(look, 1, STANDARDISE) : undefined;
  return [same, size].filter((warning) => warning !== undefined);
}

const STANDARDISE = "subtract the mean of each and divide by its standard deviation";

/** A sentence where all samples are the same. */
function sameWarning(inputs: Inputs, count: number, sampleSize: number, { least, most }: Look): string | undefined {
  if (count === 1 || least.some((x, i) => x !== most[i])) return undefined;
  for (let i = sampleSize; i < inputs.length; i++) if (inputs[i] !== inputs[i - sampleSize]) return undefined;
  const [first] = inputs;
  if (inputs.subarray(0, sampleSize).some((x) => x !== first)) return `all ${count} samples have the same inputs`;
  const fractions = isBytes(inputs) && first === 0;
  return `all inputs are ${first}${fractions ? `: ${NO_FRACTIONS}` : ""}`;
}

/** What became of fractions in bytes cannot be seen any more, but for bytes that are all 0, or 0 and 1. */
export const NO_FRACTIONS = "bytes hold no fractions, which must be given as a Float32Array";

/**
 * A sentence where inputs are the same in every sample. The background of images and of sparse rows is not meant, and of very many
 * inputs, as images have, not the constant ones at the edge.
 */
function constantWarning(inputs: Inputs, count: number, shape: readonly number[], look: Look): string | undefined {
  const { least, most } = look;
  const sampleSize = least.length;
  if (count < LEAST_SAMPLES) return undefined;
  const constant = Array.from(least.keys()).filter((i) => least[i] === most[i]);
  if (constant.length === 0 || constant.length === sampleSize) return undefined;
  const background = backgroundOf(inputs, count, look);
  const found = constant.filter((i) => least[i] !== background && isConstant(inputs, sampleSize, i));
  const isTable = shape.length === 1 && sampleSize <= MOST_COLUMNS;
  if (found.length === 0 || (!isTable && found.length <= sampleSize / 2)) return undefined;
  const [first] = found as [number];
  return (
    `${found.length} of ${sampleSize} inputs are the same in every sample, such as input ${first}, which is ` +
    `${rounded(least[first])}: they tell nothing apart`
  );
}

/** The most common value of constant inputs, if many of the other numbers have it too. */
function backgroundOf(inputs: Inputs, count: number, { least, most }: Look): number | undefined {
  const uses = new Map<number, number>();
  least.forEach((x, i) => {
    if (x === most[i]) uses.set(x, (uses.get(x) ?? 0) + 1);
  });
  const [value] = [...uses].reduce((a, b) => (b[1] > a[1] ? b : a));
  const rows = rowsOf(count, least.length, LOOKED);
  let [same, others] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const at = sampleAt(row, rows, count) * least.length;
    for (let i = 0; i < least.length; i++) {
      if (least[i] === most[i]) continue;
      others++;
      if (inputs[at + i] === value) same++;
    }
  }
  return same >= BACKGROUND * others ? value : undefined;
}

function isConstant(inputs: Inputs, sampleSize: number, column: number): boolean {
  for (let i = column; i < inputs.length; i += sampleSize) if (inputs[i] !== inputs[column]) return false;
  return true;
}

/** A sentence where inputs times `scale` are far from unit scale; `remedy` says what to do. */
export function sizeWarning({ least, most, size }: Look, scale: number, remedy: string): string | undefined {
  const factor = Math.abs(scale);
  const sampleSize = size.length;
  let [far, largest, bound] = [0, 0, 0];
  for (let i = 0; i < sampleSize; i++) {
    if ((size[i] as number) * factor > MOST_SIZE) far++;
    if ((size[i] as number) > (size[largest] as number)) largest = i;
    bound = Math.max(bound, -(least[i] as number) * factor, (most[i] as number) * factor);
  }
  if (far > 0) {
    const range = [least[largest], most[largest]].map((x) => rounded((x as number) * scale));
    const which = far === sampleSize ? `${sampleSize}` : `${far} of ${sampleSize}`;
    return (
      `${which} ${sampleSize === 1 ? "input is" : "inputs are"} far from unit scale, such as input ${largest}, from ` +
      `${range[0]} to ${range[1]}: ${remedy}`
    );
  }
  if (bound === 0 || bound >= LEAST_SIZE) return undefined;
  return `the inputs are far from unit scale, none is above ${rounded(bound)} in magnitude: ${remedy}`;
}

/** A number with three digits. */
export function rounded(value: number | undefined): string {
  return String(Number((value as number).toPrecision(3)));
}
