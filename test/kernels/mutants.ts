// Kernels that are wrong in one way each. Each check must fail with the kernels that are wrong for it.

import { LEAKY_RELU, LINEAR, SIGMOID, SOFTPLUS } from "../../build/codes.js";
import { NESTEROV, SHRINKAGE } from "../../src/abi.js";
import { adam, adamw, rmsprop, sgd } from "../../src/index.js";
import type { Kernels } from "../../src/kernels/modules.js";
import { padded, panelRows } from "../../src/memory/plan.js";
import { at } from "../support/reference.js";
import { augmentMutants } from "./augment-mutants.js";
import * as dense from "./dense-checks.js";
import * as check from "./kernel-checks.js";
import type { Lab, Mutant } from "./lab.js";
import * as losses from "./loss-checks.js";
import { checkDropout, checkLimitNorms, checkOptimizer, checkSgdBits } from "./optimizer-checks.js";
import { floatsOf } from "./scratch.js";
import * as sparse from "./sparse-checks.js";
import { sweep, UNARY, type Unary } from "./sweep.js";

const DROPOUT = { rows: 5, units: 37, rate: 0.4, layer: 3, seed: 2 ** 40 + 5, epoch: 7, code: SIGMOID };
const SHAPE = { rows: 7, inputs: 21, units: 19 };
/** Every 100,003rd float is enough to find these. */
const COARSE = 100_003;
const WIDE = { rows: 2, inputs: 784, units: 16 };

function memoryFloats({ arena }: Lab): Float32Array {
  return floatsOf(new Uint32Array(arena.memory.buffer));
}

/** Calls `change` with the index of the float at `address`, and undoes its changes after `run`. */
function withFloat(floats: Float32Array, address: number, value: number, run: () => void): void {
  const kept = at(floats, address / 4);
  floats[address / 4] = value;
  run();
  floats[address / 4] = kept;
}

/** A dense kernel in JavaScript that sums backwards: as correct in float64, but with other float32 bits. */
function backwardsForward(lab: Lab): Kernels["denseForward"] {
  const floats = memoryFloats(lab);
  return (a, x, w, b, rows, inputs, units) => {
    for (let i = 0; i < rows * units; i++) {
      const [row, unit] = [Math.floor(i / units), i % units];
      const panel = w / 4 + Math.floor(unit / 16) * panelRows(inputs) * 16 + (unit % 16);
      let sum = at(floats, b / 4 + unit);
      for (let k = inputs - 1; k >= 0; k--) {
        sum = lab.madd(at(floats, x / 4 + row * padded(inputs) + k), at(floats, panel + k * 16), sum);
      }
      floats[a / 4 + row * padded(units) + unit] = sum;
    }
  };
}

/** An input gradient whose lanes are added as (0 + 2) + (1 + 3). */
function crossedInputGradient(lab: Lab): Kernels["denseInputGradient"] {
  const floats = memoryFloats(lab);
  return (dx, d, w, _x, rows, inputs, units) => {
    for (let i = 0; i < rows * padded(inputs); i++) {
      const [row, k] = [Math.floor(i / padded(inputs)), i % padded(inputs)];
      const lanes = [0, 0, 0, 0];
      for (let u = 0; k < inputs && u < units; u++) {
        const weight = at(floats, w / 4 + (Math.floor(u / 16) * panelRows(inputs) + k) * 16 + (u % 16));
        lanes[u % 4] = lab.madd(at(floats, d / 4 + row * padded(units) + u), weight, at(lanes, u % 4));
      }
      const [even, odd] = [Math.fround(at(lanes, 0) + at(lanes, 2)), Math.fround(at(lanes, 1) + at(lanes, 3))];
      floats[dx / 4 + i] = even + odd;
    }
  };
}

const [exp, sigmoid, tanh, softplus] = UNARY as [Unary, Unary, Unary, Unary];

/** The true `activate`, then `change` for each of its outputs. */
function changedOutputs(lab: Lab, change: (a: number) => number): Partial<Kernels> {
  const floats = memoryFloats(lab);
  return {
    activate: (a, z, rows, units, ...rest) => {
      lab.kernels.activate(a, z, rows, units, ...rest);
      for (let i = 0; i < rows * padded(units); i++) floats[a / 4 + i] = change(at(floats, a / 4 + i));
    },
  };
}

