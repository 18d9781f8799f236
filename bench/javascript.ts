// The same networks in pure JavaScript on typed arrays, written with care: preallocated buffers, one loop nest per product, sums in
// local variables. The input layer has two forms: register-blocked tiles over all inputs, and a walk over the non-zero inputs.

import type { NetworkSpec } from "../src/spec.js";
import { layerInputs } from "../src/spec.js";

export type Form = "blocked" | "zeroSkipping";

interface Layer {
  inputs: number;
  units: number;
  /** `[inputs][units]`, so that both products walk a row of units. */
  weights: Float32Array;
  biases: Float32Array;
  outputs: Float32Array;
  deltas: Float32Array;
}

export class JavaScriptNetwork {
  readonly layers: Layer[];
  private readonly batch: Float32Array;
  private readonly entries: Uint16Array;
  private readonly starts: Uint32Array;

  constructor(
    private readonly spec: NetworkSpec,
    private readonly form: Form,
    private readonly rows: number,
  ) {
    this.layers = spec.layers.map(({ units }, i) => {
      const inputs = layerInputs(spec, i);
      return {
        ...{ inputs, units, weights: new Float32Array(inputs * units), biases: new Float32Array(units) },
        ...{ outputs: new Float32Array(rows * units), deltas: new Float32Array(rows * units) },
      };
    });
    this.batch = new Float32Array(rows * spec.inputs);
    this.entries = new Uint16Array(rows * spec.inputs);
    this.starts = new Uint32Array(rows + 1);
  }

  /** Takes weights `[units][inputs]`, as the library returns them. */
  setParameters(parameters: readonly { weights: Float32Array; biases: Float32Array }[]): void {
    this.layers.forEach(({ inputs, units, weights, biases }, i) => {
      const given = parameters[i] as { weights: Float32Array; biases: Float32Array };
      for (let u = 0; u < units; u++) {
        for (let k = 0; k < inputs; k++) weights[k * units + u] = given.weights[u * inputs + k] as number;
      }
      biases.set(given.biases);
    });
  }

  /** One step on the batch that begins at sample `from`; returns its mean loss. */
  step(samples: Uint8Array | Float32Array, labels: Uint8Array, from: number, rate: number): number {
    this.load(samples, from);
    this.forward();
    const loss = this.loss(labels, from, rate / this.rows);
    this.backward();
    return loss / this.rows;
  }

  /** Share of samples classified correctly; samples after the last whole batch are left out. */
  accuracy(samples: Uint8Array | Float32Array, labels: Uint8Array): number {
    const { outputs, units } = this.layers[this.layers.length - 1] as Layer;
    let correct = 0;
    let count = 0;
    for (; count + this.rows <= labels.length; count += this.rows) {
      this.load(samples, count);
      this.forward();
      for (let r = 0; r < this.rows; r++) {
        const row = outputs.subarray(r * units, (r + 1) * units);
        if (row.indexOf(Math.max(...row)) === labels[count + r]) correct++;
      }
    }
    return correct / count;
  }

  /** Copies a batch into `batch` as scaled floats, and lists its non-zero inputs. */
  private load(samples: Uint8Array | Float32Array, from: number): void {
    const { batch, entries, starts, rows } = this;
    const width = this.spec.inputs;
    const scale = samples instanceof Uint8Array ? this.spec.inputScale : 1;
    const start = from * width;
    let entry = 0;
    for (let r = 0; r < rows; r++) {
      starts[r] = entry;
      for (let k = 0; k < width; k++) {
        const value = samples[start + r * width + k] as number;
        batch[r * width + k] = value * scale;
        entries[entry] = k;
        if (value !== 0) entry++;
      }
    }
    starts[rows] = entry;
  }

