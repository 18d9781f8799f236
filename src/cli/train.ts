// wasmlp train

import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { ACTIVATION_NAMES } from "../activations.js";
import { argumentOf, shown } from "../check.js";
import { followLinks } from "../data/files.js";
import { BIAS_INITS, WEIGHT_INITS } from "../initial.js";
import { LOSS_NAMES } from "../losses.js";
import { median } from "../median.js";
import {
  type Activation,
  type Augmentation,
  type BiasInit,
  type Dataset,
  type EpochRecord,
  type FitOptions,
  fileCheckpoint,
  type Loss,
  Network,
  readCheckpoint,
  saveNetwork,
  type Threads,
  type WeightInit,
} from "../node.js";
import { checkAugmentation } from "../recipe/augment.js";
import { goOnWithoutReader, printJson, printNote, printResult } from "../terminal/output.js";
import { Interruption, listenForStop } from "../terminal/stop.js";
import { checkWritable } from "../terminal/writable.js";
import { grouped, percent } from "../text.js";
import { epochsIn } from "../training/checkpoint.js";
import { loadData, pixels } from "./data.js";
import { UsageError, withOptionNames } from "./errors.js";
import {
  addFollowingOptions,
  earlyStoppingOf,
  type FollowingOptions,
  holdoutOf,
  optimizerOf,
  scheduleOf,
} from "./learning.js";
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
import { showSamples } from "./show.js";

interface TrainOptions extends FollowingOptions {
  data: string;
  layers: number[];
  activation: Activation;
  outputActivation: Activation;
  loss: Loss;
  epochs: number;
  batch: number;
  augment?: Augmentation;
  seed: number;
  init: WeightInit;
  biasInit: BiasInit;
  threads: Threads;
  deterministic?: true;
  dropout?: number;
  maxNorm?: number;
  checkpoint?: string;
  checkpointEvery?: { seconds?: number; steps?: number };
  resume?: string;
  out?: string;
  show: number;
  quiet?: true;
  json?: true;
}

const HIDDEN_ACTIVATIONS = ACTIVATION_NAMES.filter((name) => name !== "softmax");
const TEACHING_NETWORK = [784, 16, 16, 10];
const EXAMPLES = `
Examples:
  $ wasmlp train
  $ wasmlp train --layers 784,128,10 --activation relu --output-activation softmax \\
      --loss crossEntropy --epochs 10 --batch 32 --lr 0.1 --out digits.safetensors
  $ wasmlp train --layers 784,128,10 --activation relu --output-activation softmax \\
      --loss crossEntropy --batch 32 --optimizer adamw --schedule cosine --warm-up 1 \\
      --dropout 0.2 --patience 5 --checkpoint run.checkpoint`;

export function addTrain(program: Command): void {
  const command = program
    .command("train")
    .summary("train a network")
    .description(
      "Trains a network on images and labels, and tests it on others after every epoch. Ctrl-C stops it after the step " +
        "at hand and saves what it has learned; so do SIGTERM and a terminal that is closed.",
    )
    .addOption(pathOption("--data <mnist|DIR>", DATA_HELP).default("mnist"))
    .addOption(
      new Option("--layers <sizes>", "inputs, then the units of each layer")
        .argParser(parseLayers)
        .default(TEACHING_NETWORK, TEACHING_NETWORK.join(",")),
    )
    .addOption(nameOption("--activation <name>", "of the hidden layers", HIDDEN_ACTIVATIONS).default("sigmoid"))
    .addOption(nameOption("--output-activation <name>", "of the last layer", ACTIVATION_NAMES).default("sigmoid"))
    .addOption(nameOption("--loss <name>", "what is made small", LOSS_NAMES).default("quadratic"))
    .addOption(wholeOption("--epochs <n>", "times that every sample is seen", 1).default(30))
    .addOption(wholeOption("--batch <n>", "samples that a step averages over", 1).default(10));
  addFollowingOptions(command)
    .addOption(rateOption("--dropout <rate>", "share of each hidden layer's units that a step leaves out (default: 0)"))
    .addOption(rateOption("--max-norm <length>", "the longest that the weights into a unit may be together"))
    .option(
      "--augment <how>",
      "draw training images anew every epoch: digits, or how far to change them at most, such as shift=2,rotation=15," +
        "scale=0.1,shear=0.2,alpha=30,sigma=5,thickness=0.5 (pixels, degrees, part of the size, lean, elastic distortion, pixels)",
      parseAugment,
    )
    .addOption(
      wholeOption(
        "--seed <n>",
        "fixes first weights, order of samples and augmentation",
        0,
        Number.MAX_SAFE_INTEGER,
      ).default(1),
    )
    .addOption(nameOption("--init <name>", "how first weights are drawn", WEIGHT_INITS).default("auto"))
    .addOption(nameOption("--bias-init <name>", "how first biases are drawn", BIAS_INITS).default("zeros"))
    .option(
      "--threads <auto|n>",
      "threads to train with: as many as pay, or so many; the same results",
      parseThreads,
      "auto",
    )
    .option("--deterministic", "the same bits on every machine, a little slower")
    .addOption(pathOption("--checkpoint <FILE>", "where all that is needed to go on is saved now and then"))
    .addOption(
      new Option("--checkpoint-every <seconds|Nsteps>", "how often: 30, or 500steps (default: 60)").argParser(
        parseInterval,
      ),
    )
    .addOption(pathOption("--resume <FILE>", "a checkpoint to go on from, with the same data and options"))
    .addOption(pathOption("--out <FILE>", "where the trained network is saved, as safetensors"))
    .addOption(wholeOption("--show <n>", "draw so many test images beside their predictions", 0).default(0))
    .option("--quiet", "no progress, only the result and warnings")
    .option("--json", "one JSON object an epoch and one at the end, instead of text")
    .addHelpText("after", EXAMPLES)
    .action(train);
}

