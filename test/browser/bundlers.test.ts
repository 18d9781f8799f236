// The package in projects of all common bundlers without configuration: each page trains or recognizes a digit in Chromium.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "../support/installed.js";
import { partOf } from "../support/whole.js";
import { WAYS } from "./bundlers.js";
import { describeIn } from "./fixture.js";

/** A program that learns exclusive or; `outcome` is the network's predictions for the four samples. */
const trains = (entry: string): string => `
import { Dataset, Network, sgd } from "${entry}";
const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const data = new Dataset({ inputs, shape: 2, targets: Float32Array.of(0, 1, 1, 0) });
const layers = [{ units: 8, activation: "tanh" }, { units: 1, activation: "sigmoid" }];
const network = await Network.create({ inputs: 2, layers, loss: "crossEntropy", seed: 1 });
await network.fit(data, { epochs: 500, batchSize: 4, optimizer: sgd({ learningRate: 0.5 }) });
globalThis.outcome = [...(await network.predict(inputs))].map(Math.round);`;

/** A program that recognizes a vertical stroke on a canvas. */
const READS = `
import { loadDigits, readDigit } from "wasmlp/digits";
const context = new OffscreenCanvas(100, 100).getContext("2d");
context.fillStyle = "white";
context.fillRect(0, 0, 100, 100);
context.fillStyle = "black";
context.fillRect(46, 20, 8, 60);
globalThis.outcome = readDigit(await loadDigits(), context.getImageData(0, 0, 100, 100)).label;`;

const PROGRAMS: [entry: string, program: string, outcome: unknown][] = [
  ["wasmlp", trains("wasmlp"), [0, 1, 1, 0]],
  ["wasmlp/worker", trains("wasmlp/worker"), [0, 1, 1, 0]],
  ["wasmlp/digits", READS, 1],
];

/** All scripts that a bundler wrote, as one text. */
function scriptsOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  return names.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
}

/** Code that evaluates strings, which a strict content security policy forbids. */
const EVALUATION = /\beval\s*\(|\bFunction\s*\(|set(?:Timeout|Interval)\(\s*["'`]/;

describeIn("chromium", "the package", (browser) => {
  let workshop: Workshop;
  beforeAll(() => {
    workshop = new Workshop();
  });
  afterAll(() => workshop?.remove());

  describe.each(Object.entries(WAYS))("through %s", (way, { files, publish }) => {
    it.each(partOf(PROGRAMS, 3))("%s", async (entry, program, outcome) => {
      const project = workshop.project(`${way} ${entry}`.replace(/\W/g, "-"), files(program));
      const { address, close, output } = await publish(project);
      try {
        const page = await browser().open(address);
        await page.waitForFunction("globalThis.outcome !== undefined");
        expect(await page.evaluate("globalThis.outcome")).toEqual(outcome);
        if (output !== undefined) expect(scriptsOf(output)).not.toMatch(EVALUATION);
      } finally {
        await close();
      }
    });
  });
});

describe("the package's own scripts", () => {
  it("do not evaluate strings as code", () => {
    const build = join(import.meta.dirname, "../../build");
    const names = readdirSync(build).filter((name) => /^(index|digits|worker|worker-script|chunk-.*)\.js$/.test(name));
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) expect(readFileSync(join(build, name), "utf8"), name).not.toMatch(EVALUATION);
  });

  it.each(["eval('1')", "new Function('return 1')", "Function (x)", "setTimeout('f()')"])(
    "would be recognized if they used %s",
    (code) => {
      expect(code).toMatch(EVALUATION);
    },
  );
});
