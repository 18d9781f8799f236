// A training that fails leaves the network with the parameters of its last whole epoch, and says so.

import { expect, it } from "vitest";
import { type EpochRecord, Network, type NetworkOptions, sgd } from "../../src/index.js";
import { flat, layersOf, stripes } from "../support/networks.js";

const OPTIONS: NetworkOptions = { inputs: 64, layers: layersOf([8, 4], "relu", "linear"), loss: "quadratic", seed: 2 };
const DATA = stripes(80, 4, 1);
const HOW = { batchSize: 16, optimizer: sgd({ learningRate: 0.01 }) };

async function failed(network: Network, after: number): Promise<string> {
  const schedule = (done: number) => (done <= after ? 1 : 3e38);
  const error = await network.fit(DATA, { ...HOW, epochs: 9, schedule }).catch((reason: Error) => reason);
  return (error as Error).message;
}

it("returns to the last whole epoch, from which training continues as if nothing had happened", async () => {
  const [network, good] = [await Network.create(OPTIONS), await Network.create(OPTIONS)];
  expect(await failed(network, 3)).toMatch(
    /^training diverged: .* at epoch 4, step \d; the network holds the parameters of epoch 3; try a learning rate below 0\.01, inputs and targets scaled .* data$/,
  );
  await good.fit(DATA, { ...HOW, epochs: 3 });
  expect(flat(network)).toEqual(flat(good));
  for (const net of [network, good]) await net.fit(DATA, { ...HOW, epochs: 2 });
  expect(network.toBytes()).toEqual(good.toBytes());
});

it("returns to the parameters before it, if no epoch has ended", async () => {
  const network = await Network.create(OPTIONS);
  const before = flat(network);
  expect(await failed(network, 0)).toMatch(/the network holds the parameters that it had before; try/);
  expect(flat(network)).toEqual(before);
  expect(network.evaluate(DATA).loss).toBeGreaterThan(0);
});

it("keeps confusion counts in the last record alone, and in every record that onEpoch gets", async () => {
  const [network, seen] = [await Network.create(OPTIONS), [] as EpochRecord[]];
  const onEpoch = (record: EpochRecord) => void seen.push(record);
  const history = await network.fit(DATA, { ...HOW, epochs: 3, validation: DATA, onEpoch });
  expect(history.map(({ validation }) => validation?.confusion !== undefined)).toEqual([false, false, true]);
  expect(seen.every(({ validation }) => validation?.confusion !== undefined)).toBe(true);
});
