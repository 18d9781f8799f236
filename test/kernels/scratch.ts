// A memory that detects every wrong write of a kernel: blocks lie between canaries, inputs must not change, and
// padding that a kernel must not read is poison.

import { PANEL } from "../../src/abi.js";
import { padded, panelRows } from "../../src/memory/plan.js";
import type { Numbers } from "../support/reference.js";

/** Padding: a NaN that makes everything computed from it NaN. */
export const POISON = 0x7fc5a5a5;
/** 2.4e38, for padding where a comparison would ignore a NaN. */
export const HUGE = 0x7f35a5a5;
/** Another NaN, for blocks not yet written: it shows which words a kernel has written, even with NaN from poison. */
export const BLANK = 0x7fcb1a4c;
/** 1.8e38, between blocks. A NaN would not do: copied from one canary to another it would look unchanged. */
const CANARY = 0x7f0a5a5a;

const START = 65536;
const ALIGNMENT = 64;
/** Canaries between blocks: as long as a padded row of a small layer, so that a misplaced row hits them. */
const GUARD = 256;

interface Block {
  name: string;
  address: number;
  words: number;
  /** The words of a block that no kernel may change. */
  fixed: Uint32Array | undefined;
}

export class Scratch {
  private blocks: Block[] = [];
  private end = START + GUARD;
  private readonly words: Uint32Array;

  constructor(readonly memory: WebAssembly.Memory) {
    this.words = new Uint32Array(memory.buffer);
    this.words.fill(CANARY, START / 4);
  }

  /** The address of the next block. */
  get next(): number {
    return this.end;
  }

  /** Removes all blocks. */
  reset(): void {
    this.words.fill(CANARY, START / 4, this.end / 4);
    this.blocks = [];
    this.end = START + GUARD;
  }

  /** Adds a block of words that a kernel may only read. Returns its address. */
  input(name: string, words: Uint32Array): number {
    return this.place(name, words, words.slice());
  }

  /** A block of words that a kernel may change. */
  output(name: string, words: Uint32Array): number {
    return this.place(name, words, undefined);
  }

  private place(name: string, words: Uint32Array, fixed: Uint32Array | undefined): number {
    const address = this.end;
    this.end = Math.ceil((address + words.length * 4 + GUARD) / ALIGNMENT) * ALIGNMENT;
    if (this.end > this.words.length * 4) throw new RangeError("the arena of the tests is too small");
    this.words.set(words, address / 4);
    this.blocks.push({ name, address, words: words.length, fixed });
    return address;
  }

  /** A copy of the words of the block at `address`. */
  read(address: number): Uint32Array {
    const block = this.blocks.find((candidate) => candidate.address === address);
    if (!block) throw new RangeError(`no block at ${address}`);
    return this.words.slice(address / 4, address / 4 + block.words);
  }

  /** Throws if a canary or a read-only block has changed. */
  check(): void {
    let gap = START / 4;
    for (const { name, address, words, fixed } of this.blocks) {
      const first = address / 4;
      this.checkCanaries(gap, first, `before "${name}"`);
      gap = first + words;
      const changed = fixed?.findIndex((word, i) => word !== this.words[first + i]) ?? -1;
      if (changed >= 0) throw new Error(`word ${changed} of "${name}", which is only read, was written`);
    }
    this.checkCanaries(gap, this.end / 4, "after the last block");
  }

  private checkCanaries(from: number, to: number, where: string): void {
    for (let i = from; i < to; i++) {
      if (this.words[i] !== CANARY) throw new Error(`a word ${where} was written, ${to - i} words ahead of the next`);
    }
  }
}

export function floatsOf(words: Uint32Array): Float32Array {
  return new Float32Array(words.buffer, words.byteOffset, words.length);
}

export function wordsOf(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}

/** `n` words that a kernel is to overwrite. */
export function blank(n: number): Uint32Array {
  return new Uint32Array(n).fill(BLANK);
}

/** `[rows][columns]` with each row padded to a multiple of 16 by the word `padding`. */
export function padRows(matrix: Numbers, rows: number, columns: number, padding: number): Uint32Array {
  const stride = padded(columns);
  const words = new Uint32Array(rows * stride).fill(padding);
  const floats = floatsOf(words);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < columns; k++) floats[r * stride + k] = matrix[r * columns + k] as number;
  }
  return words;
}

/** The floats of padded rows without their padding. */
export function unpadRows(words: Uint32Array, rows: number, columns: number): Float32Array {
  const floats = floatsOf(words);
  const stride = padded(columns);
  const matrix = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) matrix.set(floats.subarray(r * stride, r * stride + columns), r * columns);
  return matrix;
}

/** Index of weight [unit][0] in panels [unit / 16][input][unit % 16], each with an odd number of rows. */
function panelPlace(unit: number, inputs: number): number {
  return Math.floor(unit / PANEL) * panelRows(inputs) * PANEL + (unit % PANEL);
}

/** `[units][inputs]` as panels of 16 units, padded by zero. */
export function toPanels(matrix: Numbers, units: number, inputs: number): Uint32Array {
  const floats = new Float32Array(padded(units) * panelRows(inputs));
  for (let u = 0; u < units; u++) {
    const place = panelPlace(u, inputs);
    for (let k = 0; k < inputs; k++) floats[place + k * PANEL] = matrix[u * inputs + k] as number;
  }
  return wordsOf(floats);
}

/** Panels as `[units][inputs]`. */
export function fromPanels(words: Uint32Array, units: number, inputs: number): Float32Array {
  const floats = floatsOf(words);
  const matrix = new Float32Array(units * inputs);
  for (let u = 0; u < units; u++) {
    const place = panelPlace(u, inputs);
    for (let k = 0; k < inputs; k++) matrix[u * inputs + k] = floats[place + k * PANEL] as number;
  }
  return matrix;
}

/** The words of padded rows that are padding. */
export function rowPadding(words: Uint32Array, columns: number): Uint32Array {
  const stride = padded(columns);
  return words.filter((_, i) => i % stride >= columns);
}

/** The words of panels that belong to no unit or no input. */
export function panelPadding(words: Uint32Array, units: number, inputs: number): Uint32Array {
  const panel = panelRows(inputs) * PANEL;
  return words.filter((_, i) => {
    const [unit, input] = [Math.floor(i / panel) * PANEL + (i % PANEL), Math.floor((i % panel) / PANEL)];
    return unit >= units || input >= inputs;
  });
}
