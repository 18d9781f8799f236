// wasmlp info

import { cpus } from "node:os";
import type { Command } from "commander";
import { gunzipMaybe, readWhole } from "../data/files.js";
import { engineFeatures, Network, type NetworkSpec } from "../node.js";
import { printJson, printResult } from "../terminal/output.js";
import { grouped } from "../text.js";

export function addInfo(program: Command, version: string): void {
  program
    .command("info")
    .summary("facts about a saved network or this machine")
    .description(
      "Tells what a saved network is; without one, what this machine has and which kernels are chosen for it.",
    )
    .argument("[model]", "a file that train --out wrote")
    .option("--json", "one JSON object instead of text")
    .addHelpText("after", "\nExamples:\n  $ wasmlp info\n  $ wasmlp info digits.safetensors")
    .action((model: string | undefined, { json }: { json?: true }) => {
      return model === undefined ? machineInfo(version, json === true) : modelInfo(model, json === true);
    });
}

async function modelInfo(model: string, json: boolean): Promise<void> {
  // Read once and counted, as a pipe tells neither its size nor its bytes a second time.
  const file = await readWhole(model);
  const bytes = file.length;
  const { spec, parameterCount } = await Network.fromBytes(await gunzipMaybe(file, model), { title: model });
  if (json) return printJson({ model, spec, parameterCount, bytes });
  printRows([
    ["model", model],
    ["inputs", `${spec.inputs}, bytes times ${Number(spec.inputScale.toPrecision(6))}`],
    ...layerRows(spec),
    ["loss", spec.loss],
    ["parameters", grouped(parameterCount)],
    ["file", `${grouped(bytes)} bytes`],
  ]);
}

function layerRows({ layers }: NetworkSpec): [string, string][] {
  return layers.map(({ units, activation }, i) => [`layer ${i}`, `${units} ${activation}`]);
}

async function machineInfo(version: string, json: boolean): Promise<void> {
  const features = engineFeatures();
  // The smallest network there is knows which kernels a larger one would get.
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

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function printRows(rows: [string, string][]): void {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  for (const [name, value] of rows) printResult(name.padEnd(width) + value);
}
