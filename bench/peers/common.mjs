// Shared by all peers in JavaScript: reading the job's folder, and the line protocol on stdin and stdout. A peer
// provides functions for single steps; the order of the samples, the clock and the checks are the same for all.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

console.log = console.error; // stdout belongs to the protocol

const [folder, variant] = process.argv.slice(2);

/** The job with its data as float32 (bytes scaled by 1/255) and, in every layer, W [units][inputs] and B [units]. */
export function readJob() {
  const job = JSON.parse(readFileSync(`${folder}/job.json`, "utf8"));
  const { trainCount, testCount } = job;
  let inputs = job.inputs;
  let weights = readFloats("weights.f32");
  const layers = job.layers.map(({ units, activation }) => {
    const size = units * inputs;
    const layer = { units, inputs, activation, W: weights.slice(0, size), B: weights.slice(size, size + units) };
    weights = weights.subarray(size + units);
    inputs = units;
    return layer;
  });
  return {
    ...job,
    variant,
    layers,
    outputs: inputs,
    train: { count: trainCount, inputs: readInputs("train", job.dtype), labels: readBytes("train-labels.u8") },
    test: { count: testCount, inputs: readInputs("test", job.dtype), labels: readBytes("test-labels.u8") },
  };
}

function readBytes(name) {
  return new Uint8Array(readFileSync(`${folder}/${name}`));
}

function readFloats(name) {
  return new Float32Array(readBytes(name).buffer);
}

function readInputs(part, dtype) {
  return dtype === "f32" ? readFloats(`${part}-inputs.f32`) : Float32Array.from(readBytes(`${part}-inputs.u8`), scaled);
}

function scaled(byte) {
  return byte / 255;
}

/** Rows `from` to `to` of the samples, [to − from][inputs], as a view. */
export function rows(job, { inputs }, from, to) {
  return inputs.subarray(from * job.inputs, to * job.inputs);
}

/** The one-hot targets of those rows, [to − from][outputs]. */
export function oneHot(job, { labels }, from, to) {
  const targets = new Float32Array((to - from) * job.outputs);
  for (let i = from; i < to; i++) targets[(i - from) * job.outputs + labels[i]] = 1;
  return targets;
}

/** The results of `make(from, to)` for all full mini-batches of the training samples, in order. */
export function prepareBatches(job, make) {
  const count = Math.floor(job.train.count / job.batch);
  return Array.from({ length: count }, (_, i) => make(i * job.batch, (i + 1) * job.batch));
}

/** W of a layer as [inputs][units], for the libraries that multiply from the left. */
export function transposed({ W, units, inputs }) {
  return Float32Array.from(W, (_, i) => W[(i % units) * inputs + Math.floor(i / units)]);
}

/** The installed version of an npm package, even if it does not export its package.json. */
export function versionOf(name) {
  const { resolve } = createRequire(import.meta.url);
  const paths = resolve.paths(name).map((path) => `${path}/${name}/package.json`);
  for (const path of paths) {
    try {
      return JSON.parse(readFileSync(path, "utf8")).version;
    } catch {}
  }
  throw new Error(`${name} is not installed`);
}

/**
 * Trains for `epochSamples` samples, reports the accuracy, then measures one round per line "go" until stdin ends. The
 * peer provides
 * - `step(number)`: trains on the mini-batch of that number; asynchronous work must have ended when `finish()`
 * resolves,
 * - `parameters()`: all weights and biases, as a list of arrays in any order,
 * - `predictOne(sample)`: the outputs of one sample, given as a Float32Array, as numbers that JavaScript can read,
 * - `prepare(inputs, count)` and `predict(prepared)`, if it can predict several samples at once.
 */
export async function serve(job, { peer, version, setting, finish = () => {}, ...peerFunctions }) {
  const batches = Math.floor(job.train.count / job.batch);
  let steps = 0;
  const step = () => peerFunctions.step(steps++ % batches);
  const predictAll = testSetPredictor(job, peerFunctions);

  if (job.kind === "train") {
    while ((steps + 1) * job.batch <= job.epochSamples) step();
    await finish();
  }
  const outputs = await predictAll();
  const checksum =
    job.kind === "train" ? sumOfMagnitudes(await peerFunctions.parameters()) : sumOfLargest(job, outputs);
  const accuracy = accuracyOf(job, outputs);
  print({ ready: true, peer, variant, version, setting, accuracy, trainedSamples: steps * job.batch, checksum });

  const round =
    job.kind === "train"
      ? () => trainRound(job, step, finish)
      : () => inferRound(job, peerFunctions.predictOne, predictAll);
  for await (const line of createInterface({ input: process.stdin })) if (line === "go") print(await round());
  process.exit(0);
}

/**
 * A function that predicts all test samples. Inputs are prepared here, outside the clock, in batches of 500 where
 * possible.
 */
function testSetPredictor(job, { predictOne, prepare, predict }) {
  const size = prepare ? 500 : 1;
  const batches = [];
  for (let from = 0; from < job.test.count; from += size) {
    const to = Math.min(from + size, job.test.count);
    const inputs = rows(job, job.test, from, to);
    batches.push({ offset: from * job.outputs, x: prepare ? prepare(inputs, to - from) : inputs });
  }
  const run = predict ?? predictOne;
  return async () => {
    const outputs = new Float32Array(job.test.count * job.outputs);
    for (const { offset, x } of batches) outputs.set(await run(x), offset);
    return outputs;
  };
}

/** Trains for at least `roundSeconds`; includes the time until all work is done. */
async function trainRound(job, step, finish) {
  const clock = startClock();
  let count = 0;
  do {
    step();
    count++;
  } while (clock() < job.roundSeconds);
  await finish();
  return { samples: count * job.batch, seconds: clock() };
}

/**
 * Half of the round measures the median latency of single samples, the other half the throughput over the whole test
 * set.
 */
async function inferRound(job, predictOne, predictAll) {
  const half = job.roundSeconds / 2;
  const latencies = [];
  for (const clock = startClock(); clock() < half; ) {
    const i = latencies.length % job.test.count;
    const sample = rows(job, job.test, i, i + 1);
    const single = startClock();
    await predictOne(sample);
    latencies.push(single());
  }
  const clock = startClock();
  let count = 0;
  do {
    await predictAll();
    count += job.test.count;
  } while (clock() < half);
  return { latencySeconds: latencies.sort((a, b) => a - b)[latencies.length >> 1], throughput: count / clock() };
}

/** A function that returns the seconds since this call. */
function startClock() {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}

/** The share of test samples whose largest output is at their label. */
function accuracyOf(job, outputs) {
  let right = 0;
  for (let i = 0; i < job.test.count; i++) {
    const row = outputs.slice(i * job.outputs, (i + 1) * job.outputs);
    if (row.indexOf(Math.max(...row)) === job.test.labels[i]) right++;
  }
  return right / job.test.count;
}

/** Checksum of training: Σ|p| over all parameters, equal up to rounding for all peers that do exactly the job. */
function sumOfMagnitudes(arrays) {
  let sum = 0;
  for (const array of arrays) for (const value of array) sum += Math.abs(value);
  return sum;
}

/** Checksum of inference: the sum of each test sample's largest output. */
function sumOfLargest(job, outputs) {
  let sum = 0;
  for (let i = 0; i < job.test.count; i++) sum += Math.max(...outputs.slice(i * job.outputs, (i + 1) * job.outputs));
  return sum;
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
