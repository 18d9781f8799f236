// The same tests for every build of the kernels.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LEAKY_RELU, LINEAR, RELU, SIGMOID, SOFTMAX, TANH } from "../../build/codes.js";
import { ACTIVATIONS, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { createMemory } from "../../src/kernels/memory.js";
import { bindKernels, type Kernels } from "../../src/kernels/modules.js";
import { planArena } from "../../src/memory/plan.js";
import { OPTIMIZERS } from "../support/networks.js";
import { PARAMETER } from "../support/reference.js";
import { eachOf, partOf, WHOLE } from "../support/whole.js";
import * as images from "./augment-checks.js";
import { DATA_SECTION, dataRanges, START_SECTION, sections } from "./binary.js";
import * as dense from "./dense-checks.js";
import { fused, roundedTwice } from "./exact.js";
import * as check from "./kernel-checks.js";
import { type Lab, maddOf } from "./lab.js";
import * as losses from "./loss-checks.js";
import { mutants } from "./mutants.js";
import * as optimizers from "./optimizer-checks.js";
import { Scratch, wordsOf } from "./scratch.js";
import { edgeShapes, LARGE, smallShapes, turned } from "./shapes.js";
import * as sparse from "./sparse-checks.js";
import { activateRow, fingerprint, runUnary, sweep, UNARY, type Unary } from "./sweep.js";
import { isOfTier, TIER } from "./tier.js";

export type TestedBuild = "simd" | "relaxed" | "debug";

const MEMORY = 16 * 2 ** 20;
const ELEMENTWISE = HIDDEN_ACTIVATIONS.map((name) => ACTIVATIONS[name].code);
const MOST_ULP = 4;
/** For a part of the sweep: every 16,381st float, and as many as this on either side of a branch. */
const [COARSE, FEW] = [16_381, 200];
const ascending = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
/**
 * A hash of the bits of exp, sigmoid, tanh and softplus in the plain build, the same on every engine. A change of their polynomials
 * changes it: then take the new one from the failure.
 */
const FINGERPRINT = 170642049;

async function openLab(build: TestedBuild, binary: Uint8Array<ArrayBuffer>): Promise<Lab> {
  const memory = createMemory(MEMORY);
  const kernels = bindKernels(await WebAssembly.compile(binary), memory);
  const arena = new Scratch(memory);
  return { kernels, arena, madd: build === "relaxed" ? maddOf(kernels, arena) : roundedTwice };
}

/** All tests of a build. `binary` is its module, which a page gets in another way than Node. */
export function kernelSuite(build: TestedBuild, binary: Uint8Array<ArrayBuffer>): void {
  describe(`${build} kernels`, () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await openLab(build, binary);
    });

    it("reports how it multiplies and adds", ({ annotate }) =>
      annotate(`${build}: ${lab.madd === fused ? "fused" : "two roundings"}`));
    describe("module", () => moduleTests(build, binary));
    if (TIER) tierTest(binary, () => lab, TIER);
    describe("dense", () => denseTests(() => lab));
    describe("sparse", () => sparseTests(() => lab));
    describe("activations", () => activationTests(() => lab, build));
    describe("losses", () => lossTests(() => lab));
    describe("augment", () => augmentTests(() => lab));
    describe("the rest", () => otherTests(() => lab));
    describe("wrong kernels", () => mutantTests(() => lab));
  });
}

/** After all other tests, because a better tier can come after many calls. */
function tierTest(binary: Uint8Array<ArrayBuffer>, lab: () => Lab, tier: string): void {
  afterAll(async () => {
    const exported = WebAssembly.Module.exports(await WebAssembly.compile(binary));
    for (const { name, kind } of exported) {
      if (kind !== "function") continue;
      const kernel = lab().kernels[name as keyof Kernels];
      expect(isOfTier(kernel, tier), `${name} is compiled by ${tier}`).toBe(true);
    }
  });
}

