// wasmlp train: trains a network on images, with progress, checkpoints and a clean stop on signals.

import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { ACTIVATION_NAMES, HIDDEN_ACTIVATIONS } from "../activations.js";
import { argumentOf, shown } from "../check.js";
import { followLinks } from "../data/files.js";
import { BIAS_INITS, WEIGHT_INITS } from "../initial.js";
import { LOSS_NAMES } from "../losses.js";
import { median } from "../median.js";
import { scoresOf } from "../metrics.js";
import {
  type Dataset,
  type EpochRecord,
  type FitOptions,
  fileCheckpoint,
  type LayerSpec,
  Network,
  type Recipe,
  readCheckpoint,
  type SaveError,
  saveNetwork,
} from "../node.js";
import { classesOf, outputUnits } from "../spec.js";
import { continueWithoutStdout, printJson, printNote, printResult } from "../terminal/output.js";
import { Interruption, listenForStop } from "../terminal/stop.js";
import { checkWritable } from "../terminal/writable.js";
import { grouped, percent } from "../text.js";
import { epochsIn } from "../training/checkpoint.js";
import { withoutConfusion } from "../training/record.js";
import { loadData, pixels } from "./data.js";
import { UsageError, withOptionNames } from "./errors.js";
import { addLearningOptions, holdoutOf } from "./learning.js";
import {
  DATA_HELP,
  nameOption,
  parseAugment,
  parseInterval,
  parseLayers,
  parseThreads,
  pathOption,
  rateOption,
  wholeOption,
} from "./options.js";
import { createProgress } from "./progress.js";
import { DEFAULT_RECIPE, type RecipeOptions, readRecipeFile, recipeOf } from "./recipe.js";
import { showSamples } from "./show.js";

/** The options as commander parses them: those of the recipe, and those about files and output. */
interface TrainOptions extends RecipeOptions {
  /** "mnist" or a folder of IDX files. */
  data: string;
  /** Path of a recipe in JSON that the other options override. */
  recipe?: string;
  /** Whether to print the recipe in effect and exit. */
  printRecipe?: true;
  /** Path of the checkpoint to write. */
  checkpoint?: string;
  /** The time between two checkpoints. */
  checkpointEvery?: { seconds?: number; steps?: number };
  /** Path of the checkpoint to resume from. */
  resume?: string;
  /** Path of the model file to write. */
  out?: string;
  /** Number of test images to draw after training. */
  show: number;
  /** Whether to print no progress. */
  quiet?: true;
  /** Whether to print JSON, one object per epoch and one at the end. */
  json?: true;
}

// The help shows the defaults of the recipe that runs without any options.
const { network: NETWORK, fit: FIT } = DEFAULT_RECIPE;
const SIZES = [NETWORK.inputs, ...NETWORK.layers.map(({ units }) => units)];
const EXAMPLES = `
Examples:
  $ wasmlp train
  $ wasmlp train --layers 784,128,10 --activation relu --output-activation softmax \\
      --loss crossEntropy --epochs 10 --batch 32 --lr 0.1 --out digits.safetensors
  $ wasmlp train --layers 784,128,10 --activation relu --output-activation softmax \\
      --loss crossEntropy --batch 32 --optimizer adamw --schedule cosine --warm-up 1 \\
      --dropout 0.2 --patience 5 --checkpoint run.checkpoint`;

/** Adds the command to the program. */
export function addTrain(program: Command): void {
  const command = program
    .command("train")
    .summary("train a network")
    .description(
      "Trains a network on images and labels, and evaluates it on the test images after every epoch. Ctrl-C, SIGTERM or a " +
        "closed terminal ends the training after the current step and saves the network.",
    )
    .addOption(pathOption("--data <mnist|DIR>", DATA_HELP).default("mnist"))
    .addOption(pathOption("--recipe <FILE>", "a training as JSON; other options override it"))
    .option("--print-recipe", "print the training as JSON and exit");
  addNetworkOptions(command)
    .addOption(wholeOption("--epochs <n>", "passes over the training samples", 1).default(FIT.epochs))
    .addOption(wholeOption("--batch <n>", "mini-batch size: samples per step", 1).default(FIT.batchSize));
  addLearningOptions(command, DEFAULT_RECIPE)
    .addOption(rateOption("--dropout <rate>", "share of the hidden units that a step leaves out (default: 0)"))
    .addOption(rateOption("--max-norm <norm>", "upper bound of the norm of the weights into a unit (default: none)"))
    .option(
      "--augment <how>",
      "random changes of the training images in every epoch: digits, or the largest changes, such as shift=2,rotation=15," +
        "scale=0.1,shear=0.2,alpha=30,sigma=5,thickness=0.5 (pixels; degrees; share of the size; slope; amplitude and " +
        "smoothness of an elastic distortion; pixels) (default: none)",
      parseAugment,
    );
  addOutputOptions(command).addHelpText("after", EXAMPLES).action(train);
}

