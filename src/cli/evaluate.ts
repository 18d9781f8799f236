// wasmlp evaluate: metrics and confusion matrix of a saved network.

import type { Command } from "commander";
import { METRIC_NAMES, METRICS, metricText, scoresOf } from "../metrics.js";
import { type Evaluation, loadNetwork, type MetricName } from "../node.js";
import { printJson, printResult } from "../terminal/output.js";
import { grouped } from "../text.js";
import { checkDataFits, loadData, SPLIT_NAMES, SPLITS, type Split } from "./data.js";
import { DATA_HELP, nameOption, namesOption, pathOption } from "./options.js";

/** Maximum number of classes for the printed confusion matrix; a wider one is unreadable. */
const MAX_CLASSES = 40;

/** Adds the command to the program. */
export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .summary("measure a saved network")
    .description("Prints loss, accuracy and confusion matrix of a saved network.")
    .argument("<model>", "a file that train --out wrote")
    .addOption(pathOption("--data <mnist|DIR>", DATA_HELP).default("mnist"))
    .addOption(nameOption("--split <name>", "set of samples to use", SPLITS).default("test"))
    .addOption(namesOption("--metrics <names>", "further metrics to print", METRIC_NAMES))
    .option("--json", "print one JSON object instead of text")
    .addHelpText("after", "\nExample:\n  $ wasmlp evaluate digits.safetensors --data mnist")
    .action(evaluate);
}

interface Options {
  /** "mnist" or a folder of IDX files, and which of its samples. */
  data: string;
  split: Split;
  /** Metrics besides the usual ones. */
  metrics?: MetricName[];
  json?: true;
}

/** Evaluates a model file on the given data and prints the results. */
async function evaluate(model: string, { data, split, metrics = [], json }: Options): Promise<void> {
  const network = await loadNetwork(model);
  const set = (await loadData(data))[split];
  // Before evaluating, so that the message names the file and the data rather than arguments of the library.
  checkDataFits(network.spec, set, model, data);
  const evaluation = network.evaluate(set, { metrics });
  if (json) return printJson(evaluation);
  for (const line of report(evaluation, split)) printResult(line);
}

/** One line for each metric, then the confusion matrix. */
function report(evaluation: Evaluation, split: Split): string[] {
  const scores = scoresOf(evaluation);
  const width = Math.max(...scores.map(([name]) => METRICS[name].title.length));
  const lines = scores.map(([name, value]) => {
    return `${METRICS[name].title.padEnd(width)}  ${metricText(name, value)}${countText(name, value, evaluation, split)}`;
  });
  return [...lines, "", ...table(evaluation.confusion ?? [])];
}

/** For a share: the number of samples that it stands for. */
function countText(name: MetricName, value: number, { count }: Evaluation, split: Split): string {
  if (METRICS[name].kind !== "share") return "";
  return ` (${grouped(value * count)} of ${grouped(count)} ${SPLIT_NAMES[split]} samples)`;
}

/** The confusion matrix as a text table; dots replace zeros, so that errors stand out. */
function table(confusion: number[][]): string[] {
  if (confusion.length > MAX_CLASSES)
    return [`The confusion matrix has ${confusion.length} classes; print it with --json.`];
  const width = Math.max(...confusion.flat().map((n) => String(n).length), String(confusion.length - 1).length) + 2;
  const row = (cells: (number | string)[]) => cells.map((n) => String(n).padStart(width)).join("");
  return [
    "Rows: labels. Columns: predictions.",
    `     ${row(confusion.map((_, i) => i))}`,
    ...confusion.map((counts, i) => `${String(i).padStart(5)}${row(counts.map((n) => (n === 0 ? "." : n)))}`),
  ];
}
