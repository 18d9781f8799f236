// Reads as much of the WebAssembly binary format as shows what a module contains besides code.

export interface Section {
  id: number;
  body: Uint8Array;
}

/** Section numbers of the core specification. */
export const START_SECTION = 8;
export const DATA_SECTION = 11;

const HEADER_BYTES = 8;

export function sections(binary: Uint8Array): Section[] {
  const reader = new Reader(binary, HEADER_BYTES);
  const found: Section[] = [];
  while (!reader.done) {
    const id = reader.byte();
    found.push({ id, body: reader.bytes(reader.unsigned()) });
  }
  return found;
}

/** First and one-past-last address of every data segment; all are active, at constant addresses. */
export function dataRanges(body: Uint8Array): [number, number][] {
  const reader = new Reader(body, 0);
  return Array.from({ length: reader.unsigned() }, () => {
    reader.expect(0, "an active segment of memory 0");
    reader.expect(0x41, "i32.const");
    const address = reader.unsigned();
    reader.expect(0x0b, "the end of the address");
    const size = reader.bytes(reader.unsigned()).length;
    return [address, address + size];
  });
}

class Reader {
  constructor(
    private readonly source: Uint8Array,
    private at: number,
  ) {}

  get done(): boolean {
    return this.at >= this.source.length;
  }

  byte(): number {
    const value = this.source[this.at++];
    if (value === undefined) throw new RangeError("the module is cut short");
    return value;
  }

  bytes(count: number): Uint8Array {
    this.at += count;
    return this.source.subarray(this.at - count, this.at);
  }

  /** LEB128; also correct for the signed form of non-negative numbers. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  expect(value: number, what: string): void {
    const byte = this.byte();
    if (byte !== value) throw new Error(`expected ${what}, got byte ${byte}`);
  }
}