const denseMutants: Mutant[] = [
  {
    name: "denseForward leaves out the last of 784 inputs",
    check: (lab) => dense.checkForward(lab, WIDE, LINEAR),
    wrong: (lab) => ({
      denseForward: (a, x, w, b, rows, inputs, ...rest) => {
        withFloat(memoryFloats(lab), x + (inputs - 1) * 4, 0, () => {
          lab.kernels.denseForward(a, x, w, b, rows, inputs, ...rest);
        });
      },
    }),
  },
  {
    name: "denseForward skips the last row",
    check: (lab) => dense.checkForward(lab, SHAPE, LINEAR),
    wrong: ({ kernels }) => ({
      denseForward: (a, x, w, b, rows, ...rest) => kernels.denseForward(a, x, w, b, rows - 1, ...rest),
    }),
  },
  {
    name: "denseForward skips the last row with wide tiles",
    check: (lab) => dense.checkForward(lab, SHAPE, LINEAR),
    wrong: ({ kernels }) => ({
      denseForward: (a, x, w, b, rows, inputs, units, from, to, code, p, wide) =>
        kernels.denseForward(a, x, w, b, wide ? rows - 1 : rows, inputs, units, from, to, code, p, wide),
    }),
  },
  {
    name: "denseForward writes a row too many",
    check: (lab) => dense.checkForward(lab, SHAPE, LINEAR),
    wrong: ({ kernels }) => ({
      denseForward: (a, x, w, b, rows, ...rest) => kernels.denseForward(a, x, w, b, rows + 1, ...rest),
    }),
  },
  {
    name: "denseForward sums backwards",
    check: (lab) => dense.checkForward(lab, SHAPE, LINEAR),
    wrong: (lab) => ({ denseForward: backwardsForward(lab) }),
  },
  {
    name: "denseForward takes in the padding of X, times zero",
    check: (lab) => dense.checkForward(lab, SHAPE, LINEAR),
    wrong: (lab) => ({
      denseForward: (a, x, w, b, rows, inputs, ...rest) => {
        const floats = memoryFloats(lab);
        lab.kernels.denseForward(a, x, w, b, rows, inputs, ...rest);
        floats[a / 4] = at(floats, a / 4) + 0 * at(floats, x / 4 + inputs);
      },
    }),
  },
  {
    name: "denseForward computes all panels, whichever were asked for",
    check: (lab) => dense.checkForwardRanges(lab, SHAPE, SIGMOID),
    wrong: ({ kernels }) => ({
      denseForward: (a, x, w, b, rows, inputs, units, _from, _to, ...rest) =>
        kernels.denseForward(a, x, w, b, rows, inputs, units, 0, padded(units) / 16, ...rest),
    }),
  },
  {
    name: "denseInputGradient adds its lanes in another order",
    check: (lab) => dense.checkInputGradient(lab, SHAPE, LINEAR),
    wrong: (lab) => ({ denseInputGradient: crossedInputGradient(lab) }),
  },
  {
    name: "denseInputGradient leaves the derivative out",
    check: (lab) => dense.checkInputGradient(lab, SHAPE, SIGMOID),
    wrong: ({ kernels }) => ({
      denseInputGradient: (dx, d, w, x, rows, inputs, units, from, to) =>
        kernels.denseInputGradient(dx, d, w, x, rows, inputs, units, from, to, LINEAR, 0),
    }),
  },
  {
    name: "denseInputGradient leaves something in the padding",
    check: (lab) => dense.checkInputGradient(lab, SHAPE, SIGMOID),
    wrong: (lab) => ({
      denseInputGradient: (dx, d, w, x, rows, inputs, ...rest) => {
        lab.kernels.denseInputGradient(dx, d, w, x, rows, inputs, ...rest);
        memoryFloats(lab)[dx / 4 + inputs] = -0;
      },
    }),
  },
  {
    name: "accumulateGradient forgets what the gradient was",
    check: (lab) => dense.checkGradient(lab, SHAPE),
    wrong: (lab) => ({
      accumulateGradient: (g, ...rest) => {
        memoryFloats(lab)[g / 4] = 0;
        lab.kernels.accumulateGradient(g, ...rest);
      },
    }),
  },
  {
    name: "accumulateGradient skips the last sample",
    check: (lab) => dense.checkGradient(lab, SHAPE),
    wrong: ({ kernels }) => ({
      accumulateGradient: (g, x, d, rows, ...rest) => kernels.accumulateGradient(g, x, d, rows - 1, ...rest),
    }),
  },
  {
    name: "accumulateGradient writes to its input",
    check: (lab) => dense.checkGradient(lab, SHAPE),
    wrong: (lab) => ({
      accumulateGradient: (g, x, ...rest) => {
        lab.kernels.accumulateGradient(g, x, ...rest);
        memoryFloats(lab)[x / 4] = 3;
      },
    }),
  },
];

