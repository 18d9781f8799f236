// What every peer in JavaScript shares: reading the job's folder, and the line protocol on stdin and stdout.
// A peer hands over single-step functions; the order of the samples, the clock and the checks are the same for all.

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

/** Rows `from` to `to` of the samples, as a view. */
export function rows(job, { inputs }, from, to) {
  return inputs.subarray(from * job.inputs, to * job.inputs);
}

/** The targets of those rows: 1 at the label, else 0. */
export function oneHot(job, { labels }, from, to) {
  const targets = new Float32Array((to - from) * job.outputs);
  for (let i = from; i < to; i++) targets[(i - from) * job.outputs + labels[i]] = 1;
  return targets;
}

/** Calls `make(from, to)` for every full batch of the training samples; gives the batches by number. */
export function prepareBatches(job, make) {
  const count = Math.floor(job.train.count / job.batch);
  return Array.from({ length: count }, (_, i) => make(i * job.batch, (i + 1) * job.batch));
}

/** W of a layer as [inputs][units], for the libraries that multiply from the left. */
export function transposed({ W, units, inputs }) {
  return Float32Array.from(W, (_, i) => W[(i % units) * inputs + Math.floor(i / units)]);
}

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
 * Answers until stdin ends. The peer gives
 * - `step(number)`: trains on the full batch of that number; what it starts must be done by the end of `finish()`,
 * - `parameters()`: all weights and biases, as a list of arrays in any order,
 * - `predictOne(sample)`: the outputs of one sample, from a Float32Array to numbers that JavaScript can read,
 * - `prepare(inputs, count)` and `predict(prepared)`, if it can predict more than one at a time.
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

/** Predicts all test samples, prepared here in batches of a size that suits every library which takes batches. */
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

/** Half of the round goes to single samples, the other half to the whole test set. */
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

function startClock() {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}

function accuracyOf(job, outputs) {
  let right = 0;
  for (let i = 0; i < job.test.count; i++) {
    const row = outputs.slice(i * job.outputs, (i + 1) * job.outputs);
    if (row.indexOf(Math.max(...row)) === job.test.labels[i]) right++;
  }
  return right / job.test.count;
}

/** Σ|p| over all parameters: equal, but for rounding, for all peers that do exactly the job. */
function sumOfMagnitudes(arrays) {
  let sum = 0;
  for (const array of arrays) for (const value of array) sum += Math.abs(value);
  return sum;
}

/** The same for inference: the sum of every test sample's largest output. */
function sumOfLargest(job, outputs) {
  let sum = 0;
  for (let i = 0; i < job.test.count; i++) sum += Math.max(...outputs.slice(i * job.outputs, (i + 1) * job.outputs));
  return sum;
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
