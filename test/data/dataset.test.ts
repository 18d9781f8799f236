import { describe, expect, it, vi } from "vitest";
import { Dataset } from "../../src/index.js";

const bytes = (...values: number[]) => Uint8Array.from(values);
const make = (labels: number[], classes?: number) =>
  new Dataset({ inputs: Uint8Array.from(labels, (_, i) => i), shape: 1, labels, ...(classes ? { classes } : {}) });

describe("a dataset", () => {
  it("with labels", () => {
    const data = new Dataset({ inputs: bytes(1, 2, 3, 4, 5, 6), shape: [1, 2], labels: [0, 2, 0] });
    expect([data.count, data.sampleSize, data.classes, data.targetSize]).toEqual([3, 2, 3, 3]);
    expect(data.classCounts()).toEqual([2, 0, 1]);
    expect(data.sample(1)).toEqual(bytes(3, 4));
    expect(data.target(1)).toEqual(Float32Array.of(0, 0, 1));
  });

  it("with target vectors", () => {
    const data = new Dataset({ inputs: Float32Array.of(1, 2), shape: 1, targets: Float32Array.of(1, 2, 3, 4) });
    expect([data.count, data.classes, data.targetSize]).toEqual([2, 0, 2]);
    expect(data.target(1)).toEqual(Float32Array.of(3, 4));
    expect(data.classCounts()).toEqual([]);
  });

  it("with labels in any array, and the given number of classes", () => {
    for (const labels of [[1, 0], Uint8Array.of(1, 0), Int32Array.of(1, 0), Float64Array.of(1, 0)]) {
      const data = new Dataset({ inputs: bytes(1, 2), shape: 1, labels, classes: 5 });
      expect([...(data.labels ?? [])]).toEqual([1, 0]);
      expect(data.classCounts()).toEqual([1, 1, 0, 0, 0]);
      expect(data.target(0)).toEqual(Float32Array.of(0, 1, 0, 0, 0));
    }
  });

  it("shares its samples and labels, which may be large and refilled", () => {
    const [inputs, labels] = [bytes(1, 2), Uint32Array.of(1, 0)];
    const data = new Dataset({ inputs, shape: 1, labels });
    expect(data.labels).toBe(labels);
    labels[0] = 7;
    expect(() => data.classCounts()).toThrow('"labels" must be whole numbers from 0 to 1, got 7 at index 0');
    expect(data.inputs).toBe(inputs);
  });

  it("selects samples with their targets, and keeps its number of classes", () => {
    const vectors = new Dataset({
      inputs: Float32Array.of(1, 2, 3),
      shape: 1,
      targets: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    const picked = vectors.select([2, 0, 2]);
    expect([picked.inputs, picked.targets]).toEqual([Float32Array.of(3, 1, 3), Float32Array.of(5, 6, 1, 2, 5, 6)]);
    const labelled = make([0, 2, 1]).select([0]);
    expect([labelled.classes, labelled.classCounts()]).toEqual([3, [1, 0, 0]]);
  });

  it("warns when the largest class has more than three times the samples of the smallest", () => {
    expect(make([0, 0, 0, 1]).warnings).toEqual([]);
    expect(make([0, 0, 0, 0, 1]).warnings).toEqual([
      "class 0 has 4 samples, over 3 times the 1 of class 1: accuracy may mislead",
    ]);
    expect(make([0, 1], 3).warnings[0]).toContain("the 0 of class 2");
  });

  it("takes more classes than a call can take arguments", () => {
    const data = make([0, 130_000]);
    expect(data.classes).toBe(130_001);
    expect(data.warnings[0]).toContain("class 0 has 1 samples, over 3 times the 0 of class 1");
    expect(make([0, 0, 0, 0, 130_000]).warnings[0]).toContain("class 0 has 4 samples");
    expect(make([0, 1], 2 ** 20).targetSize).toBe(2 ** 20);
  });

  it.skipIf(typeof Buffer === "undefined")("copies samples of a Buffer without a deprecated call", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const data = new Dataset({ inputs: Buffer.from([1, 2, 3]), shape: 1, labels: [0, 1, 0] });
    const { inputs } = data.shuffle(1);
    expect(inputs.constructor).toBe(Uint8Array);
    expect([...inputs].sort()).toEqual([1, 2, 3]);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it("shuffles and splits by seed without losing a sample", () => {
    const labels = Array.from({ length: 100 }, (_, i) => i % 10);
    const data = new Dataset({ inputs: Uint8Array.from({ length: 100 }, (_, i) => i), shape: 1, labels });
    const [a, b] = data.split(0.3, 7);
    expect([a.count, b.count]).toEqual([30, 70]);
    expect([...a.inputs, ...b.inputs].sort((x, y) => x - y)).toEqual([...data.inputs]);
    expect(data.split(0.3, 7)[0].inputs).toEqual(a.inputs);
    expect(data.split(0.3, 8)[0].inputs).not.toEqual(a.inputs);
    expect(
      [a, b]
        .flatMap((part) => Array.from(part.inputs, (x, i) => [x % 10, part.labels?.[i]]))
        .every(([x, y]) => x === y),
    ).toBe(true);
    expect([...data.shuffle(7).inputs].sort((x, y) => x - y)).toEqual([...data.inputs]);
    expect(data.shuffle(7).inputs).not.toEqual(data.inputs);
  });
});

describe("a dataset refuses", () => {
  const inputs = bytes(1, 2, 3, 4);
  it.each([
    [
      "a wrong type",
      { inputs: [1, 2] as never, shape: 1, labels: [0, 1] },
      TypeError,
      '"inputs" must be a Uint8Array or a Float32Array, got Array(2)',
    ],
    [
      "half a sample",
      { inputs, shape: 3, labels: [0] },
      RangeError,
      '"inputs" must hold a whole number of samples of 3 numbers, got 4 numbers',
    ],
    [
      "no sample",
      { inputs: bytes(), shape: 3, labels: [] },
      RangeError,
      '"inputs" must hold a whole number of samples of 3 numbers, got 0 numbers',
    ],
    [
      "NaN",
      { inputs: Float32Array.of(1, Number.NaN), shape: 1, labels: [0, 1] },
      RangeError,
      '"inputs" must be finite numbers, got NaN at index 1',
    ],
    [
      "infinity",
      { inputs: Float32Array.of(-Infinity), shape: 1, labels: [0] },
      RangeError,
      '"inputs" must be finite numbers, got -Infinity at index 0',
    ],
    [
      "NaN targets",
      { inputs, shape: 4, targets: Float32Array.of(Number.NaN) },
      RangeError,
      '"targets" must be finite numbers, got NaN at index 0',
    ],
    [
      "a fractional shape",
      { inputs, shape: 1.5, labels: [0] },
      RangeError,
      '"shape" must be a whole number from 1 to 2147483647, got 1.5',
    ],
    [
      "an empty shape",
      { inputs, shape: [], labels: [0] },
      TypeError,
      '"shape" must be a number or an array of dimensions, got Array(0)',
    ],
    [
      "a hole in the shape",
      { inputs, shape: Object.assign(Array(2), { 0: 4 }), labels: [0] },
      TypeError,
      '"shape[1]" must be a number, got undefined',
    ],
    ["too few labels", { inputs, shape: 1, labels: [0, 1] }, RangeError, '"labels" must hold 4 labels, got 2'],
    [
      "a label out of range",
      { inputs, shape: 2, labels: [0, 3], classes: 3 },
      RangeError,
      '"labels" must be whole numbers from 0 to 2, got 3 at index 1',
    ],
    [
      "a fractional label",
      { inputs, shape: 2, labels: [0, 0.5] },
      RangeError,
      '"labels" must be whole numbers from 0 to 1048575, got 0.5 at index 1',
    ],
    [
      "a negative label",
      { inputs, shape: 2, labels: [0, -1] },
      RangeError,
      '"labels" must be whole numbers from 0 to 1048575, got -1 at index 1',
    ],
    [
      "both labels and targets",
      { inputs, shape: 4, labels: [0], targets: Float32Array.of(1) },
      TypeError,
      '"labels" must be given, or else "targets", and not both',
    ],
    [
      "labels that are null",
      { inputs, shape: 4, labels: null as never },
      TypeError,
      '"labels" must be an array, got null',
    ],
    [
      "labels that are a number",
      { inputs, shape: 4, labels: 0 as never },
      TypeError,
      '"labels" must be an array, got 0',
    ],
    [
      "labels that are a string",
      { inputs, shape: 4, labels: "" as never },
      TypeError,
      '"labels" must be an array, got ""',
    ],
    [
      "targets that are null",
      { inputs, shape: 4, targets: null as never },
      TypeError,
      '"targets" must be a Float32Array, got null',
    ],
    [
      "NaN among the labels",
      { inputs, shape: 2, labels: [0, Number.NaN] },
      RangeError,
      '"labels" must be whole numbers from 0 to 1048575, got NaN at index 1',
    ],
    [
      "no classes",
      { inputs, shape: 4, labels: [0], classes: 0 },
      RangeError,
      '"classes" must be a whole number from 1 to 1048576, got 0',
    ],
    [
      "endless classes",
      { inputs, shape: 4, labels: [0], classes: 2 ** 31 - 1 },
      RangeError,
      '"classes" must be a whole number from 1 to 1048576, got 2147483647',
    ],
    [
      "a label past the most classes",
      { inputs, shape: 4, labels: [2 ** 20] },
      RangeError,
      '"labels" must be whole numbers from 0 to 1048575, got 1048576 at index 0',
    ],
    ["neither of them", { inputs, shape: 4 }, TypeError, '"labels" must be given, or else "targets", and not both'],
    [
      "targets that do not divide",
      { inputs, shape: 2, targets: Float32Array.of(1, 2, 3) },
      RangeError,
      '"targets" must hold the same number of targets for each of 2 samples, got 3',
    ],
    [
      "an unknown option",
      { inputs, shape: 4, label: [0] } as never,
      RangeError,
      '"options" has no option "label"; it takes inputs, shape, labels, classes, targets',
    ],
  ])("%s", (_, options, kind, message) => {
    expect(() => new Dataset(options)).toThrow(kind);
    expect(() => new Dataset(options)).toThrow(message);
  });

  it("an index or a fraction out of range", () => {
    const data = make([0, 1, 0]);
    expect(() => data.sample(3)).toThrow('"index" must be a whole number from 0 to 2, got 3');
    expect(() => data.split(0, 1)).toThrow('"fraction" of 0 leaves one part of 3 samples empty');
    expect(() => data.split(1.5, 1)).toThrow('"fraction" must be a finite number from 0 to 1, got 1.5');
    expect(() => data.shuffle(-1)).toThrow('"seed" must be a whole number from 0 to 9007199254740991, got -1');
    expect(() => data.select(null as never)).toThrow('"indices" must be an array, got null');
    expect(() => data.select([0, 3])).toThrow('"indices" must be a whole number from 0 to 2, got 3');
    expect(() => data.select([])).toThrow('"indices" must name at least one sample, got none');
  });
});