/** Options that define the network and its initial weights. */
function addNetworkOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--layers <sizes>", "number of inputs, then of the units of each layer")
        .argParser(parseLayers)
        .default(SIZES, SIZES.join(",")),
    )
    .addOption(
      nameOption("--activation <name>", "activation of the hidden layers", HIDDEN_ACTIVATIONS).default(
        NETWORK.layers[0]?.activation,
      ),
    )
    .addOption(
      nameOption(
        "--output-activation <name>",
        "activation of the last layer; without it the one that --loss needs",
        ACTIVATION_NAMES,
      ).default(NETWORK.layers.at(-1)?.activation),
    )
    .addOption(
      nameOption(
        "--loss <name>",
        "function to minimize; without it one that takes --output-activation, and crossEntropy with one output",
        LOSS_NAMES,
      ).default(NETWORK.loss),
    )
    .addOption(
      wholeOption(
        "--seed <n>",
        "seed of the initial weights, the order of samples, dropout and augmentation",
        0,
        Number.MAX_SAFE_INTEGER,
      ).default(NETWORK.seed),
    )
    .addOption(nameOption("--init <name>", "distribution of the initial weights", WEIGHT_INITS).default("auto"))
    .addOption(nameOption("--bias-init <name>", "distribution of the initial biases", BIAS_INITS).default("zeros"))
    .option(
      "--threads <auto|n>",
      "threads to train with; auto takes as many as make it faster; the results are the same",
      parseThreads,
      "auto",
    )
    .option("--deterministic", "the same bits on every machine, a little slower");
}

/** Options about files and printed output, which are not part of a recipe. */
function addOutputOptions(command: Command): Command {
  return command
    .addOption(pathOption("--checkpoint <FILE>", "where to save all that is needed to resume the training"))
    .addOption(
      new Option(
        "--checkpoint-every <seconds|Nsteps>",
        "time between two checkpoints: 30, or 500steps (default: 60)",
      ).argParser(parseInterval),
    )
    .addOption(pathOption("--resume <FILE>", "a checkpoint to resume, with the same data and options"))
    .addOption(pathOption("--out <FILE>", "where to save the trained network, as safetensors"))
    .addOption(wholeOption("--show <n>", "test images to draw beside their predictions", 0).default(0))
    .option("--quiet", "print no progress, only the result and warnings")
    .option("--json", "print one JSON object per epoch and one at the end instead of text");
}

/**
 * Runs a training. Everything that can fail without the data is checked before it is loaded, and every path before the training,
 * so that mistakes are reported at once and not after an hour.
 */
async function train(options: TrainOptions, command: Command): Promise<void> {
  const base = options.recipe === undefined ? DEFAULT_RECIPE : await readRecipeFile(options.recipe);
  const recipe = await recipeOf(base, givenOf(options, command));
  if (options.printRecipe) return printResult(JSON.stringify(recipe, null, 2));
  const saving = await savingOptions(options);
  const network = await Network.create(recipe.network);
  for (const path of [options.checkpoint, options.out]) {
    if (path === undefined) continue;
    await checkWritable(path);
    continueWithoutStdout();
  }
  await checkApart(options);
  // From here on a mistake would cost the time of loading the data.
  const sets = holdOut(await loadData(options.data, options.quiet), options, recipe);
  checkFit(recipe, options.data, sets.train);
  const stop = listenForStop();
  if (!options.quiet && !options.json) printNote(opening(network, sets));
  const history = await fit(network, sets, options, { ...recipe.fit, ...saving, signal: stop.signal });
  // Also after Ctrl-C: what was learned is saved, and signals are caught until it is.
  if (options.out !== undefined) await saveNetwork(options.out, network, { recipe });
  stop.release();
  if (stop.signal.aborted) {
    const finished = history.at(-1)?.epoch ?? (saving.resume ? epochsIn(saving.resume) : 0);
    return printInterruption(stop.signal.reason, finished, recipe.fit.epochs, options);
  }
  printTrainingResult(history, testAccuracy(network, sets, history), options);
  if (options.show > 0 && !options.json) showSamples(network, sets.test, options.show);
}

