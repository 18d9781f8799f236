// wasmlp train

import { type Command, Option } from "commander";
import { checkAugmentation } from "../augment.js";
import { BIAS_INITS, WEIGHT_INITS } from "../init.js";
import {
  type Activation,
  type Augmentation,
  type BiasInit,
  type Dataset,
  type EpochRecord,
  type Loss,
  Network,
  saveNetwork,
  sgd,
  type Threads,
  type WeightInit,
} from "../node.js";
import { ACTIVATION_NAMES, LOSSES } from "../spec.js";
import { loadData, pixels } from "./data.js";
import { UsageError, withOptionNames } from "./errors.js";
import {
  DATA_HELP,
  nameOption,
  parseAugment,
  parseLayers,
  parseThreads,
  pathOption,
  rateOption,
  wholeOption,
} from "./options.js";
import { goOnWithoutReader, grouped, percent, printJson, printNote, printResult } from "./output.js";
import { createProgress } from "./progress.js";
import { showSamples } from "./show.js";
import { Interruption, listenForStop } from "./stop.js";
import { checkWritable } from "./writable.js";

interface TrainOptions {
  data: string;
  layers: number[];
  activation: Activation;
  outputActivation: Activation;
  loss: Loss;
  epochs: number;
  batch: number;
  lr: number;
  augment?: Augmentation;
  seed: number;
  init: WeightInit;
  biasInit: BiasInit;
  threads: Threads;
  deterministic?: true;
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
      --loss crossEntropy --epochs 10 --batch 32 --lr 0.1 --out digits.safetensors`;

export function addTrain(program: Command): void {
  program
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
    .addOption(nameOption("--loss <name>", "what is made small", LOSSES).default("quadratic"))
    .addOption(wholeOption("--epochs <n>", "times that every sample is seen", 1).default(30))
    .addOption(wholeOption("--batch <n>", "samples that a step averages over", 1).default(10))
    .addOption(rateOption("--lr <rate>", "learning rate").default(1.5))
    .addOption(nameOption("--optimizer <name>", "how weights follow the gradient", ["sgd"]).default("sgd"))
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
    .addOption(pathOption("--out <FILE>", "where the trained network is saved, as safetensors"))
    .addOption(wholeOption("--show <n>", "draw so many test images beside their predictions", 0).default(0))
    .option("--quiet", "no progress, only the result and warnings")
    .option("--json", "one JSON object an epoch and one at the end, instead of text")
    .addHelpText("after", EXAMPLES)
    .action(train);
}

async function train(options: TrainOptions): Promise<void> {
  const network = await withOptionNames(() => {
    if (options.augment) checkAugmentation(options.augment);
    return createNetwork(options);
  });
  if (options.out !== undefined) {
    await checkWritable(options.out);
    goOnWithoutReader();
  }
  const sets = await loadData(options.data, options.quiet);
  checkFit(options, sets.train);
  const stop = listenForStop();
  if (!options.quiet && !options.json) printNote(opening(network, options, sets));
  const history = await fit(network, sets, options, stop.signal);
  if (options.out !== undefined) await saveNetwork(options.out, network);
  stop.release();
  if (stop.signal.aborted) return tellInterruption(stop.signal.reason, history.length, options);
  tellResult(history, options);
  if (options.show > 0 && !options.json) showSamples(network, sets.test, options.show);
}

function createNetwork(options: TrainOptions): Promise<Network> {
  const [inputs, ...units] = options.layers as [number, ...number[]];
  const last = units.length - 1;
  return Network.create({
    inputs,
    layers: units.map((n, i) => ({ units: n, activation: i < last ? options.activation : options.outputActivation })),
    loss: options.loss,
    seed: options.seed,
    weightInit: options.init,
    biasInit: options.biasInit,
    deterministic: options.deterministic ?? false,
    threads: options.threads,
  });
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

function opening(network: Network, { layers }: TrainOptions, sets: { train: Dataset; test: Dataset }): string {
  return (
    `${layers.join("-")}, ${grouped(network.parameterCount)} parameters: ` +
    `${grouped(sets.train.count)} training samples, ${grouped(sets.test.count)} test samples`
  );
}

/** The records of the epochs that were finished, all of them unless `signal` was aborted. */
async function fit(
  network: Network,
  sets: { train: Dataset; test: Dataset },
  options: TrainOptions,
  signal: AbortSignal,
): Promise<EpochRecord[]> {
  const progress = createProgress(options.epochs, sets.train.count, {
    quiet: options.quiet ?? false,
    lines: !options.json,
  });
  const history: EpochRecord[] = [];
  const onEpoch = (record: EpochRecord) => {
    history.push(record);
    progress.epoch(record);
    if (options.json) printJson(epochEvent(record));
  };
  try {
    await withOptionNames(() =>
      network.fit(sets.train, {
        epochs: options.epochs,
        batchSize: options.batch,
        optimizer: sgd({ learningRate: options.lr }),
        validation: sets.test,
        ...(options.augment && { augment: options.augment }),
        onEpoch,
        ...(progress.batch && { onBatch: progress.batch }),
        signal,
      }),
    );
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
  } finally {
    progress.end();
  }
  return history;
}

function epochEvent({ epoch, loss, validation, samplesPerSecond, seconds }: EpochRecord): object {
  const test = { loss: validation?.loss, accuracy: validation?.accuracy };
  return { event: "epoch", epoch, loss, validation: test, samplesPerSecond, seconds };
}

function tellResult(history: EpochRecord[], { out, json, epochs }: TrainOptions): void {
  const accuracy = history.at(-1)?.validation?.accuracy ?? 0;
  const samplesPerSecond = median(history.map((record) => record.samplesPerSecond));
  if (json) {
    printJson({ event: "done", accuracy, out: out ?? null, samplesPerSecond });
    return;
  }
  const rate = `${grouped(samplesPerSecond)} samples/s`;
  printResult(`test accuracy ${percent(accuracy)} after ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, ${rate}`);
  if (out !== undefined) printResult(`saved to ${out}`);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

function tellInterruption(interruption: Interruption, finished: number, options: TrainOptions): void {
  const { message } = interruption;
  const { epochs, out, json } = options;
  const saved = out === undefined ? "nothing was saved, as there is no --out" : `saved to ${out}`;
  if (json) printJson({ event: "stopped", reason: message, epochs: finished, out: out ?? null });
  printNote(`${message} after ${finished} of ${epochs} epochs; ${saved}`);
  interruption.end();
}
