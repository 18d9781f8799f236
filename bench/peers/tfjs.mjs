// TensorFlow.js. Variants: its cpu backend (plain JavaScript); its wasm backend (one thread in Node); and the wasm
// backend with backpropagation written out here, because the library's own gradients multiply by transposed operands,
// for which its kernels have only a slow path that explicit transposes avoid. Fairness: every batch is a tensor before
// the clock starts; layers are the library's fused product, bias and activation; except for the last variant, a step is
// its own autodiff and SGD. The biases are read back before the clock stops (both backends compute eagerly).

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { oneHot, prepareBatches, readJob, rows, serve, transposed, versionOf } from "./common.mjs";

const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs");
const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");

const job = readJob();
const written = job.variant === "wasm-written-out";
const backend = written ? "wasm" : job.variant;
setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
tf.enableProdMode();
await tf.setBackend(backend);

const layers = job.layers.map((layer) => ({
  kernel: tf.variable(tf.tensor2d(transposed(layer), [layer.inputs, layer.units])),
  bias: tf.variable(tf.tensor1d(layer.B)),
  activation: layer.activation === "softmax" ? "linear" : layer.activation,
}));
const dense = (a, { kernel, bias, activation }) => tf.fused.matMul({ a, b: kernel, bias, activation });

/** The last layer's activations, or its logits when it ends in softmax. */
function forward(x) {
  return layers.reduce(dense, x);
}

/** The mean loss over a batch. */
function loss(x, y) {
  const outputs = forward(x);
  if (job.loss === "crossEntropy") return tf.losses.softmaxCrossEntropy(y, outputs);
  return tf.sum(tf.squaredDifference(outputs, y)).div(job.batch);
}

/** One step of backpropagation and gradient descent. Deltas include the factor rate / batch from the start. */
function writtenOutStep(x, y) {
  const activations = [x];
  for (const layer of layers) activations.push(dense(activations.at(-1), layer));
  const outputs = activations.at(-1);
  const error = job.loss === "crossEntropy" ? tf.softmax(outputs).sub(y) : quadraticError(outputs, y);
  let delta = error.mul(job.rate / job.batch);
  for (let i = layers.length - 1; i >= 0; i--) {
    const { kernel, bias } = layers[i];
    const input = activations[i];
    const below = i > 0 && tf.matMul(delta, tf.transpose(kernel)).mul(slope(layers[i - 1], input));
    kernel.assign(kernel.sub(tf.matMul(tf.transpose(input), delta)));
    bias.assign(bias.sub(delta.sum(0)));
    delta = below;
  }
}

/** dC/dz of the last layer for the quadratic loss: 2(a − y)·S'(z). */
function quadraticError(outputs, y) {
  return outputs
    .sub(y)
    .mul(2)
    .mul(slope(layers.at(-1), outputs));
}

/** The activation's derivative, from its value. */
function slope({ activation }, a) {
  return activation === "relu" ? tf.step(a) : a.sub(a.square());
}

function predict(x) {
  return tf.tidy(() => (job.loss === "crossEntropy" ? tf.softmax(forward(x)) : forward(x)).dataSync());
}

const optimizer = tf.train.sgd(job.rate);
const batches =
  job.kind === "train" &&
  prepareBatches(job, (from, to) => ({
    x: tf.tensor2d(rows(job, job.train, from, to), [job.batch, job.inputs]),
    y: tf.tensor2d(oneHot(job, job.train, from, to), [job.batch, job.outputs]),
  }));

await serve(job, {
  peer: "tfjs",
  version: versionOf("@tensorflow/tfjs"),
  setting: `${backend} backend, one thread, ${written ? "backpropagation written out with explicit transposes" : "autodiff and SGD of the library"}, fused layers, batches prepared as tensors`,
  step(number) {
    const { x, y } = batches[number];
    tf.tidy(() => (written ? writtenOutStep(x, y) : optimizer.minimize(() => loss(x, y))));
  },
  finish() {
    for (const { bias } of layers) bias.dataSync();
  },
  parameters: () => layers.flatMap(({ kernel, bias }) => [kernel.dataSync(), bias.dataSync()]),
  predictOne: (sample) => tf.tidy(() => predict(tf.tensor2d(sample, [1, job.inputs]))),
  prepare: (inputs, count) => tf.tensor2d(inputs, [count, job.inputs]),
  predict,
});
