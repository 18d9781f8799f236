// Makes a pretrained model: trains it by its recipe, going on after a stop, and writes it with its card.

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { argumentOf, checkInteger, checkNumber } from "../src/check.js";
import { writeAtomic } from "../src/data/files.js";
import { DIGIT_PIXELS } from "../src/image/digit.js";
import {
  type Dataset,
  type EpochRecord,
  enableTurbo,
  fileCheckpoint,
  Network,
  readCheckpoint,
  saveNetwork,
  type TrainAndTest,
} from "../src/node.js";
import { readData } from "../src/terminal/data.js";
import { Interruption, listenForStop } from "../src/terminal/stop.js";
import { checkWritable } from "../src/terminal/writable.js";
import { grouped, percent } from "../src/text.js";
import { card } from "./card.js";
import { toEightBits } from "./eight-bits.js";
import { measureKinds } from "./kinds.js";
import { RECIPES, type Recipe } from "./recipes.js";

interface Options {
  holdout?: true;
  data: string;
  epochs?: number;
  count: number;
  every: number;
  out: string;
}

export function addRecord(program: Command): void {
  program
    .command("record")
    .summary("train a pretrained model and write it with its card")
    .description(
      "Trains a model by its recipe on all training images and writes NAME.safetensors and its card NAME.md, which has how " +
        "well it does on the test images. What was stopped goes on where it was when the same command is given again.",
    )
    .argument("<name>", Object.keys(RECIPES).join(", "))
    .option(
      "--holdout",
      "train on five sixths of the training images, print how well it does on the rest, write nothing",
    )
    .option("--data <mnist|DIR>", "images to train on and to test with", "mnist")
    .option("--epochs <n>", "other than the recipe's, to try it", Number)
    .option("--count <n>", "how many drawings of each kind it is tested with", Number, 10_000)
    .option("--every <seconds>", "how often a checkpoint is written, which is what a killed run loses", Number, 20)
    .option("--out <DIR>", "where the files go", "models")
    .action(record);
}

async function record(name: string, { holdout, data, epochs, ...more }: Options): Promise<void> {
  const found = Object.hasOwn(RECIPES, name) ? (RECIPES[name] as Recipe) : undefined;
  if (!found) throw new RangeError(`"name" must be one of ${Object.keys(RECIPES).join(", ")}, got "${name}"`);
  checkInteger(more.count, "--count");
  // What is misspelt is not to be taken for a fault of the checkpoint.
  if (epochs !== undefined) checkInteger(epochs, "--epochs");
  checkNumber(more.every, "--every", 0);
  const recipe = { ...found, epochs: epochs ?? found.epochs };
  // It changes no bit, and Node before 24 goes on without it.
  enableTurbo();
  const images = await readData(data);
  if (holdout) return tryOut(recipe, images.train, more.count);
  try {
    await make({ name, recipe, ...images, ...more });
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    console.error(`${error.message}; the same command goes on from there`);
    error.end();
  }
}

async function tryOut(recipe: Recipe, train: Dataset, count: number): Promise<void> {
  const [most, heldOut] = train.split(5 / 6, recipe.network.seed) as [Dataset, Dataset];
  const network = await untrained(recipe);
  const history = await network.fit(most, fitOptions(recipe));
  const asTrained = network.evaluate(heldOut).accuracy;
  finish(network, recipe);
  const [training, accuracy] = [history.at(-1)?.accuracy, network.evaluate(heldOut).accuracy];
  console.log(JSON.stringify({ accuracy, asTrained, training, kinds: measureKinds(network, heldOut, count) }));
}

interface Job extends TrainAndTest, Pick<Options, "count" | "every" | "out"> {
  name: string;
  recipe: Recipe;
}

async function make(job: Job): Promise<void> {
  const { name, recipe, train, test, count, out } = job;
  const file = (ending: string) => join(out, `${name}.${ending}`);
  for (const ending of ["checkpoint", "safetensors", "md"]) await checkWritable(file(ending));
  const network = await untrained(recipe);
  const history = await trainOn(network, job, file("checkpoint"));
  const asTrained = (await plain(network)).evaluate(test);
  finish(network, recipe);
  const shipped = await plain(network);
  const text = card({
    ...{ name, recipe, spec: network.spec, build: network.build, trained: train.count, history },
    ...{ result: shipped.evaluate(test), asTrained, kinds: measureKinds(shipped, test, count) },
  });
  await saveNetwork(file("safetensors"), network);
  await writeAtomic(file("md"), new TextEncoder().encode(text));
  await rm(file("checkpoint"), { force: true });
  console.log(`wrote ${file("safetensors")} and ${file("md")}`);
}

/** The same network on the kernels whose results are the same on every engine, so that a card's numbers are. */
function plain(network: Network): Promise<Network> {
  return Network.fromBytes(network.toBytes(), { deterministic: true });
}

function untrained({ network }: Recipe): Promise<Network> {
  return Network.create({ inputs: DIGIT_PIXELS, ...network });
}

function fitOptions({ epochs, batchSize, optimizer, schedule, augment }: Recipe) {
  const onEpoch = ({ epoch, loss, accuracy, samplesPerSecond }: EpochRecord) => {
    const speed = `${grouped(samplesPerSecond)} samples/s`;
    console.error(`${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${percent(accuracy ?? 0)}  ${speed}`);
  };
  return { epochs, batchSize, optimizer, schedule, ...(augment && { augment }), onEpoch };
}

/** Goes on from the file of checkpoints if it is there; a signal ends it with one written. */
async function trainOn(network: Network, { recipe, train, every }: Job, file: string): Promise<EpochRecord[]> {
  const resume = existsSync(file) ? await readCheckpoint(file) : undefined;
  const checkpoint = { save: fileCheckpoint(file), seconds: every };
  const { signal, release } = listenForStop();
  try {
    return await network.fit(train, { ...fitOptions(recipe), checkpoint, ...(resume && { resume }), signal });
  } catch (error) {
    if (!resume || argumentOf(error) === undefined) throw error;
    throw new Error(`cannot go on from ${file}, remove it to begin again: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    release();
  }
}

function finish(network: Network, { eightBits }: Recipe): void {
  if (eightBits) network.setParameters(toEightBits(network.parameters()));
}
