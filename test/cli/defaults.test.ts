// What `wasmlp train` does where options are left out: activation, loss and learning rate follow what is given.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DEFAULT_RECIPE, type RecipeOptions, recipeOf } from "../../src/cli/recipe.js";
import { checkRecipe } from "../../src/node.js";
import { runProgram } from "../support/command.js";
import { writeIdxFolder } from "../support/idx-folder.js";

const folder = mkdtempSync(join(tmpdir(), "wasmlp-defaults-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Hidden and last activation, loss and learning rate of the recipe that results. */
async function chosen(given: RecipeOptions, base = DEFAULT_RECIPE) {
  const { network, fit } = await recipeOf(base, given);
  return [network.layers[0]?.activation, network.layers.at(-1)?.activation, network.loss, fit.optimizer.learningRate];
}

it("without options the recipe stays as it is", async () => {
  expect(await recipeOf(DEFAULT_RECIPE, {})).toEqual(DEFAULT_RECIPE);
  expect(await chosen({ epochs: 3, layers: [784, 128, 10] })).toEqual(["sigmoid", "sigmoid", "quadratic", 1.5]);
});

describe("the last activation and the loss follow each other", () => {
  it.each<[RecipeOptions, string, string]>([
    [{ loss: "crossEntropy" }, "softmax", "crossEntropy"],
    [{ loss: "crossEntropy", layers: [784, 16, 1] }, "sigmoid", "crossEntropy"],
    [{ outputActivation: "softmax" }, "softmax", "crossEntropy"],
    [{ outputActivation: "tanh" }, "tanh", "quadratic"],
    [{ layers: [784, 16, 1] }, "sigmoid", "crossEntropy"],
    [{ layers: [784, 16, 1], loss: "quadratic" }, "sigmoid", "quadratic"],
    [{ loss: "crossEntropy", outputActivation: "sigmoid" }, "sigmoid", "crossEntropy"],
    [{ loss: "meanSquaredError" }, "sigmoid", "meanSquaredError"],
  ])("%j", async (given, output, loss) => {
    expect((await chosen(given)).slice(1, 3)).toEqual([output, loss]);
  });

  it("but two that are given and do not go together are refused", async () => {
    await expect(recipeOf(DEFAULT_RECIPE, { loss: "quadratic", outputActivation: "softmax" })).rejects.toThrow(
      '"--loss" is',
    );
  });
});

describe("the learning rate follows optimizer, loss, activation and mini-batch", () => {
  const relu = { activation: "relu", outputActivation: "softmax" } as const;
  it.each<[RecipeOptions, number]>([
    [relu, 0.07],
    [{ ...relu, batch: 32 }, 0.1],
    [{ ...relu, batch: 128 }, 0.15],
    [{ activation: "relu" }, 0.3],
    [{ batch: 128 }, 3],
    [{ loss: "crossEntropy" }, 0.3],
    [{ ...relu, batch: 32, momentum: 0.9 } as RecipeOptions, 0.01],
    [{ ...relu, batch: 32, optimizer: "adam" }, 0.001],
    [{ ...relu, batch: 128, optimizer: "adamw" }, 0.0015],
    [{ ...relu, lr: 0.3 }, 0.3],
  ])("%j", async (given, rate) => {
    expect((await chosen(given))[3]).toBe(rate);
  });

  it("but a recipe from a file keeps its rate, unless another optimizer is asked for", async () => {
    const base = checkRecipe({
      network: { inputs: 4, layers: [{ units: 3, activation: "sigmoid" }], loss: "quadratic" },
      fit: { epochs: 1, optimizer: { name: "sgd", learningRate: 0.123 } },
    });
    expect(await chosen({ batch: 128 }, base)).toEqual(["sigmoid", "sigmoid", "quadratic", 0.123]);
    expect(await chosen({ loss: "crossEntropy" }, base)).toEqual(["sigmoid", "sigmoid", "crossEntropy", 0.123]);
    expect((await chosen({ optimizer: "adam" }, base))[3]).toBe(0.001);
  });
});

it("one output learns data of two classes, and prints every warning", () => {
  writeIdxFolder(
    join(folder, "two"),
    Array.from({ length: 60 }, (_, i) => i % 2),
  );
  const model = join(folder, "two.safetensors");
  const data = ["--data", join(folder, "two")];
  const trained = runProgram(
    folder,
    "train",
    ...data,
    "--layers",
    "64,8,1",
    "--epochs",
    "20",
    "--json",
    "--out",
    model,
  );
  expect(trained).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(trained.out.trimEnd().split("\n").at(-1) as string).accuracy).toBe(1);
  const evaluated = runProgram(folder, "evaluate", model, ...data);
  expect(evaluated.out).toMatch(/accuracy +100/);
  const explained = runProgram(folder, "explain", model, ...data, "--weight", "0,0,0", "--sample", "1");
  expect(explained).toMatchObject({ code: 0, err: "" });
  const linear = runProgram(folder, "train", ...data, "--layers", "64,1", "--output-activation", "linear");
  expect(linear.err).toBe('wasmlp: "--output-activation" must be sigmoid where "--layers" ends with 1, got linear\n');
  writeIdxFolder(join(folder, "one"), [1, 1, 1, 1]);
  const one = runProgram(
    folder,
    "train",
    "--data",
    join(folder, "one"),
    "--layers",
    "64,1",
    "--epochs",
    "1",
    "--batch",
    "2",
    "--json",
  );
  expect(one.err).toContain("warning: training data: all 4 samples are of class 1: there is nothing to tell apart");
});
