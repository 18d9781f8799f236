// Small folders of IDX files, as the command line reads them.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const CLASSES = 3;
export const SIDE = 8;

/** A small seeded random number generator (mulberry32). */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Images in which class c is bright in its third of the rows. */
export function image(label: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const bright = Math.floor((i / (SIDE * SIDE)) * CLASSES) === label;
    return Math.floor((bright ? 150 : 0) + 100 * random());
  });
}

export function idx(shape: number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [i, n] of shape.entries()) header.writeUInt32BE(n, 4 + 4 * i);
  return Buffer.concat([header, data]);
}

/** Training and test samples with these labels. */
export function writeIdxFolder(folder: string, labels: number[]): void {
  mkdirSync(folder);
  const random = noise(7);
  for (const set of ["train", "t10k"]) {
    const images = Buffer.concat(labels.map((label) => image(label, random)));
    writeFileSync(join(folder, `${set}-images-idx3-ubyte`), idx([labels.length, SIDE, SIDE], images));
    writeFileSync(join(folder, `${set}-labels-idx1-ubyte`), idx([labels.length], Uint8Array.from(labels)));
  }
}
