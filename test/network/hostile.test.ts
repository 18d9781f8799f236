// Wrong arguments to the library: a TypeError for a wrong type, a RangeError for a wrong value, each with a message that names
// the argument, and the network is unchanged.

import { describe, expect, it, vi } from "vitest";
import { ACTIVATION_NAMES } from "../../src/activations.js";
import { argumentOf, shown } from "../../src/check.js";
import { Engine } from "../../src/engine.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/format/safetensors.js";
import {
  type ArgumentError,
  adam,
  adamw,
  constant,
  cosine,
  Dataset,
  exponentialDecay,
  Network,
  type NetworkOptions,
  sgd,
  stepDecay,
} from "../../src/index.js";
import { LOSS_NAMES } from "../../src/losses.js";
import { OPTIMIZER_NAMES } from "../../src/recipe/optimizer.js";
import { checkSpec } from "../../src/spec.js";
import { StepSettings } from "../../src/step/settings.js";
import { flat, layersOf, stripes } from "../support/networks.js";

const GOOD: NetworkOptions = { inputs: 64, layers: layersOf([5, 3], "tanh", "softmax"), loss: "crossEntropy", seed: 1 };
const unit = (units: unknown, activation: unknown = "sigmoid") => ({ layers: [{ units, activation }] });
const MAKERS = OPTIMIZER_NAMES.map((name) => `${name}()`).join(", ");
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
    [{ ...GOOD, layers: Array(2) }, TypeError, '"layers[0]" must be an object, got undefined'],
    [{ ...GOOD, ...unit(0) }, RangeError, `"layers[0].units" ${WHOLE}, got 0`],
    [{ ...GOOD, ...unit(-1) }, RangeError, `"layers[0].units" ${WHOLE}, got -1`],
    [{ ...GOOD, ...unit(2.5) }, RangeError, `"layers[0].units" ${WHOLE}, got 2.5`],
    [{ ...GOOD, ...unit(Number.NaN) }, RangeError, `"layers[0].units" ${WHOLE}, got NaN`],
    [{ ...GOOD, ...unit("16") }, TypeError, '"layers[0].units" must be a number, got "16"'],
    [
      { ...GOOD, ...unit(3, "swish") },
      RangeError,
      `"layers[0].activation" must be one of ${ACTIVATION_NAMES.map((name) => `"${name}"`).join(", ")}, got "swish"`,
    ],
    [{ ...GOOD, ...unit(3, null) }, TypeError, '"layers[0].activation" must be one of'],
    [
      { ...GOOD, loss: "mse" },
      RangeError,
      `"loss" must be one of ${LOSS_NAMES.map((name) => `"${name}"`).join(", ")}, got "mse"`,
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
      "MB of WebAssembly memory, but the maximum is 4096 MB",
    ],
  ])("%j", async (options, kind, message) => {
    const attempt = Network.create(options as NetworkOptions);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toBeInstanceOf(kind);
  });

  it("with the argument at fault as a property of the error, which printing it does not repeat", async () => {
    const { layers } = GOOD;
    const refusal = await refusalOf(() =>
      Network.create({ ...GOOD, layers: [...layers, { ...layers[0], units: 0 }] as never }),
    );
    expect((refusal as ArgumentError).argument).toBe("layers[2].units");
    expect(Object.keys(refusal as Error)).toEqual([]);
    const memory = await refusalOf(() => Network.create({ ...GOOD, inputs: 1 << 20, ...(unit(1 << 20) as object) }));
    expect((memory as Partial<ArgumentError>).argument).toBeUndefined();
  });
});

