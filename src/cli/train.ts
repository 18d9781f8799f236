// wasmlp train

import { access, constants, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { BIAS_INITS, type BiasInit, WEIGHT_INITS, type WeightInit } from "../init.js";
import { type Activation, type Dataset, type EpochRecord, type Loss, Network, saveNetwork, sgd } from "../node.js";
import { ACTIVATION_NAMES, LOSSES } from "../spec.js";
import { loadData, printWarnings } from "./data.js";
import { drawPredictions } from "./draw.js";
import { decimal, JSON_OPTION, list, oneOf, option, whole } from "./options.js";
import { Failure, grouped, note, percent, print, printJson, usage } from "./output.js";
import { TrainingProgress } from "./progress.js";

interface TrainOptions {
  data: string;
  layers: number[];
  activation: Activation;
  outputActivation: Activation;
  loss: Loss;
  epochs: number;
  batch: number;
  lr: number;
  optimizer: "sgd";
  init: WeightInit;
  biasInit: BiasInit;
  seed: number;
  deterministic?: boolean;
  threads: string;
  out?: string;
  show: number;
  json?: boolean;
}

export function trainCommand(program: Command): void {
  program
    .command("train")
    .description("train a network and test it; without options, the teaching network on MNIST")
    .addOption(option("--data <mnist|DIR>", "MNIST, or a folder with four IDX files of its names", String, "mnist"))
    .addOption(
      option("--layers <N,N,...>", "inputs, then the units of each layer", list("--layers", 1), "784,16,16,10"),
    )
    .addOption(
      option("--activation <name>", "of the hidden layers", oneOf("--activation", ACTIVATION_NAMES), "sigmoid"),
    )
    .addOption(
      option(
        "--output-activation <name>",
        "of the last layer",
        oneOf("--output-activation", ACTIVATION_NAMES),
        "sigmoid",
      ),
    )
    .addOption(option("--loss <name>", LOSSES.join(", "), oneOf("--loss", LOSSES), "quadratic"))
    .addOption(option("--epochs <N>", "times that every sample is seen", whole("--epochs", 1), "30"))
    .addOption(option("--batch <N>", "samples that a step averages over", whole("--batch", 1), "10"))
    .addOption(option("--lr <rate>", "learning rate", decimal("--lr"), "1.5"))
    .addOption(option("--optimizer <name>", "sgd", oneOf("--optimizer", ["sgd"]), "sgd"))
    .addOption(
      option("--init <name>", `initial weights: ${WEIGHT_INITS.join(", ")}`, oneOf("--init", WEIGHT_INITS), "auto"),
    )
    .addOption(
      option(
        "--bias-init <name>",
        `initial biases: ${BIAS_INITS.join(", ")}`,
        oneOf("--bias-init", BIAS_INITS),
        "zeros",
      ),
    )
    .addOption(option("--seed <N>", "fixes every random draw", whole("--seed", 0), "1"))
    .addOption(new Option("--deterministic", "the same bits on every machine, at some cost in speed"))
    .addOption(option("--threads <auto|1>", "threads to train with", oneOf("--threads", ["auto", "1"]), "auto"))
    .addOption(new Option("--out <FILE>", "where to save the model (safetensors)"))
    .addOption(option("--show <N>", "test digits to draw beside their predictions", whole("--show", 0), "0"))
    .addOption(JSON_OPTION)
    .addHelpText(
      "after",
      "\nExample:\n  wasmlp train --layers 784,128,10 --activation relu --output-activation softmax --loss crossEntropy \\\n" +
        "    --epochs 10 --batch 32 --lr 0.1 --out digits.safetensors",
    )
    .action(train);
}

async function train(options: TrainOptions): Promise<void> {
  if (options.layers.length < 2)
    throw usage(`--layers needs the inputs and at least one layer, got "${options.layers}"`);
  const network = await createNetwork(options);
  if (options.out !== undefined) await checkWritable(options.out);
  const { train: training, test } = await loadData(options.data);
  printWarnings("training data", training);
  printWarnings("test data", test);
  if (!options.json) introduce(network, options, training, test);
  const history = await fitUntilStopped(network, training, test, options);
  if (options.out !== undefined) await saveNetwork(options.out, network);
  report(history, network, test, options);
}

async function createNetwork(options: TrainOptions): Promise<Network> {
  const [inputs = 0, ...units] = options.layers;
  const layers = units.map((n, i) => {
    return { units: n, activation: i < units.length - 1 ? options.activation : options.outputActivation };
  });
  const { loss, seed, init: weightInit, biasInit, deterministic = false } = options;
  try {
    return await Network.create({ inputs, layers, loss, seed, weightInit, biasInit, deterministic });
  } catch (error) {
    throw error instanceof RangeError ? usage(inOptions(error.message)) : error;
  }
}

/** The library's message in the words of the command line. */
function inOptions(message: string): string {
  return message
    .replace(/"layers\[\d+\]\.activation"/, "--activation")
    .replace(/"layers(\[\d+\]\.units)?"/, "--layers")
    .replace('"loss"', "--loss");
}

/** An output that cannot be written is found out before the training, not after it. */
async function checkWritable(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new Failure(`cannot write ${path}: it is a folder`);
  const folder = dirname(resolve(path));
  await access(folder, constants.W_OK).catch(() => {
    throw new Failure(`cannot write ${path}: the folder ${folder} does not exist or is not writable`);
  });
}

function introduce(
  network: Network,
  { layers, epochs, batch, lr, seed }: TrainOptions,
  training: Dataset,
  test: Dataset,
): void {
  note(
    `training ${layers.join("-")} (${grouped(network.parameterCount)} parameters, ${network.build} kernels) on ${grouped(training.count)} samples, ` +
      `testing on ${grouped(test.count)}: ${epochs} epochs, batch ${batch}, learning rate ${lr}, seed ${seed}`,
  );
}

/** Trains to the end, or until Ctrl-C, after which what was learned is saved and the command ends. */
async function fitUntilStopped(
  network: Network,
  training: Dataset,
  test: Dataset,
  options: TrainOptions,
): Promise<EpochRecord[]> {
  const stop = new AbortController();
  const progress = options.json ? undefined : new TrainingProgress(options.epochs);
  const onSignal = (signal: NodeJS.Signals) => stop.abort(signal);
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    return await network.fit(training, {
      epochs: options.epochs,
      batchSize: Math.min(options.batch, training.count),
      optimizer: sgd({ learningRate: options.lr }),
      validation: test,
      signal: stop.signal,
      onEpoch: (record) => (options.json ? printJson(epochEvent(record)) : progress?.epoch(record)),
      ...(progress && process.stderr.isTTY ? { onBatch: progress.onBatch } : {}),
    });
  } catch (error) {
    progress?.stop();
    if (!stop.signal.aborted) throw error instanceof RangeError ? usage(error.message) : error;
    await saveAndExit(network, options.out, stop.signal.reason as NodeJS.Signals);
    throw error;
  } finally {
    progress?.stop();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

async function saveAndExit(network: Network, out: string | undefined, signal: NodeJS.Signals): Promise<never> {
  if (out !== undefined) await saveNetwork(out, network);
  note(
    out === undefined
      ? "stopped; without --out nothing is saved"
      : `stopped; what was learned so far is saved in ${out}`,
  );
  process.exit(signal === "SIGTERM" ? 143 : 130);
}

function epochEvent({ epoch, loss, validation, samplesPerSecond, seconds }: EpochRecord): unknown {
  const tested = validation && { loss: validation.loss, accuracy: validation.accuracy };
  return { event: "epoch", epoch, loss, validation: tested, samplesPerSecond, seconds };
}

function report(history: EpochRecord[], network: Network, test: Dataset, { out, json, show }: TrainOptions): void {
  const accuracy = history.at(-1)?.validation?.accuracy ?? 0;
  const samplesPerSecond = median(history.map((record) => record.samplesPerSecond));
  if (json) {
    printJson({ event: "done", accuracy, out: out ?? null, samplesPerSecond });
    return;
  }
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  print(
    `\ntest accuracy ${percent(accuracy)} on ${grouped(test.count)} unseen samples, after ${seconds.toFixed(1)} s of training`,
  );
  if (out !== undefined) print(`saved in ${out}`);
  if (show > 0) print(`\n${drawPredictions(network, test, show)}`);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
