// Values of another realm, as from an iframe or a vm context, are what they are of this one.

import { createContext, runInContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { Dataset, Network, sgd } from "../../src/index.js";
import { decodeUtf8, encodeUtf8 } from "../../src/utf8.js";

const context = createContext({});
const foreign = <T>(expression: string): T => runInContext(`(${expression})`, context) as T;

async function xor(): Promise<{ network: Network; data: Dataset }> {
  const inputs = foreign<Float32Array>("new Float32Array([0, 0, 0, 1, 1, 0, 1, 1])");
  expect(inputs).not.toBeInstanceOf(Float32Array);
  const shape = foreign<number[]>("[2]");
  const data = new Dataset({ inputs, shape, targets: foreign("new Float32Array([0, 1, 1, 0])") });
  const network = await Network.create(
    foreign('{ inputs: 2, layers: [{ units: 1, activation: "sigmoid" }], loss: "quadratic", threads: 1 }'),
  );
  return { network, data };
}

describe("from another realm", () => {
  it("floats, options and shapes train", async () => {
    const { network, data } = await xor();
    await network.fit(data, { epochs: 1, batchSize: 1, optimizer: sgd({ learningRate: 1 }) });
    expect(network.predict(foreign("new Float32Array([0, 1])"))).toEqual(network.predict([0, 1]));
    expect(network.predict(foreign("[0, 1]"))).toEqual(network.predict([0, 1]));
    expect(data.select(foreign("[1, 2]")).count).toBe(2);
  });

  it("bytes are samples, images and models", async () => {
    const { network } = await xor();
    const data = new Dataset({ inputs: foreign("new Uint8Array([0, 255])"), shape: 2, labels: foreign("[0]") });
    expect(data.count).toBe(1);
    expect(network.predict(data.inputs)).toEqual(network.predict(Uint8Array.of(0, 255)));
    const bytes = network.toBytes();
    const other = runInContext("(bytes) => new Uint8Array(bytes)", context)(bytes) as Uint8Array;
    expect((await Network.fromBytes(other)).predict([0, 1])).toEqual(network.predict([0, 1]));
  });

  it("a promise of a callback is awaited", async () => {
    const { network, data } = await xor();
    const order: string[] = [];
    const later = runInContext("(work) => Promise.resolve().then(() => {}).then(() => {}).then(work)", context) as (
      work: () => void,
    ) => Promise<void>;
    await network.fit(data, {
      ...{ epochs: 1, batchSize: 2, optimizer: sgd({ learningRate: 1 }) },
      onBatch: ({ samples }) => {
        order.push(`began ${samples}`);
        return later(() => void order.push(`ended ${samples}`));
      },
    });
    expect(order).toEqual(["began 2", "ended 2", "began 4", "ended 4"]);
  });

  it("a signal ends a fit, also one without throwIfAborted, as jsdom had", async () => {
    const { network, data } = await xor();
    const signal = { aborted: true, reason: "enough", [Symbol.toStringTag]: "AbortSignal" };
    const fit = network.fit(data, {
      ...{ epochs: 1, optimizer: sgd({ learningRate: 1 }) },
      signal: signal as unknown as AbortSignal,
    });
    await expect(fit).rejects.toBe("enough");
  });
});

describe("without TextEncoder and TextDecoder", () => {
  const texts = ["", "plain {}", "é ü ß", "漢字 😀", "% %41"];
  const expected = texts.map((text) => encodeUtf8(text));

  it("text is the same bytes, and bytes that are no text are refused", () => {
    vi.stubGlobal("TextEncoder", undefined);
    vi.stubGlobal("TextDecoder", undefined);
    try {
      expect(texts.map((text) => encodeUtf8(text))).toEqual(expected);
      expect(expected.map((bytes) => decodeUtf8(bytes))).toEqual(texts);
      for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80]])
        expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow();
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