describe("whole numbers", () => {
  const [data, optimizer] = [stripes(30, 3, 1), sgd({ learningRate: 0 })];
  const net = Network.create(GOOD);
  const fit = async (options: object) => (await net).fit(data, { epochs: 1, optimizer, ...options });
  const uses: [string, (value: never) => Promise<unknown>][] = [
    ["inputs", (inputs) => Network.create({ ...GOOD, inputs })],
    ["layers[0].units", (units) => Network.create({ ...GOOD, layers: layersOf([units, 3], "tanh", "softmax") })],
    ["layers[1].units", (units) => Network.create({ ...GOOD, layers: layersOf([5, units], "tanh", "softmax") })],
    ["seed", (seed) => Network.create({ ...GOOD, seed })],
    ["seed", async (seed) => Network.fromBytes((await net).toBytes(), { seed })],
    ["seed", async (seed) => data.shuffle(seed)],
    ["epochs", (epochs) => fit({ epochs })],
    ["batchSize", (batchSize) => fit({ batchSize })],
    ["shape", async (shape) => new Dataset({ inputs: new Uint8Array(4), shape, labels: [0] })],
    ["classes", async (classes) => new Dataset({ inputs: new Uint8Array(4), shape: 4, labels: [0], classes })],
  ];
  const values = [-1, 1.5, Number.NaN, Infinity, 2 ** 60, true, 10n, null, "3"];
  const pairs = uses.flatMap(([title, use]) => values.map((value) => [title, shown(value), value, use] as const));

  it.each(pairs.filter(([title, , value]) => title !== "shape" || typeof value === "number"))(
    '"%s" of %s is refused',
    async (title, text, value, use) => {
      const refusal = await refusalOf(() => use(value as never));
      expect(refusal).toBeInstanceOf(typeof value === "number" ? RangeError : TypeError);
      const expected = typeof value === "number" ? "a whole number from # to #" : "a number";
      const message = refusal?.message.replace(/from [01] to \d+,/, "from # to #,");
      expect(message).toBe(`"${title}" must be ${expected}, got ${text}`);
    },
  );

  it.each(uses.filter(([title]) => title !== "seed"))('"%s" of 0 is refused', async (title, use) => {
    await expect(use(0 as never)).rejects.toThrow(`"${title}" must be a whole number from 1 to `);
  });
});

/** Augmentations that are refused. */
const AUGMENTS: [string, unknown, new (message: string) => Error, string][] = [
  ["name", "digits", TypeError, '"augment" must be an object, got "digits"'],
  ["null", null, TypeError, '"augment" must be an object, got null'],
  ["a misspelt option", { rotate: 3 }, RangeError, '"augment" has no option "rotate"; it takes shift, rotation, scale'],
  ["a string", { shift: "2" }, TypeError, '"augment.shift" must be a number, got "2"'],
  ["a range", { shift: [1, 2] }, TypeError, '"augment.shift" must be a number, got Array(2)'],
  ["NaN", { rotation: Number.NaN }, RangeError, '"augment.rotation" must be a finite number from 0 to 180, got NaN'],
  ["a negative number", { shear: -1 }, RangeError, '"augment.shear" must be a finite number from 0 to 10, got -1'],
  ["too much", { thickness: 1.5 }, RangeError, '"augment.thickness" must be a finite number from 0 to 1, got 1.5'],
  ["infinity", { scale: Infinity }, RangeError, '"augment.scale" must be a finite number from 0 to 9, got Infinity'],
  ["much too much", { shift: 1e30 }, RangeError, '"augment.shift" must be a finite number from 0 to 1024, got 1e+30'],
  ["half of elastic", { elastic: { alpha: 1 } }, TypeError, '"augment.elastic.sigma" must be a number, got undefined'],
  ["a number for elastic", { elastic: 3 }, TypeError, '"augment.elastic" must be an object, got 3'],
  [
    "a field that is too fine",
    { elastic: { alpha: 1, sigma: 0.1 } },
    RangeError,
    '"augment.elastic.sigma" must be a finite number from 1 to 1000, got 0.1',
  ],
];

