// Wrong arguments to the library: a TypeError for a wrong kind, a RangeError for a wrong value, each with a sentence that names
// the argument, and a network that is as it was.

import { describe, expect, it } from "vitest";
import { Dataset, Network, type NetworkOptions, sgd } from "../src/index.js";
import { encodeSafetensors } from "../src/safetensors.js";
import { flat, layersOf, stripes } from "./networks.js";

const GOOD: NetworkOptions = { inputs: 64, layers: layersOf([5, 3], "tanh", "softmax"), loss: "crossEntropy", seed: 1 };
const unit = (units: unknown, activation: unknown = "sigmoid") => ({ layers: [{ units, activation }] });
const WHOLE = "must be a whole number from 1 to 1048576";

describe("Network.create refuses", () => {
  it.each<[unknown, new (message: string) => Error, string]>([
    [undefined, TypeError, '"options" must be an object, got undefined'],
    [{ ...GOOD, input: 3 }, RangeError, '"options" has no option "input"; it takes inputs, layers, loss'],
    [{ ...GOOD, inputs: "784" }, TypeError, '"inputs" must be a number, got "784"'],
    [{ ...GOOD, inputs: 0 }, RangeError, `"inputs" ${WHOLE}, got 0`],
    [{ ...GOOD, layers: [] }, RangeError, '"layers" must hold 1 to 256 layers, got 0'],
    [{ ...GOOD, layers: 3 }, TypeError, '"layers" must be an array, got 3'],
    [{ ...GOOD, layers: [7] }, TypeError, '"layers[0]" must be an object, got 7'],
    [{ ...GOOD, ...unit(0) }, RangeError, `"layers[0].units" ${WHOLE}, got 0`],
    [{ ...GOOD, ...unit(-1) }, RangeError, `"layers[0].units" ${WHOLE}, got -1`],
    [{ ...GOOD, ...unit(2.5) }, RangeError, `"layers[0].units" ${WHOLE}, got 2.5`],
    [{ ...GOOD, ...unit(Number.NaN) }, RangeError, `"layers[0].units" ${WHOLE}, got NaN`],
    [{ ...GOOD, ...unit("16") }, TypeError, '"layers[0].units" must be a number, got "16"'],
    [
      { ...GOOD, ...unit(3, "softplus") },
      RangeError,
      '"layers[0].activation" must be one of "sigmoid", "tanh", "relu", "leakyRelu", "linear", "softmax", got "softplus"',
    ],
    [{ ...GOOD, ...unit(3, null) }, TypeError, '"layers[0].activation" must be one of'],
    [
      { ...GOOD, loss: "mse" },
      RangeError,
      '"loss" must be one of "quadratic", "meanSquaredError", "crossEntropy", got "mse"',
    ],
    [
      { ...GOOD, layers: layersOf([3, 3], "softmax", "softmax") },
      RangeError,
      '"layers[0].activation" is "softmax", which only the last layer can have',
    ],
    [
      { ...GOOD, ...unit(3, "relu") },
      RangeError,
      '"loss" is "crossEntropy", which needs "softmax" or "sigmoid" as the last layer\'s activation, got "relu"',
    ],
    [
      { ...GOOD, loss: "quadratic" },
      RangeError,
      '"loss" is "quadratic", but a last layer of "softmax" needs "crossEntropy"',
    ],
    [{ ...GOOD, inputScale: Infinity }, RangeError, '"inputScale" must be a finite number, got Infinity'],
    [{ ...GOOD, seed: -1 }, RangeError, '"seed" must be a whole number from 0 to 9007199254740991, got -1'],
    [{ ...GOOD, seed: 0.5 }, RangeError, '"seed" must be a whole number from 0 to 9007199254740991, got 0.5'],
    [
      { ...GOOD, weightInit: "he" },
      RangeError,
      '"weightInit" must be one of "auto", "lecunNormal", "heNormal", got "he"',
    ],
    [{ ...GOOD, biasInit: 0 }, TypeError, '"biasInit" must be one of "zeros", "gaussian", got 0'],
    [{ ...GOOD, deterministic: 1 }, TypeError, '"deterministic" must be true or false, got 1'],
    [
      { ...GOOD, inputs: 1 << 20, ...unit(1 << 20) },
      RangeError,
      "MB of WebAssembly memory, and 4096 MB is the most there can be",
    ],
  ])("%j", async (options, kind, message) => {
    const attempt = Network.create(options as NetworkOptions);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toBeInstanceOf(kind);
  });
});