const activationMutants: Mutant[] = [
  {
    name: "tanh is off by 5 ULP",
    check: (lab) => sweep(lab, tanh, 4, COARSE),
    wrong: (lab) => changedOutputs(lab, (a) => a * (1 + 5 * 2 ** -23)),
  },
  {
    name: "sigmoid turns NaN into 0",
    check: (lab) => sweep(lab, sigmoid, 4, COARSE),
    wrong: (lab) => changedOutputs(lab, (a) => (Number.isNaN(a) ? 0 : a)),
  },
  {
    name: "softplus is off by 5 ULP",
    check: (lab) => sweep(lab, softplus, 4, COARSE),
    wrong: (lab) => changedOutputs(lab, (a) => a * (1 + 5 * 2 ** -23)),
  },
  {
    name: "leakyRelu has the slope of 0.01 whatever the layer's",
    check: (lab) => check.checkDActivate(lab, 3, 13, LEAKY_RELU),
    wrong: ({ kernels }) => ({
      dActivate: (d, a, rows, count, stride, code) => kernels.dActivate(d, a, rows, count, stride, code, 0.01),
    }),
  },
  {
    name: "denseForward drops the layer's slope",
    check: (lab) => dense.checkForward(lab, SHAPE, LEAKY_RELU),
    wrong: ({ kernels }) => ({
      denseForward: (a, x, w, b, rows, inputs, units, from, to, code, _p, wide) =>
        kernels.denseForward(a, x, w, b, rows, inputs, units, from, to, code, 0.01, wide),
    }),
  },
  {
    name: "exp gives a denormal",
    check: (lab) => sweep(lab, exp, 4, COARSE),
    wrong: (lab) => ({
      exp: (y, x, n) => {
        const floats = memoryFloats(lab);
        lab.kernels.exp(y, x, n);
        for (let i = 0; i < n; i++) floats[y / 4 + i] = at(floats, y / 4 + i) || 2 ** -149;
      },
    }),
  },
  {
    name: "a derivative leaves tiny deltas",
    check: (lab) => check.checkDActivate(lab, 3, 13, SIGMOID),
    wrong: ({ kernels }) => ({
      dActivate: (d, a, rows, count, stride) => kernels.dActivate(d, a, rows, count, stride, LINEAR, 0),
    }),
  },
  {
    name: "softmax takes in a unit of the padding",
    check: (lab) => losses.checkSoftmax(lab, losses.lossCase(2, 13, 4)),
    wrong: ({ kernels }) => ({
      activate: (a, z, rows, units, ...rest) => kernels.activate(a, z, rows, units + 1, ...rest),
    }),
  },
];