describe("a network refuses, and is unchanged after,", async () => {
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
      `"optimizer" must be the result of one of ${MAKERS}, or JSON with such a "name", got undefined`,
    ],
    [
      "an unknown optimizer",
      (net) => fit(net, { optimizer: { name: "adagrad" } }),
      TypeError,
      `"optimizer" must be the result of one of ${MAKERS}, or JSON with such a "name", got Object`,
    ],
    [
      "a NaN rate",
      (net) => fit(net, { optimizer: { name: "sgd", learningRate: Number.NaN } }),
      RangeError,
      '"optimizer.learningRate" must be a finite number of at least 0, got NaN',
    ],
    ["an unknown option", (net) => fit(net, { batch: 3 }), RangeError, '"options" has no option "batch"'],
    [
      "a callback that is not a function",
      (net) => fit(net, { onEpoch: 3 }),
      TypeError,
      '"onEpoch" must be a function, got 3',
    ],
    [
      "a signal that is none",
      (net) => fit(net, { signal: {} }),
      TypeError,
      '"signal" must be an AbortSignal, got Object',
    ],
    ...AUGMENTS.map(([what, augment, kind, message]): [string, (net: Network) => unknown, typeof kind, string] => [
      `augmentation by ${what}`,
      (net) => fit(net, { augment }),
      kind,
      message,
    ]),
    [
      "augmentation of what are no images",
      (net) => fit(net, { augment: { shift: 1 } }, new Dataset({ inputs: new Uint8Array(64), shape: 64, labels: [0] })),
      RangeError,
      '"augment" needs images: "train" must have a shape of [height, width], 4096 at most each, got [64]',
    ],
    [
      "augmentation of images of colours",
      (net) => fit(net, { augment: {} }, new Dataset({ inputs: new Uint8Array(64), shape: [4, 4, 4], labels: [0] })),
      RangeError,
      '"train" must have a shape of [height, width], 4096 at most each, got [4,4,4]',
    ],
    ["an array as data", (net) => fit(net, {}, [1, 2]), TypeError, '"train" must be a Dataset, got Array(2)'],
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
      "a layer that is null",
      (net) => net.setParameters([parameters(net)[0] as never, null as never]),
      TypeError,
      '"layers[1]" must be an object, got null',
    ],
    [
      "a hole among the layers",
      (net) => {
        const layers = Array(2);
        layers[1] = parameters(net)[1];
        return net.setParameters(layers);
      },
      TypeError,
      '"layers[0]" must be an object, got undefined',
    ],
    [
      "a layer with a misspelt name",
      (net) => net.setParameters([{ ...(parameters(net)[0] as object), bias: [1] }, parameters(net)[1]] as never),
      RangeError,
      '"layers[0]" has no option "bias"; it takes weights, biases',
    ],
    [
      "what only looks like a dataset",
      (net) => fit(net, {}, { ...data }),
      TypeError,
      '"train" must be a Dataset, got Object',
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
    ["a spec that is not JSON", [weights, biases], { wasmlp: "{" }, "the model has an invalid spec in its metadata"],
    [
      "a wrong spec",
      [weights, biases],
      { wasmlp: '{"inputs":0}' },
      'the model has an invalid spec in its metadata: "inputs" must be a whole number',
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

  it("a value that is not bytes", async () => {
    await expect(Network.fromBytes("model" as never)).rejects.toThrow('"bytes" must be a Uint8Array, got "model"');
    await expect(Network.fromBytes(new ArrayBuffer(8) as never)).rejects.toThrow(
      '"bytes" must be a Uint8Array, got ArrayBuffer',
    );
  });

  it("a title that is not a string", async () => {
    const attempt = Network.fromBytes(new Uint8Array(), { title: Symbol("x") as never });
    await expect(attempt).rejects.toThrow('"title" must be a string, got Symbol(x)');
    await expect(Network.fromBytes(new Uint8Array(3), { title: "digits" })).rejects.toThrow(
      "digits is too short for a safetensors file: 3 bytes",
    );
  });

  it("the tensors of another network", async () => {
    const [wide, deep] = [layersOf([7, 3], "tanh", "softmax"), layersOf([5, 5, 3], "tanh", "softmax")];
    const bytes = async (layers: NetworkOptions["layers"]) => (await Network.create({ ...GOOD, layers })).toBytes();
    const tensors = async (layers: NetworkOptions["layers"]) => {
      const decoded = decodeSafetensors(await bytes(layers), "x").tensors;
      return [...decoded].map(([name, tensor]) => ({ name, ...tensor }));
    };
    const { inputs, layers, loss } = GOOD;
    const metadata = { wasmlp: JSON.stringify({ inputs, layers, loss }) };
    await expect(Network.fromBytes(encodeSafetensors(await tensors(wide), metadata))).rejects.toThrow(
      'the model has "layers.0.weights" of shape [7,64], but its spec needs [5,64]',
    );
    await expect(Network.fromBytes(encodeSafetensors(await tensors(deep), metadata))).rejects.toThrow(
      'the model has "layers.1.weights" of shape [5,5], but its spec needs [3,5]',
    );
    await expect(Network.fromBytes(encodeSafetensors(await tensors(layers), metadata))).resolves.toBeInstanceOf(
      Network,
    );
  });

  it("a model that is cut at any length", async () => {
    const bytes = (await Network.create({ ...GOOD, inputs: 2 })).toBytes();
    for (let length = 0; length < bytes.length; length++) {
      const refusal = await refusalOf(() => Network.fromBytes(bytes.slice(0, length)));
      expect(refusal, `cut at ${length}`).toBeInstanceOf(RangeError);
      expect(refusal?.message, `cut at ${length}`).toMatch(/^the model is (cut short|too short)/);
    }
    await expect(Network.fromBytes(bytes)).resolves.toBeInstanceOf(Network);
  });

  it("a model with one changed byte, unless it is still valid", async () => {
    const net = await Network.create({ ...GOOD, inputs: 2 });
    const bytes = net.toBytes();
    let refused = 0;
    for (let i = 0; i < bytes.length; i++) {
      for (const mask of [1, 0x20, 0x80]) {
        const damaged = bytes.slice();
        damaged[i] = (damaged[i] as number) ^ mask;
        const refusal = await refusalOf(() => Network.fromBytes(damaged));
        if (!refusal) continue;
        expect(refusal, `byte ${i} xor ${mask}`).toBeInstanceOf(RangeError);
        expect(refusal.message, `byte ${i} xor ${mask}`).toMatch(/^"?the model/);
        refused++;
      }
    }
    // The header is 55 % of the file, and nearly every change of it is an error.
    expect(refused).toBeGreaterThan(bytes.length);
  });
});

describe("optimizers refuse", () => {
  const range = "must be a finite number from 0 to 0.999999";
  it.each<[string, (options: never) => unknown, unknown, string]>([
    ["a negative rate", sgd, { learningRate: -1 }, '"learningRate" must be a finite number of at least 0, got -1'],
    ["a string as learning rate", sgd, { learningRate: "1" }, '"learningRate" must be a number, got "1"'],
    [
      "a rate past float32",
      sgd,
      { learningRate: 1e39 },
      '"learningRate" must be within the range of float32, got 1e+39',
    ],
    ["a misspelt option", sgd, { lr: 1 }, '"options" has no option "lr"; it takes learningRate, momentum, nesterov'],
    ["no options", sgd, undefined, '"options" must be an object, got undefined'],
    ["a momentum of 1", sgd, { learningRate: 1, momentum: 1 }, `"momentum" ${range}, got 1`],
    [
      "a negative decay",
      sgd,
      { learningRate: 1, weightDecay: -1 },
      '"weightDecay" must be a finite number of at least 0',
    ],
    ["nesterov as a number", sgd, { learningRate: 1, nesterov: 1 }, '"nesterov" must be true or false, got 1'],
    [
      "only nesterov",
      sgd,
      { learningRate: 1, nesterov: true },
      '"momentum" must be above 0 for Nesterov momentum, got 0',
    ],
    [
      "a momentum for adam",
      adam,
      { momentum: 0.9 },
      '"options" has no option "momentum"; it takes learningRate, beta1',
    ],
    ["a beta of 1", adam, { beta1: 1 }, `"beta1" ${range}, got 1`],
    ["a negative beta", adamw, { beta2: -0.1 }, `"beta2" ${range}, got -0.1`],
    ["no epsilon", adam, { epsilon: 0 }, '"epsilon" must be a finite number of at least 1e-12, got 0'],
    ["an infinite decay", adamw, { weightDecay: Infinity }, '"weightDecay" must be a finite number of at least 0'],
  ])("%s", (_, make, options, message) => {
    expect(() => make(options as never)).toThrow(message);
  });
});

describe("memory that is not available", () => {
  it("is refused before anything is changed: a dataset of 8 GB", async () => {
    const engine = await Engine.create(
      checkSpec({ inputs: 4, layers: layersOf([3], "tanh", "linear"), loss: "quadratic" }, ""),
      "simd",
    );
    const { plan } = engine;
    const samples = { count: 2 ** 31, inputs: new Uint8Array(0), sampleSize: 4, labels: new Uint32Array(0) };
    const settings = new StepSettings(sgd({ learningRate: 0.1 }));
    const binding = engine.bind({ ...samples, targets: undefined, targetSize: 3 }, 32, settings);
    await expect(binding).rejects.toThrow(RangeError);
    await expect(binding).rejects.toThrow(/^this needs \d{5} MB of WebAssembly memory, but the maximum is 4096 MB$/);
    expect(engine.plan).toBe(plan);
  });

  it("is refused when the engine refuses it, and training works once the engine provides it", async () => {
    const [net, data] = [await Network.create(GOOD), stripes(20_000, 3, 1)];
    const options = { epochs: 1, optimizer: sgd({ learningRate: 0.1 }) };
    const before = flat(net);
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
    });
    await expect(net.fit(data, options)).rejects.toThrow(
      /^this needs \d+ MB of WebAssembly memory, which the engine refused: dispose of networks/,
    );
    expect(grow).toHaveBeenCalledOnce();
    grow.mockRestore();
    expect(flat(net)).toEqual(before);
    expect(net.evaluate(data).count).toBe(20_000);
    await net.fit(data, options);
    expect(flat(net)).not.toEqual(before);
  });
});

