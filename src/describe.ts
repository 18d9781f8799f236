// What objects of this library say about themselves where they are printed, and about misuse that JavaScript does not prevent.

/** What `util.inspect`, and so `console.log`, calls in Node, Bun and Deno. */
type Inspecting = (depth: number, options: object, inspect?: (value: unknown, options?: object) => string) => string;

/**
 * Makes Node's `console.log` print an object as its class's name and the data that `describe` gives. A property of the object,
 * not a method of the class: bundlers keep a class with such a name of a method even where it is not used.
 */
export function printAs(object: object, name: string, describe: () => object): void {
  const value: Inspecting = (depth, options, inspect) =>
    depth < 0 || !inspect ? `[${name}]` : `${name} ${inspect(describe(), options)}`;
  Object.defineProperty(object, Symbol.for("nodejs.util.inspect.custom"), { value });
}

/** The error for an object that is used through a proxy, which cannot reach its private state. */
export function proxied(name: string): TypeError {
  return new TypeError(
    `this ${name} is wrapped in a proxy, such as reactive() of Vue or observable() of MobX makes, and cannot be used through it: ` +
      "store markRaw(network) or use shallowRef(network) in Vue, observable.ref in MobX, or call toRaw(network) before the method",
  );
}

/** The error for `new Network(…)`. */
export function notConstructed(): TypeError {
  return new TypeError(
    'a Network is made by "await Network.create({ … })" or "await Network.fromBytes(bytes)", not by "new"',
  );
}
