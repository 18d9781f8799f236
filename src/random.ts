// Counter-based random numbers: every number is a pure function of seed, stream and counters. There is no generator
// state, so neither the order of the work nor the number of threads changes any of them.

import { DROPOUT_STREAM } from "./abi.js";
import { logarithm } from "./exact.js";

/** One stream per purpose. Numbers of different streams are independent. */
export const Stream = { weights: 1, biases: 2, shuffle: 3, split: 4, augment: 5, dropout: DROPOUT_STREAM } as const;

/**
 * Writes one block of Philox4x32-10, four uint32, to `out`, from a counter of four words and a key of two. Salmon et
 * al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; multipliers and key increments are the paper's.
 */
export function philox(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  key0: number,
  key1: number,
): void {
  // Signed words: V8 would allocate a number object for each integer of 2^31 or more, in every round.
  let x0 = c0 | 0;
  let x1 = c1 | 0;
  let x2 = c2 | 0;
  let x3 = c3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, x0);
    const high1 = multiplyHigh(0xcd9e8d57, x2);
    const low0 = Math.imul(0xd2511f53, x0);
    const low1 = Math.imul(0xcd9e8d57, x2);
    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/** The upper 32 bits, as int32, of the 64-bit product of two uint32. Schoolbook multiplication of 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  // No carry is lost: each sum is below 2^32.
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const low = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (low >>> 16)) | 0;
}

/** The two key words of a seed, which may be any non-negative safe integer. */
export function keyOf(seed: number): [number, number] {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/**
 * Fills `out` with samples of N(0, deviation²) by Marsaglia's polar method. `where` separates the blocks of one stream,
 * such as layers. Only operations that IEEE 754 defines exactly are used, so all engines produce the same bits.
 */
export function fillGaussian(out: Float32Array, deviation: number, seed: number, stream: number, where: number): void {
  const block = new Uint32Array(4);
  const [key0, key1] = keyOf(seed);
  // The method yields two samples at a time; the second waits here.
  let pending: number | undefined;
  let counter = 0;
  for (let i = 0; i < out.length; i++) {
    if (pending !== undefined) {
      out[i] = pending * deviation;
      pending = undefined;
      continue;
    }
    let u = 0;
    let v = 0;
    let s = 0;
    // A uniform point in the unit disc, by rejection.
    do {
      philox(block, counter % 2 ** 32, Math.floor(counter / 2 ** 32), where, stream, key0, key1);
      counter++;
      u = unit(block[0] as number, block[1] as number) * 2 - 1;
      v = unit(block[2] as number, block[3] as number) * 2 - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * logarithm(s)) / s);
    out[i] = u * factor * deviation;
    pending = v * factor;
  }
}

/** A uniform number in [0, 1) with 53 random bits: the upper 27 bits of one word and the upper 26 of another. */
function unit(high: number, low: number): number {
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/** Shuffles `order` in place (Fisher and Yates). `epoch` gives each epoch of one seed its own permutation. */
export function shuffle(order: Uint32Array, seed: number, stream: number, epoch = 0): void {
  const block = new Uint32Array(4);
  const [key0, key1] = keyOf(seed);
  for (let i = order.length - 1; i > 0; i--) {
    philox(block, i, 0, epoch, stream, key0, key1);
    // 53 bits over at most 2^32 positions: the bias is below 2^-21.
    const j = Math.floor(unit(block[0] as number, block[1] as number) * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
}

/** The numbers 0, 1, … count − 1. */
export function ascending(count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = i;
  return numbers;
}