async function refusalOf(act: () => unknown): Promise<Error | undefined> {
  try {
    await act();
  } catch (error) {
    return error as Error;
  }
}

/** Values of every type, most of which no argument accepts. */
const ANYTHING: unknown[] = [
  ...[undefined, null, true, false, 0, -0, -1, 1.5, Number.NaN, Infinity, 1e300, 2 ** 31, 2 ** 53, 10n],
  ...["", "abc", "4", "constructor", "__proto__", Symbol("s"), () => 1, [], [[]], [undefined], [null], ["1"]],
  ...[Array(4), {}, { length: 3 }, { length: -1 }, { length: Number.NaN }, { length: "2" }, new Map(), new Date()],
  ...[/x/, new Float32Array(0), new Float64Array(4), new Uint8Array(3), new BigInt64Array(4), new ArrayBuffer(16)],
  ...[new DataView(new ArrayBuffer(4)), Object.create(null), new Proxy({}, {}), new (class Thing {})()],
];

describe("any value as an argument is accepted or refused with a message:", async () => {
  const data = stripes(6, 2, 1);
  const layers = layersOf([3, 2], "tanh", "softmax");
  const good: NetworkOptions = { inputs: 64, layers, loss: "crossEntropy" };
  const net = await Network.create(good);
  const [first, second] = net.parameters() as [object, object];
  // At a learning rate of 0 an accepted value changes nothing either.
  const fit = { epochs: 1, optimizer: sgd({ learningRate: 0 }) };
  const stopped = (earlyStopping: never) => net.fit(data, { ...fit, validation: data, earlyStopping });
  const saved = (checkpoint: never) => net.fit(data, { ...fit, checkpoint });
  const set = { inputs: new Uint8Array(8), shape: 4, labels: [0, 1] };
  const weight = { layer: 0, unit: 0, input: 0 };
  const question = { input: data.sample(0), target: [1, 0], weight, learningRate: 1 };
  const each = (title: string, keys: string[], use: (options: never) => unknown, base: object) =>
    keys.map((key): [string, (value: unknown) => unknown] => [
      `${title} ${key}`,
      (value) => use({ ...base, [key]: value } as never),
    ]);
  const uses: [string, (value: never) => unknown][] = [
    ["create", (value) => Network.create(value)],
    ["fromBytes", (value) => Network.fromBytes(value)],
    ["fromBytes options", (value) => Network.fromBytes(net.toBytes(), value)],
    ["sgd", (value) => sgd(value)],
    ["adam", (value) => adam(value)],
    ["adamw", (value) => adamw(value)],
    ["Dataset", (value) => new Dataset(value)],
    ["predict", (value) => net.predict(value)],
    ["classify", (value) => net.classify(value)],
    ["evaluate", (value) => net.evaluate(value)],
    ["setParameters", (value) => net.setParameters(value)],
    ["setParameters layer", (value) => net.setParameters([value, second as never])],
    ["gradient inputs", (value) => net.gradient(value, [1, 0])],
    ["gradient targets", (value) => net.gradient(data.sample(0), value)],
    ["explain", (value) => net.explain(value)],
    ["fit train", (value) => net.fit(value, fit)],
    ["fit options", (value) => net.fit(data, value)],
    ["fit learningRate", (learningRate) => sgd({ learningRate })],
    ["create layer", (value) => Network.create({ ...good, layers: [value, ...layers.slice(1)] })],
    ["Dataset label", (value) => new Dataset({ ...set, labels: [value, 1] })],
    ["Dataset dimension", (value) => new Dataset({ ...set, shape: [value, 4] })],
    ["Dataset targets", (targets) => new Dataset({ inputs: set.inputs, shape: 4, targets })],
    ["sample", (value) => data.sample(value)],
    ["target", (value) => data.target(value)],
    ["shuffle", (value) => data.shuffle(value)],
    ["split fraction", (value) => data.split(value, 1)],
    ["split seed", (value) => data.split(0.5, value)],
    ["select", (value) => data.select(value)],
    ["select index", (value) => data.select([value])],
    ...each("create", ["inputs", "layers", "loss", "inputScale", "seed"], (o) => Network.create(o), good),
    ...each("create", ["weightInit", "biasInit", "deterministic"], (o) => Network.create(o), good),
    ...each(
      "layer",
      ["units", "activation", "dropout"],
      (o) => Network.create({ ...good, layers: [o, ...layers.slice(1)] }),
      {
        ...layers[0],
      },
    ),
    ...each("fromBytes", ["deterministic", "seed", "title"], (o) => Network.fromBytes(net.toBytes(), o), {}),
    ...each("Dataset", ["inputs", "shape", "labels", "classes"], (o) => new Dataset(o), set),
    ...each("fit", ["epochs", "batchSize", "optimizer", "validation"], (o) => net.fit(data, o), fit),
    ...each("fit", ["shuffle", "onEpoch", "onBatch", "signal"], (o) => net.fit(data, o), fit),
    ...each("fit", ["schedule", "maxNorm", "earlyStopping", "checkpoint", "resume"], (o) => net.fit(data, o), fit),
    ...each("earlyStopping", ["patience", "minDelta", "metric"], (o) => stopped(o), { patience: 1 }),
    ...each("checkpoint", ["save", "seconds", "steps"], (o) => saved(o), { save: () => {} }),
    ...each("stepDecay", ["factor", "every", "warmUp"], (o) => stepDecay(o), { factor: 1, every: 1 }),
    ...each("exponentialDecay", ["factor", "warmUp"], (o) => exponentialDecay(o), { factor: 1 }),
    ...each("cosine", ["floor", "warmUp"], (o) => cosine(o), {}),
    ...each("constant", ["warmUp"], (o) => constant(o), {}),
    ...each("sgd", ["learningRate", "momentum", "nesterov", "weightDecay"], (o) => sgd(o), { learningRate: 0 }),
    ...each("adam", ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"], (o) => adam(o), {}),
    ...each("setParameters", ["weights", "biases"], (o) => net.setParameters([o, second as never]), first),
    ...each("explain", ["input", "target", "weight", "learningRate"], (o) => net.explain(o), question),
    ...each("weight", ["layer", "unit", "input"], (o) => net.explain({ ...question, weight: o }), weight),
  ];

  it.each(uses)("%s", async (_, use) => {
    const before = flat(net);
    let refused = 0;
    for (const value of ANYTHING) {
      const refusal = await refusalOf(() => use(value as never));
      if (!refusal) continue;
      refused++;
      expect(refusal instanceof TypeError || refusal instanceof RangeError, refusal.stack).toBe(true);
      const [, quoted] = refusal.message.match(/^"([\w.[\]]+)" (must|has|of) /) ?? [];
      const told = /^the (model|checkpoint) is /.exec(refusal.message)?.[1];
      expect(argumentOf(refusal), refusal.message).toBe(quoted ?? (told === "model" ? "bytes" : "resume"));
    }
    expect(refused).toBeGreaterThan(ANYTHING.length / 2);
    expect(flat(net)).toEqual(before);
  });

  it("a constructed dataset has either labels or targets", async () => {
    for (const key of ["labels", "targets"]) {
      for (const value of ANYTHING) {
        try {
          const made = new Dataset({ inputs: new Uint8Array(8), shape: 4, [key]: value });
          expect((made.labels ?? made.targets)?.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }
    }
  });
});