function moduleTests(build: TestedBuild, binary: Uint8Array<ArrayBuffer>): void {
  const found = sections(binary);
  const data = found.find(({ id }) => id === DATA_SECTION);

  it("exports functions and the memory", async () => {
    const module = await WebAssembly.compile(binary);
    const exported = WebAssembly.Module.exports(module);
    expect(exported.filter(({ kind }) => kind !== "function")).toEqual([{ name: "memory", kind: "memory" }]);
  });

  it("runs nothing at its start", () => {
    expect(found.some(({ id }) => id === START_SECTION)).toBe(false);
  });

  if (build === "debug") debugModuleTests(binary, data?.body);
  else {
    it("imports one memory and holds no data", async () => {
      const module = await WebAssembly.compile(binary);
      expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
      expect(data).toBeUndefined();
    });
  }
}

function debugModuleTests(binary: Uint8Array<ArrayBuffer>, data: Uint8Array | undefined): void {
  it("keeps its messages below the arena", () => {
    const spec = { inputs: 1, layers: [{ units: 1, activation: "linear" as const }], loss: "quadratic" as const };
    const plan = planArena(
      { ...spec, inputScale: 1 },
      { batch: 1, samples: 1, inputBytes: 4, targetBytes: 4, threads: 1 },
    );
    const ranges = dataRanges(data as Uint8Array);
    expect(ranges.length).toBeGreaterThan(0);
    expect(Math.max(...ranges.map(([, end]) => end))).toBeLessThanOrEqual(plan.params);
  });

  it("reports what is wrong with an argument", async () => {
    const { kernels } = await openLab("debug", binary);
    const address = 65536;
    const forward = (a: number, rows: number, from: number, to: number) => () =>
      kernels.denseForward(a, address, address, address, rows, 4, 20, from, to, LINEAR, 0, false);
    expect(forward(address + 4, 1, 0, 2)).toThrow(/^abort: addresses must be multiples of 16 at assembly\/\w+\.ts:\d+/);
    expect(forward(address, 0, 0, 2)).toThrow("rows, inputs and units must be at least 1");
    expect(forward(address, 1, 2, 1)).toThrow("panels must run");
    expect(forward(address, 1, 0, 3)).toThrow("panels must run");
  });
}

function denseTests(lab: () => Lab): void {
  // Steps without a common divisor with the numbers of rows, inputs and units: each of these numbers still occurs.
  const [small, edges] = [() => partOf(smallShapes(), 23), () => partOf(edgeShapes(), 23)];
  const all = () => [...small(), ...edges(), ...LARGE];
  const activations = [...ELEMENTWISE, SOFTMAX];

  it("denseForward, bit by bit and against float64", () => {
    for (const shape of all()) dense.checkForward(lab(), shape, LINEAR);
  });

  it("denseForward with every activation", () => {
    eachOf(smallShapes(), 7, (shape, i) => {
      dense.checkForward(lab(), shape, activations[i % activations.length] as number);
    });
  });

  it("denseForward gives a row the same bits in every batch", () => {
    for (const [inputs, units] of [
      [7, 5],
      [33, 17],
      [16, 32],
    ] as const) {
      dense.checkForwardRows(lab(), { rows: 26, inputs, units }, SIGMOID);
    }
  });

  it("denseInputGradient, bit by bit and against float64", () => {
    for (const shape of all()) dense.checkInputGradient(lab(), turned(shape), LINEAR);
  });

  it("denseInputGradient with every derivative", () => {
    eachOf(smallShapes(), 7, (shape, i) => {
      dense.checkInputGradient(lab(), shape, ELEMENTWISE[i % ELEMENTWISE.length] as number);
    });
  });

  it("denseInputGradient gives a row the same bits in every batch", () => {
    for (const [inputs, units] of [
      [7, 5],
      [33, 17],
      [16, 32],
    ] as const) {
      dense.checkInputGradientRows(lab(), { rows: 26, inputs, units }, TANH);
    }
  });

  it("accumulateGradient, bit by bit and against float64", () => {
    for (const shape of all()) dense.checkGradient(lab(), shape);
  });

  it("ranges of panels give the bits of the whole, and write nothing else", () => {
    const shapes = edgeShapes().filter(({ rows, inputs }) => rows % 4 === 1 && (inputs < 8 || inputs > 30));
    shapes.push({ rows: 3, inputs: 20, units: 130 });
    eachOf(shapes, 11, (shape, i) => {
      dense.checkForwardRanges(lab(), shape, activations[i % activations.length] as number);
      dense.checkInputGradientRanges(lab(), turned(shape), ELEMENTWISE[i % ELEMENTWISE.length] as number);
      dense.checkGradientRanges(lab(), shape);
    });
  });
}

