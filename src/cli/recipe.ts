// The recipe of `wasmlp train`: the one of a file or the default one, changed by the options that were given.

import { activationRow } from "../activations.js";
import { readWhole } from "../data/files.js";
import { accepts, LOSS_NAMES, lossRow } from "../losses.js";
import {
  type Activation,
  type Augmentation,
  type BiasInit,
  checkRecipe,
  type FitRecipe,
  type LayerSpec,
  type Loss,
  type NetworkOptions,
  type Recipe,
  type Threads,
  type WeightInit,
} from "../node.js";
import { USUAL_BATCH, usualRate } from "../recipe/usual-rate.js";
import { UsageError, withOptionNames } from "./errors.js";
import { defined, earlyStoppingOf, type LearningOptions, optimizerOf, scheduleOf } from "./learning.js";

/** Options that change a recipe. */
export interface RecipeOptions extends LearningOptions {
  /** The number of inputs, then of the units of each layer. */
  layers?: number[];
  /** Of all hidden layers. */
  activation?: Activation;
  /** Of the last layer. */
  outputActivation?: Activation;
  loss?: Loss;
  epochs?: number;
  /** Samples per step. */
  batch?: number;
  /** Of all hidden layers, from 0 to 0.99. */
  dropout?: number;
  maxNorm?: number;
  augment?: Augmentation;
  seed?: number;
  init?: WeightInit;
  biasInit?: BiasInit;
  threads?: Threads;
  deterministic?: true;
}

/** What hidden layers are where the recipe has none to copy. */
const HIDDEN = { activation: "sigmoid" } as const;

/** The teaching network on MNIST, 784-16-16-10. */
export const DEFAULT_RECIPE: Recipe = checkRecipe({
  network: {
    inputs: 784,
    layers: [16, 16, 10].map((units) => ({ ...HIDDEN, units })),
    loss: "quadratic",
    seed: 1,
  },
  fit: { epochs: 30, batchSize: 10, optimizer: { name: "sgd", learningRate: 1.5 } },
});

/** A recipe in a JSON file. Error names the file, and the part of it that is wrong. */
export async function readRecipeFile(path: string): Promise<Recipe> {
  const bytes = await readWhole(path);
  // With `fatal`, bytes that are not UTF-8 are an error rather than replaced by question marks.
  try {
    return checkRecipe(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new Error(`${path} holds no recipe: ${(cause as Error).message}`, { cause });
  }
}

/** The whole recipe. What `DEFAULT_RECIPE` says follows the options; what a file says stays. UsageError names the option at fault. */
export function recipeOf(base: Recipe, given: RecipeOptions): Promise<Recipe> {
  return withOptionNames(() => {
    const follows = base === DEFAULT_RECIPE;
    const network = networkOf(base.network, given, follows);
    return checkRecipe({ network, fit: fitOf(base.fit, given, network, follows) });
  });
}

/** The network options with those that were given in place of the recipe's. */
function networkOf(base: NetworkOptions, given: RecipeOptions, follows: boolean): NetworkOptions {
  const { seed, init: weightInit, biasInit, deterministic, threads } = given;
  const { inputs, layers } = given.layers ? resized(base, given.layers) : base;
  const { output, loss } = headOf(layers.at(-1) as LayerSpec, base.loss, given, follows);
  // `--activation` and `--dropout` are about hidden layers, `--output-activation` about the last.
  const changed = layers.map((layer, i) => {
    if (i === layers.length - 1) return withActivation(layer, output);
    const { dropout = layer.dropout ?? 0 } = given;
    return { ...withActivation(layer, given.activation), dropout };
  });
  if (given.dropout && layers.length === 1) throw new UsageError('"--dropout" needs a hidden layer in "--layers"');
  return { ...base, ...defined({ loss, seed, weightInit, biasInit, deterministic, threads }), inputs, layers: changed };
}

/**
 * The activation of the last layer and the loss. Of the two, the one that was not given follows the other; where neither was, one
 * output gets what labels of two classes need. A recipe from a file keeps what it says as long as the two go together.
 */
function headOf(
  { units, activation }: LayerSpec,
  base: Loss,
  { outputActivation, loss }: RecipeOptions,
  follows: boolean,
): { output: Activation; loss: Loss } {
  if (outputActivation !== undefined) {
    const usual = follows && units === 1 && outputActivation === "sigmoid" ? "crossEntropy" : base;
    const fitting = accepts(usual, outputActivation)
      ? usual
      : LOSS_NAMES.find((name) => accepts(name, outputActivation));
    return { output: outputActivation, loss: loss ?? (fitting as Loss) };
  }
  if (loss === undefined) return { output: activation, loss: follows && units === 1 ? "crossEntropy" : base };
  const { outputs = [HIDDEN.activation] } = lossRow(loss);
  const isKept = accepts(loss, activation) && !(follows && lossRow(loss).outputs);
  const other = outputs.find((name) => units >= (activationRow(name).leastUnits ?? 1));
  return { output: isKept ? activation : (other as Activation), loss };
}

/** Layers of other sizes, each like the first hidden layer, or the last layer, of the recipe. */
function resized({ layers }: NetworkOptions, [inputs, ...units]: number[]): { inputs: number; layers: LayerSpec[] } {
  const hidden = layers.length > 1 ? layers[0] : HIDDEN;
  const sized = units.map((n, i) => ({ ...(i < units.length - 1 ? hidden : layers.at(-1)), units: n }) as LayerSpec);
  return { inputs: inputs as number, layers: sized };
}

/** The layer with another activation, without parameters of the one it had. */
function withActivation(layer: LayerSpec, activation: Activation | undefined): LayerSpec {
  if (activation === undefined || activation === layer.activation) return layer;
  return { units: layer.units, activation, ...(layer.dropout !== undefined && { dropout: layer.dropout }) };
}

/** The options of `fit` likewise. Options change schedule and early stopping as a whole, so both are taken out first. */
function fitOf(base: FitRecipe, given: RecipeOptions, network: NetworkOptions, follows: boolean): FitRecipe {
  const { epochs, batch: batchSize, maxNorm, augment } = given;
  const { schedule: _, earlyStopping: __, ...rest } = base;
  const schedule = scheduleOf(base.schedule, given);
  const earlyStopping = earlyStoppingOf(base.earlyStopping, given);
  return {
    ...rest,
    ...defined({ epochs, batchSize, maxNorm, augment, schedule, earlyStopping }),
    optimizer: optimizerOf(base.optimizer, given, !follows, (optimizer) =>
      usualRate(network, optimizer, batchSize ?? base.batchSize ?? USUAL_BATCH),
    ),
  };
}
