// How deep the way is from an epoch's loop over mini-batches to a kernel: a reader has to follow every frame.

import { expect, it } from "vitest";
import { Network, sgd } from "../../src/index.js";
import type { Kernels } from "../../src/kernels/modules.js";
import { StepContext } from "../../src/step/context.js";
import { layersOf, stripes } from "../support/networks.js";

const MOST_FRAMES = 8;

/** The names of the functions on the stack, the innermost first, without the one that asks. */
function frames(): string[] {
  const { stack = "" } = new Error("stack");
  const names = stack.split("\n").slice(2);
  return names.map((line) => /at (?:async )?([\w.<>#]+)/.exec(line)?.[1] ?? line.trim());
}

it(`a step reaches a kernel in at most ${MOST_FRAMES} frames`, async () => {
  const seen: string[][] = [];
  const { layer } = StepContext.prototype;
  // Every phase asks for its layer: the kernels are wrapped when the first one does.
  StepContext.prototype.layer = function (this: StepContext, index: number) {
    const { kernels } = this as unknown as { kernels: Record<string, (...args: number[]) => unknown> };
    const { denseForward } = kernels as unknown as Kernels;
    kernels.denseForward = (...args) => {
      seen.push(frames());
      return (denseForward as (...args: unknown[]) => unknown)(...args);
    };
    StepContext.prototype.layer = layer;
    return layer.call(this, index);
  };
  const network = await Network.create({
    inputs: 64,
    layers: layersOf([4, 4], "relu", "softmax"),
    loss: "crossEntropy",
    threads: 1,
  });
  await network.fit(stripes(64, 4, 1), { epochs: 1, batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) });
  expect(seen.length).toBeGreaterThan(3);
  const first = seen[0] as string[];
  const top = first.findIndex((name) => name.endsWith("learn"));
  expect(top, first.join(" < ")).toBeGreaterThan(0);
  // The kernel itself is one of them, in place of the wrapper.
  const names = ["denseForward", ...first.slice(1, top + 1)];
  expect(names.length, names.join(" < ")).toBeLessThanOrEqual(MOST_FRAMES);
});
