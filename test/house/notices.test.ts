// The bundles come with the licences of the packages that they contain.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const notices = readFileSync(resolve(import.meta.dirname, "../../build/NOTICES.txt"), "utf8").split(/^-{80}$/m);
const title = (notice: string) => notice.trim().split("\n")[0] as string;

it.each(notices.map((notice) => [title(notice), notice]))("the licence of %s", (name, notice) => {
  const text = notice.trim().slice(name.length).trim();
  expect(text).toMatch(/apache/i.test(name) ? /Apache License\s+Version 2\.0/ : /permission/i);
  expect(text.length).toBeGreaterThan(500);
});

it("AssemblyScript's loader is among them", () => {
  expect(notices.map(title).join("\n")).toMatch(/^@assemblyscript\/loader [\d.]+ \(Apache-2\.0\)$/m);
});
