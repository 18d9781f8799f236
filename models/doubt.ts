// The command "doubt": trains the network that tells whether a picture shows a digit, chooses its threshold, and writes it with its card.

import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Command } from "commander";
import { checkInteger } from "../src/check.js";
import { writeAtomic } from "../src/data/write.js";
import { features, SURE_DOUBT } from "../src/doubt.js";
import { DIGIT_PIXELS } from "../src/image/digit.js";
import { Dataset, type LayerParameters, loadNetwork, Network, saveNetwork } from "../src/node.js";
import { readData } from "../src/terminal/data.js";
import { checkWritable } from "../src/terminal/writable.js";
import { grouped } from "../src/text.js";
import { makingOf } from "./card.js";
import { doubtCard, makingIn } from "./doubt-card.js";
import { NONE, redrawnDigits, testKinds, toDataset, unlikeDigits } from "./doubt-data.js";
import { Judge, measureDigits, measureOthers, thresholdOf } from "./doubt-measure.js";
import { contactSheet } from "./drawn.js";
import { packModel } from "./pack.mjs";
import { DOUBT } from "./recipes.js";
import { finish, fitOptions, plain } from "./record.js";

/** Pictures of the training: of non-digits, and of digits redrawn besides those of the dataset. */
const [OTHERS, REDRAWN] = [24_000, 8_000];
/** The shares of the digits held out whose doubt is above `HIGH_DOUBT`, and that are not sure because of doubt. */
const SHARES = { high: 0.0003, unsure: 0.01 };
/** The doubt that the last layer is scaled to. The reader was trained on the digits held out, so others get more: see `MOST_DOUBT`. */
const HIGH_DOUBT = 0.9;

/** The command's options. */
interface Options {
  data: string;
  epochs?: number;
  count: number;
  out: string;
  sheet?: string;
  measure?: boolean;
}

/** Adds the command to a program. */
export function addDoubt(program: Command): void {
  program
    .command("doubt")
    .summary("train the network that tells whether a picture shows a digit")
    .description(
      "Trains the network of doubt on five sixths of the training digits and on drawings of non-digits, chooses its threshold " +
        "with the other digits, and writes doubt.safetensors and its card doubt.md, measured on other fonts and shapes.",
    )
    .option("--data <mnist|DIR>", "digits to train on and to test with", "mnist")
    .option("--epochs <n>", "number of epochs instead of the recipe's", Number)
    .option("--count <n>", "drawings of each kind in the test", Number, 1000)
    .option("--out <DIR>", "folder of the files, with digits.safetensors", "models")
    .option("--sheet <FILE>", "write a PNG of the test's pictures that were sure, and of its digits that were doubted")
    .option("--measure", "train nothing: measure the existing network and write its card again")
    .action((options: Options) => (options.measure ? measureAgain(options) : make(options)));
}

/** Trains, measures and writes the network of doubt. */
async function make({ data, epochs, count, out, sheet }: Options): Promise<void> {
  checkInteger(count, "--count");
  if (epochs !== undefined) checkInteger(epochs, "--epochs");
  const file = (ending: string) => join(out, `doubt.${ending}`);
  const paths = [file("safetensors"), file("md"), ...(sheet === undefined ? [] : [sheet])];
  for (const path of paths) await checkWritable(path);
  const reader = await loadNetwork(join(out, "digits.safetensors"), { deterministic: true });
  const { train, test } = await readData(data);
  const [most, rest] = fiveSixths(train);
  const images = withFeatures(reader, await trainingImages(most, file("pictures")));
  const { network: described, fit } = DOUBT.recipe;
  const model = { ...DOUBT, recipe: { network: described, fit: { ...fit, epochs: epochs ?? fit.epochs } } };
  const network = await Network.create(described);
  const history = await network.fit(images, fitOptions(model));
  calibrate(network, new Judge(reader, await plain(network)).oddsOfDigits(rest));
  finish(network, model);
  const trained = { model, spec: network.spec, build: network.build, trained: images.count, history };
  const text = await measured(reader, network, { test, rest, count, sheet }, makingOf(trained));
  await saveNetwork(file("safetensors"), network, { recipe: model.recipe });
  await writeCard(file("md"), text);
  await rm(file("pictures"), { force: true });
  console.log(`wrote ${file("safetensors")}`);
}

/** Measures the network of doubt that there is. What its card says of the training stays. */
async function measureAgain({ data, count, out, sheet }: Options): Promise<void> {
  checkInteger(count, "--count");
  const card = join(out, "doubt.md");
  await checkWritable(card);
  const reader = await loadNetwork(join(out, "digits.safetensors"), { deterministic: true });
  const network = await loadNetwork(join(out, "doubt.safetensors"), { deterministic: true });
  const { train, test } = await readData(data);
  const [, rest] = fiveSixths(train);
  const making = makingIn(await readFile(card, "utf8"));
  await writeCard(card, await measured(reader, network, { test, rest, count, sheet }, making));
}

