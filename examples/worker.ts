import { Dataset, Network, sgd } from "wasmlp/worker";

const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const data = new Dataset({ inputs, shape: 2, labels: [0, 1, 1, 0] });

const network = await Network.create({
  inputs: 2,
  layers: [
    { units: 8, activation: "tanh" },
    { units: 1, activation: "sigmoid" },
  ],
  loss: "crossEntropy",
  seed: 1,
});
await network.fit(data, {
  epochs: 500,
  optimizer: sgd({ learningRate: 0.5 }),
  onEpoch({ epoch, loss }) {
    if (epoch % 100 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(3)}`); // epoch 500: loss 0.009
  },
});
console.log((await network.classify([0, 1])).label); // 1
network.dispose(); // ends the worker; so does dropping the last reference to the network
