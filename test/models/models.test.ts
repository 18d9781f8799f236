// The pretrained models agree with their cards, and `wasmlp/digits` gives one of them bit for bit.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { toEightBits } from "../../models/eight-bits.js";
import { kinds, measure } from "../../models/kinds.js";
import { packModel } from "../../models/pack.mjs";
import { MODELS, type Model } from "../../models/recipes.js";
import { loadDigits, preprocessDigit, readDigit } from "../../src/digits.js";
import { unpackModel } from "../../src/format/packed.js";
import { type Evaluation, loadMnist, loadNetwork, Network, type TrainAndTest } from "../../src/node.js";
import { Network as WorkerNetwork } from "../../src/worker.js";
import { layersOf } from "../support/networks.js";
import { WHOLE } from "../support/whole.js";

const models = resolve(import.meta.dirname, "../../models");
const fileOf = (name: string): string => join(models, `${name}.safetensors`);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
/** The kinds of drawings that are measured again; all kinds would take minutes. */
const CHECKED = ["MNIST", "slant of -20°", "strokes"];
/** How many of each; the card is of all. */
const COUNT = WHOLE ? 10_000 : 300;
/** The accuracy on the test images that each model must reach. */
const LEAST: Record<string, number> = { "digits-tiny": 0.952, digits: 0.99, "digits-best": 0.994 };

let digits: TrainAndTest;
beforeAll(async () => {
  digits = await loadMnist();
});

