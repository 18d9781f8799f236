// What tells how good outputs are, apart from their loss. Rows of outputs and targets are padded to 16.

import { assertSizes, rowBytes } from "./simd";

/** labels[rows] (u32) = where each row's largest output is, the first of equals. */
export function findLargest(labels: usize, outputs: usize, rows: usize, units: usize): void {
  assertSizes(rows, 1, units);
  for (; rows > 0; rows--) {
    store<u32>(labels, <u32>(largest(outputs, units) >> 2));
    labels += 4;
    outputs += rowBytes(units);
  }
}

/** Offset of the largest of `units` floats, the first of equals. */
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

/** How many rows have their largest output (the first of equals) where the target is above one half. */
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
