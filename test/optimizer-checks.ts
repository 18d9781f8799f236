// One check for the kernels of all optimizers, over several steps, as the library drives them.

import { RATE } from "../src/abi.js";
import type { Optimizer } from "../src/index.js";
import { Rule } from "../src/optimizer.js";
import { padded } from "../src/plan.js";
import { floatsOf, padRows, rowPadding, unpadRows, wordsOf } from "./arena.js";
import { Draws, type Lab, noTiny, sameBits, settingsWords, U, within, zeroPadding } from "./lab.js";
import { at } from "./reference.js";
import { Follower } from "./reference-optimizers.js";

const STEPS = 7;

/** Gradients of all magnitudes; those of every fourth parameter are so small that what comes of them is to be cleared. */
function gradients(draws: Draws, count: number): Float32Array {
  return draws.floats(count).map((g, i) => (i % 4 === 3 ? g * 1e-30 : ([g, g, g * 1e-6, 0][draws.below(4)] as number)));
}

/** `count` parameters, weights or biases, through `STEPS` steps. The gradient is zero after each, the padding always. */
export function checkOptimizer({ kernels, arena }: Lab, optimizer: Optimizer, count: number, isWeights: boolean): void {
  const what = `${JSON.stringify(optimizer)} of ${count} floats`;
  const draws = new Draws(count);
  const rule = new Rule(optimizer);
  const start = draws.floats(count);
  const reference = new Follower(optimizer, Float64Array.from(start), isWeights);
  arena.reset();
  const params = arena.output("params", padRows(start, 1, count, 0));
  const grads = arena.output("grads", padRows(new Float32Array(count), 1, count, 0));
  const slots = [1, 2].map((i) => arena.output(`slot ${i}`, padRows(new Float32Array(count), 1, count, 0)));
  const settings = arena.output("settings", settingsWords([]));
  const [first, second] = slots as [number, number];
  const memory = new Uint32Array(arena.memory.buffer);
  for (let step = 1; step <= STEPS; step++) {
    const gradient = gradients(draws, count);
    rule.prepare(step);
    memory.set(settingsWords(rule.settings), settings / 4);
    memory.set(wordsOf(gradient), grads / 4);
    const n = padded(count);
    if (rule.slots === 0) kernels.sgd(params, grads, n, settings, isWeights);
    else if (rule.slots === 1) kernels.momentum(params, grads, first, n, settings, isWeights);
    else kernels.adam(params, grads, first, second, n, settings, isWeights);
    arena.check();
    zeroPadding(arena.read(grads), `the gradient after ${what}`);
    reference.step(gradient);
  }
  for (const address of [params, ...slots]) zeroPadding(rowPadding(arena.read(address), count), what);
  for (const address of slots) noTiny(floatsOf(arena.read(address)), `a moment of ${what}`);
  const most = (i: number): number => Math.abs(at(start, i)) + 4;
  const tolerance = (i: number): number => STEPS * (U * 4 * most(i) + 1e-6 * optimizer.learningRate);
  within(unpadRows(arena.read(params), 1, count), reference.params, tolerance, what);
}

/** Plain descent to the last bit. */
export function checkSgdBits({ kernels, arena, madd }: Lab, count: number, rate: number): void {
  const draws = new Draws(count);
  const [p, g] = [draws.floats(count), draws.floats(count)];
  arena.reset();
  const params = arena.output("params", padRows(p, 1, count, 0));
  const grads = arena.output("grads", padRows(g, 1, count, 0));
  const settings = arena.input("settings", settingsWords({ [RATE]: rate }));
  kernels.sgd(params, grads, padded(count), settings, true);
  arena.check();
  const step = -Math.fround(rate);
  sameBits(
    unpadRows(arena.read(params), 1, count),
    p.map((value, i) => madd(step, at(g, i), value)),
    `sgd of ${count} floats`,
  );
}
