// brain.js: its NeuralNetwork on the CPU (without gpu.js). It trains sample by sample, with one activation for all
// layers. Fairness: samples are float32 rows used in place, without brain.js's data formatting and error log; momentum
// is off. The rate is the job's divided by the batch size, so that a batch of steps moves as far as one step of the
// job. It is doubled for the quadratic loss, because brain.js minimizes half of it. A job with ReLU uses leaky ReLU in
// all layers and that loss.

import { createRequire } from "node:module";
import { oneHot, readJob, rows, serve, versionOf } from "./common.mjs";

const { NeuralNetwork } = createRequire(import.meta.url)("brain.js");

const job = readJob();
const activation = job.layers[0].activation === "relu" ? "leaky-relu" : "sigmoid";
const network = new NeuralNetwork({
  inputSize: job.inputs,
  hiddenLayers: job.layers.slice(0, -1).map(({ units }) => units),
  outputSize: job.outputs,
  activation,
});
network.initialize();
network.trainOpts.learningRate = ((job.loss === "quadratic" ? 2 : 1) * job.rate) / job.batch;
network.trainOpts.momentum = 0; // its options do not accept 0
// Its layers are numbered from the input layer on; weights are one array per unit.
job.layers.forEach(({ W, B, units, inputs }, i) => {
  network.biases[i + 1] = B;
  network.weights[i + 1] = Array.from({ length: units }, (_, unit) => W.slice(unit * inputs, (unit + 1) * inputs));
});

await serve(job, {
  peer: "brain.js",
  version: versionOf("brain.js"),
  setting: `CPU, sample by sample at rate/batch, ${activation} in every layer, quadratic loss, no momentum`,
  step(number) {
    const from = number * job.batch;
    for (let i = from; i < from + job.batch; i++) {
      network.trainPattern({ input: rows(job, job.train, i, i + 1), output: oneHot(job, job.train, i, i + 1) });
    }
  },
  parameters: () => [...network.weights.slice(1).flat(), ...network.biases.slice(1)],
  predictOne: (sample) => network.run(sample),
});