/** The options given on the command line. Defaults are left out, because they must not override a recipe. */
function givenOf(options: TrainOptions, command: Command): RecipeOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => command.getOptionValueSource(name) !== "default"),
  );
}

/** Throws if two of recipe, checkpoint and model are the same file, links followed: one would replace the other. */
async function checkApart({ checkpoint, out, recipe }: TrainOptions): Promise<void> {
  const files = Object.entries({ checkpoint, out, recipe }).filter(([, path]) => path !== undefined) as [
    string,
    string,
  ][];
  const seen = new Map<string, [option: string, path: string]>();
  for (const [option, path] of files) {
    // A link and its target are the same file.
    const file = await followLinks(resolve(path));
    const other = seen.get(file);
    if (other) {
      throw new UsageError(
        `"--${other[0]}" and "--${option}" must be two files, got ${shown(other[1])} and ${shown(path)}`,
      );
    }
    seen.set(file, [option, path]);
  }
}

/** The options of `fit` about checkpoints. */
async function savingOptions(options: TrainOptions): Promise<Pick<FitOptions, "checkpoint" | "resume">> {
  const { checkpoint, checkpointEvery, resume } = options;
  // A checkpoint that cannot be read ends the command here, before the data is loaded.
  if (checkpointEvery && checkpoint === undefined) throw new UsageError('"--checkpoint-every" needs "--checkpoint"');
  return {
    ...(checkpoint !== undefined && { checkpoint: { save: savingTo(checkpoint), ...checkpointEvery } }),
    ...(resume !== undefined && { resume: await readCheckpoint(resume) }),
  };
}

/**
 * Saves checkpoints to `path`. A failure does not end the training; it is reported once, and again after a success, with the
 * file to which the checkpoint was saved instead.
 */
function savingTo(path: string): (bytes: Uint8Array) => Promise<void> {
  const write = fileCheckpoint(path);
  let isReported = false;
  return async (bytes) => {
    try {
      await write(bytes);
      isReported = false;
    } catch (error) {
      const { message, savedTo } = error as SaveError;
      const outcome = savedTo === undefined ? "continuing without a checkpoint" : "continuing";
      if (!isReported) printNote(`warning: ${message}; ${outcome}`);
      isReported = true;
    }
  };
}

/** The three sets of samples of a training. */
interface Sets {
  train: Dataset;
  test: Dataset;
  /** The test samples, or held-out training samples. */
  validation: Dataset;
}

/** Splits off the validation samples, by the seed of the recipe, so that a resumed training gets the same split. */
function holdOut({ train, test }: { train: Dataset; test: Dataset }, options: TrainOptions, recipe: Recipe): Sets {
  const holdout = holdoutOf(options, recipe);
  if (holdout === 0) return { train, test, validation: test };
  const held = Math.round(train.count * holdout);
  // The library would name its own argument, and not say how many samples there are.
  if (holdout >= 1 || held === 0 || held === train.count) {
    throw new UsageError(`"--holdout" must leave training samples on both sides of ${train.count}, got ${holdout}`);
  }
  const [validation, rest] = train.split(holdout, recipe.network.seed as number);
  return { train: rest, test, validation };
}

/** Throws if the recipe does not fit the data. */
function checkFit({ network, fit }: Recipe, data: string, set: Dataset): void {
  const { inputs } = network;
  if (inputs !== set.sampleSize) {
    throw new UsageError(`"--layers" must begin with the ${pixels(set)} of an image of ${data}, got ${inputs}`);
  }
  checkOutputs(network, data, set.classes);
  if (fit.batchSize !== undefined && fit.batchSize > set.count) {
    const most = `at most the ${set.count} training samples of ${data}`;
    throw new UsageError(`"--batch" must be ${most}, got ${fit.batchSize}`);
  }
}

/** Throws if the network does not tell the classes of the data apart. */
function checkOutputs(network: Recipe["network"], data: string, classes: number): void {
  const told = classesOf(network);
  if (told >= classes && told > 0) return;
  const [least, outputs] = [Math.max(2, classes), outputUnits(network)];
  if (told === 0 && classes <= 2) {
    const { activation } = network.layers.at(-1) as LayerSpec;
    throw new UsageError(`"--output-activation" must be sigmoid where "--layers" ends with 1, got ${activation}`);
  }
  throw new UsageError(`"--layers" must end with at least ${least}, one for each label of ${data}, got ${outputs}`);
}

