// The view "Look inside": which weight it shows when the digit changes.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Network } from "../../src/index.js";
import type { Network as WorkerNetwork } from "../../src/worker.js";
import { Inspector, type Sample, type Snapshot } from "../../web/inside/inspector.js";

/** Digits as strips of ink, each at a place of its own: a pixel that is dark in one is blank in the others. */
function sample(digit: number): Sample {
  const pixels = new Uint8Array(784);
  for (let row = 4; row < 24; row++) pixels.fill(200, 28 * row + 2 * digit + 4, 28 * row + 2 * digit + 6);
  return { pixels, label: digit, name: `digit ${digit}` };
}

/** The pixel in row 12 that is dark in this digit. */
const pixelOf = (digit: number) => 28 * 12 + 2 * digit + 4;

let network: WorkerNetwork;
beforeAll(async () => {
  const file = resolve(import.meta.dirname, "../../models/digits-tiny.safetensors");
  // The inspector awaits every method, so a network of this thread serves as well as one in a worker.
  network = (await Network.fromBytes(readFileSync(file))) as unknown as WorkerNetwork;
});

/** An inspector of the network and the digit 0; `snapshot` makes a change and waits for what is shown then. */
async function inspect() {
  let report: () => void = () => {};
  const inspector = new Inspector(() => report());
  const snapshot = async (change: () => void): Promise<Snapshot> => {
    const changed = new Promise<void>((resolve) => {
      report = resolve;
    });
    change();
    await changed;
    return inspector.snapshot as Snapshot;
  };
  inspector.setNetwork(network);
  await snapshot(() => inspector.setSample(sample(0)));
  return { inspector, snapshot };
}

describe("for another digit", () => {
  it("the page's choice is a weight whose input is not blank", async () => {
    const { inspector, snapshot } = await inspect();
    for (let digit = 1; digit < 10; digit++) {
      const { explanation, note } = await snapshot(() => inspector.setSample(sample(digit)));
      expect(explanation.input).toBeGreaterThan(0);
      expect(explanation.gradient).not.toBe(0);
      expect(note).toBe("");
    }
  });

  it("a neuron that was chosen is kept, with its most telling weight", async () => {
    const { inspector, snapshot } = await inspect();
    await snapshot(() => inspector.setNeuron(0, 5));
    for (let digit = 1; digit < 10; digit++) {
      const { explanation, position, note } = await snapshot(() => inspector.setSample(sample(digit)));
      expect(position).toMatchObject({ layer: 0, unit: 5 });
      expect(explanation.input).toBeGreaterThan(0);
      expect(note).toBe("");
    }
  });

  it("a weight that was chosen is kept while its input is not 0, and comes back; else a note says so", async () => {
    const { inspector, snapshot } = await inspect();
    const chosen = { layer: 0, unit: 5, input: pixelOf(3) };
    await snapshot(() => inspector.setSample(sample(3)));
    await snapshot(() => inspector.setPosition(chosen));
    const thinner = sample(3);
    thinner.pixels[0] = 9;
    expect((await snapshot(() => inspector.setSample(thinner))).position).toEqual(chosen);
    const other = await snapshot(() => inspector.setSample(sample(4)));
    expect(other.position).toMatchObject({ layer: 0, unit: 5 });
    expect(other.explanation.input).toBeGreaterThan(0);
    expect(other.note).toBe(
      `Your weight, from pixel ${pixelOf(3)}, has the input 0 here; this is the most telling one.`,
    );
    // The note stays while the weights change in training, which inspects the same network again.
    expect((await snapshot(() => inspector.setNetwork(network))).note).toBe(other.note);
    const back = await snapshot(() => inspector.setSample(sample(3)));
    expect([back.position, back.note]).toEqual([chosen, ""]);
  });

  it("a weight with a blank input can be chosen, and is shown for this digit", async () => {
    const { inspector, snapshot } = await inspect();
    const blank = { layer: 0, unit: 5, input: 0 };
    const { position, explanation } = await snapshot(() => inspector.setPosition(blank));
    expect([position, explanation.gradient]).toEqual([blank, 0]);
  });

  it("the last selection remains if it is blank", async () => {
    const { inspector, snapshot } = await inspect();
    await snapshot(() => inspector.setNeuron(0, 5));
    const before = inspector.snapshot?.position;
    const empty = { pixels: new Uint8Array(784), name: "nothing" };
    expect((await snapshot(() => inspector.setSample(empty))).position).toEqual(before);
    expect(inspector.message).toBe("");
  });

  it("an invalid weight is refused, and the selection remains", async () => {
    const { inspector, snapshot } = await inspect();
    const { position } = await snapshot(() => inspector.setPosition({ layer: 0, unit: 5, input: pixelOf(0) }));
    await snapshot(() => inspector.setPosition({ layer: 0, unit: 16, input: 0 }));
    expect(inspector.message).toContain('"weight.unit" must be a whole number from 0 to 15');
    expect(inspector.snapshot?.position).toEqual(position);
    expect((await snapshot(() => inspector.setLearningRate(0.5))).position).toEqual(position);
  });
});
