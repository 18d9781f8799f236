// Folders of IDX files under the names that people have.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadIdxFolder } from "../../src/node.js";
import { idx } from "../support/idx-folder.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-idx-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The files of one half, with images of 2x3 pixels, by the roles of their names. */
function half(labels: number[]): Record<"images" | "labels", Buffer> {
  const pixels = Uint8Array.from({ length: 6 * labels.length }, (_, i) => i);
  return { images: idx([labels.length, 2, 3], pixels), labels: idx([labels.length], Uint8Array.from(labels)) };
}

function write(name: string, bytes: Buffer): void {
  writeFileSync(join(folder, name), name.endsWith(".gz") ? gzipSync(bytes) : bytes);
}

const [TRAIN, TEST] = [half([0, 1, 2]), half([1, 0])];

describe("a data folder", () => {
  it.each<[string, string, string, string]>([
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
    ["train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
    ["train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte", "t10k-labels.idx1-ubyte.gz"],
    ["TRAIN-IMAGES-IDX3-UBYTE", "Train-Labels-Idx1-Ubyte.GZ", "test-images-idx3-ubyte", "Test-Labels.idx1-ubyte"],
    [
      "kmnist_train_images_idx3_ubyte",
      "kmnist-train-labels-idx1-ubyte",
      "x.test-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
    ],
  ])("with %s, %s, %s and %s is read", async (...names) => {
    for (const [i, bytes] of [TRAIN.images, TRAIN.labels, TEST.images, TEST.labels].entries()) {
      const name = names[i] as string;
      writeFileSync(join(folder, name), /\.gz$/i.test(name) ? gzipSync(bytes) : bytes);
    }
    const { train, test, warnings } = await loadIdxFolder(folder);
    expect([[...(train.labels ?? [])], [...(test.labels ?? [])]]).toEqual([
      [0, 1, 2],
      [1, 0],
    ]);
    expect([train.shape, [...train.inputs.subarray(0, 6)]]).toEqual([
      [2, 3],
      [0, 1, 2, 3, 4, 5],
    ]);
    expect(warnings).toEqual([]);
  });

  it("of EMNIST is transposed, and labels from 1 are told", async () => {
    for (const [set, { images, labels }] of [
      ["train", half([1, 2, 1])],
      ["test", half([2, 2])],
    ] as const) {
      write(`emnist-letters-${set}-images-idx3-ubyte.gz`, images);
      write(`emnist-letters-${set}-labels-idx1-ubyte.gz`, labels);
    }
    const { train, test, warnings } = await loadIdxFolder(folder);
    expect([train.shape, train.classes, test.classes]).toEqual([[3, 2], 3, 3]);
    expect([...train.inputs.subarray(0, 6)]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...test.inputs.subarray(6, 12)]).toEqual([6, 9, 7, 10, 8, 11]);
    expect(warnings).toEqual([
      "the images have the names of EMNIST, whose rows and columns are exchanged: they were transposed",
      "the labels begin at 1, so class 0 has no samples: subtract 1 from all labels, or leave one output unused",
    ]);
  });

  it.each<["train" | "t10k", RegExp]>([
    ["train", /^the folder has no test files, so the training samples are the test samples too/],
    ["t10k", /^the folder has no training files, so the test samples are the training samples too$/],
  ])("with the files of %s alone is used for both parts", async (set, sentence) => {
    write(`emnist-x-${set}-images-idx3-ubyte`, TRAIN.images);
    write(`emnist-x-${set}-labels-idx1-ubyte`, TRAIN.labels);
    const { train, test, warnings } = await loadIdxFolder(folder);
    expect([train.count, test.count]).toEqual([3, 3]);
    expect(warnings?.[0]).toMatch(sentence);
    // Both parts are one array, which is transposed once.
    expect([...test.inputs.subarray(0, 6)]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it.each<[string, string[], string]>([
    [
      "images without labels",
      ["train-images.idx3-ubyte"],
      "holds neither train-labels-idx1-ubyte nor train-labels-idx1-ubyte.gz, which train-images.idx3-ubyte needs; a data folder",
    ],
    [
      "labels without images beside a whole half",
      ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"],
      "holds neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz, which t10k-labels-idx1-ubyte needs",
    ],
    ["nothing", [], "holds neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz; a data folder needs"],
    [
      "two datasets",
      ["emnist-digits-train-images-idx3-ubyte", "emnist-letters-train-images-idx3-ubyte"],
      "holds both emnist-digits-train-images-idx3-ubyte and emnist-letters-train-images-idx3-ubyte; a data folder needs one",
    ],
  ])("with %s is refused", async (_, names, message) => {
    for (const name of names) write(name, name.includes("labels") ? TRAIN.labels : TRAIN.images);
    await expect(loadIdxFolder(folder)).rejects.toThrow(`${folder} ${message}`);
  });

  it("takes the uncompressed one of a file and its compressed form", async () => {
    for (const set of ["train", "t10k"]) {
      write(`${set}-images-idx3-ubyte`, TRAIN.images);
      write(`${set}-labels-idx1-ubyte`, TRAIN.labels);
      write(`${set}-labels-idx1-ubyte.gz`, Buffer.from("not even gzip"));
    }
    expect((await loadIdxFolder(folder)).train.count).toBe(3);
  });
});
