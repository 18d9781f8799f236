// Checks of the kernels that change parameters or drop units: one for all optimizers, over several steps as
// the library drives them; max-norm; dropout.

import { EPOCH, NORM, RATE, SEED_HIGH, SEED_LOW } from "../../src/abi.js";
import type { Optimizer } from "../../src/index.js";
import { padded } from "../../src/memory/plan.js";
import { StepSettings } from "../../src/step/settings.js";
import * as reference from "../support/reference.js";
import { at } from "../support/reference.js";
import { dropoutFactor, Follower, limitNorms } from "../support/reference-optimizers.js";
import { Draws, type Lab, noTiny, sameBits, settingsWords, U, within, zeroPadding } from "./lab.js";
import {
  floatsOf,
  fromPanels,
  POISON,
  padRows,
  panelPadding,
  rowPadding,
  toPanels,
  unpadRows,
  wordsOf,
} from "./scratch.js";

const STEPS = 7;

/** Gradients of all magnitudes. Those of every fourth parameter are so small that the moments must become zero. */
function gradients(draws: Draws, count: number): Float32Array {
  return draws.floats(count).map((g, i) => (i % 4 === 3 ? g * 1e-30 : ([g, g, g * 1e-6, 0][draws.below(4)] as number)));
}

/** `count` parameters, weights or biases, through `STEPS` steps. The gradient is zero after each step, the padding always. */
export function checkOptimizer({ kernels, arena }: Lab, optimizer: Optimizer, count: number, isWeights: boolean): void {
  const what = `${JSON.stringify(optimizer)} of ${count} floats`;
  const draws = new Draws(count);
  const told = new StepSettings(optimizer);
  const start = draws.floats(count);
  const follower = new Follower(optimizer, Float64Array.from(start), isWeights);
  arena.reset();
  const params = arena.output("params", padRows(start, 1, count, 0));
  const grads = arena.output("grads", padRows(new Float32Array(count), 1, count, 0));
  const slots = [1, 2].map((i) => arena.output(`slot ${i}`, padRows(new Float32Array(count), 1, count, 0)));
  const settings = arena.output("settings", settingsWords([]));
  const [first, second] = slots as [number, number];
  const memory = new Uint32Array(arena.memory.buffer);
  for (let step = 1; step <= STEPS; step++) {
    const gradient = gradients(draws, count);
    told.prepare(step);
    memory.set(settingsWords(told.values), settings / 4);
    memory.set(wordsOf(gradient), grads / 4);
    const n = padded(count);
    kernels[told.kernel](params, grads, first, second, n, settings, isWeights);
    arena.check();
    zeroPadding(arena.read(grads), `the gradient after ${what}`);
    follower.step(gradient);
  }
  for (const address of [params, ...slots]) zeroPadding(rowPadding(arena.read(address), count), what);
  for (const address of slots) noTiny(floatsOf(arena.read(address)), `a moment of ${what}`);
  const most = (i: number): number => Math.abs(at(start, i)) + 4;
  const tolerance = (i: number): number => STEPS * (U * 4 * most(i) + 1e-6 * optimizer.learningRate);
  within(unpadRows(arena.read(params), 1, count), follower.params, tolerance, what);
}

/** Plain gradient descent, bit by bit. */
export function checkSgdBits({ kernels, arena, madd }: Lab, count: number, rate: number): void {
  const draws = new Draws(count);
  const [p, g] = [draws.floats(count), draws.floats(count)];
  arena.reset();
  const params = arena.output("params", padRows(p, 1, count, 0));
  const grads = arena.output("grads", padRows(g, 1, count, 0));
  const settings = arena.input("settings", settingsWords({ [RATE]: rate }));
  kernels.sgd(params, grads, 0, 0, padded(count), settings, true);
  arena.check();
  const step = -Math.fround(rate);
  sameBits(
    unpadRows(arena.read(params), 1, count),
    p.map((value, i) => madd(step, at(g, i), value)),
    `sgd of ${count} floats`,
  );
}

