// wasmlp explain

import { type Command, Option } from "commander";
import { loadData, loadModel } from "./data.js";
import { decimal, JSON_OPTION, list, option, whole } from "./options.js";
import { print, printJson, usage } from "./output.js";

interface ExplainOptions {
  data: string;
  sample: number;
  weight: [number, number, number];
  lr: number;
  json?: boolean;
}

export function explainCommand(program: Command): void {
  program
    .command("explain")
    .description("spell out the chain rule for one weight and one test sample, with the numbers")
    .argument("<MODEL>", "a model that train saved")
    .addOption(option("--data <mnist|DIR>", "MNIST, or a folder with four IDX files of its names", String, "mnist"))
    .addOption(option("--sample <N>", "number of the test sample, from 0", whole("--sample", 0), "0"))
    .addOption(
      new Option("--weight <LAYER,UNIT,INPUT>", "which weight, all from 0")
        .argParser(list("--weight", 0, 3))
        .makeOptionMandatory(),
    )
    .addOption(option("--lr <rate>", "learning rate of the correction", decimal("--lr"), "1.5"))
    .addOption(JSON_OPTION)
    .addHelpText("after", "\nExample:\n  wasmlp explain digits.safetensors --sample 0 --weight 1,3,5")
    .action(explain);
}

async function explain(model: string, { data, sample, weight, lr, json }: ExplainOptions): Promise<void> {
  const network = await loadModel(model);
  const { test } = await loadData(data);
  if (sample >= test.count) throw usage(`--sample must be below the ${test.count} test samples, got ${sample}`);
  const [layer, unit, input] = weight;
  const target = padded(test.target(sample), network.spec.layers.at(-1)?.units ?? 0);
  try {
    const explanation = network.explain({
      input: test.sample(sample),
      target,
      weight: { layer, unit, input },
      learningRate: lr,
    });
    if (json) printJson(explanation);
    else print(`test sample ${sample}${test.labels ? `, a ${test.labels[sample]}` : ""}\n\n${explanation.text}`);
  } catch (error) {
    throw error instanceof RangeError ? usage(error.message.replace('"weight', '"--weight')) : error;
  }
}

/** A data set may have fewer classes than the network has outputs. */
function padded(target: Float32Array, units: number): Float32Array {
  const full = new Float32Array(Math.max(units, target.length));
  full.set(target);
  return full;
}
