// What the tables of activations, losses, optimizers and metrics cannot hold: the documents, the entries and the tests' lists.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ACTIVATION_NAMES, ACTIVATIONS } from "../../src/activations.js";
import * as wasmlp from "../../src/index.js";
import { LOSS_NAMES } from "../../src/losses.js";
import { METRIC_NAMES } from "../../src/metrics.js";
import { Network } from "../../src/network.js";
import { OPTIMIZER_NAMES } from "../../src/recipe/optimizer.js";
import { checkRecipe } from "../../src/recipe/recipe.js";
import { Network as WorkerNetwork } from "../../src/worker/network.js";
import { OPTIMIZERS } from "../support/networks.js";

const training = readFileSync(resolve(import.meta.dirname, "../../docs/training.md"), "utf8");

/** Whether a table of docs/training.md has a row for a name, or for a call of a function of that name. */
function isDocumented(name: string): boolean {
  return new RegExp(`^\\| \`${name}(?:\\(.*\\))?\` \\| \\S`, "m").test(training);
}

describe("docs/training.md has a row for", () => {
  it.each([...ACTIVATION_NAMES, ...LOSS_NAMES, ...OPTIMIZER_NAMES, ...METRIC_NAMES])("%s", (name) => {
    expect(isDocumented(name)).toBe(true);
  });

  it("no other name", () => expect(isDocumented("nothing")).toBe(false));
});

it("the recipes of docs/training.md are recipes", () => {
  const recipes = [...training.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text]) => JSON.parse(text as string));
  expect(recipes.length).toBeGreaterThan(0);
  for (const recipe of recipes) expect(checkRecipe(recipe)).toMatchObject({ network: recipe.network });
});

describe("every optimizer", () => {
  it.each(OPTIMIZER_NAMES)("%s is exported, and in the list that tests train with", (name) => {
    expect(wasmlp).toHaveProperty(name, expect.any(Function));
    expect(OPTIMIZERS.map((optimizer) => optimizer.name)).toContain(name);
  });
});

it("every activation has a code of its own", () => {
  const codes = Object.values(ACTIVATIONS).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

/** Private members, and the asynchronous twins of what is asynchronous in a worker anyway. */
const OWN = ["engine", "alive", "facts", "channel", "call", "send", "evaluateAsync", "predictAsync"];

it("the network in a worker has every method of the network", () => {
  const names = ({ prototype }: { prototype: object }) => Reflect.ownKeys(prototype).map(String).sort();
  const isOwn = (name: string) => !OWN.includes(name);
  expect(names(WorkerNetwork).filter(isOwn)).toEqual(names(Network).filter(isOwn));
});