async function train(options: TrainOptions): Promise<void> {
  const [network, how] = await withOptionNames(async () => [await createNetwork(options), await fitOptions(options)]);
  for (const path of [options.checkpoint, options.out]) {
    if (path === undefined) continue;
    await checkWritable(path);
    goOnWithoutReader();
  }
  await checkApart(options);
  const sets = holdOut(await loadData(options.data, options.quiet), options);
  checkFit(options, sets.train);
  const stop = listenForStop();
  if (!options.quiet && !options.json) printNote(opening(network, options, sets));
  const history = await fit(network, sets, options, { ...how, signal: stop.signal });
  if (options.out !== undefined) await saveNetwork(options.out, network);
  stop.release();
  if (stop.signal.aborted) {
    const finished = history.at(-1)?.epoch ?? (how.resume ? epochsIn(how.resume) : 0);
    return tellInterruption(stop.signal.reason, finished, options);
  }
  tellResult(history, testAccuracy(network, sets, history), options);
  if (options.show > 0 && !options.json) showSamples(network, sets.test, options.show);
}

/** The network would replace the checkpoint that was just saved. */
async function checkApart({ checkpoint, out }: TrainOptions): Promise<void> {
  if (checkpoint === undefined || out === undefined) return;
  if ((await followLinks(resolve(checkpoint))) !== (await followLinks(resolve(out)))) return;
  throw new UsageError(`"--checkpoint" and "--out" must be two files, got ${shown(checkpoint)} and ${shown(out)}`);
}

function createNetwork(options: TrainOptions): Promise<Network> {
  const [inputs, ...units] = options.layers as [number, ...number[]];
  const last = units.length - 1;
  if (options.dropout && last === 0) throw new UsageError('"--dropout" needs a hidden layer in "--layers"');
  return Network.create({
    inputs,
    layers: units.map((n, i) => {
      if (i === last) return { units: n, activation: options.outputActivation };
      return { units: n, activation: options.activation, dropout: options.dropout ?? 0 };
    }),
    loss: options.loss,
    seed: options.seed,
    weightInit: options.init,
    biasInit: options.biasInit,
    deterministic: options.deterministic ?? false,
    threads: options.threads,
  });
}

type HowToFit = Omit<FitOptions, "validation">;

/** What does not depend on the data. */
async function fitOptions(options: TrainOptions): Promise<HowToFit> {
  const { augment, checkpoint, checkpointEvery, epochs, batch, maxNorm, resume } = options;
  if (checkpointEvery && checkpoint === undefined) throw new UsageError('"--checkpoint-every" needs "--checkpoint"');
  const [schedule, earlyStopping] = [scheduleOf(options), earlyStoppingOf(options)];
  return {
    ...{ epochs, batchSize: batch, optimizer: optimizerOf(options) },
    ...(schedule && { schedule }),
    ...(augment && { augment: checkAugmentation(augment) }),
    ...(earlyStopping && { earlyStopping }),
    ...(maxNorm !== undefined && { maxNorm }),
    ...(checkpoint !== undefined && { checkpoint: { save: savingTo(checkpoint), ...checkpointEvery } }),
    ...(resume !== undefined && { resume: await readCheckpoint(resume) }),
  };
}

