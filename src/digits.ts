// wasmlp/digits: a pretrained network that reads handwritten digits, another that tells whether a picture shows a digit at all, and the
// preprocessing that makes any drawing fit for them.

import type { Classification, LoadOptions } from "./calls.js";
import { checkOptions, rangeError, shown, typeError } from "./check.js";
import { Doubt, MOST_DOUBT, SURE, SURE_DOUBT } from "./doubt.js";
import { unpackModel } from "./format/packed.js";
import { unpack } from "./host.js";
import { DIGIT_PIXELS, DIGIT_SIDE, preprocessDigit } from "./image/digit.js";
import type { DigitImage } from "./image/plane.js";
import { isBytes, isPromiseLike } from "./kinds.js";
import { Network } from "./network.js";
import type { Network as WorkerNetwork } from "./worker/network.js";

// The types of what these functions take and give, so that a program can name them.
export type * from "./common.js";
export type { Doubt } from "./doubt.js";
export { DIGIT_CLASSES, DIGIT_PIXELS, DIGIT_SIDE, preprocessDigit } from "./image/digit.js";
export type { DigitImage } from "./image/plane.js";
export type { Network } from "./network.js";
export type { Network as WorkerNetwork } from "./worker/network.js";

/**
 * What a network takes a picture of a digit for. `label` and `probabilities` are its answer if the picture shows a digit. Whether it
 * does, `doubt`, `isDigit` and `isSure` say; they are absent if no `Doubt` was used.
 */
export interface DigitReading extends Classification {
  /** What the network saw: `[28][28]` bytes, light on black. */
  digit: Uint8Array;
  /** The probability, from 0 to 1, that the picture shows none of the digits: a scribble, a letter, a smiley; absent without a `Doubt`. */
  doubt?: number;
  /** Whether `doubt` is at most 0.98; otherwise the picture is to be treated as none of the digits; absent without a `Doubt`. */
  isDigit?: boolean;
  /** Whether the answer is sure: `doubt` is at most 0.1, and the probability of `label` at least 0.9; absent without a `Doubt`. */
  isSure?: boolean;
}

/** The options of `readDigit`. */
export interface ReadOptions {
  /** What `loadDoubt` gives. Default: the same for a network that `loadDigits` gave, none for others. */
  doubt?: Doubt;
}

/** The networks that `loadDigits` gave, and the doubt that belongs to them. */
const doubts = new WeakMap<object, Doubt>();
/** What `loadDoubt` gives; undefined until it is needed. */
let shared: Promise<Doubt> | undefined;

/**
 * The pretrained network of 784 inputs, 28x28 as MNIST has them, and 10 outputs, the probabilities of the digits. Each call
 * gives a network of its own. Its weights come with this module, nothing is fetched. `models/digits.md` of the repository is
 * its card: how it was trained, and how well it reads. `readDigit` adds to its readings the doubt whether the picture shows a digit.
 * The options are those of `Network.fromBytes`. TypeError or RangeError names the option at fault.
 */
export async function loadDigits(options: LoadOptions = {}): Promise<Network> {
  checkOptions(options, "options", ["deterministic", "seed", "threads"]);
  const network = await loadReader(options);
  doubts.set(network, await loadDoubt());
  return network;
}

async function loadReader(options: LoadOptions): Promise<Network> {
  // The weights are a module of their own, which only the calls that load them need.
  const { packedDigits } = await import("../build/digits-weights.js");
  return Network.fromBytes(unpackModel(await unpack(packedDigits)), options);
}

/**
 * What tells whether a picture shows a digit, for readings of networks that `loadDigits` did not give. All calls give the same, which
 * stays in memory; its results are the same on every engine. Rejects with an Error if the weights cannot be loaded. `models/doubt.md` of the repository is its card.
 */
export function loadDoubt(): Promise<Doubt> {
  shared ??= createDoubt().catch((error) => {
    shared = undefined;
    throw error;
  });
  return shared;
}

async function createDoubt(): Promise<Doubt> {
  const { packedDoubt } = await import("../build/digits-weights.js");
  const options = { deterministic: true, threads: 1 };
  // A reader of its own: the user may train, dispose of, or run in a worker the one that answers.
  const reader = await loadReader(options);
  return new Doubt(reader, await Network.fromBytes(unpackModel(await unpack(packedDoubt)), options));
}

/**
 * What a network like that of `loadDigits` takes a picture of a digit for; `undefined` if nothing is drawn. The picture is
 * preprocessed by `preprocessDigit`; the 784 bytes that it gave are taken as they are. A network of `wasmlp/worker` gives a
 * promise. TypeError for what is no network, no picture or no `Doubt`, RangeError for a network of other inputs and for a
 * picture whose data does not fit its size.
 */
export function readDigit(
  network: Network,
  picture: DigitImage | Uint8Array,
  options?: ReadOptions,
): DigitReading | undefined;
export function readDigit(
  network: WorkerNetwork,
  picture: DigitImage | Uint8Array,
  options?: ReadOptions,
): Promise<DigitReading | undefined>;
export function readDigit(
  network: Network | WorkerNetwork,
  picture: DigitImage | Uint8Array,
  options?: ReadOptions,
): DigitReading | undefined | Promise<DigitReading | undefined>;
export function readDigit(
  network: Network | WorkerNetwork,
  picture: DigitImage | Uint8Array,
  options: ReadOptions = {},
): DigitReading | undefined | Promise<DigitReading | undefined> {
  checkReads(network);
  checkOptions(options, "options", ["doubt"]);
  const doubt = options.doubt === undefined ? doubts.get(network) : checkDoubt(options.doubt);
  const digit = isBytes(picture) ? picture : preprocessDigit(picture);
  if (!digit) return network instanceof Network ? undefined : Promise.resolve(undefined);
  const answer = network.classify(digit);
  return isPromiseLike(answer)
    ? answer.then((classification) => reading(classification, digit, doubt))
    : reading(answer, digit, doubt);
}

/** A reading from the network's answer, with the doubt about its picture if there is one. */
function reading(answer: Classification, digit: Uint8Array, doubting: Doubt | undefined): DigitReading {
  if (!doubting) return { ...answer, digit };
  const doubt = doubting.of(digit);
  const isSure = doubt <= SURE_DOUBT && (answer.probabilities[answer.label] as number) >= SURE;
  return { ...answer, digit, doubt, isDigit: doubt <= MOST_DOUBT, isSure };
}

function checkDoubt(doubt: unknown): Doubt {
  if (doubt instanceof Doubt) return doubt;
  throw typeError("options.doubt", `must be a Doubt, such as await loadDoubt() gives, got ${shown(doubt)}`);
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
