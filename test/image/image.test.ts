// The parts of the preprocessing, each against its definition: scaling, paper, ink, pens.

import { describe, expect, it } from "vitest";
import { Draws } from "../../models/draws.js";
import { findInk } from "../../src/image/ink.js";
import { removePaper } from "../../src/image/paper.js";
import { penWidth, solid, withPen } from "../../src/image/pen.js";
import { type Plane, resample, smooth } from "../../src/image/plane.js";
import { plane, seven } from "../support/drawing.js";

const sum = ({ data }: Plane) => data.reduce((total, x) => total + x, 0);
const draws = new Draws(5, 0);
const noise = plane(23, 17, () => draws.unit());

/** The mean of a step × step square around each cell's centre, sampled at 20 points a side. */
function averaged({ data, width, height }: Plane, left: number, top: number, step: number): number {
  let total = 0;
  for (let i = 0; i < 400; i++) {
    const [x, y] = [left + ((i % 20) + 0.5) * (step / 20), top + (Math.floor(i / 20) + 0.5) * (step / 20)];
    const isInside = x >= 0 && x < width && y >= 0 && y < height;
    total += isInside ? (data[Math.floor(y) * width + Math.floor(x)] as number) : 0;
  }
  return total / 400;
}

describe("resample", () => {
  it("copies a part at a step of 1", () => {
    const part = resample(noise, { left: 3, top: 2 }, 1, 5, 4);
    expect([part.width, part.height]).toEqual([5, 4]);
    part.data.forEach((x, i) => {
      expect(x).toBe(noise.data[(2 + Math.floor(i / 5)) * 23 + 3 + (i % 5)]);
    });
  });

  it.each([1, 1.5, 2.5, 7, 40])("averages areas at a step of %f, also beyond the edges", (step) => {
    const [left, top] = [-2, -1];
    const [columns, rows] = [Math.ceil(27 / step), Math.ceil(20 / step)];
    const small = resample(noise, { left, top }, step, columns, rows);
    small.data.forEach((x, i) => {
      const expected = averaged(noise, left + (i % columns) * step, top + Math.floor(i / columns) * step, step);
      expect(Math.abs(x - expected)).toBeLessThan(0.04);
    });
    expect(sum(small) * step * step).toBeCloseTo(sum(noise), 3);
  });

  it("interpolates between pixels when it enlarges", () => {
    const slope = plane(4, 2, (x) => x / 4);
    const large = resample(slope, { left: 0.5, top: 0.5 }, 0.25, 12, 4);
    large.data.forEach((x, i) => {
      expect(x).toBeCloseTo((((i % 12) + 0.5) * 0.25) / 4, 5);
    });
  });

  it("returns zeros outside", () => {
    expect(sum(resample(noise, { left: -50, top: 3 }, 2, 5, 5))).toBe(0);
    expect(sum(resample(noise, { left: 3, top: 90 }, 0.5, 5, 5))).toBe(0);
  });

  it("smooth spreads a pixel over its direct neighbours only", () => {
    const { data } = smooth(plane(5, 5, (x, y) => Number(x === 2 && y === 2)));
    const [corner, side, middle] = [1 / 16, 1 / 8, 1 / 4];
    expect([...data.subarray(5, 20)]).toEqual([
      ...[0, corner, side, corner, 0],
      ...[0, side, middle, side, 0],
      ...[0, corner, side, corner, 0],
    ]);
    const edge = smooth(plane(3, 3, (x, y) => Number(x === 2 && y === 0)));
    expect([...edge.data]).toEqual([0, side, middle, 0, corner, side, 0, 0, 0]);
  });
});

describe("paper", () => {
  const side = 90;
  const ink = seven(side);
  const light = (x: number, y: number) => 0.6 + (0.2 * x) / side - 0.1 * (y / side) ** 2 + (0.05 * x * y) / side ** 2;

  it.each([
    ["dark", -0.4],
    ["light", 0.3],
  ] as const)("%s ink stands out of uneven paper as it was drawn", (_, strength) => {
    const { plane: rest, noise } = removePaper(plane(side, side, (x, y) => light(x, y) + strength * ink(x, y)));
    expect(noise).toBeLessThan(0.002);
    rest.data.forEach((x, i) => {
      expect(Math.abs(x - Math.abs(strength) * ink(i % side, Math.floor(i / side)))).toBeLessThan(0.01);
    });
  });

  it.each([0.01, 0.05, 0.1])("noise of %f is measured correctly", (deviation) => {
    const grains = new Draws(9, 0);
    const paper = plane(side, side, (x, y) => light(x, y) - 0.5 * ink(x, y) + deviation * grains.gaussian());
    expect(Math.abs(removePaper(paper).noise / deviation - 1)).toBeLessThan(0.1);
  });
});

describe("ink", () => {
  it("is 1 in strokes and 0 elsewhere, with its bounding box", () => {
    const found = findInk(plane(80, 60, (x, y) => (x >= 20 && x < 50 && y >= 10 && y < 15 ? 0.3 : 0.8)));
    expect(found?.box).toEqual({ left: 20, top: 10, width: 30, height: 5 });
    expect(found && sum(found.plane)).toBeCloseTo(150, 3);
  });

  it("keeps a digit that fills the picture", () => {
    const found = findInk(
      plane(28, 28, (x, y) => Number(x > 0 && x < 27 && y > 0 && y < 27 && !(x > 9 && x < 18 && y > 9 && y < 18))),
    );
    expect(found?.box).toEqual({ left: 1, top: 1, width: 26, height: 26 });
  });
});

describe("pens", () => {
  const bar = (width: number) => plane(100, 60, (x, y) => Number(x >= 10 && x < 90 && y >= 20 && y < 20 + width));

  it.each([3, 6, 12])("a bar of %f has about that width", (width) => {
    // The ends of the bar are outline too.
    expect(penWidth(bar(width))).toBeCloseTo((2 * 80 * width) / (2 * (80 + width)), 0);
    expect(penWidth(plane(9, 9, () => 0))).toBe(0);
  });

  it.each([-2, -1, 0.5, 1, 3])("edges move by %f, compared with distances computed pixel by pixel", (grow) => {
    const drawn = solid(plane(60, 60, (x, y) => seven(60, 7)(x, y)));
    const redrawn = withPen(drawn, grow);
    for (let i = 0; i < drawn.data.length; i++) {
      const depth = depthAt(drawn, i) + grow;
      if (depth > 0.5) expect(redrawn.data[i]).toBe(1);
      if (depth < -0.5) expect(redrawn.data[i]).toBe(0);
    }
  });

  it("thin strokes do not break", () => {
    const thin = withPen(bar(2), -3);
    for (let x = 15; x < 85; x++) expect(thin.data[20 * 100 + x]).toBeGreaterThan(0.2);
  });

  it("a line thinner than a pixel is not interrupted", () => {
    const faint = solid(plane(40, 40, (x) => (x === 20 ? 0.3 : 0)));
    expect(sum(faint)).toBe(40);
    expect(sum(solid(plane(40, 40, () => 0.1)))).toBe(0);
  });
});

/** Distance of pixel i from the edge of its stroke; negative outside. */
function depthAt({ data, width, height }: Plane, i: number): number {
  let nearest = Infinity;
  for (let j = 0; j < width * height; j++) {
    if (data[j] === data[i]) continue;
    nearest = Math.min(nearest, Math.hypot((i % width) - (j % width), Math.floor(i / width) - Math.floor(j / width)));
  }
  return (data[i] === 1 ? 1 : -1) * (nearest - 0.5);
}
