// Types that a project may compile without: the web's classes, and `Symbol.dispose`, which TypeScript has had since 5.2.

declare global {
  // The same declarations as in TypeScript's library and in Node's types, with which they merge.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/**
 * The instances of a global class such as `AbortSignal`, by its name; `Otherwise` in projects that compile without the
 * class's declaration, which is in the library "dom" and in the types of Node.
 */
export type GlobalType<Name extends string, Otherwise = never> = typeof globalThis extends {
  [Key in Name]: { prototype: infer Instance };
}
  ? Instance
  : Otherwise;

/** What is used of an `AbortSignal` in projects that compile without its declaration. */
interface SignalLike {
  /** Whether it has been aborted. */
  readonly aborted: boolean;
  /** Why it has been aborted; absent before. */
  readonly reason?: unknown;
}

/** An `AbortSignal`, also in projects that compile without its declaration. */
export type Signal = GlobalType<"AbortSignal", SignalLike>;
