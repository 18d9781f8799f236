// Recipes on the command line: read, changed by options, printed, and kept in model files.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkRecipe, type Recipe, readRecipe } from "../../src/index.js";
import { OPTIMIZER_NAMES } from "../../src/recipe/optimizer.js";
import { usualRate } from "../../src/recipe/usual-rate.js";
import { type Outcome, runProgram } from "../support/command.js";
import { writeIdxFolder } from "../support/idx-folder.js";

const SMALL = ["--layers", "64,8,3", "--epochs", "3", "--batch", "5"];
const RICH = [
  ...["--layers", "64,9,7,3", "--activation", "relu", "--output-activation", "softmax", "--loss", "crossEntropy"],
  ...["--epochs", "3", "--batch", "6", "--optimizer", "adamw", "--beta1", "0.8", "--lr", "0.01", "--dropout", "0.1"],
  ...["--schedule", "stepDecay", "--decay-factor", "0.5", "--decay-every", "1", "--warm-up", "0.5", "--max-norm", "3"],
  ...["--augment", "shift=1,alpha=3,sigma=2", "--seed", "7", "--init", "heNormal", "--bias-init", "gaussian"],
  ...["--patience", "2", "--metric", "accuracy"],
];
let folder: string;
const read = (name: string): Buffer => readFileSync(join(folder, name));
const wasmlp = (...args: string[]): Outcome => runProgram(folder, ...args);

function outputOf(...args: string[]): string {
  const { code, out, err } = wasmlp(...args);
  if (code !== 0) throw new Error(`wasmlp ${args.join(" ")} exited with ${code}: ${err}`);
  return out;
}

function printed(...args: string[]): Recipe {
  return JSON.parse(outputOf("train", "--print-recipe", ...args));
}

