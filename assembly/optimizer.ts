// An optimizer is one loop over flat twins of the parameter block; `n` is a multiple of 16.

import { assertAligned, madd } from "./simd";

/** P −= rate·G over n floats. */
export function sgd(params: usize, grads: usize, n: usize, rate: f32): void {
  assertAligned(params | grads | (n << 2));
  const step = f32x4.splat(-rate);
  for (let i: usize = 0, end = n << 2; i < end; i += 16) {
    v128.store(params + i, madd(step, v128.load(grads + i), v128.load(params + i)));
  }
}
