// The benchmark of drawn digits draws what its kinds say, the same in every run, and counts correctly.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawLine, emptyCanvas, fillOutlines } from "../../models/canvas.js";
import { Draws } from "../../models/draws.js";
import { FONTS, isInstalled, printedDigits } from "../../models/fonts.js";
import { RENDERINGS, type Rendering, render } from "../../models/render.js";
import { writtenDigits } from "../../models/strokes.js";
import { penWidth } from "../../src/image/pen.js";
import type { Plane } from "../../src/image/plane.js";
import { loadMnist, Network } from "../../src/node.js";

const area = ({ data }: Plane) => data.reduce((sum, x) => sum + x, 0);

describe("canvas", () => {
  it("a line has the area of its rectangle and its round ends", () => {
    const canvas = emptyCanvas(60);
    drawLine(
      canvas,
      [
        { x: 10, y: 20 },
        { x: 40, y: 45 },
      ],
      7,
    );
    expect(area(canvas)).toBeCloseTo(7 * Math.hypot(30, 25) + Math.PI * 3.5 ** 2, -1);
  });

  it("fills outlines but not their holes", () => {
    const canvas = emptyCanvas(40);
    const square = (from: number, to: number) => [
      { x: from, y: from },
      { x: to, y: from },
      { x: to, y: to },
      { x: from, y: to },
    ];
    fillOutlines(canvas, [square(4.4, 30), square(10, 20.4).reverse()]);
    expect(area(canvas)).toBeCloseTo(25.6 ** 2 - 10.4 ** 2, 1);
    expect(canvas.data[15 * 40 + 15]).toBe(0);
  });
});

describe("rendering", () => {
  const side = 140;
  let digits: Uint8Array[];
  beforeAll(async () => {
    const { test } = await loadMnist();
    digits = Array.from({ length: 20 }, (_, i) => test.sample(i) as Uint8Array);
  });

  const inked = (rendering: Rendering): Plane[] =>
    digits.map((digit, i) => {
      const data = render(digit, { ...rendering, paper: ({ data }) => data }, side, new Draws(1, i));
      return { data, width: side, height: side };
    });
  const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  /** First and last rows and columns of ink, in MNIST's pixels. */
  const extent = ({ data }: Plane) => {
    const places = [...data.keys()].filter((i) => (data[i] as number) > 0.5);
    const [x, y] = [places.map((i) => i % side), places.map((i) => Math.floor(i / side))];
    const [left, right, top, bottom] = [Math.min(...x), Math.max(...x) + 1, Math.min(...y), Math.max(...y) + 1];
    return { longer: Math.max(right - left, bottom - top) / 5, x: (left + right) / 10, y: (top + bottom) / 10 };
  };

  it.each([14, 20, 27])("a box of %i has that size and is centred", (box) => {
    for (const drawing of inked({ box })) {
      const { longer, x, y } = extent(drawing);
      // An edge lies where MNIST's grey is one half, which is within its outermost pixels.
      expect(longer).toBeGreaterThan(0.88 * box);
      expect(longer).toBeLessThanOrEqual(box + 0.4);
      expect(Math.max(Math.abs(x - 14), Math.abs(y - 14))).toBeLessThan(1);
    }
  });

  it("off centre by 6 is moved by 6, and not cut off", () => {
    const moved = inked(RENDERINGS["6 px off centre"] as Rendering).map(extent);
    for (const { x, y } of moved) expect(Math.abs(Math.hypot(x - 14, y - 14) - 6)).toBeLessThan(1);
    expect(mean(moved.map(({ longer }) => longer))).toBeGreaterThan(15);
  });

  it("pens are wider and narrower by the stated width", () => {
    const width = (rendering: Rendering) => mean(inked(rendering).map((drawing) => penWidth(drawing) / 5));
    const usual = width({});
    expect(width({ pen: 1 }) - usual).toBeCloseTo(1, 0);
    expect(width({ pen: -1 }) - usual).toBeLessThan(-0.7);
    expect(width({ pen: -1 }) - usual).toBeGreaterThan(-1.2);
  });

  it("a positive slant leans to the right, a negative one to the left", () => {
    // Σ xy over Σ y² about the centre is the shear.
    const lean = (drawing: Plane) => {
      let [xy, yy] = [0, 0];
      drawing.data.forEach((ink, i) => {
        const [x, y] = [(i % side) - side / 2, side / 2 - Math.floor(i / side)];
        xy += ink * x * y;
        yy += ink * y * y;
      });
      return xy / yy;
    };
    const leans = (slant: number) => mean(inked({ slant }).map(lean));
    const tangent = Math.tan((20 * Math.PI) / 180);
    expect(leans(20) - leans(0)).toBeCloseTo(tangent, 1);
    expect(leans(-20) - leans(0)).toBeCloseTo(-tangent, 1);
  });

  it("pencil's paper has a brightness of 0.7 to 0.9, and noise a deviation of 0.1", () => {
    const blank = new Uint8Array(784);
    const paper = render(blank, RENDERINGS["pencil on grey"] as Rendering, side, new Draws(2, 2));
    const sorted = [...paper].sort();
    expect(sorted[Math.floor(0.02 * sorted.length)]).toBeCloseTo(0.7, 1);
    expect(sorted[Math.floor(0.98 * sorted.length)]).toBeCloseTo(0.9, 1);
    const grain = render(
      blank,
      { paper: (canvas, draws) => canvas.data.map(() => 0.1 * draws.gaussian()) },
      side,
      new Draws(2, 3),
    );
    expect(Math.sqrt(mean([...grain].map((x) => x * x)))).toBeCloseTo(0.1, 2);
  });
});