/** Weights into units: some are longer than the norm allows, some are not, and some overflow when squared. */
export function checkLimitNorms({ kernels, arena }: Lab, inputs: number, units: number): void {
  const what = `limitNorms of ${units} units by ${inputs}`;
  const draws = new Draws(inputs * 1000 + units);
  const lengths = Array.from({ length: units }, (_, u) => [0.01, 3, 0, 40][u % 4] as number);
  const weights = draws.floats(units * inputs).map((w, i) => w * (lengths[Math.floor(i / inputs)] as number));
  for (let panel = 0; panel < Math.ceil(units / 16); panel++) {
    arena.reset();
    const w = arena.output("weights", toPanels(weights, units, inputs));
    const settings = arena.input("settings", settingsWords({ [NORM]: 1.5 }));
    kernels.limitNorms(w, inputs, panel, panel + 1, settings);
    arena.check();
    const words = arena.read(w);
    zeroPadding(panelPadding(words, units, inputs), what);
    const want = Float64Array.from(weights);
    limitNorms(want.subarray(panel * 16 * inputs, (panel + 1) * 16 * inputs), inputs, 1.5);
    const got = fromPanels(words, units, inputs);
    within(got, want, (i) => U * (inputs + 4) * Math.abs(at(want, i)), what);
  }
}

/** Rows that overflow when squared are not changed: training then ends because of them, and zeros do not hide them. */
export function checkOverflowingNorm({ kernels, arena }: Lab): void {
  for (const value of [1e25, Infinity, Number.NaN]) {
    arena.reset();
    const words = toPanels(Float32Array.of(value, 1, 2, 3), 2, 2);
    const w = arena.output("weights", words.slice());
    kernels.limitNorms(w, 2, 0, 1, arena.input("settings", settingsWords({ [NORM]: 1.5 })));
    const got = fromPanels(arena.read(w), 2, 2);
    if (!Object.is(got[0], Math.fround(value)) || got[1] !== 1)
      throw new Error(`limitNorms of ${value} gave ${got[0]}`);
    within(got.subarray(2), [(2 * 1.5) / 13 ** 0.5, (3 * 1.5) / 13 ** 0.5], () => 1e-6, "limitNorms beside it");
  }
}

interface DropoutCase {
  rows: number;
  units: number;
  rate: number;
  layer: number;
  seed: number;
  epoch: number;
  code: number;
}

/** Forward and backward against single draws, and every range of panels. */
export function checkDropout({ kernels, arena }: Lab, { rows, units, rate, layer, code, ...draw }: DropoutCase): void {
  const what = `dropout ${rate} of ${rows} rows of ${units}, activation ${code}`;
  const draws = new Draws(rows * 1000 + units);
  const order = Uint32Array.from({ length: rows }, () => draws.below(2 ** 23));
  const z = draws.floats(rows * units, 3);
  const a = z.map((one) => reference.activation(one, code));
  const sources = z.map((one) => reference.slopeSource(one, code));
  const ofSums = sources.some((value, i) => !Object.is(value, a[i]));
  const d = draws.floats(rows * units);
  const factors = Float64Array.from(a, (_, i) => {
    const [sample, unit] = [at(order, Math.floor(i / units)), i % units];
    return dropoutFactor({ ...draw, layer, sample, unit }, rate);
  });
  const panels = padded(units) / 16;
  for (const [from, to] of [[0, panels] as const, ...Array.from({ length: panels }, (_, p) => [p, p + 1] as const)]) {
    arena.reset();
    const settings = arena.input(
      "settings",
      settingsWords({
        [SEED_LOW]: draw.seed % 2 ** 32,
        [SEED_HIGH]: Math.floor(draw.seed / 2 ** 32),
        [EPOCH]: draw.epoch,
      }),
    );
    const orderAt = arena.input("order", order);
    const aAt = arena.output("a", padRows(a, rows, units, POISON));
    const dAt = arena.output("d", padRows(d, rows, units, 0));
    const sourcesAt = ofSums ? arena.input("z", padRows(sources, rows, units, POISON)) : aAt;
    kernels.dropout(aAt, orderAt, rows, units, from, to, layer, rate, settings);
    const isOwn = (i: number): boolean => Math.floor((i % units) / 16) >= from && Math.floor((i % units) / 16) < to;
    const left = unpadRows(arena.read(aAt), rows, units);
    const wantLeft = a.map((value, i) => (isOwn(i) ? value * at(factors, i) : value));
    within(left, wantLeft, (i) => U * 3 * Math.abs(at(wantLeft, i)), what);
    const { PARAMETER } = reference;
    kernels.dDropout(dAt, sourcesAt, orderAt, rows, units, from, to, layer, rate, code, PARAMETER, ofSums, settings);
    arena.check();
    zeroPadding(rowPadding(arena.read(dAt), units), `the deltas of ${what}`);
    const slopes = reference.dActivate(d, sources, code);
    const want = d.map((delta, i) => (isOwn(i) ? at(slopes, i) * at(factors, i) : delta));
    within(
      unpadRows(arena.read(dAt), rows, units),
      want,
      (i) => U * 8 * Math.abs(at(d, i)) * at(factors, i) + 1e-30,
      `the deltas of ${what}`,
    );
  }
}
