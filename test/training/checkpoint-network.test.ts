// What a checkpoint holds besides the way on: a network, its recipe and kernels, in few bytes.

import { expect, it } from "vitest";
import { Dataset, type FitOptions, Network, type NetworkOptions, readRecipe, sgd } from "../../src/index.js";
import { flat, layersOf, stripes } from "../support/networks.js";

const OPTIONS: NetworkOptions = {
  inputs: 64,
  layers: layersOf([12, 4], "tanh", "softmax"),
  loss: "crossEntropy",
  seed: 4,
};
const DATA = stripes(60, 4, 1);
const HOW: FitOptions = { epochs: 3, batchSize: 20, optimizer: sgd({ learningRate: 0.3 }) };

async function saved(more: Partial<FitOptions> = {}, network: Partial<NetworkOptions> = {}) {
  const net = await Network.create({ ...OPTIONS, ...network });
  const files: Uint8Array[] = [];
  const history = await net.fit(DATA, { ...HOW, ...more, checkpoint: { save: (bytes) => void files.push(bytes) } });
  return { net, history, file: files.at(-1) as Uint8Array };
}

it("gives the network where the training stood, or the best one, with its seed and recipe", async () => {
  const plain = await saved();
  const loaded = await Network.fromBytes(plain.file);
  expect(loaded.toBytes()).toEqual(plain.net.toBytes());
  expect(readRecipe(plain.file)).toMatchObject({ network: { inputs: 64, seed: 4 }, fit: { epochs: 3, batchSize: 20 } });
  for (const net of [loaded, plain.net]) await net.fit(DATA, HOW);
  expect(flat(loaded)).toEqual(flat(plain.net));
  const labels = Array.from(DATA.labels ?? [], (label) => (label + 1) % 4);
  const validation = new Dataset({ inputs: DATA.inputs, shape: [8, 8], labels, classes: 4 });
  const best = await saved({ validation, epochs: 8, earlyStopping: { patience: 9 } });
  expect(best.history.at(-1)?.bestEpoch).toBeLessThan(8);
  expect(flat(await Network.fromBytes(best.file))).toEqual(flat(best.net));
  expect(readRecipe((await saved({ schedule: () => 1 })).file)).toBeUndefined();
  await expect(Network.fromBytes(plain.file.slice(0, -1), { title: "it" })).rejects.toThrow(/^it is cut short/);
});

it("has a few bytes for each epoch, and no confusion counts but the last", async () => {
  const few = (await saved({ validation: DATA })).file.length;
  const { file } = await saved({ epochs: 303, validation: DATA });
  expect((file.length - few) / 300).toBeLessThan(400);
});

it("is refused by other kernels, with a sentence that says what to set", async () => {
  const { file, net } = await saved({}, { deterministic: true });
  const other = await Network.create(OPTIONS);
  if (other.build === net.build) return;
  await expect(other.fit(DATA, { ...HOW, resume: file })).rejects.toThrow(
    /^"deterministic" must be as in the checkpoint: .* "simd", and .* "relaxed"; create the network with deterministic: true$/,
  );
  const relaxed = (await saved()).file;
  const plain = await Network.create({ ...OPTIONS, deterministic: true });
  await expect(plain.fit(DATA, { ...HOW, resume: relaxed })).rejects.toThrow(
    /create the network without deterministic/,
  );
});
