// The API reference is made of docstrings: every public name has one that says what its user needs.

import { resolve } from "node:path";
import { expect, it } from "vitest";
import { shortcomings } from "../support/docstrings.js";

const root = resolve(import.meta.dirname, "../..");
const ENTRIES = ["index", "node", "digits", "worker"].map((name) => resolve(root, `src/${name}.ts`));

it("every public name has a docstring with shapes, units, defaults and errors", () => {
  expect(shortcomings(ENTRIES)).toEqual([]);
});

const PLANTED = `
export interface Options {
  a?: number;
  /** The number b. */
  b?: number;
  /** The number c, default 1. */
  c?: number;
}
/** A record. */
export interface Result {
  /** Its loss. */
  loss?: number;
  /** Absent at first. */
  accuracy?: number;
}
/** Times. */
export interface Timing {
  /** The time of training. */
  seconds: number;
  /** Milliseconds between two calls. */
  interval: number;
}
/** Data. */
export class Data {
  /** Numbers. */
  inputs: Float32Array = new Float32Array(1);
  /** \`[count]\` numbers. */
  targets: Float32Array = new Float32Array(1);
  private hidden = 1;
  /** One of them. */
  sample(index: number): number { checkIndex(index); return this.hidden; }
  /** One of them. RangeError for a wrong index. */
  target(index: number): number { checkIndex(index); return index; }
  bare(): void {}
}
function checkIndex(index: number): void { if (index < 0) throw new RangeError(); }
/** The bytes of a file. */
export function read(): Uint8Array { return new Uint8Array(1); }
/** A picture. */
export function draw(options: { wide: boolean; high: boolean }): Uint8Array { return new Uint8Array(Number(options.wide)); }
/** The sum of one number or of two. */
export function sum(a: number): number;
export function sum(a: number, b: number): number;
export function sum(a: number, b = 0): number { return a + b; }
`;

it("what a docstring leaves out is seen", () => {
  const path = resolve(root, "test/support/planted.ts");
  expect(shortcomings([path], { [path]: PLANTED })).toEqual([
    "Data.bare: a docstring",
    "Data.inputs: the shape of its array in brackets, or that it holds bytes",
    "Data.sample: its errors",
    "Options.a: a docstring",
    "Options.a: its default",
    "Options.b: its default",
    "Options: a docstring",
    "Result.loss: when it is absent",
    "Timing.seconds: its unit",
    "draw().high: a docstring",
    "draw().wide: a docstring",
    "draw: the shape of its array in brackets, or that it holds bytes",
  ]);
});
