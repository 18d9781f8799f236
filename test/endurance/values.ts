// Values that are likely to be handled wrongly, and changes of structured data and of bytes.

import type { Choices } from "./choices.js";

const NUMBERS = [
  ...[0, -0, 1, -1, 2, 3, 4, 5, 12, 0.5, 1.5, 0.999999, 1e-8, 1e-30, 5e-324, 255, 256, 257, 65_535, 65_536, 1e6],
  ...[2 ** 20, 2 ** 20 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e30, 3.5e38, 1e308],
  ...[Number.NaN, Infinity, -Infinity],
];
const TEXTS = [
  "",
  "1",
  "784",
  "sgd",
  "adam",
  "relu",
  "softmax",
  "sigmoid",
  "quadratic",
  "crossEntropy",
  "auto",
  "__proto__",
  "constructor",
  "\u0000\n",
];
const OBJECTS: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => true,
  () => false,
  () => [],
  () => ({}),
  () => [[]],
  () => Array(3),
  () => [Number.NaN],
  () => [1, 0],
  () => [0.5, "a"],
  () => Object.create(null),
  () => new Date(0),
  () => new Map([[1, 2]]),
  () => 10n,
  () => Symbol("x"),
  () => () => 1,
  () => new Uint8Array(0),
  () => new Uint8Array(12),
  () => new Uint8Array(12).fill(255),
  () => new Float32Array(12),
  () => new Float32Array(12).fill(1e30),
  () => Float32Array.of(Number.NaN, 1, 2, 3),
  () => new Float64Array(12),
  () => new Int8Array(12).fill(-1),
  () => new BigInt64Array(3),
  () => new DataView(new ArrayBuffer(8)),
  () => new ArrayBuffer(8),
  () => new Error("no"),
  () => new AbortController().signal,
  () => AbortSignal.abort(new Error("stopped by the case")),
  () => Promise.resolve(1),
];

export function oddValue(choices: Choices): unknown {
  const kind = choices.below(4);
  if (kind < 2) return choices.one(NUMBERS);
  if (kind === 2) return choices.one(OBJECTS)();
  return choices.one(TEXTS);
}

/** A finite number of at least 0, as options on the command line are. */
export function oddNumber(choices: Choices): number {
  return choices.one(NUMBERS.filter((x) => x >= 0 && Number.isFinite(x)));
}

/** An odd value that JSON has. */
export function oddJson(choices: Choices): unknown {
  const kind = choices.below(3);
  if (kind === 0) return choices.one(NUMBERS.filter(Number.isFinite));
  if (kind === 1) return choices.one(TEXTS);
  return choices.one([null, true, false, [], {}, [[]], [0], { a: 1 }, "x".repeat(2000)] as unknown[]);
}

/** A copy of plain data in which some values are odd, missing or there twice. Typed arrays are values, not containers. */
export function withOddities(choices: Choices, base: unknown, odd = oddValue): unknown {
  let result = base;
  for (let times = choices.below(3); times > 0; times--) result = changedAt(choices, result, odd, 0);
  return result;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && (Array.isArray(value) || value.constructor === Object);
}

function changedAt(choices: Choices, value: unknown, odd: typeof oddValue, depth: number): unknown {
  if (!isContainer(value)) return odd(choices);
  const keys = Object.keys(value);
  // The root itself is seldom replaced: most of what it holds would never be looked at.
  if (keys.length === 0 || choices.isOneOf(depth === 0 ? 8 : 64)) return odd(choices);
  const key = choices.one(keys);
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  const what = choices.below(16);
  if (what === 0) delete copy[key];
  else if (what === 1) copy[`${key}s`] = copy[key];
  else if (what === 2 && Array.isArray(copy)) copy.push(copy[key] as never);
  else copy[key] = changedAt(choices, value[key], odd, depth + 1);
  return copy;
}

/** A changed copy of a file: bits, bytes, numbers, lengths. */
export function withDamage(choices: Choices, base: Uint8Array): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(base);
  for (let times = choices.below(4); times > 0; times--) bytes = damagedOnce(choices, bytes);
  return bytes;
}

function damagedOnce(choices: Choices, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = choices.below(bytes.length + 1);
  const length = Math.min(choices.byte(), bytes.length - at);
  switch (choices.below(7)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return joined(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at));
    case 3:
      return joined(bytes, new Uint8Array(length));
    case 4:
      bytes.fill(choices.one([0, 255, 1, 127, 128]), at, at + Math.min(length, 9));
      return bytes;
    default:
      if (at < bytes.length) bytes[at] = choices.byte();
      return bytes;
  }
}

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
