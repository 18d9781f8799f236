// The benchmark's measure of the machine's peak rate of 128-bit multiply-adds. Compiled with the same options as the
// kernels. Twelve independent sums: enough to hide the latency of a multiply-add (4 cycles, 2 per cycle), few enough
// for 15 registers.

import { madd } from "./simd";

/**
 * Performs 12·`rounds` multiply-adds of four lanes, s = s·factor + addend, and returns the first lane of the total. The
 * compiler cannot remove the work, because the result depends on it, nor precompute it, because the operands are
 * arguments.
 */
export function ceiling(rounds: usize, factor: f32, addend: f32): f32 {
  const a = f32x4.splat(factor);
  const b = f32x4.splat(addend);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(1);
  let s2 = f32x4.splat(2);
  let s3 = f32x4.splat(3);
  let s4 = f32x4.splat(4);
  let s5 = f32x4.splat(5);
  let s6 = f32x4.splat(6);
  let s7 = f32x4.splat(7);
  let s8 = f32x4.splat(8);
  let s9 = f32x4.splat(9);
  let s10 = f32x4.splat(10);
  let s11 = f32x4.splat(11);
  for (; rounds > 0; rounds--) {
    s0 = madd(s0, a, b);
    s1 = madd(s1, a, b);
    s2 = madd(s2, a, b);
    s3 = madd(s3, a, b);
    s4 = madd(s4, a, b);
    s5 = madd(s5, a, b);
    s6 = madd(s6, a, b);
    s7 = madd(s7, a, b);
    s8 = madd(s8, a, b);
    s9 = madd(s9, a, b);
    s10 = madd(s10, a, b);
    s11 = madd(s11, a, b);
  }
  // Each sum is used, so none is dead code.
  const sum = f32x4.add(
    f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)),
    f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7)),
  );
  return f32x4.extract_lane(f32x4.add(sum, f32x4.add(f32x4.add(s8, s9), f32x4.add(s10, s11))), 0);
}