function sparseTests(lab: () => Lab): void {
  const shapes = edgeShapes().filter(
    ({ inputs, units }, i) => i % 5 === 0 && (inputs < 8 || inputs > 30 || units < 20),
  );
  shapes.push({ rows: 10, inputs: 784, units: 30 }, { rows: 33, inputs: 785, units: 130 });

  it("sparse rows hold the non-zeros", () => {
    for (const inputs of [...partOf(ascending(70), 3), 127, 128, 129, 784]) {
      for (const rows of [1, 5]) sparse.checkRowLists(lab(), rows, inputs, inputs % 9);
    }
  });

  it("spans are gathered", () => {
    for (const rows of [1, 2, 7, 40]) for (const ordered of [false, true]) sparse.checkSpans(lab(), rows, ordered);
  });

  it("sparse columns hold the non-zeros, made in parts and at once", () => {
    eachOf(shapes, 11, (shape, i) => {
      sparse.checkColumns(lab(), shape, i % 9);
    });
  });

  it("sparseForward gives the bits of the dense product, in all ranges of panels", () => {
    eachOf(shapes, 11, (shape, i) => {
      const code = [...ELEMENTWISE, SOFTMAX][i % (ELEMENTWISE.length + 1)] as number;
      sparse.checkSparseForward(lab(), shape, i % 9, code);
    });
  });

  it.each(["columns", "rows"] as const)(
    "the gradient by %s gives the bits of the dense product, in all ranges",
    (by) => {
      eachOf(shapes, 11, (shape, i) => {
        sparse.checkSparseGradient(lab(), shape, i % 9, by);
      });
    },
  );
}

function activationTests(lab: () => Lab, build: TestedBuild): void {
  for (const unary of UNARY) {
    it(`${unary.name} within ${MOST_ULP} ULP, never denormal`, async ({ annotate }) => {
      const worst = WHOLE ? sweep(lab(), unary, MOST_ULP) : sweep(lab(), unary, MOST_ULP, COARSE, FEW);
      await annotate(`${build} ${unary.name}: at most ${worst.toFixed(3)} ULP`);
    });

    it(`${unary.name} of NaN, infinities and zeros`, () => {
      const x = Float32Array.of(NaN, Infinity, -Infinity, 0, -0);
      const [nan, ...rest] = runUnary(lab(), unary, wordsOf(x));
      expect(nan).toBeNaN();
      [Infinity, -Infinity, 0, -0].map(unary.want).forEach((want, i) => {
        if (want === 0 || !Number.isFinite(want)) expect(rest[i]).toBe(want);
        else expect(Math.abs((rest[i] as number) / want - 1)).toBeLessThan(MOST_ULP * 2 ** -23);
      });
    });
  }

  it.skipIf(build === "relaxed")("exp and the activations have the same bits on every engine", () => {
    expect(fingerprint(lab())).toBe(FINGERPRINT);
  });

  it("relu and leakyRelu are exact, NaN stays NaN", () => {
    const x = Float32Array.of(NaN, Infinity, -Infinity, 0, 1, -1, 2 ** -126, -(2 ** -126), 4.99 - 5, 3.5, -1e30, 1e30);
    // The slope of leakyRelu is a float32.
    const leaky = x.map((z) => (z < 0 ? z * PARAMETER : z));
    for (const [code, want] of [
      [RELU, x.map((z) => Math.max(z, 0))],
      [LEAKY_RELU, leaky],
    ] as const) {
      const run: Unary["run"] = ({ kernels }, address, n) => activateRow(kernels, address, n, code);
      expect(runUnary(lab(), { name: `activation ${code}`, run }, wordsOf(x))).toEqual(want);
    }
  });

  it("derivatives", () => {
    for (const code of ELEMENTWISE) {
      for (let columns = 1; columns <= 40; columns++) check.checkDActivate(lab(), (columns % 5) + 1, columns, code);
    }
  });

  it("softmax", () => {
    for (const most of [4, 80, 1e4]) {
      for (const units of UNIT_COUNTS) losses.checkSoftmax(lab(), losses.lossCase(3, units, most));
    }
  });
}

