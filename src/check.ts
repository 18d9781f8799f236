// Guards for values that come from outside. Each error names the argument, what was expected and what came; the wrong kind of
// value is a TypeError, the wrong value a RangeError. The message is built only on the throwing path.

import type { Signal } from "./globals.js";
import { isBytes, isFloats, tagOf } from "./kinds.js";

/**
 * A TypeError or RangeError of this library about an argument. Its message begins with the argument in quotes; programs go by
 * `argument`, as sentences may be reworded.
 */
export interface ArgumentError extends Error {
  /** Path of the argument at fault, such as "seed", "layers[0].units" or "optimizer.learningRate". */
  readonly argument: string;
}

/** A TypeError about an argument: `sentence` follows its name. */
export function typeError(argument: string, sentence: string, options?: ErrorOptions): ArgumentError {
  return about(argument, new TypeError(`"${argument}" ${sentence}`, options));
}

/** A RangeError about an argument: `sentence` follows its name. */
export function rangeError(argument: string, sentence: string, options?: ErrorOptions): ArgumentError {
  return about(argument, new RangeError(`"${argument}" ${sentence}`, options));
}

/** Sets what an error is about. It is not enumerable: an error that is printed shows it in its message already. */
export function about<E extends Error>(argument: string, error: E): E & ArgumentError {
  return Object.defineProperty(error, "argument", { value: argument, configurable: true }) as E & ArgumentError;
}

/** Runs `work`, which reads what was given as `argument`: all its errors are about that one. */
export function reading<T>(argument: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw about(argument, error as Error);
  }
}

/** The path of the argument that an error is about, if it is about one. */
export function argumentOf(error: unknown): string | undefined {
  const { argument } = (error ?? {}) as Partial<ArgumentError>;
  return typeof argument === "string" ? argument : undefined;
}

/**
 * Runs a check of what lies at `path`, so that its errors name the whole path: "units" becomes "layers[0].units"; "options",
 * as functions call their own options, and the path itself stay the path.
 */
export function within<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    const argument = argumentOf(error);
    if (argument === undefined) throw error;
    const { message } = error as Error;
    const whole = argument === "options" || argument === path ? path : `${path}.${argument}`;
    const make = error instanceof TypeError ? typeError : rangeError;
    throw make(whole, message.slice(argument.length + 3), { cause: error });
  }
}

/** What messages call the other module when one class has been loaded twice. */
export const OTHER_COPY = "another copy of wasmlp: the package is installed, bundled or loaded twice";

/** Characters of a value that a message repeats. */
const MOST_SHOWN = 60;

export function shortened(text: string, most = MOST_SHOWN): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** How a value reads in a message: short, and never a whole array. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shortened(value));
  if (typeof value === "bigint") return `${shortened(String(value))}n`;
  if (typeof value === "function") return `the function ${JSON.stringify(shortened(value.name))}`;
  if (typeof value !== "object" || value === null) return String(value);
  const name = className(value);
  const length = Array.isArray(value) || ArrayBuffer.isView(value) ? (value as { length?: unknown }).length : undefined;
  return typeof length === "number" ? `${name}(${length})` : name;
}

/**
 * The name of an object's class. Classes of this library declare it as their tag, which minifiers keep. Data can have a property
 * of its own that is called "constructor".
 */
function className(value: object): string {
  const tag = tagOf(value);
  if (tag === "Promise") return "a Promise, which was not awaited";
  if (tag !== "Object") return shortened(tag);
  const { name } = (Object.getPrototypeOf(value)?.constructor ?? {}) as { name?: unknown };
  return typeof name === "string" && name !== "" ? shortened(name) : "object";
}

export function checkInteger(value: unknown, title: string, least = 1, most = 2 ** 31 - 1): number {
  if (typeof value !== "number") throw typeError(title, `must be a number, got ${shown(value)}`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw rangeError(title, `must be a whole number from ${least} to ${most}, got ${value}`);
  }
  return value;
}

export function checkNumber(value: unknown, title: string, least = -Infinity, most = Infinity): number {
  if (typeof value !== "number") throw typeError(title, `must be a number, got ${shown(value)}`);
  if (!Number.isFinite(value) || value < least || value > most) {
    throw rangeError(title, `must be a finite number${bounds(least, most)}, got ${value}`);
  }
  return value;
}

function bounds(least: number, most: number): string {
  if (least === -Infinity && most === Infinity) return "";
  if (most === Infinity) return ` of at least ${least}`;
  return ` from ${least} to ${most}`;
}

/** A number of at least `least` that float32 holds, since the kernels take it so: not infinite, and zero only for zero. */
export function checkFloat(value: unknown, title: string, least: number): number {
  const number = checkNumber(value, title, least);
  const float = Math.fround(number);
  if ((float === 0) === (number === 0) && Number.isFinite(float)) return number;
  throw rangeError(title, `must be within the range of float32, got ${number}`);
}

/** One of the listed names, which the message repeats. */
export function checkName<Name extends string>(value: unknown, title: string, names: readonly Name[]): Name {
  if (names.includes(value as Name)) return value as Name;
  const list = names.map((name) => `"${name}"`).join(", ");
  throw (typeof value === "string" ? rangeError : typeError)(title, `must be one of ${list}, got ${shown(value)}`);
}

export function checkFunction(value: unknown, title: string): unknown {
  if (typeof value !== "function") throw typeError(title, `must be a function, got ${shown(value)}`);
  return value;
}

export function checkBytes(value: unknown, title: string): Uint8Array {
  if (!isBytes(value)) throw typeError(title, `must be a Uint8Array, got ${shown(value)}`);
  return value;
}

export function checkSignal(value: unknown, title: string): Signal {
  if (tagOf(value) !== "AbortSignal") throw typeError(title, `must be an AbortSignal, got ${shown(value)}`);
  return value as Signal;
}

export function checkBoolean(value: unknown, title: string): boolean {
  if (typeof value !== "boolean") throw typeError(title, `must be true or false, got ${shown(value)}`);
  return value;
}

/** A plain object whose keys are all among `keys`: a misspelt option is refused, not ignored. */
export function checkOptions(value: unknown, title: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw typeError(title, `must be an object, got ${shown(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw rangeError(title, `has no option ${shown(key)}; it takes ${keys.join(", ")}`);
  }
  return value as Record<string, unknown>;
}

/** Numbers of a wrong count, or not finite, are refused with the index of the first bad one. */
export function checkFloats(value: unknown, title: string, length: number): Float32Array {
  if (!isFloats(value)) throw typeError(title, `must be a Float32Array, got ${shown(value)}`);
  if (value.length !== length) throw rangeError(title, `must hold ${length} numbers, got ${value.length}`);
  checkFinite(value, title);
  return value;
}

export function checkFinite(values: Float32Array, title: string): void {
  // x − x is zero for a finite x and NaN otherwise, so one pass without a branch finds out whether to look for it.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) - (values[i] as number);
  if (sum === 0) return;
  const at = values.findIndex((x) => !Number.isFinite(x));
  throw rangeError(title, `must be finite numbers, got ${values[at]} at index ${at}`);
}
