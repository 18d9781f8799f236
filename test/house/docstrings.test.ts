// The API reference is made of docstrings: every public name has one that says what its user needs.

import { resolve } from "node:path";
import { expect, it } from "vitest";
import { shortcomings } from "../support/docstrings.js";

const root = resolve(import.meta.dirname, "../..");
const ENTRIES = ["index", "node", "digits", "worker"].map((name) => resolve(root, `src/${name}.ts`));

it("every public name has a docstring with shapes, units, defaults and errors", () => {
  expect(shortcomings(ENTRIES)).toEqual([]);
});
