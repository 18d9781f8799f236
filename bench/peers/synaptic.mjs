// Synaptic: plain JavaScript that generates one straight-line function for the whole network; sample by sample.
// Honest: its own optimized code where that is what it does by default, samples as float32 rows, no Trainer around them.
// Its output error is always y − a, that of cross-entropy with sigmoid; softmax becomes sigmoid. The rate is the job's
// divided by the batch, which moves as far as the job's mean over a batch does.

import { createRequire } from "node:module";
import { oneHot, readJob, rows, serve, versionOf } from "./common.mjs";

const { Layer, Network, Neuron } = createRequire(import.meta.url)("synaptic");

const job = readJob();
const squash = { sigmoid: Neuron.squash.LOGISTIC, softmax: Neuron.squash.LOGISTIC, relu: Neuron.squash.RELU };
const input = new Layer(job.inputs);
const layers = job.layers.map(({ units }) => new Layer(units));
[input, ...layers].reduce((before, layer) => {
  before.project(layer);
  return layer;
});
job.layers.forEach(({ W, B, activation }, i) => {
  layers[i].set({ squash: squash[activation] });
  layers[i].list.forEach((neuron, unit) => {
    neuron.bias = B[unit];
    Object.values(neuron.connections.inputs).forEach((connection, k) => {
      connection.weight = W[unit * job.layers[i].inputs + k];
    });
  });
});
const network = new Network({ input, hidden: layers.slice(0, -1), output: layers.at(-1) });
const rate = job.rate / job.batch;

await serve(job, {
  peer: "synaptic",
  version: versionOf("synaptic"),
  setting: "optimized network, sample by sample at rate/batch, sigmoid outputs with cross-entropy, float64",
  step(number) {
    const from = number * job.batch;
    for (let i = from; i < from + job.batch; i++) {
      network.activate(rows(job, job.train, i, i + 1));
      network.propagate(rate, oneHot(job, job.train, i, i + 1));
    }
  },
  parameters() {
    network.restore();
    return layers.map(({ list }) =>
      list.flatMap(({ bias, connections }) => [bias, ...Object.values(connections.inputs).map(({ weight }) => weight)]),
    );
  },
  predictOne: (sample) => network.activate(sample),
});