const UNIT_COUNTS = [...partOf(ascending(50), 3), ...partOf([511, 512, 513, 700, 1030], 2)];

function lossTests(lab: () => Lab): void {
  /** Runs `run` over rows, units and magnitudes of logits. */
  const each = (run: (rows: number, units: number, most: number) => void): void => {
    for (const most of [4, 80, 1e4]) {
      for (const units of UNIT_COUNTS) for (const rows of partOf([1, 2, 5], 2)) run(rows, units, most);
    }
  };

  it.each(["squaredError", "absoluteError"] as const)("%s with every activation", (kind) => {
    for (const code of ELEMENTWISE) {
      each((rows, units, most) => losses.checkPointwise(lab(), kind, losses.lossCase(rows, units, most, code), code));
    }
  });

  it("softmaxCrossEntropy", () => {
    each((rows, units, most) => losses.checkSoftmaxCrossEntropy(lab(), losses.lossCase(rows, units, most)));
  });

  it("sigmoidCrossEntropy", () => {
    each((rows, units, most) => losses.checkSigmoidCrossEntropy(lab(), losses.lossCase(rows, units, most)));
  });

  it("sigmoidCrossEntropy of many units, to the last digits of float64", () => {
    for (const units of [1, 2, 5, 100, 511, 512, 513, 1030, 2100, 5000]) losses.checkCertainLoss(lab(), units);
  });

  it("a logit of NaN or infinity makes its own row's loss NaN, and changes no other row", () => {
    for (const units of [1, 3, 10, 17]) {
      for (let place = 0; place < units; place++) {
        for (const value of [NaN, Infinity]) {
          losses.checkBadLogit(lab(), losses.lossCase(3, units, 4), place % 3, place, value);
        }
      }
    }
  });

  it("the losses of a row are the same in every batch", () => {
    for (const units of [1, 10, 33]) losses.checkLossRows(lab(), losses.lossCase(9, units, 4));
  });
}

function augmentTests(lab: () => Lab): void {
  const sides = [1, 3, 4, 5, 8, 13, 28];
  const sizes = [...sides.flatMap((height) => sides.map((width) => ({ height, width }))), { height: 40, width: 31 }];
  /** Runs `run` over sizes, kinds of rows and orders. */
  const each = (run: (size: Omit<images.ImageCase, "augmentation">, i: number) => void): void => {
    eachOf(sizes, 3, (size, i) => {
      run({ ...size, count: (i % 3) + 1, bytes: i % 2 === 0, ordered: i % 5 < 3 }, i);
    });
  };

  it.each(Object.keys(images.EVERYTHING) as (keyof typeof images.EVERYTHING)[])("%s alone, against float64", (name) => {
    each((size) => {
      images.checkAugment(lab(), { ...size, augmentation: { [name]: images.EVERYTHING[name] } });
    });
  });

  it("everything, against float64", () => {
    each((size) => {
      images.checkAugment(lab(), { ...size, augmentation: images.EVERYTHING });
    });
  });

  it("elastic distortion on grids of every size, and far outside the image", () => {
    for (const sigma of partOf([1, 1.5, 2, 5, 30, 1000], 2)) {
      for (const alpha of [1, 10_000]) {
        const augmentation = { elastic: { alpha, sigma } };
        images.checkAugment(lab(), { height: 28, width: 27, count: 2, bytes: true, ordered: true, augmentation });
      }
    }
  });

  it("without a change copies bit by bit", () => {
    each((size) => {
      images.checkUnchanged(lab(), size);
    });
  });

  it("shifts by whole pixels, bit by bit", () => {
    each((size, i) => {
      images.checkShift(lab(), size, (i % 7) - 3, (i % 5) - 2);
    });
    images.checkShift(lab(), { height: 5, width: 6, count: 1, bytes: true, ordered: false }, 1000, -1000);
  });

  it("rotates by a right angle", () => {
    for (const side of [2, 5, 28]) images.checkQuarterTurn(lab(), side);
  });
}