describe("strokes and fonts", () => {
  it("are the same in every run, cover all ten digits and are hardly ever cut off", () => {
    const [one, two] = [1, 1].map((seed) => [...writtenDigits(70, new Draws(seed, 0))]);
    expect(one?.length).toBeGreaterThan(1000);
    expect(new Set(one?.map(({ label }) => label)).size).toBe(10);
    for (const i of [0, 300, 700, 1000]) expect(one?.[i]?.canvas.data).toEqual(two?.[i]?.canvas.data);
    for (const { canvas } of one ?? []) expect(area(canvas)).toBeGreaterThan(20);
    const isCut = ({ data }: Plane) => data.some((ink, k) => ink > 0 && (k % 70 === 0 || k < 70));
    expect(one?.filter(({ canvas }) => isCut(canvas)).length).toBeLessThan(30);
  });

  it.skipIf(!FONTS.some(isInstalled))("fonts print their digits", () => {
    const printed = [...printedDigits(FONTS.filter(isInstalled).slice(0, 1), 70)];
    expect(printed.map(({ label }) => label).slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { canvas } of printed) expect(area(canvas)).toBeGreaterThan(50);
  });
});

describe("the command", () => {
  const program = resolve(import.meta.dirname, "../../build/models.js");
  let folder: string;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, "drawn", "--model", "none.safetensors", ...args], {
      cwd: folder,
      encoding: "utf8",
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "wasmlp-drawn-"));
    const layers = [{ units: 10, activation: "softmax" as const }];
    const network = await Network.create({ inputs: 784, layers, loss: "crossEntropy" });
    // It predicts 7 for everything, which is right for the first of MNIST's test digits.
    const biases = Float32Array.from({ length: 10 }, (_, i) => Number(i === 7));
    network.setParameters([{ weights: new Float32Array(7840), biases }]);
    writeFileSync(join(folder, "none.safetensors"), network.toBytes());
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("prints accuracy by kind as JSON, and draws a sheet", () => {
    const { stdout } = run("--count", "4", "--kind", "inverted", "--json", "--sheet", "sheet.png");
    const kinds = [{ kind: "inverted", count: 4, accuracy: 0.25, unseen: 0 }];
    expect(JSON.parse(stdout)).toEqual({ canvas: 140, kinds });
    const { width, height, data } = decode(readFileSync(join(folder, "sheet.png")));
    expect([width, height]).toEqual([24 * 140, 2 * 140]);
    expect(data.some((value) => value > 200)).toBe(true);
  });

  it("has every kind", () => {
    const { stdout, status } = run("--count", "1");
    expect(status).toBe(0);
    const names = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(0, 20).trim());
    expect(names).toEqual(expect.arrayContaining(["MNIST", "preprocessed", ...Object.keys(RENDERINGS), "strokes"]));
    expect(stdout).toMatch(/^MNIST +100\.00 % {2}of 1$/m);
  });

  it("refuses an unknown kind with a message", () => {
    const { stderr, status } = run("--kind", "crayon");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^(left out .*\n)*"--kind" must be one of "MNIST", .*, got "crayon"\n$/);
  });
});
