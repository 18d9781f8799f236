// IDX arrays from files, and folders of four of them under MNIST's names, whatever they hold.

import { join } from "node:path";
import { checkPath, readMaybeGzip } from "./files.js";
import { type Idx, parseIdx } from "./idx.js";

export interface IdxPair {
  images: Idx;
  labels: Idx;
}

export interface IdxFolder {
  train: IdxPair;
  test: IdxPair;
}

export const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
] as const;
export type FileName = (typeof FILES)[number];

/** The array in an IDX file, which may be gzipped. */
export async function readIdx(path: string): Promise<Idx> {
  return parseIdx(await readMaybeGzip(checkPath(path, "path")), path);
}

/** The four IDX files of MNIST's names in a folder, each as it is or as `.gz`, whatever they hold. */
export async function readIdxFolder(dir: string): Promise<IdxFolder> {
  checkPath(dir, "dir");
  const files = new Map<FileName, { path: string; bytes: Uint8Array }>();
  for (const name of FILES) files.set(name, await readEither(dir, name));
  return pairs((name) => {
    const { path, bytes } = files.get(name) as { path: string; bytes: Uint8Array };
    return parseIdx(bytes, path);
  });
}

async function readEither(dir: string, name: string): Promise<{ path: string; bytes: Uint8Array }> {
  for (const path of [join(dir, name), join(dir, `${name}.gz`)]) {
    const bytes = await readIfThere(path);
    if (bytes) return { path, bytes };
  }
  throw new Error(
    `${dir} holds neither ${name} nor ${name}.gz; a data folder needs ${FILES.join(", ")}, each as it is or .gz`,
  );
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readMaybeGzip(path);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

export function pairs(idx: (name: FileName) => Idx): IdxFolder {
  const pair = (images: FileName, labels: FileName) =>
    checkPair({ images: idx(images), labels: idx(labels) }, images, labels);
  const train = pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
  const test = pair("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
  const [a, b] = [train.images.shape.slice(1), test.images.shape.slice(1)];
  if (String(a) !== String(b))
    throw new RangeError(`the training images are of size [${a}], but the test images of [${b}]`);
  return { train, test };
}

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
  if (count !== labelled) throw new RangeError(`${images} holds ${count} images, but ${labels} ${labelled} labels`);
  if (pair.images.data.length === 0) throw new RangeError(`${images} holds no images`);
  return pair;
}
