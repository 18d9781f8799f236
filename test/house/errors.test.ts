// Errors about an argument carry it: no file of the library makes one by hand, whose argument only its sentence would tell.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const source = resolve(import.meta.dirname, "../../src");

/** Errors that a text makes with a message that begins with an argument in quotes. */
function madeByHand(code: string): string[] {
  return code.match(/new (Type|Range)Error\(\s*[`'"]\\?".*/g) ?? [];
}

describe("an error about an argument", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

  it.each(files.filter((name) => name !== "check.ts"))("is made by check.ts, not by %s", (name) => {
    expect(madeByHand(readFileSync(join(source, name), "utf8"))).toEqual([]);
  });

  it("and this test sees one that is not", () => {
    expect(madeByHand('throw new RangeError(`"seed" must be 1`);')).toHaveLength(1);
    expect(madeByHand("throw new TypeError(\n  '\"seed\" must be 1',\n);")).toHaveLength(1);
    expect(madeByHand('throw new RangeError("the model is cut short");')).toEqual([]);
  });
});
