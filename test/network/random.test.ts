import { describe, expect, it } from "vitest";
import { ascending, fillGaussian, philox, shuffle } from "../../src/random.js";

describe("Philox4x32-10", () => {
  const all = 0xffffffff;
  // The known answers that the authors publish with Random123.
  it.each([
    [[0, 0, 0, 0, 0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [[all, all, all, all, all, all], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0], "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ])("of counter and key %j", (words, expected) => {
    const block = new Uint32Array(4);
    philox(block, ...(words as [number, number, number, number, number, number]));
    expect(Array.from(block, (word) => word.toString(16).padStart(8, "0")).join(" ")).toBe(expected);
  });
});

describe("Philox4x32-10 by its definition", () => {
  it("gives the same blocks with 64-bit products by BigInt", () => {
    const block = new Uint32Array(4);
    let words = [1, 2, 3, 4, 5, 6];
    for (let i = 0; i < 2000; i++) {
      philox(block, ...(words as [number, number, number, number, number, number]));
      const expected = philoxByDefinition(words);
      expect([...block]).toEqual(expected);
      // Each counter and key is the previous block, half of whose words are 2^31 or more.
      words = [...expected, words[0] as number, words[1] as number];
    }
  });

  it("takes words as 32 bits, signed or not", () => {
    const [signed, unsigned] = [new Uint32Array(4), new Uint32Array(4)];
    philox(signed, -1, -2, -3, -4, -5, -6);
    philox(unsigned, 2 ** 32 - 1, 2 ** 32 - 2, 2 ** 32 - 3, 2 ** 32 - 4, 2 ** 32 - 5, 2 ** 32 - 6);
    expect(signed).toEqual(unsigned);
  });
});

/** Salmon et al. 2011, section 3.3: the multipliers, the order of words and the key schedule. */
function philoxByDefinition(words: number[]): number[] {
  const mask = 0xffffffffn;
  let [x0 = 0n, x1 = 0n, x2 = 0n, x3 = 0n, k0 = 0n, k1 = 0n] = words.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const [a, b] = [0xd2511f53n * x0, 0xcd9e8d57n * x2];
    [x0, x1, x2, x3] = [(b >> 32n) ^ x1 ^ k0, b & mask, (a >> 32n) ^ x3 ^ k1, a & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [x0, x1, x2, x3].map(Number);
}

describe("Gaussian draws", () => {
  const draw = (seed: number, stream: number, where: number) => {
    const values = new Float32Array(200_000);
    fillGaussian(values, 2, seed, stream, where);
    return values;
  };
  const mean = (values: Float32Array, f: (x: number) => number) =>
    values.reduce((sum, x) => sum + f(x), 0) / values.length;

  it("have the moments of N(0, 4)", () => {
    const values = draw(1, 1, 0);
    // Five standard errors of each moment over 200,000 draws.
    expect(Math.abs(mean(values, (x) => x))).toBeLessThan(0.023);
    expect(Math.abs(mean(values, (x) => x * x) - 4)).toBeLessThan(0.064);
    expect(Math.abs(mean(values, (x) => x ** 3))).toBeLessThan(0.35);
    expect(Math.abs(mean(values, (x) => x ** 4) - 48)).toBeLessThan(5.3);
    expect(mean(values, (x) => Number(Math.abs(x) < 2))).toBeCloseTo(0.6827, 2);
  });

  it("differ and do not correlate between seeds, streams and counters", () => {
    const base = draw(1, 1, 0);
    for (const other of [draw(2, 1, 0), draw(1, 2, 0), draw(1, 1, 1), draw(2 ** 32 + 1, 1, 0)]) {
      const correlation = base.reduce((sum, x, i) => sum + x * (other[i] as number), 0) / base.length / 4;
      expect(Math.abs(correlation)).toBeLessThan(0.012);
    }
    expect(draw(1, 1, 0)).toEqual(base);
  });

  it("do not correlate within a stream", () => {
    const values = draw(1, 1, 0);
    for (const lag of [1, 2, 3, 16, 784]) {
      const products = values.subarray(lag).reduce((sum, x, i) => sum + x * (values[i] as number), 0);
      expect(Math.abs(products / values.length / 4)).toBeLessThan(0.012);
    }
  });

  it("start with the same numbers, however many are drawn", () => {
    const [few, many] = [new Float32Array(7), new Float32Array(1000)];
    for (const values of [few, many]) fillGaussian(values, 1, 5, 1, 2);
    expect(many.subarray(0, 7)).toEqual(few);
  });
});

describe("shuffle", () => {
  it("is a permutation, and another one for each epoch and seed", () => {
    const shuffled = (seed: number, epoch: number) => {
      const order = ascending(1000);
      shuffle(order, seed, 3, epoch);
      return order;
    };
    expect([...shuffled(1, 1)].sort((a, b) => a - b)).toEqual([...ascending(1000)]);
    expect(shuffled(1, 1)).toEqual(shuffled(1, 1));
    expect(shuffled(1, 2)).not.toEqual(shuffled(1, 1));
    expect(shuffled(2, 1)).not.toEqual(shuffled(1, 1));
  });

  it("puts every element at every position about equally often", () => {
    const counts = new Float64Array(25);
    for (let epoch = 0; epoch < 10_000; epoch++) {
      const order = ascending(5);
      shuffle(order, 1, 3, epoch);
      order.forEach((element, place) => {
        counts[element * 5 + place] = (counts[element * 5 + place] as number) + 1;
      });
    }
    // 2,000 each, with a standard deviation of 40.
    expect(Math.min(...counts)).toBeGreaterThan(1800);
    expect(Math.max(...counts)).toBeLessThan(2200);
  });
});