function otherTests(lab: () => Lab): void {
  const widths = [...partOf(ascending(50), 3), 784, 785];

  it("sgd to the last bit", () => {
    for (const count of [...widths, 4099]) optimizers.checkSgdBits(lab(), count, 0.1);
  });

  it.each(OPTIMIZERS)("%j over several steps, of weights and of biases", (optimizer) => {
    for (const count of [...widths, 4099]) {
      for (const isWeights of [true, false]) optimizers.checkOptimizer(lab(), optimizer, count, isWeights);
    }
  });

  it("limitNorms", () => {
    for (const units of [1, 4, 16, 17, 33]) {
      for (const inputs of [1, 2, 7, 16, 100]) optimizers.checkLimitNorms(lab(), inputs, units);
    }
    optimizers.checkOverflowingNorm(lab());
  });

  it("dropout and its derivative, of every activation, in all ranges of panels", () => {
    [1, 3, 15, 16, 17, 40, 130].forEach((units, i) => {
      for (const rate of [0.001, 0.2, 0.5, 0.99]) {
        const code = ELEMENTWISE[i % ELEMENTWISE.length] as number;
        const draw = { layer: i * 40, seed: i * 12_345_678_901, epoch: i * 7e8 };
        optimizers.checkDropout(lab(), { rows: 1 + (i % 4), units, rate, code, ...draw });
      }
    });
  });

  it("gathers", () => {
    for (const width of widths) {
      for (const count of [1, 2, 5]) {
        for (const ordered of [false, true]) {
          check.checkGatherF32(lab(), count, width, ordered);
          check.checkGatherU8(lab(), count, width, ordered);
          check.checkGatherLabels(lab(), count, width, ordered);
        }
      }
    }
  });

  it("a barrier for one thread returns at once, and a broken one fails", () => {
    const { kernels, arena } = lab();
    arena.reset();
    const barrier = arena.output("barrier", new Uint32Array(3));
    for (const meeting of [0, 1, 2]) expect(kernels.meet(barrier, meeting, 1, 10, 0)).toBe(0);
    expect(arena.read(barrier)).toEqual(Uint32Array.of(0, 3, 0));
    expect(kernels.awaitMeeting(barrier, 2, 10, 0)).toBe(0);
    kernels.breakBarrier(barrier);
    expect(kernels.awaitMeeting(barrier, 3, 10, 0)).toBe(2);
    expect(kernels.meet(barrier, 3, 1, 10, 0)).toBe(2);
    arena.check();
  });

  it("findLargest", () => {
    for (const units of widths) for (const rows of [1, 7, 30]) check.checkFindLargest(lab(), rows, units);
  });

  it("findBinary and countBinary", () => {
    for (const areLogits of [true, false]) for (const rows of [1, 7, 100]) check.checkBinary(lab(), rows, areLogits);
  });

  it("countCorrect", () => {
    for (const units of widths) for (const rows of [1, 7, 30]) check.checkCountCorrect(lab(), rows, units);
  });
}

function mutantTests(lab: () => Lab): void {
  for (const { name, check: checkMutant, wrong } of mutants) {
    it(`are caught: ${name}`, () => {
      expect(() => checkMutant(lab())).not.toThrow();
      expect(() => checkMutant({ ...lab(), kernels: { ...lab().kernels, ...wrong(lab()) } })).toThrow(Error);
    });
  }
}
