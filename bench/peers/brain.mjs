// brain.js, its NeuralNetwork on the CPU (no gpu.js). It trains sample by sample, and has one activation for all layers.
// Honest: samples are float32 rows taken in place, without its formatting of the data and its error log; momentum is off.
// The rate is the job's divided by the batch, which moves as far as the job's mean over a batch does, and doubled for the
// quadratic loss, of which brain.js takes the half. A job with ReLU becomes leaky ReLU in all layers with that loss.

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
network.trainOpts.momentum = 0; // which its options refuse
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