const otherMutants: Mutant[] = [
  {
    name: "squaredError is half of what it should be",
    check: (lab) => losses.checkPointwise(lab, "squaredError", losses.lossCase(2, 13, 4), LINEAR),
    wrong: ({ kernels }) => ({
      squaredError: (l, a, x, y, rows, units, lossScale, ...rest) =>
        kernels.squaredError(l, a, x, y, rows, units, lossScale / 2, ...rest),
    }),
  },
  {
    name: "squaredError takes slopes from the outputs where z is needed",
    check: (lab) => losses.checkPointwise(lab, "squaredError", losses.lossCase(2, 13, 4, SOFTPLUS), SOFTPLUS),
    wrong: ({ kernels }) => ({
      squaredError: (l, a, _x, ...rest) => kernels.squaredError(l, a, a, ...rest),
    }),
  },
  {
    name: "absoluteError has a slope where output and target are the same",
    check: (lab) => losses.checkPointwise(lab, "absoluteError", losses.lossCase(2, 13, 4, LINEAR), LINEAR),
    wrong: (lab) => ({
      absoluteError: (l, a, x, y, rows, units, lossScale, deltaScale, ...rest) => {
        const floats = memoryFloats(lab);
        lab.kernels.absoluteError(l, a, x, y, rows, units, lossScale, deltaScale, ...rest);
        for (let i = 0; i < units; i++) floats[a / 4 + i] ||= deltaScale;
      },
    }),
  },
  {
    name: "absoluteError is the squared error",
    check: (lab) => losses.checkPointwise(lab, "absoluteError", losses.lossCase(2, 13, 4, LINEAR), LINEAR),
    wrong: ({ kernels }) => ({ absoluteError: kernels.squaredError }),
  },
  {
    name: "softmaxCrossEntropy takes in a unit of the padding",
    check: (lab) => losses.checkSoftmaxCrossEntropy(lab, losses.lossCase(2, 13, 4)),
    wrong: ({ kernels }) => ({
      softmaxCrossEntropy: (l, z, y, rows, units, scale) =>
        kernels.softmaxCrossEntropy(l, z, y, rows, units + 1, scale),
    }),
  },
  {
    name: "sigmoidCrossEntropy is scaled wrongly",
    check: (lab) => losses.checkSigmoidCrossEntropy(lab, losses.lossCase(2, 13, 4)),
    wrong: ({ kernels }) => ({
      sigmoidCrossEntropy: (l, z, y, rows, units, scale) =>
        kernels.sigmoidCrossEntropy(l, z, y, rows, units, scale * (1 + 2 ** -19)),
    }),
  },
  {
    name: "sgd leaves out the last 16 floats",
    check: (lab) => checkSgdBits(lab, 33, 0.1),
    wrong: ({ kernels }) => ({
      sgd: (params, grads, first, second, n, ...rest) => kernels.sgd(params, grads, first, second, n - 16, ...rest),
    }),
  },
  {
    name: "sgd decays biases too",
    check: (lab) => checkOptimizer(lab, sgd({ learningRate: 0.1, weightDecay: 0.3 }), 33, false),
    wrong: ({ kernels }) => ({
      sgd: (params, grads, first, second, n, settings) => kernels.sgd(params, grads, first, second, n, settings, true),
    }),
  },
  {
    name: "momentum does not look ahead",
    check: (lab) => checkOptimizer(lab, sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), 33, true),
    wrong: (lab) => ({
      momentum: (params, grads, v, second, n, settings, decays) => {
        new Float64Array(lab.arena.memory.buffer)[settings / 8 + NESTEROV] = 0;
        lab.kernels.momentum(params, grads, v, second, n, settings, decays);
      },
    }),
  },
  {
    name: "momentum leaves the gradient there",
    check: (lab) => checkOptimizer(lab, sgd({ learningRate: 0.1, momentum: 0.9 }), 33, true),
    wrong: (lab) => ({
      momentum: (params, grads, ...rest) => {
        const floats = memoryFloats(lab);
        const gradient = floats.slice(grads / 4, grads / 4 + 33);
        lab.kernels.momentum(params, grads, ...rest);
        floats.set(gradient, grads / 4);
      },
    }),
  },
  {
    name: "adam keeps one moment instead of two",
    check: (lab) => checkOptimizer(lab, adam(), 33, true),
    wrong: ({ kernels }) => ({ adam: (params, grads, m, _v, ...rest) => kernels.adam(params, grads, m, m, ...rest) }),
  },
  {
    name: "adam lets a moment fade into denormals",
    check: (lab) => checkOptimizer(lab, adam(), 33, true),
    wrong: (lab) => ({
      adam: (params, grads, m, ...rest) => {
        lab.kernels.adam(params, grads, m, ...rest);
        const floats = memoryFloats(lab);
        for (let i = m / 4; i < m / 4 + 33; i++) floats[i] ||= 1e-40;
      },
    }),
  },
  {
    name: "adamw does not decay apart from the gradient",
    check: (lab) => checkOptimizer(lab, adamw({ learningRate: 0.01, weightDecay: 0.5 }), 33, true),
    wrong: (lab) => ({
      adam: (params, grads, m, v, n, settings, decays) => {
        new Float64Array(lab.arena.memory.buffer)[settings / 8 + SHRINKAGE] = 0;
        lab.kernels.adam(params, grads, m, v, n, settings, decays);
      },
    }),
  },
  {
    name: "rmsprop follows the gradient's square as adam does its mean",
    check: (lab) => checkOptimizer(lab, rmsprop(), 33, true),
    wrong: ({ kernels }) => ({
      rmsprop: (params, grads, first, ...rest) => kernels.momentum(params, grads, first, ...rest),
    }),
  },
  {
    name: "rmsprop decays biases too",
    check: (lab) => checkOptimizer(lab, rmsprop({ weightDecay: 0.5 }), 33, false),
    wrong: ({ kernels }) => ({
      rmsprop: (params, grads, first, second, n, settings) =>
        kernels.rmsprop(params, grads, first, second, n, settings, true),
    }),
  },
  {
    name: "limitNorms takes one input too few",
    check: (lab) => checkLimitNorms(lab, 7, 17),
    wrong: ({ kernels }) => ({
      limitNorms: (w, inputs, ...rest) => kernels.limitNorms(w, inputs - 1, ...rest),
    }),
  },
  {
    name: "dropout draws the same for every row",
    check: (lab) => checkDropout(lab, DROPOUT),
    wrong: ({ kernels }) => ({
      dropout: (a, order, rows, units, ...rest) => {
        for (let row = 0; row < rows; row++) kernels.dropout(a + row * padded(units) * 4, order, 1, units, ...rest);
      },
    }),
  },
  {
    name: "dropout draws the same for every layer",
    check: (lab) => checkDropout(lab, DROPOUT),
    wrong: ({ kernels }) => ({
      dropout: (a, order, rows, units, from, to, _layer, ...rest) =>
        kernels.dropout(a, order, rows, units, from, to, 0, ...rest),
    }),
  },
  {
    name: "dDropout forgets what was left out",
    check: (lab) => checkDropout(lab, DROPOUT),
    wrong: ({ kernels }) => ({
      dDropout: (d, a, _order, rows, units, _from, _to, _layer, _rate, code, p) =>
        kernels.dActivate(d, a, rows, units, padded(units) * 4, code, p),
    }),
  },
  {
    name: "dDropout takes the scaled output for the output",
    check: (lab) => checkDropout(lab, DROPOUT),
    wrong: (lab) => ({
      dDropout: (d, a, order, rows, units, from, to, layer, rate, code, p, ofSums, settings) => {
        lab.kernels.dActivate(d, a, rows, units, padded(units) * 4, code, p);
        lab.kernels.dDropout(d, a, order, rows, units, from, to, layer, rate, LINEAR, 0, ofSums, settings);
      },
    }),
  },
  {
    name: "dDropout takes z for a scaled output",
    check: (lab) => checkDropout(lab, { ...DROPOUT, code: SOFTPLUS }),
    wrong: ({ kernels }) => ({
      dDropout: (d, a, order, rows, units, from, to, layer, rate, code, p, _ofSums, settings) =>
        kernels.dDropout(d, a, order, rows, units, from, to, layer, rate, code, p, false, settings),
    }),
  },
  {
    name: "gatherU8 ignores the order",
    check: (lab) => check.checkGatherU8(lab, 5, 20, true),
    wrong: ({ kernels }) => ({
      gatherU8: (x, rows, _order, count, width, scale) => kernels.gatherU8(x, rows, 0, count, width, scale),
    }),
  },
  {
    name: "gatherF32 fills the padding",
    check: (lab) => check.checkGatherF32(lab, 5, 20, true),
    wrong: (lab) => ({
      gatherF32: (x, rows, order, count, width) => {
        lab.kernels.gatherF32(x, rows, order, count, width);
        memoryFloats(lab)[x / 4 + width] = 0;
      },
    }),
  },
  {
    name: "gatherLabels is one off",
    check: (lab) => check.checkGatherLabels(lab, 5, 20, true),
    wrong: ({ kernels }) => ({
      gatherLabels: (y, labels, order, count, units) => kernels.gatherLabels(y, labels + 4, order, count, units),
    }),
  },
  {
    name: "gatherLabels gives one unit the target 1 whatever the label is",
    check: (lab) => check.checkGatherLabels(lab, 5, 1, true),
    wrong: (lab) => ({
      gatherLabels: (y, labels, order, count, units) => {
        lab.kernels.gatherLabels(y, labels, order, count, units);
        memoryFloats(lab)[y / 4] = 1;
        memoryFloats(lab)[y / 4 + padded(1)] = 1;
      },
    }),
  },
  {
    name: "findBinary goes by the logit, not by the output",
    check: (lab) => check.checkBinary(lab, 100, true),
    wrong: (lab) => ({
      findBinary: (labels, outputs, rows) => {
        const words = new Uint32Array(lab.arena.memory.buffer);
        for (let r = 0; r < rows; r++) {
          words[labels / 4 + r] = Number((memoryFloats(lab)[outputs / 4 + r * padded(1)] as number) >= 0);
        }
      },
    }),
  },
  {
    name: "findBinary takes logits for outputs",
    check: (lab) => check.checkBinary(lab, 100, true),
    wrong: ({ kernels }) => ({
      findBinary: (labels, outputs, rows) => kernels.findBinary(labels, outputs, rows, false),
    }),
  },
  {
    name: "countBinary skips a row",
    check: (lab) => check.checkBinary(lab, 100, false),
    wrong: ({ kernels }) => ({
      countBinary: (outputs, targets, rows, areLogits) => kernels.countBinary(outputs, targets, rows - 3, areLogits),
    }),
  },
  {
    name: "findLargest takes the last of equals",
    check: (lab) => check.checkFindLargest(lab, 30, 10),
    wrong: (lab) => ({
      findLargest: (labels, outputs, rows, units) => {
        const floats = memoryFloats(lab);
        const words = new Uint32Array(lab.arena.memory.buffer);
        for (let r = 0; r < rows; r++) {
          const row = floats.subarray(outputs / 4 + r * padded(units), outputs / 4 + r * padded(units) + units);
          words[labels / 4 + r] = row.lastIndexOf(row.reduce((a, b) => Math.max(a, b)));
        }
      },
    }),
  },
  {
    name: "countCorrect skips a row",
    check: (lab) => check.checkCountCorrect(lab, 30, 3),
    wrong: ({ kernels }) => ({
      countCorrect: (outputs, targets, rows, units) => kernels.countCorrect(outputs, targets, rows - 3, units),
    }),
  },
];

