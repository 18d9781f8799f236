// Guards for values that come from outside. Each names the argument, what was expected and what came; the wrong kind of
// value is a TypeError, the wrong value a RangeError. The message is built only on the throwing path.

/** How a value reads in a message: short, and never a whole array. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  const name = value.constructor?.name ?? "object";
  const length = (value as { length?: unknown }).length;
  return typeof length === "number" ? `${name}(${length})` : name;
}

export function checkInteger(value: unknown, title: string, least = 1, most = 2 ** 31 - 1): number {
  if (typeof value !== "number") throw new TypeError(`"${title}" must be a number, got ${shown(value)}`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`"${title}" must be a whole number from ${least} to ${most}, got ${value}`);
  }
  return value;
}

export function checkNumber(value: unknown, title: string, least = -Infinity, most = Infinity): number {
  if (typeof value !== "number") throw new TypeError(`"${title}" must be a number, got ${shown(value)}`);
  if (!Number.isFinite(value) || value < least || value > most) {
    throw new RangeError(`"${title}" must be a finite number${bounds(least, most)}, got ${value}`);
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
  throw new RangeError(`"${title}" must be within the range of float32, got ${number}`);
}

/** One of the listed names, which the message repeats. */
export function checkName<Name extends string>(value: unknown, title: string, names: readonly Name[]): Name {
  if (names.includes(value as Name)) return value as Name;
  const list = names.map((name) => `"${name}"`).join(", ");
  const message = `"${title}" must be one of ${list}, got ${shown(value)}`;
  throw typeof value === "string" ? new RangeError(message) : new TypeError(message);
}

export function checkFunction(value: unknown, title: string): unknown {
  if (typeof value !== "function") throw new TypeError(`"${title}" must be a function, got ${shown(value)}`);
  return value;
}

export function checkBoolean(value: unknown, title: string): boolean {
  if (typeof value !== "boolean") throw new TypeError(`"${title}" must be true or false, got ${shown(value)}`);
  return value;
}

/** A plain object whose keys are all among `keys`: a misspelt option is refused, not ignored. */
export function checkOptions(value: unknown, title: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`"${title}" must be an object, got ${shown(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw new RangeError(`"${title}" has no option "${key}"; it takes ${keys.join(", ")}`);
  }
  return value as Record<string, unknown>;
}

/** Numbers of a wrong count, or not finite, are refused with the index of the first bad one. */
export function checkFloats(value: unknown, title: string, length: number): Float32Array {
  if (!(value instanceof Float32Array)) throw new TypeError(`"${title}" must be a Float32Array, got ${shown(value)}`);
  if (value.length !== length) throw new RangeError(`"${title}" must hold ${length} numbers, got ${value.length}`);
  checkFinite(value, title);
  return value;
}

export function checkFinite(values: Float32Array, title: string): void {
  // x − x is zero for a finite x and NaN otherwise, so one pass without a branch finds out whether to look for it.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) - (values[i] as number);
  if (sum === 0) return;
  const at = values.findIndex((x) => !Number.isFinite(x));
  throw new RangeError(`"${title}" must be finite numbers, got ${values[at]} at index ${at}`);
}
