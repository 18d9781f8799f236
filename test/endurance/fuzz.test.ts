// The fuzzer's own checks: what it calls a violation, and that a case is made of its bytes alone.

import { describe, expect, it } from "vitest";
import { rangeError } from "../../src/check.js";
import { Choices, changed, RandomBytes } from "./choices.js";
import { areSame, attempt, hold, Violation } from "./refusal.js";
import { withDamage, withOddities } from "./values.js";

const thrown = (error: unknown) => () => {
  throw error;
};

describe("the fuzzer calls a violation", () => {
  it.each<[string, () => unknown]>([
    ["what the engine throws", () => (undefined as unknown as { x: number }).x],
    ["what is no error", thrown("a text")],
    ["an error about no argument", thrown(new RangeError("it must be another number, got 3"))],
    ["a message of several lines", thrown(rangeError("x", "must be\n3"))],
    ["a message that is too long", thrown(rangeError("x", "must be 3".repeat(100)))],
    ["a message that says nothing", thrown(rangeError("x", "no"))],
    ["a check of its own that fails", () => hold(false, "it does not hold")],
  ])("%s", async (_, work) => {
    await expect(attempt(work)).rejects.toBeInstanceOf(Violation);
  });

  it("not a refusal in one sentence, whose numbers and quoted words do not count", async () => {
    const refused = (argument: string, got: number) => attempt(thrown(rangeError(argument, `must be 1, got ${got}`)));
    expect(await refused("epochs", -1.5e3)).toBe('"" must be #, got #');
    expect(await refused("seed", 7)).toBe('"" must be #, got #');
    expect(await attempt(() => 3)).toBe("accepted");
  });
});

describe("a case", () => {
  const base = { layers: [{ units: 3, activation: "relu" }], seed: 1 };
  const texts = (seed: number) => {
    const random = new RandomBytes(seed);
    return Array.from({ length: 50 }, () => {
      const bytes = random.take(24);
      const [damaged, odd] = [new Choices(bytes), new Choices(bytes)];
      return `${withDamage(damaged, Uint8Array.of(1, 2, 3, 4))} ${Object.entries(withOddities(odd, base) ?? {}).map(String)}`;
    });
  };

  it("depends on its seed alone, and most cases differ", () => {
    expect(texts(1)).toEqual(texts(1));
    expect(texts(1)).not.toEqual(texts(2));
    expect(new Set(texts(1)).size).toBeGreaterThan(25);
  });

  it("is made of any bytes, and leaves what it is made from as it was", () => {
    const before = JSON.stringify(base);
    const random = new RandomBytes(3);
    let [bytes, differing] = [random.take(24), 0];
    for (let i = 0; i < 200; i++) {
      bytes = changed(bytes, random.take(24), random);
      expect(bytes.length).toBeLessThanOrEqual(256);
      if (withOddities(new Choices(bytes), base) !== base) differing++;
    }
    expect(JSON.stringify(base)).toBe(before);
    expect(differing).toBeGreaterThan(50);
    expect(withOddities(new Choices(new Uint8Array(0)), base)).toBe(base);
  });

  it("compares bits: NaN is NaN, and a zero has a sign", () => {
    expect(areSame([Number.NaN, 1], [Number.NaN, 1])).toBe(true);
    expect(areSame([0], [-0])).toBe(false);
    expect(areSame([1], [1, 2])).toBe(false);
  });
});