/** A checkpoint that cannot be written is no reason to lose what it was to keep; that is said once, until one can be. */
function savingTo(path: string): (bytes: Uint8Array) => Promise<void> {
  const write = fileCheckpoint(path);
  let isTold = false;
  return async (bytes) => {
    try {
      await write(bytes);
      isTold = false;
    } catch (error) {
      if (!isTold) printNote(`warning: ${(error as Error).message}; going on without`);
      isTold = true;
    }
  };
}

interface Sets {
  train: Dataset;
  test: Dataset;
  /** Test samples, or training samples that are held out. */
  validation: Dataset;
}

function holdOut({ train, test }: { train: Dataset; test: Dataset }, options: TrainOptions): Sets {
  const holdout = holdoutOf(options);
  if (holdout === 0) return { train, test, validation: test };
  const held = Math.round(train.count * holdout);
  if (holdout >= 1 || held === 0 || held === train.count) {
    throw new UsageError(`"--holdout" must leave training samples on both sides of ${train.count}, got ${holdout}`);
  }
  const [validation, rest] = train.split(holdout, options.seed);
  return { train: rest, test, validation };
}

/** Whether the options fit the data, which is known only now. */
function checkFit({ layers, batch, data }: TrainOptions, set: Dataset): void {
  const [inputs, outputs] = [layers[0] as number, layers.at(-1) as number];
  const least = Math.max(2, set.classes);
  if (inputs !== set.sampleSize) {
    throw new UsageError(`"--layers" must begin with the ${pixels(set)} of an image of ${data}, got ${inputs}`);
  }
  if (outputs < least) {
    throw new UsageError(`"--layers" must end with at least ${least}, one for each label of ${data}, got ${outputs}`);
  }
  if (batch > set.count) {
    throw new UsageError(`"--batch" must be at most the ${set.count} training samples of ${data}, got ${batch}`);
  }
}

function opening(network: Network, { layers }: TrainOptions, { train, test, validation }: Sets): string {
  const held = validation === test ? "" : `${grouped(validation.count)} held out, `;
  return (
    `${layers.join("-")}, ${grouped(network.parameterCount)} parameters: ` +
    `${grouped(train.count)} training samples, ${held}${grouped(test.count)} test samples`
  );
}

/** The records of the epochs that were finished; all of them, unless it was interrupted. */
async function fit(network: Network, sets: Sets, options: TrainOptions, how: HowToFit): Promise<EpochRecord[]> {
  const { train, test, validation } = sets;
  const progress = createProgress(options.epochs, train.count, {
    quiet: options.quiet ?? false,
    lines: !options.json,
    validation: validation === test ? "test" : "validation",
  });
  const history: EpochRecord[] = [];
  const onEpoch = (record: EpochRecord) => {
    history.push(record);
    progress.epoch(record);
    if (options.json) printJson(epochEvent(record));
  };
  try {
    const more = { onEpoch, ...(progress.batch && { onBatch: progress.batch }) };
    return await withOptionNames(() => network.fit(train, { ...how, ...more, validation }));
  } catch (error) {
    if (error instanceof Interruption) return history;
    throw ofFile(error, options.resume);
  } finally {
    progress.end();
  }
}

/** A file that holds no checkpoint is no fault of the command line. */
function ofFile(error: unknown, path: string | undefined): unknown {
  if (argumentOf(error) !== "resume") return error;
  return new Error(`cannot resume from ${path}: ${(error as Error).message}`, { cause: error });
}

function epochEvent({ epoch, loss, validation, samplesPerSecond, seconds, bestEpoch }: EpochRecord): object {
  const scores = { loss: validation?.loss, accuracy: validation?.accuracy };
  return { event: "epoch", epoch, loss, validation: scores, samplesPerSecond, seconds, bestEpoch };
}

/** Of the network as it is in the end. */
function testAccuracy(network: Network, { test, validation }: Sets, history: EpochRecord[]): number {
  const ended = history.at(-1)?.bestEpoch ?? history.length;
  return (validation === test ? history[ended - 1]?.validation : network.evaluate(test))?.accuracy ?? 0;
}

function tellResult(history: EpochRecord[], accuracy: number, { out, json }: TrainOptions): void {
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

function tellInterruption(interruption: Interruption, finished: number, options: TrainOptions): void {
  const { message } = interruption;
  const { checkpoint, epochs, out, json } = options;
  const saved = out === undefined ? "nothing was saved, as there is no --out" : `saved to ${out}`;
  const goingOn = checkpoint === undefined ? "" : `; the same with --resume ${checkpoint} goes on`;
  if (json) printJson({ event: "stopped", reason: message, epochs: finished, out: out ?? null });
  printNote(`${message} after ${finished} of ${epochs} epochs; ${saved}${goingOn}`);
  interruption.end();
}
