// wasmlp evaluate: accuracy, loss and confusion matrix of a saved network.

import type { Command } from "commander";
import { type Evaluation, loadNetwork } from "../node.js";
import { printJson, printResult } from "../terminal/output.js";
import { fixed, grouped, percent } from "../text.js";
import { checkDataFits, loadData, SPLIT_NAMES, SPLITS, type Split } from "./data.js";
import { DATA_HELP, nameOption, pathOption } from "./options.js";

/** Maximum number of classes for the printed confusion matrix; a wider one is unreadable. */
const MAX_CLASSES = 40;

/** Adds the command to the program. */
export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .summary("measure a saved network")
    .description("Prints accuracy, loss and confusion matrix of a saved network.")
    .argument("<model>", "a file that train --out wrote")
    .addOption(pathOption("--data <mnist|DIR>", DATA_HELP).default("mnist"))
    .addOption(nameOption("--split <name>", "set of samples to use", SPLITS).default("test"))
    .option("--json", "print one JSON object instead of text")
    .addHelpText("after", "\nExample:\n  $ wasmlp evaluate digits.safetensors --data mnist")
    .action(evaluate);
}

/** Evaluates a model file on the given data and prints the results. */
async function evaluate(model: string, options: { data: string; split: Split; json?: true }): Promise<void> {
  const network = await loadNetwork(model);
  const set = (await loadData(options.data))[options.split];
  // Before evaluating, so that the message names the file and the data rather than arguments of the library.
  checkDataFits(network.spec, set, model, options.data);
  const { accuracy, loss, count, confusion } = network.evaluate(set);
  if (options.json) return printJson({ accuracy, loss, count, confusion });
  for (const line of report({ accuracy: accuracy ?? 0, loss, count, confusion: confusion ?? [] }, options.split)) {
    printResult(line);
  }
}

/** The results as lines of text. */
function report({ accuracy, loss, count, confusion }: Required<Omit<Evaluation, "worst">>, split: Split): string[] {
  // The count of correct samples, recovered from the fraction.
  const correct = Math.round(accuracy * count);
  return [
    `accuracy  ${percent(accuracy)} (${grouped(correct)} of ${grouped(count)} ${SPLIT_NAMES[split]} samples)`,
    `loss      ${fixed(loss)}`,
    "",
    ...table(confusion),
  ];
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
