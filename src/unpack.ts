// Unpacks what the build embeds as text: base64 of raw deflate (RFC 1951).

import { nativeInflate } from "./host.js";

/** The characters of base64; each stands for six bits. */
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Decodes base64 and inflates it. Rejects with an Error if the data is damaged. */
export async function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = decodeBase64(base64);
  return (await nativeInflate(packed)) ?? inflate(packed);
}

/** The bytes of a base64 text, which may have line breaks. */
function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const text = base64.replaceAll("\n", "");
  const values = new Uint8Array(128);
  for (let i = 0; i < BASE64.length; i++) values[BASE64.charCodeAt(i)] = i;
  const value = (at: number): number => values[text.charCodeAt(at) & 127] as number;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    const group = (value(from) << 18) | (value(from + 1) << 12) | (value(from + 2) << 6) | value(from + 3);
    bytes[to] = group >> 16;
    // Writes past the end, which padding stands for, have no effect.
    bytes[to + 1] = group >> 8;
    bytes[to + 2] = group;
  }
  return bytes;
}

/** The number of further bits of each code of lengths, from code 257 on, and of distances. */
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The length that the last code stands for. */
const LONGEST_MATCH = 258;
/** The order in which the lengths of the codes of code lengths are stored. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

/** A Huffman code: by the next `bits` bits of the stream, the symbol times 16 plus the length of its code. */
interface Huffman {
  bits: number;
  table: Uint16Array;
}

/** The canonical code in which symbol i has a code of `lengths[i]` bits; 0 for none. */
function huffman(lengths: readonly number[]): Huffman {
  const bits = Math.max(...lengths);
  const table = new Uint16Array(1 << bits);
  let code = 0;
  for (let length = 1; length <= bits; length++) {
    lengths.forEach((own, symbol) => {
      if (own !== length) return;
      // Codes begin with their highest bit, the stream's integers with their lowest.
      let reversed = 0;
      for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
      for (let i = reversed; i < table.length; i += 1 << length) table[i] = (symbol << 4) | length;
      code++;
    });
    code <<= 1;
  }
  return { bits, table };
}

/** The smallest value of each code, from the numbers of further bits. */
function bases(first: number, furtherBits: readonly number[]): number[] {
  let next = first;
  return furtherBits.map((bits) => {
    const base = next;
    next += 1 << bits;
    return base;
  });
}

/** A stream of bits, the lowest of each byte first. */
class Bits {
  private held = 0;
  private count = 0;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Takes the next `count` bits, at most 16, as an integer. */
  take(count: number): number {
    this.fill(count);
    const value = this.held & ((1 << count) - 1);
    this.drop(count);
    return value;
  }

  /** Takes the next symbol of a code. */
  symbol({ bits, table }: Huffman): number {
    this.fill(bits);
    const entry = table[this.held & (table.length - 1)] as number;
    if (entry === 0) throw new RangeError("the packed data is damaged");
    this.drop(entry & 15);
    return entry >> 4;
  }

  /** Takes `count` whole bytes, from the next whole byte on. */
  takeBytes(count: number): Uint8Array {
    const from = this.at - (this.count >> 3);
    this.held = 0;
    this.count = 0;
    this.at = from + count;
    return this.bytes.subarray(from, this.at);
  }

  private fill(count: number): void {
    while (this.count < count) {
      // Past the end there are zeros: the last code may be shorter than what is looked up.
      this.held |= (this.bytes[this.at++] ?? 0) << this.count;
      this.count += 8;
    }
  }

  private drop(count: number): void {
    // A stream that has ended gives zeros for ever.
    if (this.at > this.bytes.length + 4) throw new RangeError("the packed data is cut short");
    this.held >>>= count;
    this.count -= count;
  }
}

/** What the stream has been inflated to; the array doubles as it fills. */
class Inflated {
  private bytes = new Uint8Array(2 ** 16);
  private length = 0;

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  add(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  addAll(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Repeats what stands `distance` bytes before the end; it may overlap with itself. */
  repeat(distance: number, count: number): void {
    if (distance > this.length) throw new RangeError("the packed data is damaged");
    this.reserve(count);
    const { bytes } = this;
    for (const end = this.length + count; this.length < end; this.length++) {
      bytes[this.length] = bytes[this.length - distance] as number;
    }
  }

  get result(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

/**
 * Inflates without the host's help, which is missing in some environments: Node 20.0, jsdom, a vm context. Throws a RangeError if
 * the data is damaged.
 */
export function inflate(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = new Bits(packed);
  const inflated = new Inflated();
  let isLast = false;
  while (!isLast) {
    isLast = bits.take(1) === 1;
    const kind = bits.take(2);
    if (kind === 0) {
      const [low = 0, high = 0] = bits.takeBytes(4);
      inflated.addAll(bits.takeBytes(low | (high << 8)));
    } else inflateBlock(bits, inflated, ...(kind === 1 ? fixedCodes() : readCodes(bits)));
  }
  return inflated.result;
}

/** The codes of literals and lengths, and of distances, of a block that does not describe them. */
function fixedCodes(): [Huffman, Huffman] {
  const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [huffman(lengths), huffman(Array<number>(30).fill(5))];
}

/** The same of a block that begins with them: as code lengths, which are in a code of their own. */
function readCodes(bits: Bits): [Huffman, Huffman] {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const own = Array<number>(ORDER.length).fill(0);
  const stored = bits.take(4) + 4;
  for (const symbol of ORDER.slice(0, stored)) own[symbol] = bits.take(3);
  const code = huffman(own);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(code);
    if (symbol < 16) lengths.push(symbol);
    else {
      const value = symbol === 16 ? (lengths.at(-1) as number) : 0;
      const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
      for (let i = 0; i < times; i++) lengths.push(value);
    }
  }
  return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
}

const LENGTHS = /* @__PURE__ */ bases(3, LENGTH_BITS);
const DISTANCES = /* @__PURE__ */ bases(1, DISTANCE_BITS);

/** Literals and repetitions up to the end of the block. */
function inflateBlock(bits: Bits, inflated: Inflated, literals: Huffman, distances: Huffman): void {
  for (let symbol = bits.symbol(literals); symbol !== END_OF_BLOCK; symbol = bits.symbol(literals)) {
    if (symbol < END_OF_BLOCK) {
      inflated.add(symbol);
      continue;
    }
    const i = symbol - END_OF_BLOCK - 1;
    const isLongest = i === LENGTH_BITS.length - 1;
    const length = isLongest ? LONGEST_MATCH : (LENGTHS[i] as number) + bits.take(LENGTH_BITS[i] as number);
    const code = bits.symbol(distances);
    inflated.repeat((DISTANCES[code] as number) + bits.take(DISTANCE_BITS[code] as number), length);
  }
}
