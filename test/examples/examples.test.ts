// The examples type-check strictly, run in Node, and print what they say they do. test/browser runs those for pages.

import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exampleNames, Project, readExample, root, statedOutput } from "../support/examples.js";

const NAMES = exampleNames(".ts");
const IN_PAGES = ["canvas.ts"];
const IN_NODE = NAMES.filter((name) => !IN_PAGES.includes(name));

let project: Project;
beforeAll(() => {
  project = new Project();
});
afterAll(() => project.remove());

/** Complaints of the compiler about these files, each as "name code". */
function typeErrors(files: Record<string, string>): string[] {
  const compilerOptions = {
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, erasableSyntaxOnly: true },
    ...{ noEmit: true, target: "es2022", module: "nodenext", lib: ["es2023", "dom"] },
    ...{ types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
  };
  for (const [name, code] of Object.entries(files)) project.write(name, code);
  project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  const lines = project.node(join(root, "node_modules/typescript/bin/tsc"));
  return lines.map((line) => line.replace(/\(.*error (TS\d+).*/, " $1")).sort();
}

it("are type-checked, each of them", () => {
  const files = Object.fromEntries(NAMES.map((name) => [name, readExample(name)]));
  // The same files with a mistake. One run for both, as the compiler takes seconds to start.
  const wrong = NAMES.map((name) => [`wrong-${name}`, `${files[name]}\nexport const planted: string = 5;\n`] as const);
  const errors = typeErrors({ ...files, ...Object.fromEntries(wrong) });
  expect(errors).toEqual(wrong.map(([name]) => `${name} TS2322`).sort());
});

it.each(IN_NODE)("%s prints what its comments say", (name) => {
  const printed = project.run(name);
  const stated = statedOutput(readExample(name));
  expect(stated.length).toBeGreaterThan(0);
  expect(printed.filter((line) => stated.includes(line))).toEqual(stated);
});

it("regression.ts is right to two minutes on data that it has not seen", () => {
  const minutes = Number(
    project.run("regression.ts")[0]?.match(/^typical error on new places and days: (.*) minutes$/)?.[1],
  );
  expect(minutes).toBeGreaterThan(0);
  expect(minutes).toBeLessThan(2);
});
