// wasmlp predict

import type { Command } from "commander";
import { loadNetwork, type Network } from "../node.js";
import { UsageError } from "./errors.js";
import { pathOption } from "./options.js";
import { dimensions, printJson, printResult } from "./output.js";
import { readGreyPng } from "./png.js";
import { outputValue } from "./show.js";

export function addPredict(program: Command): void {
  program
    .command("predict")
    .summary("what a saved network says about images")
    .description(
      "Says what a saved network takes PNG images for. They must have the size that the network was trained on, and look " +
        "as MNIST does: a light digit on black. Colours count by their brightness, transparency as black.",
    )
    .argument("<image...>", "PNG files of 8 bits a channel")
    .addOption(pathOption("--model <FILE>", "a file that train --out wrote"))
    .option("--json", "one JSON object an image instead of text")
    .addHelpText("after", "\nExample:\n  $ wasmlp predict seven.png --model digits.safetensors")
    .action(predict);
}

async function predict(images: string[], options: { model?: string; json?: true }): Promise<void> {
  if (options.model === undefined) {
    throw new UsageError('predict needs "--model" with a trained network, such as wasmlp train --out FILE saves');
  }
  const network = await loadNetwork(options.model);
  for (const image of images) {
    const { label, probabilities } = network.classify(await readInput(image, network));
    if (options.json) printJson({ image, label, probabilities: Array.from(probabilities) });
    else printResult(`${image}: ${label} (${outputValue(network, probabilities[label] as number)})`);
  }
}

async function readInput(image: string, network: Network): Promise<Uint8Array> {
  const { inputs } = network.spec;
  const side = Math.sqrt(inputs);
  const wanted = Number.isInteger(side) ? dimensions([side, side]) : undefined;
  return readGreyPng(image, (width, height) => {
    const size = dimensions([width, height]);
    if (wanted === undefined ? width * height === inputs : size === wanted) return;
    throw new Error(`${image} is ${size} pixels, but the network takes ${wanted ?? `${inputs} pixels`}`);
  });
}
