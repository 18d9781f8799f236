// A network takes inputs only as the kind that it was trained on, bytes or floats, and refuses what can only be the other.

import { describe, expect, it } from "vitest";
import { decodeSafetensors } from "../../src/format/safetensors.js";
import { Dataset, type Inputs, Network, type NetworkOptions, sgd } from "../../src/index.js";
import { layersOf, stripes } from "../support/networks.js";

const OPTIONS: NetworkOptions = { inputs: 64, layers: layersOf([12, 4], "tanh", "softmax"), loss: "crossEntropy" };
const BYTES = stripes(80, 4, 1);
const FLOATS = new Dataset({
  inputs: Float32Array.from(BYTES.inputs, (x) => x / 255),
  shape: [8, 8],
  labels: BYTES.labels ?? [],
});
const PIXELS = BYTES.sample(3) as Uint8Array;
const TARGET = BYTES.target(3);
const HOW = { epochs: 2, optimizer: sgd({ learningRate: 0.1 }) };

async function trainedOn(...sets: Dataset[]): Promise<Network> {
  const network = await Network.create(OPTIONS);
  for (const data of sets) await network.fit(data, HOW);
  return network;
}

/** What every call that takes inputs gives for the same sample. */
const CALLS: Record<string, (network: Network, input: Inputs) => unknown> = {
  predict: (network, input) => network.predict(input),
  predictAsync: (network, input) => network.predictAsync(input),
  classify: (network, input) => network.classify(input),
  activations: (network, input) => network.activations(input),
  gradient: (network, input) => network.gradient(input, TARGET),
  explain: (network, input) =>
    network.explain({ input, target: TARGET, weight: { layer: 0, unit: 1, input: 9 }, learningRate: 0.1 }),
};

describe.each(Object.entries(CALLS))("%s", (_, call) => {
  it("takes a plain array for bytes after training on bytes", async () => {
    const network = await trainedOn(BYTES);
    expect(await call(network, [...PIXELS])).toEqual(await call(network, PIXELS));
    await expect((async () => call(network, [...PIXELS.slice(1), 0.5]))()).rejects.toThrow(
      /^"inputs" must be whole numbers from 0 to 255, as this network was trained on bytes, got 0\.5 at index 63; give a Float32Array/,
    );
    await expect((async () => call(network, [...PIXELS.slice(1), 256]))()).rejects.toThrow("got 256 at index 63");
  });

  it("takes floats as given after training on bytes, unless they cannot have been bytes", async () => {
    const network = await trainedOn(BYTES);
    await call(
      network,
      Float32Array.from(PIXELS, (x) => x / 255),
    );
    await call(
      network,
      Float32Array.from(PIXELS, (x) => x / 254),
    );
    await expect((async () => call(network, Float32Array.from(PIXELS)))()).rejects.toThrow(
      /^"inputs" must be bytes in a Uint8Array, or floats from 0 to 1 that were bytes, as this network was trained on bytes/,
    );
    await expect(
      (async () =>
        call(
          network,
          Float32Array.from(PIXELS, (x) => x / 255 - 0.5),
        ))(),
    ).rejects.toThrow(RangeError);
  });

  it("refuses bytes after training on floats", async () => {
    const network = await trainedOn(FLOATS);
    const scaled = FLOATS.sample(3);
    expect(await call(network, [...scaled])).toEqual(await call(network, scaled));
    await expect((async () => call(network, PIXELS))()).rejects.toThrow(
      /^"inputs" must be a Float32Array, as this network was trained on floats, got Uint8Array\(64\): convert/,
    );
  });

  it("takes both where it was trained on both, or on neither", async () => {
    for (const network of [await trainedOn(BYTES, FLOATS), await trainedOn()]) {
      expect(await call(network, [...FLOATS.sample(3)])).toEqual(await call(network, FLOATS.sample(3)));
      await call(network, PIXELS);
      await call(network, Float32Array.from(PIXELS));
    }
  });
});

describe("datasets", () => {
  const unscaled = new Dataset({ inputs: Float32Array.from(BYTES.inputs), shape: 64, labels: BYTES.labels ?? [] });

  it("of the other kind are refused by evaluate and as validation", async () => {
    const [bytes, floats] = [await trainedOn(BYTES), await trainedOn(FLOATS)];
    expect(bytes.evaluate(FLOATS).count).toBe(80);
    expect(() => bytes.evaluate(unscaled)).toThrow(/^"data\.inputs" must be bytes in a Uint8Array/);
    expect(() => floats.evaluate(BYTES)).toThrow(/^"data\.inputs" must be a Float32Array, as this network/);
    await expect(floats.evaluateAsync(BYTES)).rejects.toThrow(/^"data\.inputs" must be a Float32Array/);
    await expect(floats.fit(FLOATS, { ...HOW, validation: BYTES })).rejects.toThrow(/^"validation\.inputs" must be/);
  });

  it("of the other kind as validation of a first training are refused", async () => {
    const network = await trainedOn();
    await expect(network.fit(FLOATS, { ...HOW, validation: BYTES })).rejects.toThrow(/^"validation\.inputs" must be/);
  });
});

describe("the kind is kept", () => {
  const kindIn = (bytes: Uint8Array) => decodeSafetensors(bytes, "x").metadata.get("wasmlpInputs");

  it("in model files, but of networks that were never trained", async () => {
    expect(kindIn((await trainedOn()).toBytes())).toBeUndefined();
    expect(kindIn((await trainedOn(BYTES)).toBytes())).toBe("bytes");
    expect(kindIn((await trainedOn(FLOATS)).toBytes())).toBe("floats");
    expect(kindIn((await trainedOn(FLOATS, BYTES)).toBytes())).toBe("bytes,floats");
    const loaded = await Network.fromBytes((await trainedOn(BYTES)).toBytes());
    expect(loaded.predict([...PIXELS])).toEqual(loaded.predict(PIXELS));
    expect(kindIn(loaded.toBytes())).toBe("bytes");
  });

  it("not by a training that never began", async () => {
    const network = await trainedOn();
    await expect(network.fit(BYTES, { ...HOW, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(kindIn(network.toBytes())).toBeUndefined();
  });

  it("in checkpoints", async () => {
    const saved: Uint8Array[] = [];
    const network = await trainedOn(FLOATS);
    const checkpoint = { save: (bytes: Uint8Array) => void saved.push(bytes), steps: 2 };
    await network.fit(BYTES, { ...HOW, checkpoint });
    const resumed = await Network.create(OPTIONS);
    await resumed.fit(BYTES, { ...HOW, resume: saved[0] as Uint8Array });
    expect(kindIn(resumed.toBytes())).toBe("bytes,floats");
    expect(resumed.toBytes()).toEqual(network.toBytes());
  });
});
