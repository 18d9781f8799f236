// The benchmark of drawn digits as a program: its results, and what it refuses before it starts.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Network, saveNetwork } from "../../src/node.js";
import { idx, writeIdxFolder } from "../support/idx-folder.js";
import { layersOf } from "../support/networks.js";

const root = resolve(import.meta.dirname, "../..");
const program = join(root, "build/models.js");
const TINY = join(root, "models/digits-tiny.safetensors");
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-drawn-"));
  // Images of another size than digits in "small", of their size in "data".
  writeIdxFolder(join(folder, "small"), [0, 1, 2]);
  writeIdxFolder(join(folder, "data"), [0, 1]);
  for (const set of ["train", "t10k"]) {
    const strokes = Uint8Array.from({ length: 2 * 784 }, (_, i) => (Math.abs((i % 28) - 14) < 2 ? 255 : 0));
    writeFileSync(join(folder, `data/${set}-images-idx3-ubyte`), idx([2, 28, 28], strokes));
  }
  const layers = layersOf([3], "softmax", "softmax");
  await saveNetwork(join(folder, "three"), await Network.create({ inputs: 784, layers, loss: "crossEntropy" }));
});
/** Classifies a digit of pixels of 1 as a 1 where products are rounded before they are added, and as a 0 where they are not. */
async function saveRounding(path: string): Promise<void> {
  const input = Math.fround(1 / 255);
  let weight = 1;
  while (weight * input - Math.fround(weight * input) < 1e-11) weight = Math.fround(weight + 0.01);
  const layers = layersOf([10], "linear", "linear");
  const network = await Network.create({ inputs: 784, layers, loss: "quadratic" });
  const [weights, biases] = [new Float32Array(7840), new Float32Array(10).fill(-1)];
  weights[0] = weight;
  biases.set([-Math.fround(weight * input), 1e-12]);
  network.setParameters([{ weights, biases }]);
  await saveNetwork(path, network);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const drawn = (...args: string[]) =>
  spawnSync(process.execPath, [program, "drawn", ...args], { cwd: folder, encoding: "utf8" });
const MEASURE = ["--model", TINY, "--data", "data", "--kind", "MNIST"];

describe("drawn", () => {
  it("measures one kind of drawing and shows it", () => {
    const { stdout, status } = drawn(...MEASURE, "--json", "--sheet", "sheet.png");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).kinds).toEqual([{ kind: "MNIST", count: 2, accuracy: 0.5, unseen: 0 }]);
    expect(decode(readFileSync(join(folder, "sheet.png")))).toMatchObject({ width: 24 * 140, height: 2 * 140 });
    expect(drawn(...MEASURE, "--count", "1").stdout).toMatch(/^MNIST .* of 1\n$/);
  });

  it("gives the results of the cards, the same on every engine", async () => {
    await saveRounding(join(folder, "rounding"));
    mkdirSync(join(folder, "ones"));
    for (const set of ["train", "t10k"]) {
      writeFileSync(join(folder, `ones/${set}-images-idx3-ubyte`), idx([1, 28, 28], new Uint8Array(784).fill(1)));
      writeFileSync(join(folder, `ones/${set}-labels-idx1-ubyte`), idx([1], Uint8Array.of(1)));
    }
    const { stdout } = drawn(...MEASURE, "--model", "rounding", "--data", "ones", "--json");
    expect(JSON.parse(stdout).kinds[0].accuracy).toBe(1);
  });

  it.each([
    [
      "a count that is no whole number",
      ["--count", "1.5"],
      '"--count" must be a whole number from 1 to 2147483647, got 1.5',
    ],
    [
      "a sheet that cannot be written",
      ["--sheet", "no/a.png"],
      "cannot write no/a.png: there is no such file or folder",
    ],
    [
      "a model of other outputs",
      ["--model", "three"],
      "three has 784 inputs and 3 outputs, but digits need 784 (28x28) and 10",
    ],
    [
      "images of another size",
      ["--data", "small"],
      "small holds images of 8x8 in 3 classes, but digits have 28x28 pixels and at most 10 classes",
    ],
  ])("refuses %s before it measures", (_, args, message) => {
    expect(drawn(...MEASURE, ...args)).toMatchObject({ status: 1, stdout: "", stderr: `${message}\n` });
  });
});