/** The first line of progress: sizes of the network and of the sets. */
function opening({ spec, parameterCount }: Network, { train, test, validation }: Sets): string {
  const held = validation === test ? "" : `${grouped(validation.count)} held out, `;
  const sizes = [spec.inputs, ...spec.layers.map(({ units }) => units)];
  return (
    `${sizes.join("-")}, ${grouped(parameterCount)} parameters: ` +
    `${grouped(train.count)} training samples, ${held}${grouped(test.count)} test samples`
  );
}

/** Trains; returns the records of the finished epochs. A signal ends the training early without an error. */
async function fit(network: Network, sets: Sets, options: TrainOptions, how: FitOptions): Promise<EpochRecord[]> {
  const { train, test, validation } = sets;
  const progress = createProgress(how.epochs, train.count, {
    quiet: options.quiet ?? false,
    lines: !options.json,
    validation: validation === test ? "test" : "validation",
  });
  const history: EpochRecord[] = [];
  const onEpoch = (record: EpochRecord) => {
    history.push(withoutConfusion(record));
    progress.epoch(record);
    if (options.json) printJson(epochEvent(record));
  };
  try {
    const onWarning = (warning: string) => progress.note(`warning: ${warning}`);
    const more = { onEpoch, onWarning, ...(progress.batch && { onBatch: progress.batch }) };
    return await withOptionNames(() => network.fit(train, { ...how, ...more, validation }));
  } catch (error) {
    if (error instanceof Interruption) return history;
    throw ofFile(error, options.resume);
  } finally {
    progress.end();
  }
}

/** Replaces an error about the argument `resume` by one that names the checkpoint's file. */
function ofFile(error: unknown, path: string | undefined): unknown {
  if (argumentOf(error) !== "resume") return error;
  return new Error(`cannot resume from ${path}: ${(error as Error).message}`, { cause: error });
}

/** The object that --json prints per epoch. */
function epochEvent({ epoch, loss, validation, samplesPerSecond, seconds, bestEpoch }: EpochRecord): object {
  const scores = Object.fromEntries(scoresOf(validation ?? {}));
  return { event: "epoch", epoch, loss, validation: scores, samplesPerSecond, seconds, bestEpoch };
}

/** Test accuracy of the final network. If the test samples were used for validation, it is already known. */
function testAccuracy(network: Network, { test, validation }: Sets, history: EpochRecord[]): number {
  const ended = history.at(-1)?.bestEpoch ?? history.length;
  return (validation === test ? history[ended - 1]?.validation : network.evaluate(test))?.accuracy ?? 0;
}

/** Prints the result on stdout. */
function printTrainingResult(history: EpochRecord[], accuracy: number, { out, json }: TrainOptions): void {
  const samplesPerSecond = median(history.map((record) => record.samplesPerSecond));
  const bestEpoch = history.at(-1)?.bestEpoch;
  if (json) {
    printJson({ event: "done", accuracy, out: out ?? null, samplesPerSecond, bestEpoch });
    return;
  }
  const rate = `${grouped(samplesPerSecond)} samples/s`;
  const epochs = `${history.length} ${history.length === 1 ? "epoch" : "epochs"}`;
  const best = bestEpoch === undefined ? "" : ` with the weights of epoch ${bestEpoch}`;
  printResult(`test accuracy ${percent(accuracy)} after ${epochs}${best}, ${rate}`);
  if (out !== undefined) printResult(`saved to ${out}`);
}

/** Prints what was saved after a signal, and sets the signal's exit code. */
function printInterruption(interruption: Interruption, finished: number, epochs: number, options: TrainOptions): void {
  const { message } = interruption;
  const { checkpoint, out, json } = options;
  const saved = out === undefined ? "nothing was saved, as there is no --out" : `saved to ${out}`;
  const resuming = checkpoint === undefined ? "" : `; add --resume ${checkpoint} to continue`;
  if (json) printJson({ event: "stopped", reason: message, epochs: finished, out: out ?? null });
  printNote(`${message} after ${finished} of ${epochs} epochs; ${saved}${resuming}`);
  interruption.end();
}