describe("a network refuses, and stays as it was", async () => {
  const data = stripes(30, 3, 1);
  const optimizer = sgd({ learningRate: 0.1 });
  const fit = (net: Network, options: object, train: unknown = data) =>
    net.fit(train as Dataset, { epochs: 1, optimizer, ...options });
  const vectors = (targets: number) =>
    new Dataset({ inputs: new Uint8Array(64), shape: 64, targets: new Float32Array(targets).fill(2) });
  const position = { layer: 0, unit: 0, input: 0 };
  const explain = (net: Network, weight: object) =>
    net.explain({ input: data.sample(0), target: [1, 0, 0], weight: { ...position, ...weight }, learningRate: 1 });
  const parameters = (net: Network) => net.parameters();

  it.each<[string, (net: Network) => unknown, new (message: string) => Error, string]>([
    [
      "epochs 0",
      (net) => fit(net, { epochs: 0 }),
      RangeError,
      '"epochs" must be a whole number from 1 to 2147483647, got 0',
    ],
    ["fractional epochs", (net) => fit(net, { epochs: 1.5 }), RangeError, '"epochs" must be a whole number'],
    ["no epochs", (net) => fit(net, { epochs: undefined }), TypeError, '"epochs" must be a number, got undefined'],
    [
      "batch 0",
      (net) => fit(net, { batchSize: 0 }),
      RangeError,
      '"batchSize" must be a whole number from 1 to 2147483647, got 0',
    ],
    ["a fractional batch", (net) => fit(net, { batchSize: 2.5 }), RangeError, '"batchSize" must be a whole number'],
    [
      "a batch over the data",
      (net) => fit(net, { batchSize: 31 }),
      RangeError,
      '"batchSize" must be at most the 30 samples of "train", got 31',
    ],
    [
      "no optimizer",
      (net) => fit(net, { optimizer: undefined }),
      TypeError,
      '"optimizer" must be one that sgd() made, got undefined',
    ],
    [
      "an unknown optimizer",
      (net) => fit(net, { optimizer: { name: "adagrad" } }),
      TypeError,
      '"optimizer" must be one that sgd() made',
    ],
    [
      "a NaN rate",
      (net) => fit(net, { optimizer: { name: "sgd", learningRate: Number.NaN } }),
      RangeError,
      '"learningRate" must be a finite number of at least 0, got NaN',
    ],
    ["an unknown option", (net) => fit(net, { batch: 3 }), RangeError, '"options" has no option "batch"'],
    ["a callback that is none", (net) => fit(net, { onEpoch: 3 }), TypeError, '"onEpoch" must be a function, got 3'],
    [
      "a signal that is none",
      (net) => fit(net, { signal: {} }),
      TypeError,
      '"signal" must be an AbortSignal, got Object',
    ],
    ["arrays as data", (net) => fit(net, {}, [1, 2]), TypeError, '"train" must be a Dataset, got Array(2)'],
    [
      "samples of another size",
      (net) => fit(net, {}, new Dataset({ inputs: new Uint8Array(9), shape: 9, labels: [0] })),
      RangeError,
      '"train" has samples of 9 numbers, but the network takes 64',
    ],
    [
      "too many classes",
      (net) => fit(net, {}, stripes(30, 4, 1)),
      RangeError,
      '"train" has labels of 4 classes, but the network has 3 outputs',
    ],
    [
      "validation of another size",
      (net) => fit(net, { validation: stripes(30, 4, 1) }),
      RangeError,
      '"validation" has labels of 4 classes',
    ],
    [
      "targets of another size",
      (net) => fit(net, {}, vectors(2)),
      RangeError,
      '"train" has targets of 2 numbers, but the network gives 3',
    ],
    [
      "targets that are no probabilities",
      (net) => fit(net, {}, vectors(3)),
      RangeError,
      '"train.targets" must be from 0 to 1 with "crossEntropy", got 2 at index 0',
    ],
    [
      "evaluate of another size",
      (net) => net.evaluate(stripes(30, 4, 1)),
      RangeError,
      '"data" has labels of 4 classes',
    ],
    [
      "63 inputs",
      (net) => net.predict(new Float32Array(63)),
      RangeError,
      '"inputs" must hold samples of 64 numbers, got 63 numbers',
    ],
    ["no inputs", (net) => net.predict([]), RangeError, '"inputs" must hold samples of 64 numbers, got 0 numbers'],
    [
      "NaN inputs",
      (net) => net.predict(new Float32Array(64).fill(Number.NaN)),
      RangeError,
      '"inputs" must be finite numbers, got NaN at index 0',
    ],
    [
      "text inputs",
      (net) => net.predict("abc" as never),
      TypeError,
      '"inputs" must be a Float32Array or an array of numbers, got "abc"',
    ],
    [
      "doubles",
      (net) => net.predict(new Float64Array(64) as never),
      TypeError,
      '"inputs" must be a Float32Array or an array of numbers, got Float64Array(64)',
    ],
    [
      "two samples to classify",
      (net) => net.classify(new Uint8Array(128)),
      RangeError,
      '"input" must be one sample, got 2',
    ],
    ["short targets", (net) => net.gradient(data.sample(0), [1]), RangeError, '"targets" must hold 3 numbers, got 1'],
    [
      "a layer that is not there",
      (net) => explain(net, { layer: 2 }),
      RangeError,
      '"weight.layer" must be a whole number from 0 to 1, got 2',
    ],
    [
      "a unit that is not there",
      (net) => explain(net, { unit: 5 }),
      RangeError,
      '"weight.unit" must be a whole number from 0 to 4, got 5',
    ],
    [
      "an input that is not there",
      (net) => explain(net, { input: 64 }),
      RangeError,
      '"weight.input" must be a whole number from 0 to 63, got 64',
    ],
    [
      "too few layers",
      (net) => net.setParameters(parameters(net).slice(1)),
      RangeError,
      '"layers" must hold 2 layers, got 1',
    ],
    [
      "a short last layer",
      (net) => net.setParameters([parameters(net)[0] as never, { weights: [1], biases: [1, 2, 3] }]),
      RangeError,
      '"layers[1].weights" must hold 15 numbers, got 1',
    ],
    [
      "infinite biases",
      (net) =>
        net.setParameters(
          parameters(net).map(({ weights, biases }) => ({ weights, biases: biases.map(() => Infinity) })),
        ),
      RangeError,
      '"layers[0].biases" must be finite numbers, got Infinity at index 0',
    ],
  ])("%s", async (_, act, kind, message) => {
    const net = await Network.create(GOOD);
    const before = flat(net);
    const attempt = (async () => act(net))();
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toBeInstanceOf(kind);
    expect(flat(net)).toEqual(before);
    await net.fit(data, { epochs: 1, optimizer });
    expect(flat(net)).not.toEqual(before);
  });
});

