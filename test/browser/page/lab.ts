// Functions of the page that use the built library. Tests call them with `ask` of ../lab.ts.

import { parseIdx } from "../../../src/data/idx.js";
import { loadDigits, readDigit } from "../../../src/digits.js";
import * as local from "../../../src/index.js";
import type { Request } from "../../../src/worker/protocol.js";
import * as remote from "../../../src/worker.js";
import { stripes } from "../../support/networks.js";
import { OPTIONS, trainedBytes } from "../determinism.js";
import { byMessages, byTimer, type Responsiveness, watch } from "./probe.js";

const { Dataset, init, sgd } = local;

export type Where = "page" | "worker";
const NETWORKS = { page: local.Network, worker: remote.Network };

/** Violations of the page's content security policy. */
const violations: string[] = [];
document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
  violations.push(`${effectiveDirective} ${blockedURI}`);
});

/** Reports that scripts of workers send over the channel, if a test makes them. */
const reports: string[] = [];
const channel = new BroadcastChannel("workers");
channel.onmessage = ({ data }) => reports.push(data as string);

/** Prepends code to the script of every worker that the library starts from a blob, including helping threads. */
function prependToWorkers(text: string): void {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, message: Request, ...rest: unknown[]) {
    if (message.kind === "open") message.opening.threadSource = `${text};${message.opening.threadSource}`;
    postMessage.apply(this, [message, ...rest] as unknown as Parameters<typeof postMessage>);
  };
  globalThis.Blob = class extends Blob {
    constructor(parts: BlobPart[], options: BlobPropertyBag) {
      super([text, ";", ...parts], options);
    }
  } as typeof Blob;
}

// --- MNIST ---

interface Digits {
  train: local.Dataset;
  test: local.Dataset;
}

let digits: Promise<Digits> | undefined;

async function fetchIdx(name: string): Promise<{ shape: number[]; data: Uint8Array }> {
  const response = await fetch(name);
  const { shape, data } = parseIdx(new Uint8Array(await response.arrayBuffer()), name);
  return { shape, data: data as Uint8Array };
}

async function fetchDigits(set: string): Promise<local.Dataset> {
  const images = await fetchIdx(`${set}-images-idx3-ubyte`);
  const labels = await fetchIdx(`${set}-labels-idx1-ubyte`);
  return new Dataset({ inputs: images.data, shape: images.shape.slice(1), labels: labels.data });
}

async function loadMnist(): Promise<Digits> {
  return { train: await fetchDigits("train"), test: await fetchDigits("t10k") };
}

export interface DigitTraining {
  accuracy: number | undefined;
  samplesPerSecond: number[];
  batches: number;
  responsiveness: Responsiveness;
}

/** Trains 784-128-10 on MNIST; returns accuracy, speed, and the responsiveness of the page meanwhile. */
async function trainOnDigits(where: Where, threads: local.Threads, epochs: number): Promise<DigitTraining> {
  digits ??= loadMnist();
  const { train, test } = await digits;
  let batches = 0;
  const fit: local.FitOptions = {
    ...{ epochs, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }) },
    onBatch: () => void batches++,
  };
  const [result, responsiveness] = await watch(where === "page" ? byMessages : byTimer, async () => {
    const network = await NETWORKS[where].create({
      inputs: 784,
      layers: [
        { units: 128, activation: "relu" },
        { units: 10, activation: "softmax" },
      ],
      ...{ loss: "crossEntropy", seed: 1, threads },
    });
    const history = await network.fit(train, { ...fit, ...(where === "page" && { batchInterval: 50 }) });
    // On the main thread `evaluate` would block in one task.
    const accuracy = where === "page" ? undefined : (await network.evaluate(test)).accuracy;
    network.dispose();
    return { accuracy, samplesPerSecond: history.map(({ samplesPerSecond }) => samplesPerSecond) };
  });
  return { ...result, batches, responsiveness };
}

// --- a small network ---

const SMALL = { ...OPTIONS, seed: 1, threads: 1 } satisfies local.NetworkOptions;
const FIT = { epochs: 3, batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) } satisfies local.FitOptions;

/** The epochs and batches that a fit reports. */
async function report(where: Where): Promise<{ epochs: number[]; batches: number[]; history: number }> {
  const network = await NETWORKS[where].create(SMALL);
  const [epochs, batches]: [number[], number[]] = [[], []];
  const history = await network.fit(stripes(300, 4, 1), {
    ...{ ...FIT, batchInterval: 0 },
    onEpoch: ({ epoch }) => void epochs.push(epoch),
    onBatch: ({ epoch, samples }) => void batches.push(epoch * 1000 + samples),
  });
  return { epochs, batches, history: history.length };
}

/** Aborts a fit in its second epoch, then predicts and trains again. */
async function abort(where: Where): Promise<{ reason: string; seen: number; after: number; epochs: number }> {
  const network = await NETWORKS[where].create(SMALL);
  const data = stripes(300, 4, 1);
  const stop = new AbortController();
  let seen = 0;
  const onEpoch = ({ epoch }: local.EpochRecord): void => {
    seen = epoch;
    if (epoch === 2) stop.abort(new Error("enough"));
  };
  const fit = network.fit(data, { ...FIT, epochs: 100_000, signal: stop.signal, onEpoch });
  const reason = await fit.then(() => "no reason", String);
  const after = (await network.predict(data.sample(0))).length;
  return { reason, seen, after, epochs: (await network.fit(data, FIT)).length };
}

/** Trains, saves, and loads on the main thread and in a worker; returns the file and the outputs of all three for one sample. */
async function saveAndLoad(where: Where): Promise<{ bytes: number[]; outputs: number[][] }> {
  const network = await NETWORKS[where].create(SMALL);
  const data = stripes(300, 4, 1);
  await network.fit(data, FIT);
  const bytes = await network.toBytes();
  const loaded = [
    await local.Network.fromBytes(bytes, { deterministic: true }),
    await remote.Network.fromBytes(bytes, { deterministic: true }),
  ];
  const outputs = await Promise.all([network, ...loaded].map(async (one) => [...(await one.predict(data.sample(0)))]));
  return { bytes: [...bytes], outputs };
}

/** The digit that the pretrained network recognizes in a vertical stroke on a canvas. */
async function readStroke(): Promise<number | undefined> {
  const context = new OffscreenCanvas(100, 100).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.fillStyle = "white";
  context.fillRect(0, 0, 100, 100);
  context.fillStyle = "black";
  context.fillRect(46, 20, 8, 60);
  return readDigit(await loadDigits(), context.getImageData(0, 0, 100, 100))?.label;
}

export const lab = {
  ...{ init, trainOnDigits, report, abort, saveAndLoad, readStroke },
  trainedBytes: async (where: Where, options: { seed?: number; threads?: local.Threads } = {}) => [
    ...(await trainedBytes(NETWORKS[where], options)),
  ],
  initByResponse: async (address: string) => init({ wasm: { simd: await fetch(address) } }),
  prependToWorkers,
  takeViolations: () => violations.splice(0),
  takeReports: () => reports.splice(0),
};

Object.assign(globalThis, { lab });
