// Readings of non-digits are hardly ever sure, and those of digits stay what they were.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { testKinds } from "../../models/doubt-data.js";
import { Draws } from "../../models/draws.js";
import { DRAWN } from "../../models/others.js";
import { type Doubt, loadDigits, loadDoubt, preprocessDigit, readDigit } from "../../src/digits.js";
import { type Dataset, loadMnist, loadNetwork, type Network } from "../../src/node.js";
import { Network as WorkerNetwork } from "../../src/worker.js";

const models = resolve(import.meta.dirname, "../../models");
const card = readFileSync(join(models, "doubt.md"), "utf8");
/** Side of the canvas, pictures of each kind, and a stream of random numbers that neither the training nor the card uses. */
const [SIDE, COUNT, STREAM] = [140, 15, 1000];
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const numbersIn = (row: string) => [...row.matchAll(/([\d.]+) %/g)].map(([, value]) => Number(value));

let network: Network;
let test: Dataset;
beforeAll(async () => {
  network = await loadDigits({ deterministic: true });
  ({ test } = await loadMnist());
});

describe("the doubt of readDigit", () => {
  it("leaves at most 5 % of the drawings of non-digits sure", () => {
    const readings = Object.values(DRAWN).flatMap((draw, kind) => {
      const draws = new Draws(1, STREAM + kind);
      return Array.from({ length: COUNT }, () => readDigit(network, draw(SIDE, draws)));
    });
    const share = (isWanted: (reading: (typeof readings)[number]) => boolean) =>
      readings.filter(isWanted).length / readings.length;
    expect(share((reading) => (reading?.probabilities[reading.label] ?? 0) >= 0.9)).toBeGreaterThan(0.2);
    expect(share((reading) => reading?.isSure === true)).toBeLessThanOrEqual(0.05);
  });

  it("has at most 5 % of the kinds of its card sure, each of which is measured there", () => {
    const section = card.split(/^## /m).find((text) => text.startsWith("Non-digits")) ?? "";
    const rows = section.split("\n").filter((line) => /^\| [^-|]*\|[^|]*\| *[\d.]+ %/.test(line));
    const names = rows.map((row) => row.split("|")[1]?.trim());
    expect(names).toEqual(expect.arrayContaining([...Object.keys(DRAWN), "two digits", "mean"]));
    expect(names).toEqual(expect.arrayContaining(testKinds(test, 1).map(({ name }) => name)));
    const [before, sure, none] = numbersIn(rows.at(-1) as string) as [number, number, number];
    expect(before).toBeGreaterThan(30);
    expect(sure).toBeLessThanOrEqual(5);
    expect(none).toBeGreaterThan(50);
  });

  it("takes a digit of MNIST that is read right for none in at most 0.05 % of the images, as its card says", () => {
    let [right, counted] = [0, 0];
    for (let i = 0; i < test.count; i++) {
      const reading = readDigit(network, test.sample(i) as Uint8Array);
      if (reading?.label !== test.labels?.[i]) continue;
      right++;
      if (reading?.isDigit) counted++;
    }
    expect(right - counted).toBeLessThanOrEqual(0.0005 * test.count);
    const [all, rest] = [percent(right / test.count), percent(counted / test.count)];
    expect(card).toContain(`Of the 10,000 test images ${all} are read right.`);
    expect(card).toContain(`it is ${rest}.`);
  });

  it("changes neither the label nor the probabilities", () => {
    for (let i = 0; i < 50; i++) {
      const digit = test.sample(i) as Uint8Array;
      expect(readDigit(network, digit)).toMatchObject(network.classify(digit));
    }
  });

  it("is a rule of two thresholds", () => {
    const seen = new Set<string>();
    for (const [kind, draw] of Object.values(DRAWN).entries()) {
      const draws = new Draws(1, STREAM + kind);
      for (let i = 0; i < 8; i++) {
        const reading = readDigit(network, draw(SIDE, draws));
        if (!reading) continue;
        const { doubt = Number.NaN, isDigit, isSure, label, probabilities } = reading;
        expect(doubt).toBeGreaterThanOrEqual(0);
        expect(doubt).toBeLessThanOrEqual(1);
        expect(isDigit).toBe(doubt <= 0.98);
        expect(isSure).toBe(doubt <= 0.1 && (probabilities[label] as number) >= 0.9);
        seen.add(`${isDigit} ${isSure}`);
      }
    }
    expect(seen).toContain("false false");
  });
});

describe("a network that loadDigits did not give", () => {
  let own: Network;
  let doubt: Doubt;
  let digit: Uint8Array;
  beforeAll(async () => {
    own = await loadNetwork(join(models, "digits-tiny.safetensors"));
    doubt = await loadDoubt();
    digit = test.sample(0) as Uint8Array;
  });

  it("is read without doubt, as before", () => {
    expect(Object.keys(readDigit(own, digit) ?? {}).sort()).toEqual(["digit", "label", "probabilities"]);
  });

  it("is read with the doubt that is asked for, also in a worker", async () => {
    const reading = readDigit(own, digit, { doubt });
    expect(reading).toMatchObject({ doubt: readDigit(network, digit)?.doubt, isDigit: true });
    using remote = await WorkerNetwork.fromBytes(own.toBytes());
    expect(await readDigit(remote, digit, { doubt })).toMatchObject({ doubt: reading?.doubt, isDigit: true });
    expect(await readDigit(remote, digit)).not.toHaveProperty("doubt");
  });

  it("shares one doubt, which stays when a network is trained or disposed of", async () => {
    expect(await loadDoubt()).toBe(doubt);
    const other = await loadDigits();
    const before = readDigit(other, digit)?.doubt;
    other.setParameters(other.parameters().map(({ weights, biases }) => ({ weights: weights.fill(0), biases })));
    expect(readDigit(other, digit)?.doubt).toBe(before);
    other.dispose();
    expect(readDigit(network, digit)?.doubt).toBe(before);
  });

  it("refuses what is no doubt", () => {
    expect(() => readDigit(own, digit, { doubt: loadDoubt() as never })).toThrow(
      '"options.doubt" must be a Doubt, such as await loadDoubt() gives, got a Promise, which was not awaited',
    );
    expect(() => readDigit(own, digit, { doubts: doubt } as never)).toThrow('"options" has no option "doubts"');
  });
});

describe("a picture of nothing", () => {
  it("is undefined still", () => {
    const blank = { data: new Uint8Array(784).fill(255), width: 28, height: 28 };
    expect(preprocessDigit(blank)).toBeUndefined();
    expect(readDigit(network, blank)).toBeUndefined();
  });
});
