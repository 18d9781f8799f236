// wasmlp evaluate

import type { Command } from "commander";
import type { Evaluation } from "../node.js";
import { loadData, loadModel, printWarnings } from "./data.js";
import { JSON_OPTION, option } from "./options.js";
import { grouped, percent, print, printJson } from "./output.js";

export function evaluateCommand(program: Command): void {
  program
    .command("evaluate")
    .description("test a model on the test samples of a data set")
    .argument("<MODEL>", "a model that train saved")
    .addOption(option("--data <mnist|DIR>", "MNIST, or a folder with four IDX files of its names", String, "mnist"))
    .addOption(JSON_OPTION)
    .addHelpText("after", "\nExample:\n  wasmlp evaluate digits.safetensors --data mnist")
    .action(evaluate);
}

async function evaluate(model: string, options: { data: string; json?: boolean }): Promise<void> {
  const network = await loadModel(model);
  const { test } = await loadData(options.data);
  printWarnings("test data", test);
  const result = network.evaluate(test);
  if (options.json) {
    const { accuracy, loss, count, confusion } = result;
    printJson({ accuracy, loss, count, confusion });
  } else print(table(result));
}

function table({ accuracy = 0, loss, count, confusion = [] }: Evaluation): string {
  const width = Math.max(5, ...confusion.flat().map((n) => String(n).length + 1));
  const cells = (values: (number | string)[]) => values.map((value) => String(value).padStart(width)).join("");
  return [
    `accuracy ${percent(accuracy)}  loss ${loss.toFixed(4)}  on ${grouped(count)} samples`,
    "",
    "rows: the true class; columns: what the network says",
    `     ${cells(confusion.map((_, i) => i))}`,
    ...confusion.map((row, i) => `${String(i).padStart(5)}${cells(row)}`),
  ].join("\n");
}
