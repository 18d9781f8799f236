import { Dataset, Network, sgd } from "wasmlp";

// Exclusive or: four samples of two numbers, each with the label 0 or 1.
const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const data = new Dataset({ inputs, shape: 2, labels: [0, 1, 1, 0] });

const network = await Network.create({
  inputs: 2,
  layers: [
    { units: 8, activation: "tanh" },
    { units: 1, activation: "sigmoid" }, // one output tells two classes apart
  ],
  loss: "crossEntropy",
  seed: 1,
});
await network.fit(data, { epochs: 500, optimizer: sgd({ learningRate: 0.5 }) });

const { label, probabilities } = network.classify([0, 1]);
console.log(label, probabilities[0]?.toFixed(2)); // 1 0.99
console.log(network.evaluate(data).accuracy); // 1
