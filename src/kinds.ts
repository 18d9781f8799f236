// Tells types by their tags, not by `instanceof`: an array that comes from an iframe, from a vm context or from a test's
// environment has another class of the same name.

/** The getter gives the class of a typed array from wherever it comes, and undefined for all else. */
const typedArrayName = /* @__PURE__ */ Object.getOwnPropertyDescriptor(
  /* @__PURE__ */ Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined;

/** Whether a value is a Uint8Array; a Buffer of Node is one. */
export function isBytes(value: unknown): value is Uint8Array {
  return typedArrayName.call(value) === "Uint8Array";
}

export function isClampedBytes(value: unknown): value is Uint8ClampedArray {
  return typedArrayName.call(value) === "Uint8ClampedArray";
}

export function isFloats(value: unknown): value is Float32Array {
  return typedArrayName.call(value) === "Float32Array";
}

export function isWords(value: unknown): value is Uint32Array {
  return typedArrayName.call(value) === "Uint32Array";
}

/** The name in `[object Name]`: the class of most built-in objects, and "Object" for classes that declare none. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Whether a value is an object of `{ … }`, of whichever realm. */
export function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The message of what was thrown, which need not be an Error, on one line: JSON's quotes the text that it parses. */
export function messageOf(thrown: unknown): string {
  const { message } = (thrown ?? {}) as { message?: unknown };
  const text = typeof message === "string" ? message : String(thrown);
  return text.trim().replace(/\s*[\r\n]\s*/g, " ");
}
