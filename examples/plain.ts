// The whole mathematics of a multilayer perceptron in plain TypeScript and float64, to be read from top to bottom. It learns
// handwritten digits when it is run. The library computes the same numbers with its kernels; a test compares the two.
//
//   L_l   outputs of layer l; L_0 are the inputs of the network
//   W, B  weights [units][inputs] and biases [units] of a layer; those of all layers together are the parameters P
//   z     W·L_{l−1} + B, what a layer computes before its activation S
//   a, y  outputs of the last layer, and what they should be
//   C     the cost, which training makes small; ∇C holds its derivative with respect to each parameter
//   r     the learning rate

import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { type Dataset, loadMnist } from "wasmlp/node";

type Vector = number[];
type Matrix = Vector[];

/** Σ_i a_i·b_i. */
function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** a_i += scale·b_i for each i, in place. */
function add(a: Vector, scale: number, b: Vector): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) + scale * (b[i] as number);
}

/** f(a_i, b_i) for each i. */
function zip(a: Vector, b: Vector, f: (a: number, b: number) => number): Vector {
  return a.map((a_i, i) => f(a_i, b[i] as number));
}

function zeros(length: number): Vector {
  return Array(length).fill(0);
}

// --- The network ---

/** An activation S(z), and its slope S′(z) written with a = S(z). */
interface Activation {
  value(z: number): number;
  slope(a: number): number;
}

export const sigmoid: Activation = { value: (z) => 1 / (1 + Math.exp(-z)), slope: (a) => a * (1 - a) };
export const relu: Activation = { value: (z) => Math.max(0, z), slope: (a) => (a > 0 ? 1 : 0) };

/** A number for each parameter of a layer: the parameter itself, or the derivative of the cost. */
export interface Parameters {
  W: Matrix;
  B: Vector;
}

export interface Layer extends Parameters {
  S: Activation;
}

export interface Sample {
  x: Vector;
  y: Vector;
}

// --- Forward: L_l = S(W·L_{l−1} + B) ---

/** The outputs of all layers for the inputs x: L_0 to L_n. */
export function forward(P: Layer[], x: Vector): Vector[] {
  const L = [x];
  for (const { W, B, S } of P) {
    const below = L.at(-1) as Vector;
    const z = W.map((weights, j) => dot(weights, below) + (B[j] as number));
    L.push(z.map(S.value));
  }
  return L;
}

// --- Cost: C = Σ_j (a_j − y_j)², averaged over the samples ---

export function cost(P: Layer[], samples: Sample[]): number {
  let sum = 0;
  for (const { x, y } of samples) {
    const errors = zip(forward(P, x).at(-1) as Vector, y, (a_j, y_j) => a_j - y_j);
    sum += dot(errors, errors);
  }
  return sum / samples.length;
}

// --- Backward: the chain rule, from the last layer to the first ---

/** Adds scale·∂C/∂W and scale·∂C/∂B of one sample to `gradient`, in place. */
function backward(P: Layer[], { x, y }: Sample, scale: number, gradient: Parameters[]): void {
  const L = forward(P, x);
  // The cost is a function of the last layer's outputs: ∂C/∂a_j = 2(a_j − y_j).
  let dA = zip(L.at(-1) as Vector, y, (a_j, y_j) => 2 * (a_j - y_j));
  for (let l = P.length; l > 0; l--) {
    const [{ W, S }, { W: dW, B: dB }] = [P[l - 1] as Layer, gradient[l - 1] as Parameters];
    const [a, below] = [L[l] as Vector, L[l - 1] as Vector];
    // a = S(z): ∂C/∂z = ∂C/∂a · S′(z).
    const dZ = zip(dA, a, (dA_j, a_j) => dA_j * S.slope(a_j));
    // L_k of the layer below is part of every z_j = Σ_k W_jk·L_k + B_j: ∂C/∂L_k = Σ_j ∂C/∂z_j · W_jk.
    dA = zeros(below.length);
    for (const [j, dZ_j] of dZ.entries()) add(dA, dZ_j, W[j] as Vector);
    // ∂z_j/∂W_jk = L_k: ∂C/∂W_jk = ∂C/∂z_j · L_k. And ∂z_j/∂B_j = 1: ∂C/∂B_j = ∂C/∂z_j.
    for (const [j, dZ_j] of dZ.entries()) add(dW[j] as Vector, scale * dZ_j, below);
    add(dB, scale, dZ);
  }
}

/** ∇C: the mean of the samples' gradients. */
export function gradient(P: Layer[], samples: Sample[]): Parameters[] {
  const mean = P.map(({ W, B }) => ({ W: W.map((weights) => zeros(weights.length)), B: zeros(B.length) }));
  for (const sample of samples) backward(P, sample, 1 / samples.length, mean);
  return mean;
}

// --- Update: P − r∇C, for one mini-batch after the other ---

/** One epoch: a step for each `batchSize` samples, in their order. Changes P. */
export function train(P: Layer[], samples: Sample[], batchSize: number, r: number): void {
  for (let first = 0; first < samples.length; first += batchSize) {
    const nablaC = gradient(P, samples.slice(first, first + batchSize));
    for (const [l, { W, B }] of P.entries()) {
      const { W: dW, B: dB } = nablaC[l] as Parameters;
      for (const [j, weights] of W.entries()) add(weights, -r, dW[j] as Vector);
      add(B, -r, dB);
    }
  }
}

// --- A network of 784-16-16-10 that learns the digits ---

let seed = 1;

/** From 0 to 1, the same for every run (Park and Miller, "Random number generators: good ones are hard to find", 1988). */
function random(): number {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
}

/** A number from the standard normal distribution (Box and Muller, 1958). */
function gaussian(): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** A layer with random weights of standard deviation 1/√inputs, so that z is about as large as the inputs are. */
function initialLayer(inputs: number, units: number, S: Activation): Layer {
  const weights = () => zeros(inputs).map(() => gaussian() / Math.sqrt(inputs));
  return { W: Array.from({ length: units }, weights), B: zeros(units), S };
}

/** Sample i of a dataset, its pixels from 0 to 1. */
function sampleOf(data: Dataset, i: number): Sample {
  return { x: Array.from(data.sample(i), (byte) => byte / 255), y: [...data.target(i)] };
}

/** The share of samples whose largest output is the right one. */
function accuracy(P: Layer[], samples: Sample[]): number {
  const digit = (outputs: Vector) => outputs.indexOf(Math.max(...outputs));
  const right = samples.filter(({ x, y }) => digit(forward(P, x).at(-1) as Vector) === digit(y));
  return right.length / samples.length;
}

async function main(): Promise<void> {
  const mnist = await loadMnist();
  const samples = Array.from({ length: 10_000 }, (_, i) => sampleOf(mnist.train, i));
  const unseen = Array.from({ length: 2000 }, (_, i) => sampleOf(mnist.test, i));
  const P = [initialLayer(784, 16, sigmoid), initialLayer(16, 16, sigmoid), initialLayer(16, 10, sigmoid)];
  for (let epoch = 1; epoch <= 3; epoch++) {
    train(P, samples, 10, 1);
    const [C, right] = [cost(P, unseen).toFixed(2), accuracy(P, unseen).toFixed(2)];
    console.log(`epoch ${epoch}: cost ${C}, accuracy ${right}`); // epoch 3: cost 0.19, accuracy 0.88
  }
}

// Not when a test imports this file.
if (import.meta.url === pathToFileURL(argv[1] ?? "").href) await main();
