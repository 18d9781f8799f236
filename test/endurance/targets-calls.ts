// Calls with wrong arguments: creation, datasets, calls of a network, training.

import {
  adam,
  adamw,
  constant,
  cosine,
  Dataset,
  type FitOptions,
  Network,
  type NetworkOptions,
  rmsprop,
  sgd,
  stepDecay,
} from "../../src/index.js";
import { checkNetworkOptions, checkRecipe } from "../../src/recipe/recipe.js";
import { parameterCount } from "../../src/spec.js";
import { flat } from "../support/networks.js";
import type { Choices } from "./choices.js";
import { areSame, attempt, hold } from "./refusal.js";
import type { Target } from "./target.js";
import { oddJson, oddValue, withOddities } from "./values.js";

const INPUTS = 6;
const CLASSES = 3;
const SAMPLES = 12;
/** Networks with more parameters are checked, but not created: each would take its memory and time. */
const MOST_PARAMETERS = 20_000;

const NETWORKS: NetworkOptions[] = [
  { inputs: INPUTS, layers: [{ units: CLASSES, activation: "softmax" }], loss: "crossEntropy", threads: 1 },
  {
    ...{ inputs: INPUTS, loss: "quadratic", seed: 3, inputScale: 0.01, weightInit: "heNormal", threads: 1 },
    layers: [
      { units: 5, activation: "leakyRelu", slope: 0.1, dropout: 0.3 },
      { units: CLASSES, activation: "sigmoid" },
    ],
  },
  {
    ...{ inputs: INPUTS, loss: "crossEntropy", deterministic: true, biasInit: "gaussian", threads: 1 },
    layers: [
      { units: 17, activation: "tanh" },
      { units: 4, activation: "relu" },
      { units: CLASSES, activation: "softmax" },
    ],
  },
  {
    ...{ inputs: INPUTS, loss: "meanAbsoluteError", threads: 1 },
    layers: [
      { units: 4, activation: "softplus" },
      { units: CLASSES, activation: "linear" },
    ],
  },
];

const BYTES = Uint8Array.from({ length: SAMPLES * INPUTS }, (_, i) => (i * 71) % 256);
const FLOATS = Float32Array.from(BYTES, (x) => x / 255);
const LABELS = Array.from({ length: SAMPLES }, (_, i) => i % CLASSES);
const TARGETS = Float32Array.from({ length: SAMPLES * CLASSES }, (_, i) => (i % 4 === 0 ? 1 : 0));
const DATASETS: ConstructorParameters<typeof Dataset>[0][] = [
  { inputs: BYTES, shape: [2, 3], labels: LABELS },
  { inputs: FLOATS, shape: INPUTS, labels: Uint8Array.from(LABELS), classes: CLASSES },
  { inputs: FLOATS, shape: [INPUTS], targets: TARGETS },
];

async function create(choices: Choices): Promise<string> {
  const options = withOddities(choices, choices.one(NETWORKS)) as NetworkOptions;
  const checked = await attempt(() => checkNetworkOptions(options));
  if (checked !== "accepted" || parameterCount(checkNetworkOptions(options)) > MOST_PARAMETERS) return checked;
  const network = await Network.create({ ...options, threads: 1 });
  const { layers, loss } = network.spec;
  const isSoftmax = layers.map(({ activation }) => activation === "softmax");
  hold(!isSoftmax.slice(0, -1).includes(true), "a hidden layer is softmax");
  hold(!isSoftmax.at(-1) || loss === "crossEntropy", `a last layer of softmax has the loss ${loss}`);
  const bytes = network.toBytes();
  const again = await Network.fromBytes(bytes);
  hold(areSame(again.toBytes(), bytes), "a network that is saved and loaded has other bytes");
  hold(flat(network).every(Number.isFinite), "a new network has parameters that are not finite");
  return attempt(() => network.predict(withOddities(choices, FLOATS.subarray(0, INPUTS)) as Float32Array));
}

function recipe(choices: Choices): Promise<string> {
  const fit = { epochs: 3, batchSize: 4, optimizer: choices.one(OPTIMIZERS), schedule: cosine({ warmUp: 1 }) };
  const network = choices.one(NETWORKS);
  const odd = choices.isOneOf(128) ? oddJson : oddValue;
  return attempt(() => checkRecipe(withOddities(choices, { network, fit: { ...fit, maxNorm: 2 } }, odd)));
}

async function dataset(choices: Choices): Promise<string> {
  const options = withOddities(choices, choices.one(DATASETS)) as never;
  let made: Dataset | undefined;
  const outcome = await attempt(() => {
    made = new Dataset(options);
  });
  if (!made) return outcome;
  const data = made;
  hold(data.count * data.sampleSize === data.inputs.length, "a dataset has a wrong count");
  hold(
    (data.labels === undefined) !== (data.targets === undefined),
    "a dataset has both or neither of labels and targets",
  );
  const labels = data.labels ?? (data.targets as Float32Array);
  hold(labels.length % data.count === 0, "a dataset has too many labels");
  hold(data.targets !== undefined || labels.length === data.count, "a dataset has too many labels");
  const odd = oddValue(choices) as never;
  const [name, call] = choices.one<[string, () => unknown]>([
    ["shuffle", () => data.shuffle(odd)],
    ["split", () => data.split(odd, 1)],
    ["split seed", () => data.split(0.5, odd)],
    ["select", () => data.select(odd)],
    ["select one", () => data.select([odd])],
    ["sample", () => data.sample(odd)],
    ["target", () => data.target(odd)],
    ["counts", () => data.classCounts()],
  ]);
  return `${name} ${await attempt(call)}`;
}

/** Networks that many cases ask; each is to stay as it is. */
const asked = new Map<NetworkOptions, Promise<Network>>();

