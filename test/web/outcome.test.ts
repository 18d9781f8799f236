// What the view "Train" says of a training that has ended, and what it refuses before one.

import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../web/train/outcome.js";
import { DEFAULTS, faultOf, type Settings } from "../../web/train/settings.js";

describe("the sentence on a training", () => {
  const run = { name: "784-10, run 1", epochs: 5, learningRate: 0.001, accuracy: 0.97 };

  it.each([
    [{}, "784-10, run 1 is trained. Test accuracy 97.00 %."],
    [{ accuracy: 0.3 }, "784-10, run 1 has run 5 epochs and has learned little so far. Test accuracy 30.00 %."],
    [
      { accuracy: 0.1, epochs: 1 },
      "784-10, run 1 has run 1 epoch and does no better than guessing, which gives 10 %. Test accuracy 10.00 %. Try another learning rate or activation.",
    ],
    // All images read as 1, the most frequent digit.
    [{ accuracy: 0.1135 }, /no better than guessing/],
    [
      { learningRate: 0 },
      "784-10, run 1 has run 5 epochs, the last at the learning rate 0, which changes nothing. Test accuracy 97.00 %.",
    ],
    [{ accuracy: undefined }, "784-10, run 1 is trained."],
  ])("%j", (part, sentence) => {
    expect(outcomeOf({ ...run, ...part })).toEqual(
      typeof sentence === "string" ? sentence : expect.stringMatching(sentence),
    );
  });
});

describe("the form refuses", () => {
  it.each<[string, Partial<Settings>, string, RegExp]>([
    ["a batch of more than the images", { batchSize: 60_001 }, "fit.batchSize", /at most the 60000 .*, got 60001$/],
    ["100,000 units", { hidden: [100_000] }, "network.layers", /at most 16,000,000 parameters .*, got 79,500,010$/],
    ["many wide layers", { hidden: Array(20).fill(1000) }, "network.layers", /at most 16,000,000 parameters/],
    ["257 layers", { hidden: Array(256).fill(1) }, "network.layers", /must hold 1 to 256 layers/],
    ["half a unit", { hidden: [0.5] }, "network.layers[0].units", /must be a whole number/],
    ["a text as units", { hidden: [Number.NaN] }, "network.layers[0].units", /must be a whole number/],
    ["half a batch", { batchSize: 0.5 }, "fit.batchSize", /must be a whole number/],
    ["no epochs", { epochs: 0 }, "fit.epochs", /must be a whole number/],
    ["too many epochs", { epochs: 1e12 }, "fit.epochs", /must be a whole number/],
    ["a seed below 0", { seed: -1 }, "network.seed", /must be a whole number/],
    ["a seed of 64 bits", { seed: 2 ** 63 }, "network.seed", /must be a whole number/],
    ["a rate that float32 rounds to 0", { learningRate: 1e-50 }, "fit.optimizer.learningRate", /float32/],
    ["an infinite rate", { learningRate: Infinity }, "fit.optimizer.learningRate", /finite/],
    ["dropout of all", { dropout: 1 }, "network.layers[0].dropout", /from 0 to 0.99/],
  ])("%s", (_, part, argument, sentence) => {
    const fault = faultOf({ ...DEFAULTS, ...part });
    expect([fault?.argument, fault?.message]).toEqual([argument, expect.stringMatching(sentence)]);
  });

  it("nothing at its limits", () => {
    expect(faultOf({ ...DEFAULTS, batchSize: 60_000 })).toBeUndefined();
    expect(faultOf({ ...DEFAULTS, hidden: [2500, 2000, 1500, 1000, 500] })).toBeUndefined();
  });
});
