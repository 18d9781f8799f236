// An optimizer is one loop over flat twins of the parameter block: parameters, gradients, and the optimizer's own moments. All
// take the same arguments, so that the host calls whichever kernel a row of the table in `src/recipe/optimizer.ts` names:
// `first` and `second` are the addresses of up to two moments, `n` is a multiple of 16, `settings` the address of the step's
// settings, by the places of `abi.ts`. Only weights decay, not biases. The gradient is zero afterwards, ready to be added to.
//
// Where all is zero, as in padding, all stays zero.

import { DECAY, EPSILON, MOMENTUM, NESTEROV, NORM, RATE, SHRINKAGE, SQUARES } from "../src/abi";
import { assertAligned, madd, PANEL_BYTES, panelBytes } from "./simd";

/**
 * A moment smaller than this is set to zero. It would decay into denormal numbers, which are slow and never reach zero.
 */
const TINY_MOMENT: f32 = 1e-30;

/** A setting (f64, by its index in `abi.ts`) in all lanes. */
function setting(settings: usize, place: usize): v128 {
  return f32x4.splat(<f32>load<f64>(settings + (place << 3)));
}

/** 1 − a setting, subtracted in f64 and rounded once: 1 − 0.999 in f32 would lose half of its digits. */
function complement(settings: usize, place: usize): v128 {
  return f32x4.splat(<f32>(1 - load<f64>(settings + (place << 3))));
}

/** A moment with tiny values set to zero. */
function withoutTiny(moment: v128): v128 {
  return v128.andnot(moment, f32x4.lt(f32x4.abs(moment), f32x4.splat(TINY_MOMENT)));
}

/** Stochastic gradient descent: P −= rate·(G + decay·P). It has no moments. Changes P and G. */
export function sgd(
  params: usize,
  grads: usize,
  _first: usize,
  _second: usize,
  n: usize,
  settings: usize,
  decays: bool,
): void {
  assertAligned(params | grads | (n << 2));
  const zero = f32x4.splat(0);
  const step = f32x4.neg(setting(settings, RATE));
  const decay = decays ? setting(settings, DECAY) : zero;
  for (let i: usize = 0, end = n << 2; i < end; i += 16) {
    const p = v128.load(params + i);
    v128.store(params + i, madd(step, madd(decay, p, v128.load(grads + i)), p));
    v128.store(grads + i, zero);
  }
}

/**
 * SGD with momentum: D = G + decay·P; V = momentum·V + D; P −= rate·V, or with Nesterov's momentum
 * P −= rate·(momentum·V + D), both in PyTorch's form. Changes P, V and G.
 */
export function momentum(
  params: usize,
  grads: usize,
  v: usize,
  _second: usize,
  n: usize,
  settings: usize,
  decays: bool,
): void {
  assertAligned(params | grads | v | (n << 2));
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const step = f32x4.neg(setting(settings, RATE));
  const decay = decays ? setting(settings, DECAY) : zero;
  const kept = setting(settings, MOMENTUM);
  // Both forms as one: P −= rate·(shareOfV·V + shareOfD·D), so that the loop has no branch.
  const looksAhead = load<f64>(settings + (NESTEROV << 3)) !== 0;
  const shareOfV = looksAhead ? kept : one;
  const shareOfD = looksAhead ? one : zero;
  for (let i: usize = 0, end = n << 2; i < end; i += 16) {
    const p = v128.load(params + i);
    const d = madd(decay, p, v128.load(grads + i));
    const velocity = withoutTiny(madd(kept, v128.load(v + i), d));
    v128.store(v + i, velocity);
    v128.store(params + i, madd(step, madd(shareOfV, velocity, f32x4.mul(shareOfD, d)), p));
    v128.store(grads + i, zero);
  }
}

/**
 * Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019): D = G + decay·P; M = β1·M + (1 − β1)·D; V = β2·V
 * + (1 − β2)·D²; P −= rate·M / (√V + ε) + shrinkage·P. The correction of the bias of M and V, which start at zero, is
 * included in rate and ε by the host. Changes P, M, V and G.
 */