/** The cells of the table under a heading of a card. */
function tableOf(card: string, heading: RegExp, skipped = 0): string[][] {
  const section = card.split(/^## /m).find((text) => heading.test(text)) ?? "";
  const tables = [...section.matchAll(/(?:^\|.*\n)+/gm)].map(([text]) => text.trim().split("\n").slice(2));
  return (tables[skipped] ?? []).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe.each(Object.keys(MODELS))("%s", (name) => {
  const card = readFileSync(join(models, `${name}.md`), "utf8");
  let network: Network;
  let result: Evaluation;
  beforeAll(async () => {
    network = await loadNetwork(fileOf(name), { deterministic: true });
    result = network.evaluate(digits.test);
  });

  it("is the network of its recipe, trained for the number of epochs there", () => {
    expect(network.spec.layers).toEqual(MODELS[name]?.recipe.network.layers);
    expect(card).toContain(`| parameters | ${network.parameterCount.toLocaleString("en-US")} |`);
    // A trial with other epochs or images would overwrite the same files.
    const { batchSize, epochs } = (MODELS[name] as Model).recipe.fit;
    expect(card).toContain(`| batches | ${batchSize} of 60,000 images, shuffled in each of ${epochs} epochs |`);
  });

  it("has the accuracy on test images that its card states, and that it must have", () => {
    expect(result.accuracy).toBeGreaterThanOrEqual(LEAST[name] as number);
    expect(card).toContain(`\n${percent(result.accuracy as number)} are read right`);
  });

  it("has the confusion matrix of its card", () => {
    const heading = /^On the 10,000 test images/;
    const counts = tableOf(card, heading, 1).map((row) => row.slice(1).map(Number));
    expect(counts).toEqual(result.confusion);
    const shares = counts.map((row, digit) => percent((row[digit] as number) / row.reduce((sum, n) => sum + n, 0)));
    expect(tableOf(card, heading).map(([, , share]) => share)).toEqual(shares);
  });
});

describe("the model of wasmlp/digits", () => {
  it("is models/digits.safetensors, bit for bit", async () => {
    const file = readFileSync(fileOf("digits"));
    expect(Buffer.from((await loadDigits()).toBytes()).equals(file)).toBe(true);
  });

  it("has the accuracy that it must have on each kind of drawing, according to its card", () => {
    const told = tableOf(readFileSync(join(models, "digits.md"), "utf8"), /^On drawn digits/);
    expect(told.length).toBeGreaterThan(12);
    for (const [kind, , share] of told) {
      const least = kind === "fonts" || kind === "strokes" ? 90 : 97;
      expect(Number.parseFloat(share as string), kind).toBeGreaterThanOrEqual(least);
    }
  });

  it("has the accuracy of its card on those drawings", async () => {
    const network = await loadNetwork(fileOf("digits"), { deterministic: true });
    const told = tableOf(readFileSync(join(models, "digits.md"), "utf8"), /^On drawn digits/);
    const chosen = kinds(digits.test, COUNT).filter(({ name }) => CHECKED.includes(name));
    expect(chosen).toHaveLength(CHECKED.length);
    for (const kind of chosen) {
      const { count, accuracy } = measure(network, kind, COUNT).result;
      if (WHOLE) expect(told).toContainEqual([kind.name, count.toLocaleString("en-US"), percent(accuracy)]);
      else expect(accuracy, kind.name).toBeGreaterThan(0.9);
    }
  });

  it("is a new network for each call, with the options of a loaded network", async () => {
    const [one, other] = [await loadDigits({ deterministic: true }), await loadDigits({ threads: 1 })];
    expect(one.build).toBe("simd");
    one.setParameters(one.parameters().map(({ weights, biases }) => ({ weights: weights.fill(0), biases })));
    expect(other.evaluate(digits.test).accuracy).toBeGreaterThan(0.99);
    await expect(loadDigits({ thread: 1 } as never)).rejects.toThrow('"options" has no option "thread"');
  });

  it("classifies a picture, and returns undefined for an empty one", async () => {
    const network = await loadDigits();
    const picture = { data: (digits.test.sample(0) as Uint8Array).map((x) => 255 - x), width: 28, height: 28 };
    const { label, probabilities, digit } = readDigit(network, picture) ?? {};
    expect(label).toBe(7);
    expect(probabilities?.[7]).toBeGreaterThan(0.9);
    expect(digit).toEqual(preprocessDigit(picture));
    expect(readDigit(network, digit as Uint8Array)).toEqual(readDigit(network, picture));
    expect(network.classify(digit as Uint8Array)).toEqual({ label, probabilities });
    expect(readDigit(network, { ...picture, data: new Uint8Array(784).fill(255) })).toBeUndefined();
  });

  it("gives a promise of the same with a network in a worker", async () => {
    const network = await loadNetwork(fileOf("digits"), { deterministic: true });
    using remote = await WorkerNetwork.fromBytes(network.toBytes(), { deterministic: true });
    const picture = { data: (digits.test.sample(0) as Uint8Array).map((x) => 255 - x), width: 28, height: 28 };
    expect(await readDigit(remote, picture)).toEqual(readDigit(network, picture));
    const nothing = readDigit(remote, { ...picture, data: new Uint8Array(784).fill(255) });
    expect(nothing).toBeInstanceOf(Promise);
    expect(await nothing).toBeUndefined();
  });

  it("must be awaited before readDigit takes it, which refuses networks with other inputs", async () => {
    const picture = { data: new Uint8Array(784), width: 28, height: 28 };
    expect(() => readDigit(loadDigits() as never, picture)).toThrow(
      '"network" must be a Network, such as await loadDigits() gives, got a Promise, which was not awaited',
    );
    const layers = layersOf([10], "softmax", "softmax");
    const small = await Network.create({ inputs: 4, layers, loss: "crossEntropy" });
    expect(() => readDigit(small, picture)).toThrow('"network" must take 784 inputs (28x28), got one that takes 4');
    expect(() => readDigit(undefined as never, picture)).toThrow('"network" must be a Network');
    expect(() => readDigit({ spec: { inputs: 784 } } as never, picture)).toThrow('"network" must be a Network');
  });
});

describe("weights of 8 bits", () => {
  const create = () =>
    Network.create({ inputs: 30, layers: layersOf([20, 4], "tanh", "softmax"), loss: "crossEntropy" });

  it("are at most half a step away, and packed and unpacked bit for bit", async () => {
    const network = await create();
    const before = network.parameters();
    // One unit without weights, and one with a −0.
    before[0]?.weights.fill(0, 0, 30);
    (before[0] as { weights: Float32Array }).weights[30] = -1e-9;
    const after = toEightBits(before);
    after.forEach(({ weights, biases }, layer) => {
      const { weights: exact, biases: kept } = before[layer] as (typeof before)[number];
      expect(biases).toEqual(kept);
      for (let at = 0, inputs = exact.length / biases.length; at < exact.length; at += inputs) {
        const row = exact.subarray(at, at + inputs);
        const step = Math.max(...row.map(Math.abs)) / 127;
        row.forEach((x, i) => {
          expect(Math.abs((weights[at + i] as number) - x)).toBeLessThanOrEqual(step * 0.5001);
        });
        expect(new Set(weights.subarray(at, at + inputs)).size).toBeLessThanOrEqual(255);
      }
    });
    network.setParameters(after);
    const file = network.toBytes();
    const packed = packModel(Buffer.from(file));
    expect(packed.length).toBeLessThan(file.length / 2);
    expect(unpackModel(Uint8Array.from(packed))).toEqual(file);
  });

  it("are the only weights that are packed", async () => {
    const bytes = (await create()).toBytes();
    expect(() => packModel(Buffer.from(bytes))).toThrow(
      /^layers\.0\.weights has a weight \S+, which is not of 8 bits$/,
    );
  });

  it.each([
    ["their scale is not a float32, and 127 times the nearest one is another number", [1.995, 0, -1.995]],
    ["one of them is −0", [127, -0, 1]],
  ])("are not packed if %s", async (_, row) => {
    const network = await Network.create({ inputs: 3, layers: layersOf([1], "linear", "linear"), loss: "quadratic" });
    const file = Buffer.from(network.toBytes());
    row.forEach((weight, i) => {
      file.writeFloatLE(weight, file.length - 16 + 4 * i);
    });
    expect(() => packModel(file)).toThrow(/^layers\.0\.weights has a weight \S+, which is not of 8 bits$/);
  });
});
