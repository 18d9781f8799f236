// The types of the tables: a program in which a row is missing does not compile.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as ts from "typescript";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const path = (name: string) => resolve(root, name);
/** What uses every row by name: the kernels' codes and updates, the public makers, the reference. */
const PROGRAM = [
  "src/index.ts",
  "src/step/context.ts",
  "test/support/reference.ts",
  "test/support/reference-optimizers.ts",
];

const config = ts.getParsedCommandLineOfConfigFile(
  path("tsconfig.json"),
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {},
  },
);
const options: ts.CompilerOptions = { ...config?.options, noEmit: true, skipLibCheck: true };
const host = ts.createCompilerHost(options);
const parsed = new Map<string, ts.SourceFile | undefined>();
let before: ts.Program | undefined;

/** The complaints about the program with other texts in the place of some files. */
function complaints(changed: Record<string, string>): string[] {
  const changes = new Map(Object.entries(changed).map(([name, text]) => [path(name), text]));
  const getSourceFile: ts.CompilerHost["getSourceFile"] = (name, target) => {
    const text = changes.get(resolve(name));
    if (text !== undefined) return ts.createSourceFile(name, text, target);
    if (!parsed.has(name)) parsed.set(name, host.getSourceFile(name, target));
    return parsed.get(name);
  };
  before = ts.createProgram(PROGRAM.map(path), options, { ...host, getSourceFile }, before);
  return ts.getPreEmitDiagnostics(before).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** A file without the property `name` of the object that `table` is. */
function without(file: string, table: string, name: string): string {
  const text = readFileSync(path(file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === table) {
      const inner = (child: ts.Node): void => {
        if (ts.isPropertyAssignment(child) && child.name.getText() === name) found ??= child;
        else ts.forEachChild(child, inner);
      };
      inner(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (!found) throw new Error(`${table} of ${file} has no ${name}`);
  return `${text.slice(0, found.getStart())}${text.slice(found.getEnd()).replace(/^,/, "")}`;
}

it("compile as they are", () => {
  expect(complaints({})).toEqual([]);
});

it.each([
  ["src/activations.ts", "ACTIVATIONS", "softplus"],
  ["src/losses.ts", "LOSSES", "meanAbsoluteError"],
  ["src/recipe/optimizer.ts", "OPTIMIZERS", "rmsprop"],
  ["test/support/reference.ts", "TRUTHS", "tanh"],
  ["test/support/reference.ts", "losses", "quadratic"],
  ["src/memory/command.ts", "PLACES", "scale"],
])(
  "do not compile where %s misses the row of %s: %s",
  (file, table, name) => {
    const told = complaints({ [file]: without(file, table, name) });
    expect(
      told.some((sentence) => sentence.includes(name)),
      told.join("\n"),
    ).toBe(true);
  },
  120_000,
);