export function adam(params: usize, grads: usize, m: usize, v: usize, n: usize, settings: usize, decays: bool): void {
  assertAligned(params | grads | m | v | (n << 2));
  const zero = f32x4.splat(0);
  const step = f32x4.neg(setting(settings, RATE));
  const decay = decays ? setting(settings, DECAY) : zero;
  const shrinkage = decays ? f32x4.neg(setting(settings, SHRINKAGE)) : zero;
  const kept = setting(settings, MOMENTUM);
  const taken = complement(settings, MOMENTUM);
  const keptSquare = setting(settings, SQUARES);
  const takenSquare = complement(settings, SQUARES);
  const epsilon = setting(settings, EPSILON);
  for (let i: usize = 0, end = n << 2; i < end; i += 16) {
    const p = v128.load(params + i);
    const d = madd(decay, p, v128.load(grads + i));
    const mean = withoutTiny(madd(kept, v128.load(m + i), f32x4.mul(taken, d)));
    const square = withoutTiny(madd(keptSquare, v128.load(v + i), f32x4.mul(f32x4.mul(takenSquare, d), d)));
    v128.store(m + i, mean);
    v128.store(v + i, square);
    const change = f32x4.div(mean, f32x4.add(f32x4.sqrt(square), epsilon));
    v128.store(params + i, madd(step, change, madd(shrinkage, p, p)));
    v128.store(grads + i, zero);
  }
}

/**
 * RMSProp (Hinton, 2012): D = G + decay·P; V = squares·V + (1 − squares)·D²; P −= rate·D / (√V + ε). Changes P, V and
 * G.
 */
export function rmsprop(
  params: usize,
  grads: usize,
  v: usize,
  _second: usize,
  n: usize,
  settings: usize,
  decays: bool,
): void {
  assertAligned(params | grads | v | (n << 2));
  const zero = f32x4.splat(0);
  const step = f32x4.neg(setting(settings, RATE));
  const decay = decays ? setting(settings, DECAY) : zero;
  const kept = setting(settings, SQUARES);
  const taken = complement(settings, SQUARES);
  const epsilon = setting(settings, EPSILON);
  for (let i: usize = 0, end = n << 2; i < end; i += 16) {
    const p = v128.load(params + i);
    const d = madd(decay, p, v128.load(grads + i));
    const square = withoutTiny(madd(kept, v128.load(v + i), f32x4.mul(f32x4.mul(taken, d), d)));
    v128.store(v + i, square);
    const change = f32x4.div(d, f32x4.add(f32x4.sqrt(square), epsilon));
    v128.store(params + i, madd(step, change, p));
    v128.store(grads + i, zero);
  }
}

/**
 * Max-norm (Srivastava et al., 2014): scales the weights into each unit of panels `from` to `to` so that their
 * Euclidean norm is at most the setting `NORM`. In place. Squares are summed over ascending inputs; if the sum
 * overflows, the weights stay.
 */
export function limitNorms(w: usize, inputs: usize, from: usize, to: usize, settings: usize): void {
  assertAligned(w);
  const most = setting(settings, NORM);
  for (let panel = from; panel < to; panel++) {
    for (let quarter: usize = 0; quarter < PANEL_BYTES; quarter += 16) {
      limitFour(w + panel * panelBytes(inputs) + quarter, inputs, most);
    }
  }
}

/** The same for four neighbouring units, whose weights are the lanes of a vector per input. */
function limitFour(w: usize, inputs: usize, most: v128): void {
  let sum = f32x4.splat(0);
  const end = w + inputs * PANEL_BYTES;
  for (let at = w; at < end; at += PANEL_BYTES) sum = madd(v128.load(at), v128.load(at), sum);
  const finite = f32x4.lt(sum, f32x4.splat(f32.POSITIVE_INFINITY));
  const isLong = v128.and(f32x4.gt(sum, f32x4.mul(most, most)), finite);
  if (!v128.any_true(isLong)) return;
  const factor = v128.bitselect(f32x4.div(most, f32x4.sqrt(sum)), f32x4.splat(1), isLong);
  for (let at = w; at < end; at += PANEL_BYTES) v128.store(at, f32x4.mul(v128.load(at), factor));
}
