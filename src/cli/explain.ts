// wasmlp explain: the chain rule for one weight and one sample, with numbers.

import type { Command } from "commander";
import { type Dataset, type Explanation, loadNetwork, type Network, type WeightPosition } from "../node.js";
import { labelTarget } from "../spec.js";
import { printJson, printResult } from "../terminal/output.js";
import { grouped } from "../text.js";
import { checkDataFits, loadData, SPLIT_NAMES, SPLITS, type Split } from "./data.js";
import { UsageError, withOptionNames } from "./errors.js";
import { DATA_HELP, nameOption, parseWeight, pathOption, rateOption, wholeOption } from "./options.js";

/** The options as commander parses them. */
interface ExplainOptions {
  /** "mnist" or a folder of IDX files. */
  data: string;
  split: Split;
  /** Index of the sample in the set, from 0. */
  sample: number;
  weight: WeightPosition;
  /** Learning rate η of the step w − η·∂C/∂w. */
  lr: number;
  json?: true;
}

/** Adds the command to the program. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .summary("the chain rule for one weight")
    .description(
      "Prints ∂C/∂w of one weight for one sample as the product of its factors, and the weight after a step of gradient descent.",
    )
    .argument("<model>", "a file that train --out wrote")
    .requiredOption(
      "--weight <layer,unit,input>",
      "position of the weight, all from 0; layer 0 is the first hidden layer",
      parseWeight,
    )
    .addOption(pathOption("--data <mnist|DIR>", DATA_HELP).default("mnist"))
    .addOption(nameOption("--split <name>", "set of samples to use", SPLITS).default("test"))
    .addOption(wholeOption("--sample <n>", "index of the sample in the set, from 0", 0).default(0))
    .addOption(rateOption("--lr <rate>", "learning rate of the step").default(1.5))
    .option("--json", "print one JSON object instead of text")
    .addHelpText("after", "\nExample:\n  $ wasmlp explain digits.safetensors --sample 3 --weight 2,7,0")
    .action(explain);
}

/** Prints the explanation for one sample of the data. */
async function explain(model: string, options: ExplainOptions): Promise<void> {
  const network = await loadNetwork(model);
  const set = (await loadData(options.data))[options.split];
  checkDataFits(network.spec, set, model, options.data);
  const name = SPLIT_NAMES[options.split];
  // Checked here and not by the option's parser, because it depends on the data.
  if (options.sample >= set.count) {
    throw new UsageError(
      `"--sample" must be from 0 to ${set.count - 1}, as there are ${set.count} ${name} samples, got ${options.sample}`,
    );
  }
  const explanation = await withOptionNames(() => explainSample(network, set, options));
  if (options.json) return printJson(explanation);
  const label = set.labels?.[options.sample];
  printResult(
    `Sample ${options.sample} of the ${grouped(set.count)} ${name} samples of ${options.data}, label ${label}:\n`,
  );
  printResult(explanation.text);
}

/** The explanation with the sample's own target. */
function explainSample(network: Network, set: Dataset, { sample, weight, lr }: ExplainOptions): Explanation {
  // Not `set.target`, which has a number for each class: a network may have more outputs than the data has classes, or one for two.
  const target = labelTarget(network.spec, set.labels?.[sample] as number);
  return network.explain({ input: set.sample(sample), target, weight, learningRate: lr });
}