function network(options: NetworkOptions): Promise<Network> {
  const made = asked.get(options) ?? Network.create(options);
  asked.set(options, made);
  return made;
}

async function call(choices: Choices): Promise<string> {
  const net = await network(choices.one(NETWORKS));
  const before = flat(net);
  const sample = choices.one([BYTES, FLOATS, [...FLOATS]]).slice(0, INPUTS);
  const argument = choices.isOneOf(128) ? oddValue(choices) : withOddities(choices, sample);
  const target = withOddities(choices, [1, 0, 0]);
  const weight = { layer: 0, unit: 1, input: 2 };
  const question = withOddities(choices, { input: sample, target: [1, 0, 0], weight, learningRate: 0.1 });
  const [name, work] = choices.one<[string, () => unknown]>([
    ["predict", () => checkOutputs(net.predict(argument as never), net)],
    ["classify", () => checkOutputs(net.classify(argument as never).probabilities, net)],
    ["activations", () => net.activations(argument as never)],
    ["gradient", () => net.gradient(argument as never, target as never)],
    ["explain", () => net.explain(question as never)],
    ["evaluate", () => net.evaluate(argument as never, question as never)],
    ["fillInputs", () => net.fillInputs(withOddities(choices, 3) as never, argument as never)],
    ["toBytes", () => net.toBytes(argument as never)],
    ["fit", () => net.fit(argument as never, question as never)],
  ]);
  const outcome = await attempt(work);
  hold(areSame(flat(net), before), `${name} changed the network`);
  return `${name} ${outcome}`;
}

function checkOutputs(outputs: Float32Array, net: Network): void {
  hold(outputs.length > 0 && outputs.length % CLASSES === 0, `outputs have a wrong length: ${outputs.length}`);
  const isBounded = net.spec.layers.at(-1)?.activation !== "linear";
  if (isBounded)
    hold(
      outputs.every((x) => x >= 0 && x <= 1),
      "an output is not between 0 and 1",
    );
}

async function set(choices: Choices): Promise<string> {
  const options = choices.one(NETWORKS);
  const net = await Network.create(options);
  const before = flat(net);
  const layers = net.parameters().map(({ weights, biases }) => ({ weights: [...weights], biases }));
  const given = withOddities(choices, layers) as typeof layers;
  const outcome = await attempt(() => net.setParameters(given));
  if (outcome === "accepted") {
    // A zero has no sign in the network's memory.
    const wanted = given.flatMap(({ weights, biases }) => [...weights, ...biases]).map((x) => Math.fround(x) + 0);
    hold(areSame(flat(net), wanted), "parameters are not what was set");
  } else hold(areSame(flat(net), before), "a refused call set parameters");
  return outcome;
}

const OPTIMIZERS = [
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  adam(),
  adamw(),
  rmsprop(),
];
const FITS: FitOptions[] = [
  { epochs: 2, optimizer: sgd({ learningRate: 0.1 }), batchSize: 5 },
  { epochs: 1, optimizer: adam(), schedule: constant({ warmUp: 1 }), maxNorm: 2, shuffle: false },
  { epochs: 2, optimizer: adamw(), schedule: stepDecay({ factor: 0.5, every: 1 }), batchSize: 12 },
  {
    ...{ epochs: 2, optimizer: rmsprop(), batchSize: 4, batchInterval: 0, onEpoch: () => {}, onBatch: () => {} },
    checkpoint: { save: () => {}, steps: 2 },
  },
  { epochs: 2, optimizer: sgd({ learningRate: 1 }), augment: { shift: 1, elastic: { alpha: 1, sigma: 2 } } },
];
const data = DATASETS.map((options) => new Dataset(options));

/** The same training with few epochs, and without a function that is called for ever or a promise that never ends. */
function bounded(options: FitOptions): FitOptions {
  const isLong = typeof options.epochs === "number" && options.epochs > 3 && Number.isInteger(options.epochs);
  return { ...options, ...(isLong && { epochs: 3 }) };
}

async function fit(choices: Choices): Promise<string> {
  const options = choices.one(NETWORKS);
  const training = choices.one(FITS);
  const train = training.augment ? (data[0] as Dataset) : choices.one(data);
  const stopping = {
    validation: choices.one(data),
    earlyStopping: { patience: 1, minDelta: 0, metric: "loss" as const },
  };
  const more = choices.isOneOf(64) ? stopping : {};
  const given = withOddities(choices, { ...training, ...more });
  if (typeof given !== "object" || given === null) return "no options";
  const net = await Network.create(options);
  const before = flat(net);
  const outcome = await attempt(() => net.fit(train, bounded(given as FitOptions)));
  const after = flat(net);
  hold(after.every(Number.isFinite) || /diverged/.test(outcome), "training left parameters that are not finite");
  if (outcome !== "accepted" && !/diverged|stopped by/.test(outcome)) {
    const isLate = /batchInterval/.test(outcome) || areSame(after, before);
    hold(isLate, `a refused training changed the network: ${outcome}`);
  } else if (outcome === "accepted" && choices.isOneOf(64)) {
    const twin = await Network.create({ ...options, threads: choices.isOneOf(8) ? 2 : 1 });
    await twin.fit(train, bounded(given as FitOptions));
    hold(areSame(flat(twin), after), "the same training gave other parameters");
    twin.dispose();
  }
  net.dispose();
  return outcome;
}

export const CALL_TARGETS: Target[] = [
  { name: "create", weight: 3, length: 40, run: create },
  { name: "recipe", weight: 6, length: 40, run: recipe },
  { name: "dataset", weight: 6, length: 40, run: dataset },
  { name: "call", weight: 8, length: 48, run: call },
  { name: "setParameters", weight: 2, length: 40, run: set },
  { name: "fit", weight: 2, length: 48, run: fit },
];