const SPARSE = { rows: 7, inputs: 70, units: 49 };
const sparseMutants: Mutant[] = [
  {
    name: "sparseRowsU8 scales by another number",
    check: (lab) => sparse.checkRowLists(lab, 5, 70, 4),
    wrong: ({ kernels }) => ({
      sparseRowsU8: (lists, spans, rows, order, count, width, scale) =>
        kernels.sparseRowsU8(lists, spans, rows, order, count, width, scale * (1 + 2 ** -23)),
    }),
  },
  {
    name: "sparseRowsF32 takes one input too few",
    check: (lab) => sparse.checkRowLists(lab, 1, 70, 0),
    wrong: ({ kernels }) => ({
      sparseRowsF32: (lists, spans, rows, order, count, width) =>
        kernels.sparseRowsF32(lists, spans, rows, order, count, width - 1),
    }),
  },
  {
    name: "sparseColumns leaves out the last sample",
    check: (lab) => sparse.checkColumns(lab, SPARSE, 3),
    wrong: ({ kernels }) => ({
      sparseColumns: (columns, ends, spans, rows, ...rest) =>
        kernels.sparseColumns(columns, ends, spans, rows - 1, ...rest),
    }),
  },
  {
    name: "sparseForward leaves out the last panel",
    check: (lab) => sparse.checkSparseForward(lab, SPARSE, 3, LINEAR),
    wrong: ({ kernels }) => ({
      sparseForward: (a, spans, w, b, rows, inputs, units, from, to, ...rest) =>
        kernels.sparseForward(a, spans, w, b, rows, inputs, units, from, Math.max(from, to - 1), ...rest),
    }),
  },
  {
    name: "sparseGradient takes an input for the next",
    check: (lab) => sparse.checkSparseGradient(lab, SPARSE, 3, "columns"),
    wrong: ({ kernels }) => ({
      sparseGradient: (g, columns, ends, d, inputs, ...rest) =>
        kernels.sparseGradient(g + 64, columns, ends, d, inputs, ...rest),
    }),
  },
  {
    name: "sparseGradientRows takes the samples backwards",
    check: (lab) => sparse.checkSparseGradient(lab, SPARSE, 3, "rows"),
    wrong: ({ kernels }) => ({
      sparseGradientRows: (g, spans, d, rows, inputs, units, ...range) => {
        for (let r = rows - 1; r >= 0; r--) {
          kernels.sparseGradientRows(g, spans + 8 * r, d + r * padded(units) * 4, 1, inputs, units, ...range);
        }
      },
    }),
  },
];

export const mutants = [...denseMutants, ...sparseMutants, ...activationMutants, ...otherMutants, ...augmentMutants];
