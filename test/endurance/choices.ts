// Cases are made from bytes: the same bytes make the same case, so a case is kept as a short text, and changed by changing bytes.

import { philox } from "../../src/random.js";

/** Choices read from bytes. After the last byte every choice is the first one, so any bytes make a case. */
export class Choices {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    if (n <= 1) return 0;
    let value = this.byte();
    for (let most = 256; most < n; most *= 256) value = value * 256 + this.byte();
    return value % n;
  }

  one<T>(options: readonly T[]): T {
    return options[this.below(options.length)] as T;
  }

  /** True in `share` of 256 cases. */
  isOneOf(share: number): boolean {
    return this.byte() < share;
  }

  /** Floats from −1 to 1. */
  floats(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.byte() / 127.5 - 1);
  }
}

/** Random bytes that depend on a seed and a count only. */
export class RandomBytes {
  private readonly block = new Uint32Array(4);
  private count = 0;

  constructor(private readonly seed: number) {}

  word(): number {
    philox(this.block, this.count++, 0, 0, 0, this.seed, 0);
    return this.block[0] as number;
  }

  below(n: number): number {
    return this.word() % n;
  }

  take(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.word() >>> 24);
  }
}

/** A changed copy of a case: bytes set, inserted, removed, or the end of another case. */
export function changed(bytes: Uint8Array, other: Uint8Array, random: RandomBytes): Uint8Array {
  const result = [...bytes];
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(result.length + 1);
    const kind = random.below(4);
    if (kind === 0 && result.length > 0) result[at % result.length] = random.below(256);
    else if (kind === 1) result.splice(at, 0, random.below(256));
    else if (kind === 2) result.splice(at, 1);
    else result.splice(at, result.length, ...other.subarray(random.below(other.length + 1)));
  }
  return Uint8Array.from(result.slice(0, 256));
}
