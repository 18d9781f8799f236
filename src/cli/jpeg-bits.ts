// Reads the compressed data of a JPEG scan bit by bit, and Huffman codes in it.

import { isRestart } from "./jpeg-segments.js";

/** A Huffman table: for each 16 bits the symbol of the code that they begin with, and 256 times its length; 0: no code. */
export type Huffman = Uint16Array;

/** The table of codes with these lengths: `counts[i]` codes have i + 1 bits (T.81, annex C). */
export function huffmanOf(counts: Uint8Array, symbols: Uint8Array): Huffman {
  const table = new Uint16Array(2 ** 16);
  let [at, next] = [0, 0];
  counts.forEach((count, i) => {
    const span = 2 ** (15 - i);
    for (let n = 0; n < count; n++, at += span) table.fill((symbols[next++] ?? 0) | ((i + 1) << 8), at, at + span);
  });
  return table;
}

export class BitReader {
  private at = 0;
  private bits = 0;
  private count = 0;
  /** Bits that were made up after the end of the data. */
  private madeUp = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Whether more bits were used than there are. */
  get isOver(): boolean {
    return this.madeUp > this.count;
  }

  /** Makes at least 16 bits available. After the end, or before a marker, they are zeros. */
  private fill(): void {
    while (this.count <= 16) {
      let byte = this.bytes[this.at];
      const isEnd = byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0);
      if (isEnd) this.madeUp += 8;
      else this.at += byte === 0xff ? 2 : 1;
      if (isEnd) byte = 0;
      this.bits = (this.bits << 8) | (byte as number);
      this.count += 8;
    }
  }

  /** The next `size` bits as a number; at most 16. */
  read(size: number): number {
    if (size === 0) return 0;
    if (this.count < 16) this.fill();
    this.count -= size;
    return (this.bits >>> this.count) & ((1 << size) - 1);
  }

  /** The next `size` bits as a signed number: those that begin with 0 are negative (T.81, EXTEND). */
  readSigned(size: number): number {
    const value = this.read(size);
    return size > 0 && value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  }

  /** The symbol of the next code. Throws an error if there is none. */
  symbol(table: Huffman): number {
    if (this.count < 16) this.fill();
    const found = table[(this.bits >>> (this.count - 16)) & 0xffff] as number;
    if (found === 0) throw new Error("its compressed data has a code that is not in its table");
    this.count -= found >> 8;
    return found & 255;
  }

  /** Continues after the next restart marker, if there is one. */
  restart(): void {
    [this.bits, this.count, this.madeUp] = [0, 0, 0];
    while (this.at < this.bytes.length) {
      if (this.bytes[this.at] === 0xff && isRestart(this.bytes[this.at + 1])) {
        this.at += 2;
        return;
      }
      this.at += 1;
    }
  }
}
