import { Dataset, Network, sgd } from "wasmlp";

// Exclusive or: four samples of two numbers, one target each.
const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const data = new Dataset({ inputs, shape: 2, targets: Float32Array.of(0, 1, 1, 0) });

const network = await Network.create({
  inputs: 2,
  layers: [
    { units: 8, activation: "tanh" },
    { units: 1, activation: "sigmoid" },
  ],
  loss: "crossEntropy",
  seed: 1,
});
await network.fit(data, { epochs: 500, optimizer: sgd({ learningRate: 0.5 }) });

const outputs = network.predict(inputs);
console.log(Array.from(outputs, (output) => output.toFixed(2)).join(" ")); // 0.01 0.99 0.99 0.01