async function writeCard(path: string, text: string): Promise<void> {
  await writeAtomic(path, new TextEncoder().encode(text));
  console.log(`wrote ${path}`);
}

/** What the network of doubt is measured with. */
interface Measuring {
  test: Dataset;
  /** The digits that were held out. */
  rest: Dataset;
  /** Drawings of each kind. */
  count: number;
  sheet: string | undefined;
}

/** The text of the card of a network of doubt. Writes the contact sheet, where one is wanted. */
async function measured(
  reader: Network,
  network: Network,
  { test, rest, count, sheet }: Measuring,
  making: string[][],
): Promise<string> {
  const judge = new Judge(reader, await plain(network));
  const digits = measureDigits(judge, test, count);
  const others = measureOthers(judge, testKinds(test, count));
  if (sheet !== undefined)
    await writeAtomic(sheet, contactSheet([...others, ...digits].map(({ mistaken }) => mistaken)));
  return doubtCard({
    ...{ purpose: DOUBT.purpose, making, shares: SHARES, high: HIGH_DOUBT },
    ...{ held: judge.oddsOfDigits(rest), tested: judge.oddsOfDigits(test) },
    halves: halves(test).map((half) => judge.doubtedOf(half)),
    ...{ digits, others, bytes: packedBytes(network) },
  });
}

/** The first five sixths of a dataset, and the rest. */
function fiveSixths(data: Dataset): [Dataset, Dataset] {
  return split(data, Math.ceil((5 / 6) * data.count));
}

function halves(data: Dataset): [Dataset, Dataset] {
  return split(data, Math.ceil(data.count / 2));
}

/** The first `most` samples of a dataset, and the rest. */
function split(data: Dataset, most: number): [Dataset, Dataset] {
  const indices = Array.from({ length: data.count }, (_, i) => i);
  return [data.select(indices.slice(0, most)), data.select(indices.slice(most))];
}

/**
 * The images of the training: the digits as they are and redrawn, and pictures of non-digits. The drawn ones are kept in `file`
 * until the training ends, so that a run after an interruption need not draw them again.
 */
async function trainingImages(digits: Dataset, file: string): Promise<Dataset> {
  if (!existsSync(file)) {
    console.error(`drawing ${grouped(OTHERS + REDRAWN)} pictures`);
    const drawn = [unlikeDigits(digits, OTHERS, 0), redrawnDigits(digits, REDRAWN, 1)];
    await writeAtomic(file, Buffer.concat(drawn));
  }
  const pictures = new Uint8Array(await readFile(file));
  const others = DIGIT_PIXELS * OTHERS;
  return toDataset([digits.inputs as Uint8Array, pictures.subarray(others)], pictures.subarray(0, others));
}

/** The same samples as the network of doubt gets them: the outputs of the reader's hidden layers. */
function withFeatures(reader: Network, images: Dataset): Dataset {
  const size = DOUBT.recipe.network.inputs;
  const inputs = new Float32Array(images.count * size);
  for (let i = 0; i < images.count; i++) inputs.set(features(reader, images.sample(i) as Uint8Array), size * i);
  return new Dataset({ inputs, shape: size, labels: images.labels as Uint32Array, classes: 2 });
}

/**
 * Scales and moves the odds so that `HIGH_DOUBT` and the threshold of sure answers doubt the shares of `SHARES`. `odds` are
 * those of the digits held out, largest first. Changes the network.
 */
function calibrate(network: Network, odds: number[]): void {
  const [high, unsure] = [thresholdOf(odds, SHARES.high), thresholdOf(odds, SHARES.unsure)];
  const [most, sure] = [logOdds(HIGH_DOUBT), logOdds(SURE_DOUBT)];
  const scale = (most - sure) / (high - unsure);
  const layers = network.parameters();
  const { weights, biases } = layers.at(-1) as LayerParameters;
  weights.forEach((weight, i) => {
    weights[i] = scale * weight;
  });
  biases.forEach((bias, i) => {
    biases[i] = scale * bias;
  });
  biases[NONE] = (biases[NONE] as number) + most - scale * high;
  network.setParameters(layers);
}

function logOdds(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/** Bytes of the network in the package: packed, deflated, as base64, as the build does it. */
function packedBytes(network: Network): number {
  return deflateRawSync(packModel(Buffer.from(network.toBytes())), { level: 9 }).toString("base64").length;
}
