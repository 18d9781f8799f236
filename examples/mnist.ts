import { loadMnist, loadNetwork, Network, saveNetwork, sgd } from "wasmlp/node";

const { train, test } = await loadMnist();
const network = await Network.create({
  inputs: 784,
  layers: [
    { units: 128, activation: "relu" },
    { units: 10, activation: "softmax" },
  ],
  loss: "crossEntropy",
  seed: 1,
});
await network.fit(train, {
  epochs: 3,
  batchSize: 32,
  optimizer: sgd({ learningRate: 0.1 }),
  validation: test,
  onEpoch({ epoch, validation }) {
    console.log(`epoch ${epoch}: accuracy ${validation?.accuracy?.toFixed(2)}`); // epoch 3: accuracy 0.97
  },
});
await saveNetwork("digits.safetensors", network);

const loaded = await loadNetwork("digits.safetensors");
console.log(loaded.classify(test.sample(0)).label); // 7
