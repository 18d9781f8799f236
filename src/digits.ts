// wasmlp/digits: a network that reads handwritten digits, and what makes any drawing of one fit for it.

import { checkOptions, rangeError, shown, typeError } from "./check.js";
import { unpackModel } from "./format/packed.js";
import { unpack } from "./host.js";
import { preprocessDigit } from "./image/digit.js";
import type { DigitImage } from "./image/plane.js";
import { type Classification, Network } from "./network.js";
import type { Threads } from "./threads/runner.js";

export { preprocessDigit } from "./image/digit.js";
export type { DigitImage } from "./image/plane.js";

/** Pixels of the images that the preprocessing makes. */
const DIGIT = 28 * 28;

/**
 * The pretrained network of 784 inputs, 28x28 as MNIST has them, and 10 outputs, the probabilities of the digits; each call
 * gives one of its own. Its weights come with this module, nothing is fetched. `models/digits.md` of the repository is its
 * card: how it was trained, and how well it reads. TypeError or RangeError names the option at fault.
 */
export async function loadDigits(
  options: { deterministic?: boolean; seed?: number; threads?: Threads } = {},
): Promise<Network> {
  checkOptions(options, "options", ["deterministic", "seed", "threads"]);
  // Only who loads the network loads its weights.
  const { packedDigits } = await import("../build/digits-weights.js");
  return Network.fromBytes(unpackModel(await unpack(packedDigits)), options);
}

/**
 * What a network like that of `loadDigits` takes a picture of a digit for, preprocessed by `preprocessDigit`, whose errors it
 * throws; `undefined` if nothing is drawn. TypeError for what is no network, RangeError for one of other inputs.
 */
export function readDigit(network: Network, image: DigitImage): Classification | undefined {
  if (!(network instanceof Network)) {
    throw typeError("network", `must be a Network, such as await loadDigits() gives, got ${shown(network)}`);
  }
  if (network.spec.inputs !== DIGIT) {
    throw rangeError("network", `must take ${DIGIT} inputs (28x28), got one that takes ${network.spec.inputs}`);
  }
  const digit = preprocessDigit(image);
  return digit && network.classify(digit);
}