describe("Network.fromBytes refuses", () => {
  const spec = { inputs: 2, layers: [{ units: 1, activation: "sigmoid" }], loss: "quadratic" };
  const weights = { name: "layers.0.weights", shape: [1, 2], data: Float32Array.of(1, 2) };
  const biases = { name: "layers.0.biases", shape: [1], data: Float32Array.of(3) };
  const wasmlp = JSON.stringify(spec);

  it.each([
    ["no spec", [weights, biases], {}, 'the model is no wasmlp model: its metadata has no "wasmlp"'],
    ["a spec that is no JSON", [weights, biases], { wasmlp: "{" }, "the model has a damaged spec in its metadata"],
    [
      "a wrong spec",
      [weights, biases],
      { wasmlp: '{"inputs":0}' },
      'the model has a damaged spec in its metadata: "inputs" must be a whole number',
    ],
    ["a missing tensor", [weights], { wasmlp }, 'the model lacks the tensor "layers.0.biases"'],
    [
      "an extra tensor",
      [weights, biases, { ...biases, name: "more" }],
      { wasmlp },
      'the model has a tensor "more" that its spec does not know',
    ],
    [
      "another shape",
      [{ ...weights, shape: [2, 1] }, biases],
      { wasmlp },
      'the model has "layers.0.weights" of shape [2,1], but its spec needs [1,2]',
    ],
    [
      "NaN",
      [weights, { ...biases, data: Float32Array.of(Number.NaN) }],
      { wasmlp },
      '"the model: layers.0.biases" must be finite numbers, got NaN at index 0',
    ],
  ])("%s", async (_, tensors, metadata, message) => {
    const attempt = Network.fromBytes(encodeSafetensors(tensors, metadata as Record<string, string>));
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toBeInstanceOf(RangeError);
  });

  it("what is not bytes, and a model cut anywhere", async () => {
    await expect(Network.fromBytes("model" as never)).rejects.toThrow('"bytes" must be a Uint8Array, got "model"');
    const bytes = (await Network.create({ ...GOOD, inputs: 2 })).toBytes();
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(Network.fromBytes(bytes.subarray(0, length)), `cut at ${length}`).rejects.toBeInstanceOf(RangeError);
    }
  });
});

describe("sgd refuses", () => {
  it.each([
    [{ learningRate: -1 }, '"learningRate" must be a finite number of at least 0, got -1'],
    [{ learningRate: "1" }, '"learningRate" must be a number, got "1"'],
    [{ lr: 1 }, '"options" has no option "lr"; it takes learningRate'],
    [undefined, '"options" must be an object, got undefined'],
  ])("%j", (options, message) => {
    expect(() => sgd(options as never)).toThrow(message);
  });
});
