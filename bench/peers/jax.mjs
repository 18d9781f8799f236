// jax-js: a jitted training step (autodiff and SGD in one compiled function) on its wasm backend, which has no threads
// in Node. Variants: the job's batch size, and its own best one (256), which amortizes the cost per kernel call. The
// rate is the same, so that it makes fewer updates and its accuracy after as many samples is lower. Fairness: every
// batch is an array before the clock starts; W is stored as [units][inputs], the faster of the two orders. Arrays are
// lazy, so each step reads the new biases back, and a round ends by waiting for all parameters.

import { blockUntilReady, defaultDevice, grad, jit, nn, numpy as np } from "@jax-js/jax";
import { oneHot, prepareBatches, readJob, rows, serve, versionOf } from "./common.mjs";

const OWN_BATCH = 256;

const job = readJob();
if (job.variant === "own-batch") job.batch = OWN_BATCH;
defaultDevice("wasm");

const array = (data, ...shape) => np.array(data).reshape(shape);
const activations = { sigmoid: nn.sigmoid, relu: nn.relu, softmax: (z) => z };

let parameters = job.layers.map(({ W, B, units, inputs }) => ({ W: array(W, units, inputs), B: array(B, units) }));
// A call consumes its arguments; `ref` keeps the parameters alive.
const owned = () => parameters.map(({ W, B }) => ({ W: W.ref, B: B.ref }));

/** The last layer's activations, or its logits when it ends in softmax. */
function forward(layers, x) {
  return layers.reduce((a, { W, B }, i) => activations[job.layers[i].activation](np.dot(a, np.transpose(W)).add(B)), x);
}

/** The mean loss over a batch, from the logits if it is cross-entropy. */
function loss(layers, x, y) {
  const outputs = forward(layers, x);
  const terms = job.loss === "crossEntropy" ? nn.logSoftmax(outputs).mul(y).mul(-1) : np.square(outputs.sub(y));
  return terms.sum().div(job.batch);
}

const gradient = grad(loss);
/** One step of gradient descent: the new parameters. */
const update = jit((layers, x, y) => {
  const slopes = gradient(
    layers.map(({ W, B }) => ({ W: W.ref, B: B.ref })),
    x,
    y,
  );
  return layers.map(({ W, B }, i) => ({ W: W.sub(slopes[i].W.mul(job.rate)), B: B.sub(slopes[i].B.mul(job.rate)) }));
});
const predict = jit((layers, x) => (job.loss === "crossEntropy" ? nn.softmax(forward(layers, x)) : forward(layers, x)));

const batches =
  job.kind === "train" &&
  prepareBatches(job, (from, to) => ({
    x: array(rows(job, job.train, from, to), job.batch, job.inputs),
    y: array(oneHot(job, job.train, from, to), job.batch, job.outputs),
  }));

await serve(job, {
  peer: "jax-js",
  version: versionOf("@jax-js/jax"),
  setting: `wasm backend, one thread, jitted step, batch ${job.batch}, batches prepared as arrays`,
  step(number) {
    const { x, y } = batches[number];
    parameters = update(parameters, x.ref, y.ref);
    for (const { B } of parameters) B.ref.dataSync();
  },
  finish: () => blockUntilReady(parameters),
  parameters: () => parameters.flatMap(({ W, B }) => [W.ref.dataSync(), B.ref.dataSync()]),
  predictOne: (sample) => predict(owned(), array(sample, 1, job.inputs)).dataSync(),
  prepare: (inputs, count) => array(inputs, count, job.inputs),
  predict: (x) => predict(owned(), x.ref).dataSync(),
});
