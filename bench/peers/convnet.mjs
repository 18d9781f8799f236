// ConvNetJS: plain JavaScript on Float64Array. It computes sample by sample and updates once per mini-batch. Fairness:
// one input volume is reused for all samples; no momentum and no decay. The quadratic loss is its regression layer,
// which minimizes half of it, so the rate is doubled there.

import { createRequire } from "node:module";
import { readJob, rows, serve, versionOf } from "./common.mjs";

const { Net, RegressionLayer, SGDTrainer, Vol } = createRequire(import.meta.url)("convnetjs");

const job = readJob();
const softmax = job.loss === "crossEntropy";
const definitions = job.layers.map(({ units, activation }) =>
  activation === "softmax" ? { type: "softmax", num_classes: units } : { type: "fc", num_neurons: units, activation },
);
const network = new Net();
network.makeLayers([{ type: "input", out_sx: 1, out_sy: 1, out_depth: job.inputs }, ...definitions]);
// makeLayers would add another dense layer in front of a regression layer.
if (!softmax) network.layers.push(new RegressionLayer({ in_sx: 1, in_sy: 1, in_depth: job.outputs }));
const dense = network.layers.filter(({ layer_type }) => layer_type === "fc");
job.layers.forEach(({ W, B, inputs }, i) => {
  dense[i].filters.forEach(({ w }, unit) => {
    w.set(W.subarray(unit * inputs, (unit + 1) * inputs));
  });
  dense[i].biases.w.set(B);
});
const trainer = new SGDTrainer(network, {
  learning_rate: (softmax ? 1 : 2) * job.rate,
  batch_size: job.batch,
  momentum: 0,
});
// The one-hot targets of each class, made once.
const targets = Array.from({ length: job.outputs }, (_, label) => {
  const target = new Float64Array(job.outputs);
  target[label] = 1;
  return target;
});
const input = new Vol(1, 1, job.inputs, 0);

function predict(sample) {
  input.w.set(sample);
  return network.forward(input).w;
}

await serve(job, {
  peer: "convnetjs",
  version: versionOf("convnetjs"),
  setting: "plain JavaScript, float64, mini-batches, SGD without momentum",
  step(number) {
    const from = number * job.batch;
    for (let i = from; i < from + job.batch; i++) {
      input.w.set(rows(job, job.train, i, i + 1));
      const label = job.train.labels[i];
      trainer.train(input, softmax ? label : targets[label]);
    }
  },
  parameters: () => dense.flatMap(({ filters, biases }) => [...filters.map(({ w }) => w), biases.w]),
  predictOne: predict,
});