function write(name: string, recipe: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(recipe));
  return name;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-recipe-"));
  writeIdxFolder(
    join(folder, "data"),
    Array.from({ length: 120 }, (_, i) => i % 3),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("--print-recipe", () => {
  it("prints the teaching network's training, without reading any data", () => {
    const { network, fit } = printed("--data", "nowhere");
    expect(network.layers.map(({ units, activation }) => [units, activation])).toEqual([
      [16, "sigmoid"],
      [16, "sigmoid"],
      [10, "sigmoid"],
    ]);
    expect(network).toMatchObject({ inputs: 784, loss: "quadratic", seed: 1, weightInit: "auto", biasInit: "zeros" });
    expect(fit).toMatchObject({ epochs: 30, batchSize: 10, optimizer: { name: "sgd", learningRate: 1.5 } });
  });

  it.each([[SMALL], [RICH]])("and --recipe with what it printed trains to the same bytes: %#", (options) => {
    outputOf("train", "--data", "data", ...options, "--quiet", "--out", "by-options");
    writeFileSync(join(folder, "r.json"), outputOf("train", "--print-recipe", ...options));
    outputOf("train", "--data", "data", "--recipe", "r.json", "--quiet", "--out", "by-recipe");
    expect(read("by-recipe").equals(read("by-options"))).toBe(true);
    expect(readRecipe(read("by-recipe"))).toEqual(JSON.parse(read("r.json").toString()));
  });

  it.each(OPTIMIZER_NAMES)("gives %s its own defaults, and takes its options", (name) => {
    const { network, fit } = printed("--optimizer", name);
    const { optimizer } = fit;
    const rate = name === "sgd" ? 1.5 : usualRate(network, { name }, 10);
    expect(optimizer).toEqual(
      checkRecipe({ ...printed(), fit: { epochs: 1, optimizer: { name, learningRate: rate } } }).fit.optimizer,
    );
    expect(printed("--optimizer", name, "--weight-decay", "0.25", "--lr", "0.5").fit.optimizer).toMatchObject({
      ...{ name, weightDecay: 0.25, learningRate: 0.5 },
    });
  });
});

describe("--recipe", () => {
  const adam = { name: "adam", learningRate: 0.004, beta1: 0.7 };
  const base = {
    network: {
      inputs: 64,
      layers: [
        { units: 9, activation: "tanh", dropout: 0.2 },
        { units: 3, activation: "softmax" },
      ],
      ...{ loss: "crossEntropy", seed: 5 },
    },
    fit: {
      epochs: 2,
      batchSize: 8,
      optimizer: adam,
      schedule: { name: "cosine", warmUp: 1 },
      earlyStopping: { patience: 4 },
    },
  };
  const changed = (...args: string[]) => printed("--recipe", write("base.json", base), ...args);

  it("is taken as it is, and no default of an option overrides it", () => {
    expect(changed()).toEqual(checkRecipe(base));
  });

  it("is overridden by the options that are given, and by no other", () => {
    const whole = checkRecipe(base);
    expect(changed("--epochs", "9")).toEqual({ ...whole, fit: { ...whole.fit, epochs: 9 } });
    expect(changed("--seed", "6").network).toEqual({ ...whole.network, seed: 6 });
    expect(changed("--beta2", "0.9").fit.optimizer).toEqual({ ...whole.fit.optimizer, beta2: 0.9 });
    expect(changed("--optimizer", "adamw").fit.optimizer).toMatchObject({
      name: "adamw",
      learningRate: usualRate(whole.network, { name: "adamw" }, whole.fit.batchSize ?? 32),
      beta1: 0.9,
    });
    expect(changed("--floor", "0.5").fit.schedule).toEqual({ name: "cosine", warmUp: 1, floor: 0.5 });
    expect(changed("--schedule", "constant").fit.schedule).toBeUndefined();
    expect(changed("--min-delta", "0.1").fit.earlyStopping).toEqual({ patience: 4, minDelta: 0.1, metric: "loss" });
    const hidden = { units: 7, activation: "tanh", dropout: 0.2 };
    expect(changed("--layers", "64,7,7,4").network.layers).toEqual([
      hidden,
      hidden,
      { units: 4, activation: "softmax" },
    ]);
    expect(changed("--activation", "relu", "--dropout", "0").network.layers[0]).toEqual({
      units: 9,
      activation: "relu",
    });
    expect(changed("--threads", "2").network.threads).toBe(2);
  });

  it("leaves the threads out of the saved recipe, so that any number saves the same bytes", () => {
    for (const threads of ["1", "2"]) {
      outputOf("train", "--data", "data", ...SMALL, "--quiet", "--threads", threads, "--out", `by-${threads}`);
    }
    expect(read("by-1").equals(read("by-2"))).toBe(true);
  });

  it.each<[string, unknown, string[], number, string]>([
    ["JSON of something else", [], [], 1, 'r.json holds no recipe: "recipe" must be an object, got Array(0)'],
    [
      "a wrong part",
      { ...base, fit: { ...base.fit, epochs: 0 } },
      [],
      1,
      'r.json holds no recipe: "fit.epochs" must be',
    ],
    [
      "an option that does not go with it",
      base,
      ["--momentum", "0.5"],
      2,
      '"--momentum" does not go with "--optimizer" adam',
    ],
    ["an option that makes it wrong", base, ["--epochs", "1"], 2, '"--warm-up" must be less than the 1 epochs of'],
    ["other data", base, ["--layers", "63,3"], 2, '"--layers" must begin with the 64 pixels'],
  ])("is refused with a sentence: %s", (_, recipe, options, code, message) => {
    const args = ["--data", "data", "--recipe", write("r.json", recipe), ...options, "--quiet"];
    const outcome = wasmlp("train", ...args);
    expect(outcome).toMatchObject({ code, out: "" });
    expect(outcome.err).toContain(`wasmlp: ${message}`);
  });

  it("that is no JSON, or not there, is refused with a sentence", () => {
    writeFileSync(join(folder, "text.json"), "{");
    expect(wasmlp("train", "--recipe", "text.json")).toMatchObject({ code: 1 });
    expect(wasmlp("train", "--recipe", "text.json").err).toMatch(/^wasmlp: text\.json holds no recipe: [^\n]+\n$/);
    expect(wasmlp("train", "--recipe", "nowhere.json").err).toMatch(/^wasmlp: cannot read nowhere\.json: /);
  });
});

it("info tells how a model was trained, in words and as JSON", () => {
  outputOf("train", "--data", "data", ...RICH, "--quiet", "--out", "told");
  const recipe = readRecipe(read("told")) as Recipe;
  expect(JSON.parse(outputOf("info", "told", "--json")).recipe).toEqual(recipe);
  const lines = outputOf("info", "told").split("\n");
  expect(lines).toContain("epochs      3, batch size 6");
  expect(lines).toContain(
    "optimizer   adamw, learningRate 0.01, beta1 0.8, beta2 0.999, epsilon 1e-8, weightDecay 0.01",
  );
  expect(lines).toContain("schedule    stepDecay, warmUp 0.5, factor 0.5, every 1");
  expect(lines).toContain("seed        7");
});
