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

/** Names of the faults in the results of `preprocess`; empty if there are none. */
function faults(preprocess: Preprocess): string[] {
  const see = (at: (x: number, y: number) => number, width = side) =>
    preprocess(picture(width, side, at)) ?? new Uint8Array(SIDE * SIDE).fill(1);
  const plain = see((x, y) => 1 - ink(x, y));
  const { x, y, top, bottom } = whereabouts(plain);
  const likenesses: [string, Uint8Array, number][] = [
    ["inverted", see(ink), 0.99],
    ["uneven", see((x, y) => (0.5 + (0.45 * x) / side) * (1 - 0.6 * ink(x, y))), 0.97],
    ["faint", see((x, y) => 0.8 - 0.2 * ink(x, y)), 0.97],
    ["far away", see((x, y) => (x < 60 && y < 60 ? 1 - seven(60)(x, y) : 1), 6 * side), 0.95],
    ["dusty", see((x, y) => Number((x - 12) ** 2 + (y - 190) ** 2 >= 9) - ink(x, y)), 0.97],
    ["finely drawn", see((x, y) => 1 - seven(side, 3)(x, y)), 0.93],
    ["thickly drawn", see((x, y) => 1 - seven(side, 34)(x, y)), 0.85],
  ];
  const draws = new Draws(3, 0);
  const hasNothing = (width: number, at: (x: number, y: number) => number) =>
    Array.from({ length: 20 }, () => preprocess(picture(width, width, at))).every((digit) => digit === undefined);
  const different = likenesses.filter(([, seen, least]) => !(likeness(seen, plain) > least));
  const claims: [string, boolean][] = [
    ["off centre", Math.abs(x - 14) <= 0.51 && Math.abs(y - 14) <= 0.51],
    ["not 20 high", bottom - top + 1 === 20],
    ["not white", Math.max(...plain) === 255],
    ["pale", Math.max(...see((x, y) => 0.8 - 0.2 * ink(x, y))) === 255],
    ["something in noise", hasNothing(12, () => 0.5 + 0.1 * draws.gaussian())],
    ["something in a shade", hasNothing(side, (x, y) => 0.8 - 0.03 * ink(x, y))],
  ];
  return [...different.map(([name]) => name), ...claims.filter(([, holds]) => !holds).map(([name]) => name)];
}

/** The preprocessing after replacing every `from` in its source. */
async function mutant(from: string, to: string): Promise<Preprocess> {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, "../../src/digits.ts")],
    ...{ bundle: true, format: "esm", write: false, logLevel: "silent" },
  });
  const code = (outputFiles[0] as { text: string }).text;
  expect(code, `no "${from}" to change`).toContain(from);
  const changed = Buffer.from(code.replaceAll(from, to)).toString("base64");
  return (await import(`data:text/javascript;base64,${changed}`)).preprocessDigit;
}

describe("a preprocessing", () => {
  it("without a change has no faults", async () => {
    expect(faults(await mutant("preprocessDigit", "preprocessDigit"))).toEqual([]);
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
    expect(faults(await mutant(from, to))).toContain(fault);
  });
});
