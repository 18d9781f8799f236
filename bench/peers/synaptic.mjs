// Synaptic: plain JavaScript that generates one straight-line function for the whole network. It trains sample by
// sample. Fairness: its optimized code, which is its default, samples as float32 rows, without its Trainer. Its output
// error is always y − a, that of cross-entropy with sigmoid, so softmax becomes sigmoid. The rate is the job's divided
// by the batch size, so that a batch of steps moves as far as one step of the job.

import { createRequire } from "node:module";
import { oneHot, readJob, rows, serve, versionOf } from "./common.mjs";

const { Layer, Network, Neuron } = createRequire(import.meta.url)("synaptic");

const job = readJob();
const squash = { sigmoid: Neuron.squash.LOGISTIC, softmax: Neuron.squash.LOGISTIC, relu: Neuron.squash.RELU };
const input = new Layer(job.inputs);
const layers = job.layers.map(({ units }) => new Layer(units));
// Connects each layer to the next.
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
    // Copies the optimized function's numbers back into the neurons.
    network.restore();
    return layers.map(({ list }) =>
      list.flatMap(({ bias, connections }) => [bias, ...Object.values(connections.inputs).map(({ weight }) => weight)]),
    );
  },
  predictOne: (sample) => network.activate(sample),
});