  /** Computes the outputs of all layers, up to the logits if the last one is softmax. */
  private forward(): void {
    this.layers.forEach((layer, i) => {
      const x = i === 0 ? this.batch : (this.layers[i - 1] as Layer).outputs;
      if (i === 0 && this.form === "zeroSkipping") sparseForward(layer, x, this.entries, this.starts, this.rows);
      else denseForward(layer, x, this.rows);
      const { activation } = this.spec.layers[i] as { activation: string };
      if (activation === "sigmoid") sigmoid(layer.outputs, layer.outputs);
      else if (activation === "relu") relu(layer.outputs);
    });
  }

  /** Writes the output deltas, scaled by −rate; returns the summed loss. */
  private loss(labels: Uint8Array, from: number, rate: number): number {
    const { outputs, deltas, units } = this.layers[this.layers.length - 1] as Layer;
    let loss = 0;
    for (let r = 0; r < this.rows; r++) {
      const label = labels[from + r] as number;
      loss +=
        this.spec.loss === "quadratic"
          ? quadratic(outputs, deltas, r * units, units, label, -rate)
          : softmaxCrossEntropy(outputs, deltas, r * units, units, label, -rate);
    }
    return loss;
  }

  private backward(): void {
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const layer = this.layers[i] as Layer;
      const below = this.layers[i - 1];
      if (below) {
        inputGradient(layer, below.deltas, this.rows);
        derivative(below.deltas, below.outputs, (this.spec.layers[i - 1] as { activation: string }).activation);
      }
      const x = below ? below.outputs : this.batch;
      if (!below && this.form === "zeroSkipping") sparseUpdate(layer, x, this.entries, this.starts, this.rows);
      else denseUpdate(layer, x, this.rows);
      biasUpdate(layer, this.rows);
    }
  }
}

/** outputs[rows][units] = biases + x·weights, four samples by four units at a time. */
export function denseForward({ inputs, units, weights, biases, outputs }: Layer, x: Float32Array, rows: number): void {
  for (let r = 0; r < rows; r += 4) {
    const x0 = r * inputs;
    const x1 = Math.min(r + 1, rows - 1) * inputs;
    const x2 = Math.min(r + 2, rows - 1) * inputs;
    const x3 = Math.min(r + 3, rows - 1) * inputs;
    for (let u = 0; u < units; u += 2) {
      const v = Math.min(u + 1, units - 1);
      let [a0, a1, a2, a3] = [biases[u] as number, biases[u] as number, biases[u] as number, biases[u] as number];
      let [b0, b1, b2, b3] = [biases[v] as number, biases[v] as number, biases[v] as number, biases[v] as number];
      for (let k = 0; k < inputs; k++) {
        const wu = weights[k * units + u] as number;
        const wv = weights[k * units + v] as number;
        const y0 = x[x0 + k] as number;
        const y1 = x[x1 + k] as number;
        const y2 = x[x2 + k] as number;
        const y3 = x[x3 + k] as number;
        a0 += y0 * wu;
        a1 += y1 * wu;
        a2 += y2 * wu;
        a3 += y3 * wu;
        b0 += y0 * wv;
        b1 += y1 * wv;
        b2 += y2 * wv;
        b3 += y3 * wv;
      }
      const left = rows - r;
      const o = r * units;
      outputs[o + u] = a0;
      outputs[o + v] = b0;
      if (left > 1) {
        outputs[o + units + u] = a1;
        outputs[o + units + v] = b1;
      }
      if (left > 2) {
        outputs[o + 2 * units + u] = a2;
        outputs[o + 2 * units + v] = b2;
      }
      if (left > 3) {
        outputs[o + 3 * units + u] = a3;
        outputs[o + 3 * units + v] = b3;
      }
    }
  }
}

