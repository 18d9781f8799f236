// Which kind of inputs a network was trained on: bytes, which `inputScale` multiplies, or floats, which are used as given. The
// same numbers mean something else in the other kind, so that a network must not take them for it in silence.

import { rangeError, shown, typeError } from "./check.js";
import { isBytes } from "./kinds.js";
import type { NetworkSpec } from "./spec.js";

export type InputKind = "bytes" | "floats";
/** The kinds that a network was trained on; empty where nothing is known. */
export type InputKinds = ReadonlySet<InputKind>;

export function kindOf(inputs: Uint8Array | Float32Array): InputKind {
  return isBytes(inputs) ? "bytes" : "floats";
}

/** In the order of the type, so that the same kinds give the same text. */
export function listOfKinds(kinds: InputKinds): InputKind[] {
  return (["bytes", "floats"] as const).filter((kind) => kinds.has(kind));
}

/** The one kind that the network was trained on, if it was on just one. */
function onlyKind(kinds: InputKinds): InputKind | undefined {
  return kinds.size === 1 ? listOfKinds(kinds)[0] : undefined;
}

const TRAINED = "as this network was trained on";

/** Whole numbers from 0 to 255 as bytes, for a network that was trained on bytes only; undefined for other networks. */
export function plainBytes(values: readonly number[], kinds: InputKinds, title: string): Uint8Array | undefined {
  if (onlyKind(kinds) !== "bytes") return undefined;
  const at = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value > 255);
  if (at < 0) return Uint8Array.from(values);
  throw rangeError(
    title,
    `must be whole numbers from 0 to 255, ${TRAINED} bytes, got ${shown(values[at])} at index ${at}; ` +
      "give a Float32Array for inputs that are scaled already",
  );
}

/** How far beyond scaled bytes a float may lie, as a share of their range: rounding, and a division by 254 or 256. */
const TOLERANCE = 0.01;

/** TypeError or RangeError for inputs that cannot be of the kind that the network was trained on. */
export function checkKind(
  { inputScale }: NetworkSpec,
  inputs: Uint8Array | Float32Array,
  kinds: InputKinds,
  title: string,
): void {
  const only = onlyKind(kinds);
  if (only === undefined || only === kindOf(inputs)) return;
  if (only === "floats") {
    const what = "convert them as its training data was, with Float32Array.from(bytes, …)";
    throw typeError(title, `must be a Float32Array, ${TRAINED} floats, got ${shown(inputs)}: ${what}`);
  }
  const most = 255 * inputScale;
  const slack = TOLERANCE * Math.abs(most);
  const [low, high] = [Math.min(0, most) - slack, Math.max(0, most) + slack];
  const at = inputs.findIndex((value) => value < low || value > high);
  if (at < 0) return;
  const range = `from ${Math.min(0, most)} to ${Math.max(0, most)}`;
  throw rangeError(
    title,
    `must be bytes in a Uint8Array, or floats ${range} that were bytes, ${TRAINED} bytes, got ${inputs[at]} at index ${at}`,
  );
}
