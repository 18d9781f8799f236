// Small networks and data that several tests share; all of it is seeded.

import { type Activation, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import {
  adam,
  adamw,
  Dataset,
  type Network,
  type NetworkOptions,
  type Optimizer,
  rmsprop,
  sgd,
} from "../../src/index.js";
import { LOSS_NAMES, type Loss, lossRow } from "../../src/losses.js";
import { fillGaussian, philox } from "../../src/random.js";
import type { LayerParameters } from "../../src/spec.js";

/** Layers with these numbers of units, all but the last with the same activation. */
export function layersOf(units: number[], hidden: Activation, output: Activation): NetworkOptions["layers"] {
  return units.map((n, i) => ({ units: n, activation: i < units.length - 1 ? hidden : output }));
}

/** Every last layer that a loss accepts, with every loss that accepts it. */
export const PAIRINGS: [Activation, Loss][] = LOSS_NAMES.flatMap((loss) => {
  const outputs: readonly Activation[] = lossRow(loss).outputs ?? HIDDEN_ACTIVATIONS;
  return outputs.map((output): [Activation, Loss] => [output, loss]);
});

/** Every optimizer, with and without each of its options. */
export const OPTIMIZERS: Optimizer[] = [
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: 0.1, weightDecay: 0.3 }),
  sgd({ learningRate: 0.1, momentum: 0.9 }),
  sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true, weightDecay: 0.1 }),
  adam(),
  adam({ learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.2 }),
  adamw({ learningRate: 0.01, weightDecay: 0.5 }),
  rmsprop(),
  rmsprop({ learningRate: 0.005, rho: 0.7, epsilon: 1e-5, weightDecay: 0.1 }),
];

export function gaussians(n: number, seed: number): Float32Array {
  const values = new Float32Array(n);
  fillGaussian(values, 1, seed, 99, 0);
  return values;
}

/** Target vectors from 0 to 1 whose rows sum to 1, which every loss accepts. */
export function distributions(rows: number, units: number, seed: number): Float32Array {
  const values = gaussians(rows * units, seed).map((x) => Math.exp(x));
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * units, (r + 1) * units);
    const sum = row.reduce((total, value) => total + value, 0);
    row.forEach((value, i) => {
      row[i] = value / sum;
    });
  }
  return values;
}

/** Bytes of `count` samples of 8x8 in `classes` classes, each of which has other bright rows. */
export function stripes(count: number, classes: number, seed: number): Dataset {
  const block = new Uint32Array(4);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  const inputs = Uint8Array.from({ length: count * 64 }, (_, i) => {
    philox(block, i, 0, 0, 0, seed, 0);
    const noise = (block[0] as number) >>> 26;
    const inStripe = Math.floor((i % 64) / 8) % classes === labels[Math.floor(i / 64)];
    return inStripe ? 150 + noise : noise;
  });
  return new Dataset({ inputs, shape: [8, 8], labels, classes });
}

/** All parameters in one array, to compare networks. */
export function flat(network: Network): number[] {
  return flatten(network.parameters());
}

export function flatten(layers: readonly LayerParameters[]): number[] {
  return layers.flatMap(({ weights, biases }) => [...weights, ...biases]);
}

/** A network as a short text, for names of tests. */
export function specOf({ inputs, layers, loss }: NetworkOptions): string {
  return `${inputs}-${layers.map(({ units, activation }) => `${units} ${activation}`).join("-")}, ${loss}`;
}

interface Layer {
  weights: ArrayLike<number>;
  biases: ArrayLike<number>;
}

/**
 * The largest difference between elements of two networks' tensors, relative to the largest element of their tensor, so that
 * layers with small gradients count as much as others. Infinity if an element is NaN or infinite.
 */
export function tensorDifference(expected: readonly Layer[], got: readonly Layer[]): number {
  if (expected.length !== got.length) throw new RangeError(`${expected.length} layers against ${got.length}`);
  const differences = expected.flatMap((layer, i) => {
    const other = got[i] as Layer;
    return [rowDifference(layer.weights, other.weights), rowDifference(layer.biases, other.biases)];
  });
  return Math.max(...differences);
}

function rowDifference(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  if (expected.length !== got.length) throw new RangeError(`${expected.length} numbers against ${got.length}`);
  // Elements below 1e-7 are differences of larger terms, for which float32 keeps no digits.
  const most = Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-7);
  const worst = Array.from(expected, (value, i) => Math.abs(value - (got[i] as number)));
  return (
    worst.reduce((largest, value) => (value <= largest ? largest : Number.isNaN(value) ? Infinity : value), 0) / most
  );
}
