// The training curve: means over epochs, and what is known of an epoch that has not ended.

import { describe, expect, it } from "vitest";
import { Curve } from "../../web/train/curve.js";

const report = (epoch: number, samples: number, loss: number, accuracy = 0) => {
  return { epoch, samples, total: 1000, loss, accuracy };
};

/** A curve of two epochs, with a report for every 20 samples of the second one, whose losses alternate. */
function twoEpochs(): Curve {
  const curve = new Curve();
  curve.add(report(1, 1000, 1, 0.5), { isEnd: true });
  for (let samples = 20, sum = 0; samples <= 1000; samples += 20) {
    sum += (samples / 20) % 2 === 0 ? 0 : 0.8 * 20;
    curve.add(report(2, samples, sum / samples, 0.9), { isEnd: samples === 1000 });
  }
  return curve;
}

describe("a curve", () => {
  it("has one point for an epoch, its mean, whatever was reported within it", () => {
    const curve = twoEpochs();
    expect(curve.epochs).toEqual([1, 2]);
    expect(curve.losses[1]).toBeCloseTo(0.4, 12);
    expect(curve.accuracies[1]).toBeCloseTo(0.9, 12);
    expect(curve.partial).toBeUndefined();
  });

  it("has finer points in the first epoch, none of few samples but the very first", () => {
    const curve = new Curve();
    for (let samples = 10; samples <= 1000; samples += 10)
      curve.add(report(1, samples, 2), { isEnd: samples === 1000 });
    expect(curve.epochs[0]).toBe(0.01);
    expect(curve.epochs.at(-1)).toBe(1);
    const widths = curve.epochs.map((epoch, i) => epoch - (curve.epochs[i - 1] ?? 0)).slice(1);
    expect(Math.min(...widths)).toBeGreaterThan(0.025);
    expect(widths.length).toBeGreaterThan(15);
    for (const loss of curve.losses) expect(loss).toBeCloseTo(2, 9);
  });

  it("gives the epoch so far apart, and not at all of few samples", () => {
    const curve = twoEpochs();
    curve.add(report(3, 20, 9));
    expect(curve.partial).toBeUndefined();
    curve.add(report(3, 300, 0.3, 0.95));
    expect(curve.partial).toEqual({ epoch: 2.3, loss: expect.closeTo(0.3, 9), accuracy: expect.closeTo(0.95, 9) });
    expect(curve.epochs).toEqual([1, 2]);
  });

  it("is thinned when it is long, and keeps its means", () => {
    const curve = new Curve();
    for (let epoch = 1; epoch <= 1000; epoch++) curve.add(report(epoch, 1000, epoch), { isEnd: true });
    expect(curve.epochs.length).toBeLessThanOrEqual(600);
    expect(curve.epochs.at(-1)).toBe(1000);
    curve.losses.forEach((loss, i) => {
      const [from, to] = [curve.epochs[i - 1] ?? 0, curve.epochs[i] ?? 0];
      expect(loss).toBeCloseTo((from + 1 + to) / 2, 6);
    });
  });
});

describe("the numbers of a run", () => {
  it("are those of the last whole epoch, not of the last report", () => {
    const curve = twoEpochs();
    curve.add(report(3, 500, 0.01, 1));
    expect(curve.mean(false)).toEqual({ loss: expect.closeTo(0.4, 12), accuracy: 0.9, isPartial: false });
  });

  it("are marked as partial in the first epoch, and where training rests within one", () => {
    const curve = new Curve();
    expect(curve.mean(false)).toBeUndefined();
    curve.add(report(1, 500, 2, 0.5));
    expect(curve.mean(false)).toEqual({ loss: 2, accuracy: 0.5, isPartial: true });
    curve.add(report(1, 1000, 1, 0.75), { isEnd: true });
    expect(curve.mean(true)).toEqual({ loss: 1, accuracy: 0.75, isPartial: false });
    curve.add(report(2, 500, 0.5, 0.8));
    expect(curve.mean(true)).toEqual({ loss: 0.5, accuracy: 0.8, isPartial: true });
  });

  it("begin again when a stopped network is trained further, whose epochs count from 1 again", () => {
    const curve = new Curve();
    curve.add(report(1, 400, 2));
    curve.restart();
    curve.add(report(1, 600, 1), { before: 0.4 });
    curve.add(report(1, 1000, 0.5), { before: 0.4, isEnd: true });
    expect(curve.epochs).toEqual([0.4, 1.4]);
    expect(curve.losses[1]).toBeCloseTo(0.5, 12);
  });
});
