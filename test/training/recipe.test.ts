// Recipes: checked as a whole, JSON all through, and kept in model files.

import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/format/safetensors.js";
import {
  type ArgumentError,
  adam,
  checkRecipe,
  cosine,
  type FitOptions,
  Network,
  type Recipe,
  readRecipe,
} from "../../src/index.js";
import { layersOf, stripes } from "../support/networks.js";

const NETWORK = { inputs: 64, layers: layersOf([5, 3], "tanh", "softmax"), loss: "crossEntropy" } as const;
const LEAST = { network: NETWORK, fit: { epochs: 2, optimizer: { name: "adam" } } };
const FULL = {
  network: { ...NETWORK, inputScale: 0.5, seed: 3, weightInit: "heNormal", biasInit: "gaussian", deterministic: true },
  fit: {
    ...{ epochs: 4, batchSize: 7, optimizer: { name: "sgd", learningRate: 0.1, momentum: 0.9 }, maxNorm: 3 },
    ...{
      schedule: { name: "cosine", floor: 0.1 },
      augment: { shift: 1 },
      earlyStopping: { patience: 2 },
      shuffle: false,
    },
  },
};

describe("checkRecipe", () => {
  it("fills in all defaults but those that depend on the data or change no result", () => {
    expect(checkRecipe(LEAST)).toEqual({
      network: {
        ...{ ...NETWORK, inputScale: 1 / 255, seed: 0, weightInit: "auto", biasInit: "zeros", deterministic: false },
      },
      fit: { epochs: 2, optimizer: adam(), shuffle: true },
    });
    expect(checkRecipe(FULL).fit).toMatchObject({
      optimizer: { name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0 },
      schedule: cosine({ floor: 0.1 }),
      earlyStopping: { patience: 2, minDelta: 0, metric: "loss" },
    });
    expect(checkRecipe({ ...LEAST, network: { ...NETWORK, threads: 2 } }).network.threads).toBe(2);
  });

  it.each([LEAST, FULL])("gives what JSON carries, and what it gives is its own recipe: %#", (value) => {
    const recipe = checkRecipe(value);
    expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    expect(checkRecipe(recipe)).toEqual(recipe);
  });

  const network = (part: object) => ({ ...LEAST, network: { ...NETWORK, ...part } });
  const fit = (part: object) => ({ ...LEAST, fit: { ...LEAST.fit, ...part } });
  it.each<[unknown, string, string]>([
    [3, "recipe", "must be an object, got 3"],
    [{ ...LEAST, data: 1 }, "recipe", 'has no option "data"; it takes network, fit'],
    [{ network: NETWORK }, "fit", "must be an object, got undefined"],
    [network({ seeds: 1 }), "network", 'has no option "seeds"; it takes inputs, layers, loss'],
    [
      network({ layers: [{ units: 0, activation: "tanh" }] }),
      "network.layers[0].units",
      "must be a whole number from 1",
    ],
    [network({ loss: "quadratic" }), "network.loss", 'is "quadratic", but a last layer of "softmax" needs'],
    [network({ threads: 65 }), "network.threads", "must be a whole number from 1 to 64, got 65"],
    [fit({ validation: 1 }), "fit", 'has no option "validation"; it takes epochs'],
    [fit({ epochs: 0.5 }), "fit.epochs", "must be a whole number from 1 to"],
    [fit({ optimizer: { name: "adam", beta1: 1 } }), "fit.optimizer.beta1", "must be a finite number from 0 to"],
    [fit({ optimizer: { name: "adam", rate: 1 } }), "fit.optimizer", 'has no option "rate"; it takes learningRate'],
    [fit({ schedule: { name: "linear" } }), "fit.schedule.name", 'must be one of "constant", "stepDecay", '],
    [fit({ schedule: () => 1 }), "fit.schedule", "must be an object such as cosine() gives, got "],
    [fit({ schedule: { name: "cosine", warmUp: 2 } }), "fit.schedule.warmUp", "must be less than the 2 epochs of the"],
    [fit({ earlyStopping: { patience: 0 } }), "fit.earlyStopping.patience", "must be a whole number from 1"],
    [fit({ augment: { shift: -1 } }), "fit.augment.shift", "must be a finite number from 0 to 1024, got -1"],
    [fit({ maxNorm: 0 }), "fit.maxNorm", "must be a finite number from 1e-15 to"],
  ])("refuses a part with its whole path: %#", (value, argument, sentence) => {
    const refusal = refusalOf(() => checkRecipe(value));
    expect(refusal.argument).toBe(argument);
    expect(refusal.message.startsWith(`"${argument}" ${sentence}`), refusal.message).toBe(true);
  });

  it("describes a training whole: by its two parts a network is trained to the same bits", async () => {
    const recipe = checkRecipe({ ...FULL, network: { ...FULL.network, deterministic: false } });
    const [data, validation] = [stripes(30, 3, 1), stripes(12, 3, 2)];
    const train = async (options: Recipe["network"], how: object) => {
      const net = await Network.create(options);
      await net.fit(data, { ...how, validation } as FitOptions);
      return net.toBytes();
    };
    const plain = { ...FULL, network: { ...FULL.network, deterministic: false } } as unknown as Recipe;
    expect(await train(recipe.network, recipe.fit)).toEqual(await train(plain.network, plain.fit));
  });
});

