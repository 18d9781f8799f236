// The README and the examples in it.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "vitest";

export const readme = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");

/** The code between two markers. */
export function example(name: string, language = "ts"): string {
  const code = readme.match(
    new RegExp(`<!-- ${name} -->\\n\`\`\`${language}\\n([^]*?)\`\`\`\\n<!-- /${name} -->`),
  )?.[1] as string;
  expect(code, `README.md has no example between the markers of ${name}`).toBeTruthy();
  return code;
}
