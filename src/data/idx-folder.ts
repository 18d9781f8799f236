// Reads IDX files, and folders of four of them with MNIST's file names: any dataset in MNIST's format.

import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkPath, readMaybeGzip, reason } from "./files.js";
import { type Idx, parseIdx } from "./idx.js";

/** Images `[count][height][width]` and labels `[count]`, both of bytes. */
export interface IdxPair {
  images: Idx;
  labels: Idx;
}

export interface IdxFolder {
  train: IdxPair;
  test: IdxPair;
  /** Sentences about unusual files, for the warnings of the datasets. */
  notes?: string[];
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
 * Reads a folder with four IDX files of MNIST's names or the usual variants of them, each with or without `.gz`. With one half
 * alone (training or test) both parts are that half, and `notes` says so. Throws an Error that names the missing file, or a
 * RangeError if images and labels do not match.
 */
export async function readIdxFolder(dir: string): Promise<IdxFolder> {
  checkPath(dir, "dir");
  const names = await readdir(dir).catch((cause) => {
    throw new Error(`cannot read the data folder ${dir}: ${reason(cause)}`, { cause });
  });
  const paths = findFiles(dir, names);
  const notes: string[] = [];
  const half = completeHalf(paths, dir);
  if (half !== undefined) notes.push(HALF_NOTES[half]);
  const isEmnist = [...paths.values()].some((path) => /emnist/i.test(basename(path)));
  if (isEmnist)
    notes.push("the images have the names of EMNIST, whose rows and columns are exchanged: they were transposed");
  const files = new Map<FileName, Idx>();
  for (const [name, path] of paths) files.set(name, parseIdx(await readMaybeGzip(path), path));
  const folder = pairs((name) => files.get(half === undefined ? name : inHalf(name, half)) as Idx);
  if (isEmnist) for (const images of new Set([folder.train.images, folder.test.images])) transpose(images);
  if (startsAtOne(folder)) {
    notes.push(
      "the labels begin at 1, so class 0 has no samples: subtract 1 from all labels, or leave one output unused",
    );
  }
  return { ...folder, notes };
}

type Half = "train" | "t10k";
const HALF_NOTES: Record<Half, string> = {
  train:
    "the folder has no test files, so the training samples are the test samples too: the accuracy is that of the training",
  t10k: "the folder has no training files, so the test samples are the training samples too",
};

/** The name of a file in the given half. */
function inHalf(name: FileName, half: Half): FileName {
  return name.replace(/^[^-]+/, half) as FileName;
}

/**
 * The usual variants of a name: `train-images.idx3-ubyte`, `emnist-letters-train-images-idx3-ubyte`, `test-` for `t10k-`, capitals,
 * and `.gz` or not.
 */
const VARIANT = /^(?:.*[-_.])?(train|t10k|test)[-_.](images|labels)[-_.]idx[13][-_.]ubyte(\.gz)?$/i;

/** The path of each file that the folder has. Throws if two files could be meant. */
function findFiles(dir: string, names: string[]): Map<FileName, string> {
  const paths = new Map<FileName, string>();
  for (const name of [...names].sort()) {
    const [, set = "", content = "", gz] = VARIANT.exec(name) ?? [];
    if (set === "") continue;
    const half = set.toLowerCase() === "train" ? "train" : "t10k";
    const meant = `${half}-${content.toLowerCase()}-idx${content.toLowerCase() === "images" ? 3 : 1}-ubyte` as FileName;
    const other = paths.get(meant);
    // A file and its compressed form are the same; the first in the order of names is the uncompressed one.
    if (other !== undefined && gz !== undefined && `${other}${gz}` === join(dir, name)) continue;
    if (other !== undefined) {
      throw new Error(`${dir} holds both ${basename(other)} and ${name}; a data folder needs one dataset alone`);
    }
    paths.set(meant, join(dir, name));
  }
  return paths;
}

/** The half that is there if the other one is missing as a whole; undefined if all is there. Throws for anything else. */
function completeHalf(paths: Map<FileName, string>, dir: string): Half | undefined {
  const missing = FILES.filter((name) => !paths.has(name));
  if (missing.length === 0) return undefined;
  const halves = (["train", "t10k"] as const).filter((half) => missing.every((name) => !name.startsWith(half)));
  if (missing.length === 2 && halves.length === 1) return halves[0];
  const needs = `a data folder needs ${FILES.join(", ")}, each with or without .gz`;
  const first = missing[0] as FileName;
  // Rather the partner of a file that is there.
  const name = missing.find((one) => paths.has(partnerOf(one))) ?? first;
  const partner = paths.get(partnerOf(name));
  const lack = partner === undefined ? "" : `, which ${basename(partner)} needs`;
  throw new Error(`${dir} holds neither ${name} nor ${name}.gz${lack}; ${needs}`);
}

/** The labels of images, and the images of labels. */
function partnerOf(name: FileName): FileName {
  return FILES.find((other) => other !== name && other.slice(0, 5) === name.slice(0, 5)) as FileName;
}

/** Whether both parts have labels from 1 on. A part of one class only tells nothing. */
function startsAtOne({ train, test }: Pick<IdxFolder, "train" | "test">): boolean {
  const labels = [train, test].map((pair) => pair.labels.data as Uint8Array);
  return labels.every((list) => !list.includes(0)) && labels.some((list) => list.includes(1));
}

/** Exchanges rows and columns of all images, in place. */
function transpose(images: Idx): void {
  const [count, height, width] = images.shape as [number, number, number];
  const data = images.data as Uint8Array;
  const size = height * width;
  for (let i = 0; i < count; i++) {
    const image = data.slice(i * size, (i + 1) * size);
    for (let k = 0; k < size; k++) data[i * size + (k % width) * height + Math.floor(k / width)] = image[k] as number;
  }
  images.shape = [count, width, height];
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
