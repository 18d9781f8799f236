// wasmlp/digits: a pretrained network that reads handwritten digits, and the preprocessing that makes any drawing fit for it.

import { checkOptions, rangeError, shown, typeError } from "./check.js";
import { unpackModel } from "./format/packed.js";
import { unpack } from "./host.js";
import { DIGIT_PIXELS, DIGIT_SIDE, preprocessDigit } from "./image/digit.js";
import type { DigitImage } from "./image/plane.js";
import { type Classification, type LoadOptions, Network } from "./network.js";
import type { Network as WorkerNetwork } from "./worker/network.js";

// The types of what these functions take and give, so that a program can name them.
export type * from "./common.js";
export { DIGIT_CLASSES, DIGIT_PIXELS, DIGIT_SIDE, preprocessDigit } from "./image/digit.js";
export type { DigitImage } from "./image/plane.js";
export type { Network } from "./network.js";
export type { Network as WorkerNetwork } from "./worker/network.js";

/** What a network takes a picture of a digit for. */
export interface DigitReading extends Classification {
  /** What the network saw: `[28][28]` bytes, light on black. */
  digit: Uint8Array;
}

/**
 * The pretrained network of 784 inputs, 28x28 as MNIST has them, and 10 outputs, the probabilities of the digits. Each call
 * gives a network of its own. Its weights come with this module, nothing is fetched. `models/digits.md` of the repository is
 * its card: how it was trained, and how well it reads. The options are those of `Network.fromBytes`. TypeError or RangeError
 * names the option at fault.
 */
export async function loadDigits(options: LoadOptions = {}): Promise<Network> {
  checkOptions(options, "options", ["deterministic", "seed", "threads"]);
  // The weights are a module of their own, which only this call loads.
  const { packedDigits } = await import("../build/digits-weights.js");
  return Network.fromBytes(unpackModel(await unpack(packedDigits)), options);
}

/**
 * What a network like that of `loadDigits` takes a picture of a digit for; `undefined` if nothing is drawn. The picture is
 * preprocessed by `preprocessDigit`; the 784 bytes that it gave are taken as they are. A network of `wasmlp/worker` gives a
 * promise. TypeError for what is no network or no picture, RangeError for a network of other inputs and for a picture whose
 * data does not fit its size.
 */
export function readDigit(network: Network, picture: DigitImage | Uint8Array): DigitReading | undefined;
export function readDigit(network: WorkerNetwork, picture: DigitImage | Uint8Array): Promise<DigitReading | undefined>;
export function readDigit(
  network: Network | WorkerNetwork,
  picture: DigitImage | Uint8Array,
): DigitReading | undefined | Promise<DigitReading | undefined>;
export function readDigit(
  network: Network | WorkerNetwork,
  picture: DigitImage | Uint8Array,
): DigitReading | undefined | Promise<DigitReading | undefined> {
  checkReads(network);
  const digit = picture instanceof Uint8Array ? picture : preprocessDigit(picture);
  if (network instanceof Network) return digit && { ...network.classify(digit), digit };
  return digit ? readInWorker(network, digit) : Promise.resolve(undefined);
}

async function readInWorker(network: WorkerNetwork, digit: Uint8Array): Promise<DigitReading> {
  return { ...(await network.classify(digit)), digit };
}

/**
 * Recognizes networks, also those of workers, by their properties: `instanceof` would import all of `wasmlp/worker`.
 */
function checkReads(network: unknown): void {
  const { spec, classify } = (network ?? {}) as Partial<Network>;
  if (spec === undefined || typeof classify !== "function") {
    throw typeError("network", `must be a Network, such as await loadDigits() gives, got ${shown(network)}`);
  }
  if (spec.inputs !== DIGIT_PIXELS) {
    const size = `${DIGIT_PIXELS} inputs (${DIGIT_SIDE}x${DIGIT_SIDE})`;
    throw rangeError("network", `must take ${size}, got one that takes ${spec.inputs}`);
  }
}
