// wasmlp info: facts about a model file, or about this machine and the kernels it gets.

import { cpus } from "node:os";
import type { Command } from "commander";
import { gunzipMaybe, readWhole } from "../data/files.js";
import { engineFeatures, Network, type NetworkSpec, type Recipe, readRecipe } from "../node.js";
import { printJson, printResult } from "../terminal/output.js";
import { grouped } from "../text.js";
import { positionIn } from "../training/checkpoint.js";

/** Adds the command to the program. `version` is the package's. */
export function addInfo(program: Command, version: string): void {
  program
    .command("info")
    .summary("facts about a saved network or this machine")
    .description("Describes a saved network; without a file, describes this machine and the kernels that run on it.")
    .argument("[model]", "a file that train --out wrote")
    .option("--json", "print one JSON object instead of text")
    .addHelpText("after", "\nExamples:\n  $ wasmlp info\n  $ wasmlp info digits.safetensors")
    .action((model: string | undefined, { json }: { json?: true }) => {
      return model === undefined ? machineInfo(version, json === true) : modelInfo(model, json === true);
    });
}

/** Prints shape, size and input scale of a model file. */
async function modelInfo(model: string, json: boolean): Promise<void> {
  // Read once: a pipe has no size and cannot be read again. `bytes` is the size of the file, before decompression.
  const file = await readWhole(model);
  const bytes = file.length;
  const whole = await gunzipMaybe(file, model);
  const { spec, parameterCount } = await Network.fromBytes(whole, { title: model });
  const recipe = readRecipe(whole);
  const checkpoint = positionIn(whole);
  if (json) return printJson({ model, spec, parameterCount, bytes, recipe, checkpoint });
  printRows([
    ["model", model],
    // Byte inputs are multiplied by this scale, usually 1/255.
    ["inputs", `${spec.inputs}, bytes times ${Number(spec.inputScale.toPrecision(6))}`],
    ...layerRows(spec),
    ["loss", spec.loss],
    ["parameters", grouped(parameterCount)],
    ["file", `${grouped(bytes)} bytes`],
    ...(checkpoint ? [checkpointRow(checkpoint)] : []),
    ...(recipe ? recipeRows(recipe) : []),
  ]);
}

/** How far the training of a checkpoint had come. */
function checkpointRow({ epoch, samples, epochs }: NonNullable<ReturnType<typeof positionIn>>): [string, string] {
  const where =
    epoch > epochs ? `all ${epochs} epochs` : `epoch ${epoch} of ${epochs}, after ${grouped(samples)} samples`;
  return ["checkpoint", `${where}; train --resume continues`];
}

/** How the network was trained, as its file says. */
function recipeRows({ network, fit }: Recipe): [string, string][] {
  const { epochs, batchSize, optimizer, schedule, maxNorm, augment, earlyStopping } = fit;
  const rows: [string, unknown][] = [
    ["seed", network.seed],
    ["epochs", batchSize === undefined ? epochs : `${epochs}, batch size ${batchSize}`],
    ["optimizer", namedText(optimizer)],
    ["schedule", schedule && namedText(schedule)],
    ["max norm", maxNorm],
    ["augment", augment && JSON.stringify(augment)],
    ["stopping", earlyStopping && optionsText(earlyStopping)],
  ];
  return rows.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);
}

/** adamw, learningRate 0.01, … */
function namedText({ name, ...options }: { name: string }): string {
  return `${name}, ${optionsText(options)}`;
}

/** learningRate 0.01, beta1 0.9, … */
function optionsText(options: object): string {
  return Object.entries(options)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}

/** One row per layer, numbered from 0 like the layers of `explain`. */
function layerRows({ layers }: NetworkSpec): [string, string][] {
  return layers.map(({ units, activation, slope, dropout }, i) => {
    const options = Object.entries({ slope, dropout }).filter(([, value]) => value !== undefined);
    return [`layer ${i}`, [`${units} ${activation}`, ...options.map(([name, value]) => `${name} ${value}`)].join(", ")];
  });
}

/** Prints versions, processor, WebAssembly features and the kernel build that is used. */
async function machineInfo(version: string, json: boolean): Promise<void> {
  // What the JavaScript engine supports, whichever build of the kernels is used.
  const features = engineFeatures();
  // A minimal network is the public way to learn which build of the kernels any network gets here.
  const { build } = await Network.create({
    inputs: 1,
    layers: [{ units: 1, activation: "linear" }],
    loss: "quadratic",
  });
  const { node, v8 } = process.versions;
  const [cpu, count] = [cpus()[0]?.model.trim() ?? "unknown", cpus().length];
  const { platform, arch } = process;
  if (json) return printJson({ wasmlp: version, node, v8, platform, arch, cpu, cpus: count, features, build });
  printRows([
    ["wasmlp", version],
    ["Node", `${node} (V8 ${v8})`],
    ["machine", `${platform} ${arch}, ${count} x ${cpu}`],
    ["SIMD", yesNo(features.simd)],
    ["relaxed SIMD", yesNo(features.relaxedSimd)],
    ["build", build],
    ["threads", `up to ${features.threads}`],
    ["turbo", features.turbo ? "on: V8 runs pairs of vectors as one" : "off"],
  ]);
}

/** A feature as a word. */
function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** Prints names and values in two aligned columns. */
function printRows(rows: [string, string][]): void {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  for (const [name, value] of rows) printResult(name.padEnd(width) + value);
}
