// Metrics of classification. `outputs` and `targets` are [rows][units], rows padded to a multiple of 16; neither is
// changed.

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
