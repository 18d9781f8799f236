// Reads IDX files, and folders of four of them with MNIST's file names: any dataset in MNIST's format.

import { join } from "node:path";
import { checkPath, readMaybeGzip } from "./files.js";
import { type Idx, parseIdx } from "./idx.js";

/** Images `[count][height][width]` and labels `[count]`, both of bytes. */
export interface IdxPair {
  images: Idx;
  labels: Idx;
}

export interface IdxFolder {
  train: IdxPair;
  test: IdxPair;
}

/** The file names of MNIST and of datasets in its format. */
export const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
] as const;
export type FileName = (typeof FILES)[number];

/** Reads an IDX file, compressed with gzip or not. Throws an Error that names the path and what is wrong. */
export async function readIdx(path: string): Promise<Idx> {
  return parseIdx(await readMaybeGzip(checkPath(path, "path")), path);
}

/**
 * Reads a folder with the four IDX files of MNIST's names, each with or without `.gz`. Throws an Error that names the
 * missing file, or a RangeError if images and labels do not match.
 */
export async function readIdxFolder(dir: string): Promise<IdxFolder> {
  checkPath(dir, "dir");
  const files = new Map<FileName, { path: string; bytes: Uint8Array }>();
  for (const name of FILES) files.set(name, await readEither(dir, name));
  return pairs((name) => {
    const { path, bytes } = files.get(name) as { path: string; bytes: Uint8Array };
    return parseIdx(bytes, path);
  });
}

/** The file `name` or, if there is none, `name`.gz. */
async function readEither(dir: string, name: string): Promise<{ path: string; bytes: Uint8Array }> {
  for (const path of [join(dir, name), join(dir, `${name}.gz`)]) {
    const bytes = await readIfThere(path);
    if (bytes) return { path, bytes };
  }
  throw new Error(
    `${dir} holds neither ${name} nor ${name}.gz; a data folder needs ${FILES.join(", ")}, each with or without .gz`,
  );
}

/** A file's bytes, decompressed; undefined if it does not exist. */
async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readMaybeGzip(path);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** The four arrays as pairs, checked against each other. `idx` returns the array of a file name. */
export function pairs(idx: (name: FileName) => Idx): IdxFolder {
  const pair = (images: FileName, labels: FileName) =>
    checkPair({ images: idx(images), labels: idx(labels) }, images, labels);
  const train = pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
  const test = pair("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
  const [a, b] = [train.images.shape.slice(1), test.images.shape.slice(1)];
  if (String(a) !== String(b))
    throw new RangeError(`the training images have size [${a}], but the test images have size [${b}]`);
  return { train, test };
}

/** Checks types, dimensions and counts of images and labels, whose file names are in the messages. */
function checkPair(pair: IdxPair, images: string, labels: string): IdxPair {
  for (const [name, { data, shape }, rank] of [
    [images, pair.images, 3],
    [labels, pair.labels, 1],
  ] as const) {
    if (data instanceof Uint8Array && shape.length === rank) continue;
    throw new RangeError(
      `${name} must hold bytes in ${rank} dimensions, got ${data.constructor.name} in ${shape.length}`,
    );
  }
  const [count, labelled] = [pair.images.shape[0], pair.labels.shape[0]];
  if (count !== labelled)
    throw new RangeError(`${images} holds ${count} images, but ${labels} holds ${labelled} labels`);
  if (pair.images.data.length === 0) throw new RangeError(`${images} holds no images`);
  return pair;
}