/** weights += xᵀ·deltas, four inputs by two units at a time, summed in double precision. */
export function denseUpdate({ inputs, units, weights, deltas }: Layer, x: Float32Array, rows: number): void {
  const whole = inputs - (inputs % 4);
  for (let k = 0; k < whole; k += 4) {
    for (let u = 0; u < units; u += 2) {
      if (u + 1 < units) updateTile(weights, k * units + u, units, x, k, inputs, deltas, u, rows);
      else
        for (let i = 0; i < 4; i++) updateOne(weights, (k + i) * units + u, x, k + i, inputs, deltas, u, units, rows);
    }
  }
  for (let k = whole; k < inputs; k++) {
    for (let u = 0; u < units; u++) updateOne(weights, k * units + u, x, k, inputs, deltas, u, units, rows);
  }
}

/** One tile of `denseUpdate`: four inputs by two units, whose eight sums are local variables. */
function updateTile(
  weights: Float32Array,
  w: number,
  units: number,
  x: Float32Array,
  at: number,
  inputs: number,
  deltas: Float32Array,
  start: number,
  rows: number,
): void {
  let a0 = weights[w] as number;
  let b0 = weights[w + 1] as number;
  let a1 = weights[w + units] as number;
  let b1 = weights[w + units + 1] as number;
  let a2 = weights[w + 2 * units] as number;
  let b2 = weights[w + 2 * units + 1] as number;
  let a3 = weights[w + 3 * units] as number;
  let b3 = weights[w + 3 * units + 1] as number;
  for (let r = 0, k = at, u = start; r < rows; r++, k += inputs, u += units) {
    const d = deltas[u] as number;
    const e = deltas[u + 1] as number;
    const y0 = x[k] as number;
    const y1 = x[k + 1] as number;
    const y2 = x[k + 2] as number;
    const y3 = x[k + 3] as number;
    a0 += y0 * d;
    b0 += y0 * e;
    a1 += y1 * d;
    b1 += y1 * e;
    a2 += y2 * d;
    b2 += y2 * e;
    a3 += y3 * d;
    b3 += y3 * e;
  }
  weights[w] = a0;
  weights[w + 1] = b0;
  weights[w + units] = a1;
  weights[w + units + 1] = b1;
  weights[w + 2 * units] = a2;
  weights[w + 2 * units + 1] = b2;
  weights[w + 3 * units] = a3;
  weights[w + 3 * units + 1] = b3;
}

/** One weight of `denseUpdate`, for the inputs and units that no tile covers. */
function updateOne(
  weights: Float32Array,
  w: number,
  x: Float32Array,
  k: number,
  inputs: number,
  deltas: Float32Array,
  u: number,
  units: number,
  rows: number,
): void {
  let sum = weights[w] as number;
  for (let r = 0; r < rows; r++) sum += (x[r * inputs + k] as number) * (deltas[r * units + u] as number);
  weights[w] = sum;
}

/** to[at …] += factor · from[start …], `n` numbers, in place. */
function addScaled(to: Float32Array, at: number, from: Float32Array, start: number, factor: number, n: number): void {
  for (let i = 0; i < n; i++) to[at + i] = (to[at + i] as number) + factor * (from[start + i] as number);
}

/**
 * The forward product over the non-zero inputs only; `entries` and `starts` are the rows of X in CSR form (indices
 * only).
 */
function sparseForward(
  { inputs, units, weights, biases, outputs }: Layer,
  x: Float32Array,
  entries: Uint16Array,
  starts: Uint32Array,
  rows: number,
): void {
  for (let r = 0; r < rows; r++) {
    const o = r * units;
    for (let u = 0; u < units; u++) outputs[o + u] = biases[u] as number;
    let entry = starts[r] as number;
    const end = starts[r + 1] as number;
    for (; entry + 4 <= end; entry += 4) {
      const [k0, k1, k2, k3] = [
        entries[entry],
        entries[entry + 1],
        entries[entry + 2],
        entries[entry + 3],
      ] as number[] as [number, number, number, number];
      const y0 = x[r * inputs + k0] as number;
      const y1 = x[r * inputs + k1] as number;
      const y2 = x[r * inputs + k2] as number;
      const y3 = x[r * inputs + k3] as number;
      const [w0, w1, w2, w3] = [k0 * units, k1 * units, k2 * units, k3 * units];
      for (let u = 0; u < units; u++) {
        outputs[o + u] =
          (outputs[o + u] as number) +
          (y0 * (weights[w0 + u] as number) + y1 * (weights[w1 + u] as number)) +
          (y2 * (weights[w2 + u] as number) + y3 * (weights[w3 + u] as number));
      }
    }
    for (; entry < end; entry++) {
      const k = entries[entry] as number;
      addScaled(outputs, o, weights, k * units, x[r * inputs + k] as number, units);
    }
  }
}