describe("a model file", async () => {
  const net = await Network.create({ ...NETWORK, inputScale: 0.5 });
  const recipe = checkRecipe(FULL);

  it("holds the recipe it was trained by, if told, without the threads", () => {
    const bytes = net.toBytes({ recipe: { ...recipe, network: { ...recipe.network, threads: 3 } } });
    expect(readRecipe(bytes)).toEqual(recipe);
    expect(bytes).toEqual(net.toBytes({ recipe }));
  });

  it("is that of before without one", async () => {
    const bytes = net.toBytes();
    expect(readRecipe(bytes)).toBeUndefined();
    expect([...decodeSafetensors(bytes, "it").metadata.keys()]).toEqual(["wasmlp"]);
    expect((await Network.fromBytes(net.toBytes({ recipe }))).toBytes()).toEqual(bytes);
  });

  it("refuses the recipe of another network, and what is none", () => {
    const other = { ...recipe, network: { ...recipe.network, inputs: 63 } };
    expect(refusalOf(() => net.toBytes({ recipe: other })).argument).toBe("recipe.network");
    expect(refusalOf(() => net.toBytes({ recipe: 3 as never })).argument).toBe("recipe");
    expect(refusalOf(() => net.toBytes({ recipe: { ...recipe, fit: {} as never } })).argument).toBe(
      "recipe.fit.epochs",
    );
    expect(refusalOf(() => net.toBytes({ recipes: 1 } as never)).argument).toBe("options");
  });

  it("whose recipe is damaged still is a network; the recipe is refused", async () => {
    const { tensors, metadata } = decodeSafetensors(net.toBytes(), "it");
    const all = [...tensors].map(([name, tensor]) => ({ name, ...tensor }));
    const damaged = encodeSafetensors(all, { ...Object.fromEntries(metadata), wasmlpRecipe: '{"network":{}}' });
    expect((await Network.fromBytes(damaged)).parameterCount).toBe(net.parameterCount);
    const refusal = refusalOf(() => readRecipe(damaged));
    expect(refusal.argument).toBe("bytes");
    expect(refusal.message).toMatch(
      /^the model has an invalid recipe in its metadata: "network.inputs" must be a number/,
    );
    expect(refusalOf(() => readRecipe("x" as never)).message).toBe('"bytes" must be a Uint8Array, got "x"');
  });
});

function refusalOf(act: () => unknown): ArgumentError {
  try {
    act();
  } catch (error) {
    return error as ArgumentError;
  }
  throw new Error("it was not refused");
}
