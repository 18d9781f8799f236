// The tests must catch a preprocessing that is wrong in one way: each mutant is the source with one place changed.

import { resolve } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { Draws } from "../../models/draws.js";
import type { preprocessDigit } from "../../src/digits.js";
import { likeness, picture, SIDE, seven, whereabouts } from "../support/drawing.js";

type Preprocess = typeof preprocessDigit;

const side = 200;
const ink = seven(side);

/** Whether a preprocessing has each fault, by name. Asked one by one, because some take long. */
function faultsOf(preprocess: Preprocess): Record<string, () => boolean> {
  const see = (at: (x: number, y: number) => number, width = side) =>
    preprocess(picture(width, side, at)) ?? new Uint8Array(SIDE * SIDE).fill(1);
  const plain = see((x, y) => 1 - ink(x, y));
  const { x, y, top, bottom } = whereabouts(plain);
  const differs = (least: number, at: (x: number, y: number) => number, width = side) => {
    return !(likeness(see(at, width), plain) > least);
  };
  const draws = new Draws(3, 0);
  const hasSomething = (width: number, at: (x: number, y: number) => number) =>
    Array.from({ length: 20 }, () => preprocess(picture(width, width, at))).some((digit) => digit !== undefined);
  return {
    inverted: () => differs(0.99, ink),
    uneven: () => differs(0.97, (x, y) => (0.5 + (0.45 * x) / side) * (1 - 0.6 * ink(x, y))),
    faint: () => differs(0.97, (x, y) => 0.8 - 0.2 * ink(x, y)),
    "far away": () => differs(0.95, (x, y) => (x < 60 && y < 60 ? 1 - seven(60)(x, y) : 1), 6 * side),
    dusty: () => differs(0.97, (x, y) => Number((x - 12) ** 2 + (y - 190) ** 2 >= 9) - ink(x, y)),
    "finely drawn": () => differs(0.93, (x, y) => 1 - seven(side, 3)(x, y)),
    "thickly drawn": () => differs(0.85, (x, y) => 1 - seven(side, 34)(x, y)),
    "off centre": () => Math.abs(x - 14) > 0.51 || Math.abs(y - 14) > 0.51,
    "not 20 high": () => bottom - top + 1 !== 20,
    "not white": () => Math.max(...plain) !== 255,
    pale: () => Math.max(...see((x, y) => 0.8 - 0.2 * ink(x, y))) !== 255,
    "something in noise": () => hasSomething(12, () => 0.5 + 0.1 * draws.gaussian()),
    "something in a shade": () => hasSomething(side, (x, y) => 0.8 - 0.03 * ink(x, y)),
  };
}

const bundle = build({
  entryPoints: [resolve(import.meta.dirname, "../../src/image/digit.ts")],
  ...{ bundle: true, format: "esm", write: false, logLevel: "silent" },
});

/** The preprocessing after replacing every `from` in its source. */
async function mutant(from: string, to: string): Promise<Preprocess> {
  const code = ((await bundle).outputFiles[0] as { text: string }).text;
  expect(code, `no "${from}" to change`).toContain(from);
  const changed = Buffer.from(code.replaceAll(from, to)).toString("base64");
  return (await import(`data:text/javascript;base64,${changed}`)).preprocessDigit;
}

describe("a preprocessing", () => {
  it("without a change has no faults", async () => {
    const faults = Object.entries(faultsOf(await mutant("preprocessDigit", "preprocessDigit")));
    expect(faults.filter(([, isThere]) => isThere()).map(([name]) => name)).toEqual([]);
  });

  it.each<[string, string, string, string]>([
    ["that centres half a pixel off", "CENTRE = 14", "CENTRE = 13", "off centre"],
    ["that scales to another box", "BOX = 20", "BOX = 18", "not 20 high"],
    ["that takes all ink for dark", "skew < 0", "true", "inverted"],
    ["that takes paper for even", "slope + c3", "c3", "uneven"],
    ["that takes black for all ink", "(strength - noise)", "1", "pale"],
    ["that keeps dust", "DUST * total", "0 * total", "dusty"],
    ["that takes noise for ink", "LEAST_DEVIATIONS * noise", "0", "something in noise"],
    ["that takes a shade for ink", "strength < Math.max", "1 < Math.max", "something in a shade"],
    ["that looks from afar only", "far.step === 1", "true", "far away"],
    ["that skips pixels", "step >= 1", "step >= 1e9", "thickly drawn"],
    ["that leaves fine pens", "THINNEST, width", "0, width", "finely drawn"],
    ["that leaves thick pens", "Math.min(THICKEST", "Math.min(99", "thickly drawn"],
    ["that thickens by twice too much", "/ (2 * (1 -", "/ (0.7 * (1 -", "finely drawn"],
  ])("%s", async (_, from, to, fault) => {
    expect(faultsOf(await mutant(from, to))[fault]?.()).toBe(true);
  });
});
