// Metrics of classification. `outputs` and `targets` are [rows][units], rows padded to a multiple of 16; neither is
// changed.

import { sigmoid4 } from "./activation";
import { assertSizes, rowBytes } from "./simd";

/** labels[rows] (u32) = the unit with each row's largest output, the first of equal ones. */
export function findLargest(labels: usize, outputs: usize, rows: usize, units: usize): void {
  assertSizes(rows, 1, units);
  for (; rows > 0; rows--) {
    store<u32>(labels, <u32>(largest(outputs, units) >> 2));
    labels += 4;
    outputs += rowBytes(units);
  }
}

/** The byte offset of the largest of `units` floats, the first of equal ones. */
function largest(outputs: usize, units: usize): usize {
  let best: usize = 0;
  let top = load<f32>(outputs);
  for (let i: usize = 4, end = units << 2; i < end; i += 4) {
    const a = load<f32>(outputs + i);
    if (a > top) {
      top = a;
      best = i;
    }
  }
  return best;
}

/** The number of rows whose largest output, the first of equal ones, is at a unit with a target above ½. */
export function countCorrect(outputs: usize, targets: usize, rows: usize, units: usize): usize {
  assertSizes(rows, 1, units);
  const stride = rowBytes(units);
  let correct: usize = 0;
  for (; rows > 0; rows--) {
    if (load<f32>(targets + largest(outputs, units)) > 0.5) correct++;
    outputs += stride;
    targets += stride;
  }
  return correct;
}

/** labels[rows] (u32) of one sigmoid unit: 1 where its output is at least ½, else 0. The outputs may still be logits. */
export function findBinary(labels: usize, outputs: usize, rows: usize, areLogits: bool): void {
  assertSizes(rows, 1, 1);
  for (; rows > 0; rows--) {
    store<u32>(labels, <u32>isPositive(outputs, areLogits));
    labels += 4;
    outputs += rowBytes(1);
  }
}

/** The number of rows of one sigmoid unit whose output and target are on the same side of ½. */
export function countBinary(outputs: usize, targets: usize, rows: usize, areLogits: bool): usize {
  assertSizes(rows, 1, 1);
  let correct: usize = 0;
  for (; rows > 0; rows--) {
    if (isPositive(outputs, areLogits) === load<f32>(targets) > 0.5) correct++;
    outputs += rowBytes(1);
    targets += rowBytes(1);
  }
  return correct;
}

/** Whether an output is at least ½. It is the rounded output that counts, which users see: some logits below 0 give ½. */
function isPositive(output: usize, isLogit: bool): bool {
  const a = load<f32>(output);
  return (isLogit ? f32x4.extract_lane(sigmoid4(f32x4.splat(a)), 0) : a) >= 0.5;
}