/** The weight update over the non-zero inputs only. */
function sparseUpdate(
  { inputs, units, weights, deltas }: Layer,
  x: Float32Array,
  entries: Uint16Array,
  starts: Uint32Array,
  rows: number,
): void {
  for (let r = 0; r < rows; r++) {
    for (let entry = starts[r] as number; entry < (starts[r + 1] as number); entry++) {
      const k = entries[entry] as number;
      addScaled(weights, k * units, deltas, r * units, x[r * inputs + k] as number, units);
    }
  }
}

/** biases += Σ deltas over the rows. */
function biasUpdate({ units, biases, deltas }: Layer, rows: number): void {
  for (let r = 0; r < rows; r++) addScaled(biases, 0, deltas, r * units, 1, units);
}

/** dx[rows][inputs] = deltas·weightsᵀ, four inputs at a time. */
function inputGradient({ inputs, units, weights, deltas }: Layer, dx: Float32Array, rows: number): void {
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let u = 0; u < units; u++) sum += (deltas[r * units + u] as number) * (weights[k * units + u] as number);
      dx[r * inputs + k] = sum;
    }
  }
}

/** to = S(from), element by element; both may be the same array. */
export function sigmoid(to: Float32Array, from: Float32Array): void {
  for (let i = 0; i < from.length; i++) to[i] = 1 / (1 + Math.exp(-(from[i] as number)));
}

/** max(0, z), in place. */
function relu(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) if ((values[i] as number) < 0) values[i] = 0;
}

/** deltas times S'(z), from the outputs. */
export function derivative(deltas: Float32Array, outputs: Float32Array, activation: string): void {
  if (activation === "relu") {
    for (let i = 0; i < deltas.length; i++) if ((outputs[i] as number) <= 0) deltas[i] = 0;
  } else {
    for (let i = 0; i < deltas.length; i++) {
      const a = outputs[i] as number;
      deltas[i] = (deltas[i] as number) * a * (1 - a);
    }
  }
}

/** Writes one sample's deltas of the quadratic loss, times `scale`; returns its loss. */
function quadratic(
  a: Float32Array,
  deltas: Float32Array,
  at: number,
  units: number,
  label: number,
  scale: number,
): number {
  let loss = 0;
  for (let u = 0; u < units; u++) {
    const output = a[at + u] as number;
    const difference = output - (u === label ? 1 : 0);
    loss += difference * difference;
    deltas[at + u] = 2 * scale * difference * output * (1 - output);
  }
  return loss;
}

/** Writes one sample's deltas of softmax cross-entropy from its logits, times `scale`; returns its loss. */
function softmaxCrossEntropy(
  z: Float32Array,
  deltas: Float32Array,
  at: number,
  units: number,
  label: number,
  scale: number,
): number {
  let most = -Infinity;
  for (let u = 0; u < units; u++) most = Math.max(most, z[at + u] as number);
  let sum = 0;
  for (let u = 0; u < units; u++) sum += Math.exp((z[at + u] as number) - most);
  for (let u = 0; u < units; u++) {
    deltas[at + u] = scale * (Math.exp((z[at + u] as number) - most) / sum - (u === label ? 1 : 0));
  }
  return Math.log(sum) - ((z[at + label] as number) - most);
}
