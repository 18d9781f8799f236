// wasmlp info

import { stat } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import type { Command } from "commander";
import { engineFeatures } from "../node.js";
import { loadModel } from "./data.js";
import { JSON_OPTION } from "./options.js";
import { grouped, print, printJson } from "./output.js";
import { VERSION } from "./version.js";

export function infoCommand(program: Command): void {
  program
    .command("info")
    .description("tell what a model is, or, without one, what this machine offers and which kernels are chosen")
    .argument("[MODEL]", "a model that train saved")
    .addOption(JSON_OPTION)
    .addHelpText("after", "\nExample:\n  wasmlp info digits.safetensors")
    .action((model: string | undefined, options: { json?: boolean }) => info(model, options.json === true));
}

async function info(model: string | undefined, json: boolean): Promise<void> {
  const facts = model === undefined ? machineFacts() : await modelFacts(model);
  if (json) printJson(facts);
  else for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(12)} ${readable(value)}`);
}

async function modelFacts(path: string): Promise<Record<string, unknown>> {
  const network = await loadModel(path);
  const { spec, parameterCount } = network;
  return { model: path, ...spec, parameters: parameterCount, bytes: (await stat(path)).size };
}

function machineFacts(): Record<string, unknown> {
  const features = engineFeatures();
  return {
    wasmlp: VERSION,
    node: process.version,
    v8: process.versions.v8,
    processor: cpus()[0]?.model ?? "unknown",
    processors: availableParallelism(),
    ...features,
    build: features.relaxedSimd ? "relaxed" : "simd",
  };
}

function readable(value: unknown): string {
  if (Array.isArray(value)) return value.map((layer) => `${layer.units} ${layer.activation}`).join(", ");
  if (typeof value === "number" && Number.isInteger(value)) return grouped(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value);
}
