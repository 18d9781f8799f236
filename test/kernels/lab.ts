// Where kernels are tested: the lab, the numbers they get, and the comparisons.

import { PANEL, RATE, SETTINGS } from "../../src/abi.js";
import type { Kernels } from "../../src/kernels/modules.js";
import { at, type Numbers } from "../support/reference.js";
import { fused, type Madd, roundedTwice } from "./exact.js";
import { floatsOf, type Scratch, wordsOf } from "./scratch.js";

/** Kernels under test in a memory, and how they multiply and add. */
export interface Lab {
  kernels: Kernels;
  arena: Scratch;
  madd: Madd;
}

/** A kernel that is wrong in one way. */
export interface Mutant {
  name: string;
  /** Passes with the true kernels, and must throw with the wrong one in their place. */
  check: (lab: Lab) => void;
  wrong: (lab: Lab) => Partial<Kernels>;
}

/** Tiles for the tests of a kernel: the usual ones, and those for engines that run pairs of vectors as one. */
export const TILES = [false, true] as const;

/** Half a unit in the last place of 1 in float32: the largest relative error of one rounding. */
export const U = 2 ** -24;
/** Deltas and moments smaller than this are set to zero. */
export const TINY = 1e-30;

/** The settings of a step, by their indices in `abi.ts`, as words; the rest is zero. */
export function settingsWords(settings: Record<number, number> | Float64Array): Uint32Array {
  const all = new Float64Array(SETTINGS);
  for (const [place, value] of Object.entries(settings)) all[Number(place)] = value;
  return new Uint32Array(all.buffer);
}

/**
 * Whether a build's multiply-add is one operation: with a = 1 + 2^-23, a·a − (1 + 2^-22) is 2^-46 then, and 0 with the product
 * rounded first. The engine decides that once for relaxed SIMD, and never for the plain build.
 */
export function maddOf(kernels: Kernels, arena: Scratch): Madd {
  const a = 1 + 2 ** -23;
  arena.reset();
  const params = arena.output("params", wordsOf(new Float32Array(PANEL).fill(-(1 + 2 ** -22))));
  const grads = arena.output("grads", wordsOf(new Float32Array(PANEL).fill(a)));
  const settings = arena.input("settings", settingsWords({ [RATE]: -a }));
  kernels.sgd(params, grads, 0, 0, PANEL, settings, false);
  return floatsOf(arena.read(params))[0] === 0 ? roundedTwice : fused;
}

// --- numbers to work on ---

/** Seeded numbers by xorshift; only exact operations, so that every engine draws the same. */
export class Draws {
  constructor(private state: number) {
    this.state = (Math.imul(state, 2654435761) ^ 0x9e3779b9) | 1;
  }

  /** A whole number below `n`. */
  below(n: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % n;
  }

  /** From −most to most, of several magnitudes, so that another order of summation changes the last bits. */
  signed(most = 1): number {
    return Math.fround(((this.below(2 ** 23) - 2 ** 22) / 2 ** 22) * 2 ** -this.below(6) * most);
  }

  floats(n: number, most = 1): Float32Array {
    return this.fill(n, () => this.signed(most));
  }

  /** A quarter of them are zero, as in many real inputs and outputs of relu. */
  inputs(n: number): Float32Array {
    return this.fill(n, () => (this.below(4) === 0 ? 0 : this.signed()));
  }

  /** Targets from 0 to 1, in sixteenths. */
  targets(n: number): Float32Array {
    return this.fill(n, () => this.below(17) / 16);
  }

  /** `Float32Array.from({ length: n }, draw)`, many times faster. */
  private fill(n: number, draw: () => number): Float32Array {
    const floats = new Float32Array(n);
    for (let i = 0; i < n; i++) floats[i] = draw();
    return floats;
  }
}

// --- comparisons ---

/** Throws unless the floats are the same bit by bit. */
export function sameBits(got: Float32Array, want: Float32Array, what: string): void {
  const [gotWords, wantWords] = [wordsOf(got), wordsOf(want)];
  if (got.length !== want.length) throw new Error(`${what}: ${got.length} floats instead of ${want.length}`);
  const i = gotWords.findIndex((word, place) => word !== wantWords[place]);
  if (i >= 0) throw new Error(`${what}: element ${i} is ${got[i]}, to the last bit it should be ${want[i]}`);
}

/** Throws unless every |got − want| is at most its tolerance. */
export function within(got: Numbers, want: Numbers, tolerance: (i: number) => number, what: string): void {
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(at(got, i) - at(want, i));
    if (!(error <= tolerance(i))) {
      throw new Error(`${what}: element ${i} is ${got[i]} instead of ${want[i]}, off by ${error}, not ${tolerance(i)}`);
    }
  }
}

/** Throws unless all words are those of +0. */
export function zeroPadding(words: Uint32Array, what: string): void {
  const i = words.findIndex((word) => word !== 0);
  if (i >= 0) throw new Error(`${what}: padding word ${i} is ${at(floatsOf(words), i)}, not zero`);
}

export function noTiny(values: Float32Array, what: string): void {
  const i = values.findIndex((x) => x !== 0 && Math.abs(x) < Math.fround(TINY));
  if (i >= 0) throw new Error(`${what}: element ${i} is ${values[i]}, which should have been cleared`);
}

/** Throws unless the words are the same. */
export function sameWords(got: Uint32Array, want: Uint32Array, what: string): void {
  const i = got.findIndex((word, place) => word !== want[place]);
  if (i >= 0) throw new Error(`${what}: word ${i} is ${got[i]} instead of ${want[i]}`);
}
