// The command "record": trains a pretrained model by its recipe, resuming after an interruption, and writes it with its
// card.

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { argumentOf, checkInteger, checkNumber } from "../src/check.js";
import { writeAtomic } from "../src/data/write.js";
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
import { MODELS, type Model } from "./recipes.js";

/** The command's options. */
interface Options {
  holdout?: true;
  data: string;
  epochs?: number;
  count: number;
  every: number;
  out: string;
}

/** Adds the command to a program. */
export function addRecord(program: Command): void {
  program
    .command("record")
    .summary("train a pretrained model and write it with its card")
    .description(
      "Trains a model by its recipe on all training images and writes NAME.safetensors and its card NAME.md, with its " +
        "accuracy on the test images. After an interruption, the same command resumes the training.",
    )
    .argument("<name>", Object.keys(MODELS).join(", "))
    .option("--holdout", "train on five sixths of the training images, print the accuracy on the rest, write nothing")
    .option("--data <mnist|DIR>", "images to train on and to test with", "mnist")
    .option("--epochs <n>", "number of epochs instead of the recipe's", Number)
    .option("--count <n>", "drawings of each kind in the test", Number, 10_000)
    .option("--every <seconds>", "interval between checkpoints; a killed run loses at most this much", Number, 20)
    .option("--out <DIR>", "folder of the files", "models")
    .action(record);
}

/** Checks the options, then trains and writes a model, or tries its recipe out. */
async function record(name: string, { holdout, data, epochs, ...more }: Options): Promise<void> {
  const found = Object.hasOwn(MODELS, name) ? (MODELS[name] as Model) : undefined;
  if (!found) throw new RangeError(`"name" must be one of ${Object.keys(MODELS).join(", ")}, got "${name}"`);
  checkInteger(more.count, "--count");
  // Checked here, so that an invalid value is not reported as a fault of the checkpoint.
  if (epochs !== undefined) checkInteger(epochs, "--epochs");
  checkNumber(more.every, "--every", 0);
  const { network, fit } = found.recipe;
  const model = { ...found, recipe: { network, fit: { ...fit, epochs: epochs ?? fit.epochs } } };
  // It changes no result; Node before 24 ignores it.
  enableTurbo();
  const images = await readData(data);
  if (holdout) return tryOut(model, images.train, more.count);
  try {
    await make({ name, model, ...images, ...more });
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    console.error(`${error.message}; the same command resumes from there`);
    error.end();
  }
}

/** Trains on five sixths of the images and prints the accuracies on the rest, as JSON. */
async function tryOut(model: Model, train: Dataset, count: number): Promise<void> {
  const [most, heldOut] = train.split(5 / 6, model.recipe.network.seed as number) as [Dataset, Dataset];
  const network = await Network.create(model.recipe.network);
  const history = await network.fit(most, fitOptions(model));
  const asTrained = network.evaluate(heldOut).accuracy;
  finish(network, model);
  const [training, accuracy] = [history.at(-1)?.accuracy, network.evaluate(heldOut).accuracy];
  console.log(JSON.stringify({ accuracy, asTrained, training, kinds: measureKinds(network, heldOut, count) }));
}

/** A model that is to be written. */
interface Job extends TrainAndTest, Pick<Options, "count" | "every" | "out"> {
  name: string;
  model: Model;
}

/** Trains a model and writes its file and card. All paths are checked before the training. */
async function make(job: Job): Promise<void> {
  const { name, model, train, test, count, out } = job;
  const file = (ending: string) => join(out, `${name}.${ending}`);
  for (const ending of ["checkpoint", "safetensors", "md"]) await checkWritable(file(ending));
  const network = await Network.create(model.recipe.network);
  const history = await trainOn(network, job, file("checkpoint"));
  const asTrained = (await plain(network)).evaluate(test);
  finish(network, model);
  const shipped = await plain(network);
  const text = card({
    ...{ name, model, spec: network.spec, build: network.build, trained: train.count, history },
    ...{ result: shipped.evaluate(test), asTrained, kinds: measureKinds(shipped, test, count) },
  });
  await saveNetwork(file("safetensors"), network, { recipe: model.recipe });
  await writeAtomic(file("md"), new TextEncoder().encode(text));
  await rm(file("checkpoint"), { force: true });
  console.log(`wrote ${file("safetensors")} and ${file("md")}`);
}

/** The same network with deterministic kernels, so that the numbers of a card are the same on every engine. */
export function plain(network: Network): Promise<Network> {
  return Network.fromBytes(network.toBytes(), { deterministic: true });
}

/** The recipe's options of `fit`, with a progress line per epoch on stderr. */
export function fitOptions({ recipe: { fit } }: Model) {
  const onEpoch = ({ epoch, loss, accuracy, samplesPerSecond }: EpochRecord) => {
    const speed = `${grouped(samplesPerSecond)} samples/s`;
    console.error(`${epoch}/${fit.epochs}  loss ${loss.toFixed(4)}  ${percent(accuracy ?? 0)}  ${speed}`);
  };
  return { ...fit, onEpoch };
}

/** Trains, resuming from the checkpoint `file` if it exists. On a signal, a checkpoint is written before it ends. */
async function trainOn(network: Network, { model, train, every }: Job, file: string): Promise<EpochRecord[]> {
  const resume = existsSync(file) ? await readCheckpoint(file) : undefined;
  const checkpoint = { save: fileCheckpoint(file), seconds: every };
  const { signal, release } = listenForStop();
  try {
    return await network.fit(train, { ...fitOptions(model), checkpoint, ...(resume && { resume }), signal });
  } catch (error) {
    if (!resume || argumentOf(error) === undefined) throw error;
    throw new Error(`cannot resume from ${file}; remove it to start again: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    release();
  }
}

/** Rounds the weights if the recipe says so. Changes the network. */
export function finish(network: Network, { eightBits }: Model): void {
  if (eightBits) network.setParameters(toEightBits(network.parameters()));
}
