// Decodes a JPEG at an eighth of its size: the mean of each block of 8x8 pixels is stored on its own (its DC coefficient).
// A photograph of 200 megapixels then takes some ten megabytes. Other coefficients are read over, or their scans left out.

import { BitReader, type Huffman, huffmanOf } from "./jpeg-bits.js";
import { type Segment, START_OF_SCAN } from "./jpeg-segments.js";

/** A colour component of the frame. */
interface Component {
  id: number;
  /** Sampling factors, across and down. */
  h: number;
  v: number;
  /** The number of its quantization table. */
  quantization: number;
  /** Blocks across and down, those of the padding included. */
  columns: number;
  rows: number;
  /** Blocks across and down that a scan of this component alone has. */
  ownColumns: number;
  ownRows: number;
  /** DC coefficients `[rows][columns]`, not yet multiplied by the quantization. */
  means: Int16Array;
  /** The coefficient of the block before. */
  before: number;
}

export interface Eighth {
  width: number;
  height: number;
  /** A plane of bytes per component, `[height][width]`. */
  planes: Uint8Array[];
  ids: number[];
}

/** What a scan needs from the segments before it. */
interface State {
  components: Component[];
  isProgressive: boolean;
  width: number;
  height: number;
  /** Tables by 16 · class + number, as the file numbers them. */
  tables: Map<number, Huffman>;
  /** The first value of each quantization table. */
  steps: number[];
  /** Units between two restarts; 0: none. */
  interval: number;
}

const [QUANTIZATION, HUFFMAN, RESTART_INTERVAL, PROGRESSIVE] = [0xdb, 0xc4, 0xdd, 0xc2];

/** The planes of a baseline or progressive JPEG of 8 bits; `frame` is its frame header. Throws an Error for damaged data. */
export function decodeEighth(segments: Segment[], frame: Segment): Eighth {
  const state = stateOf(frame);
  for (const segment of segments) {
    const { marker, data } = segment;
    if (marker === QUANTIZATION) readQuantization(data, state.steps);
    if (marker === HUFFMAN) readHuffman(data, state.tables);
    if (marker === RESTART_INTERVAL) state.interval = data.readUInt16BE(0);
    if (marker === START_OF_SCAN) readScan(segment, state);
  }
  const [width, height] = [Math.ceil(state.width / 8), Math.ceil(state.height / 8)];
  const planes = state.components.map((component) => planeOf(component, state, width, height));
  return { width, height, planes, ids: state.components.map(({ id }) => id) };
}

function stateOf({ marker, data }: Segment): State {
  const [height, width, count] = [data.readUInt16BE(1), data.readUInt16BE(3), data.readUInt8(5)];
  const raw = Array.from({ length: count }, (_, i) => {
    const [id, sampling, quantization] = [0, 1, 2].map((k) => data.readUInt8(6 + 3 * i + k)) as [
      number,
      number,
      number,
    ];
    return { id, h: sampling >> 4, v: sampling & 15, quantization };
  });
  if (raw.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) throw new Error("its sampling factors make no sense");
  const [mostH, mostV] = [Math.max(...raw.map(({ h }) => h)), Math.max(...raw.map(({ v }) => v))];
  const components = raw.map((part) => {
    const columns = Math.ceil(width / (8 * mostH)) * part.h;
    const rows = Math.ceil(height / (8 * mostV)) * part.v;
    const ownColumns = Math.ceil(Math.ceil((width * part.h) / mostH) / 8);
    const ownRows = Math.ceil(Math.ceil((height * part.v) / mostV) / 8);
    return { ...part, columns, rows, ownColumns, ownRows, means: new Int16Array(columns * rows), before: 0 };
  });
  const isProgressive = marker === PROGRESSIVE;
  return { components, isProgressive, width, height, tables: new Map(), steps: [], interval: 0 };
}

/** Keeps the first value, that of the DC coefficient, of each table. */
function readQuantization(data: Buffer, steps: number[]): void {
  for (let at = 0; at + 1 < data.length; ) {
    const [isWide, number] = [data.readUInt8(at) >> 4 > 0, data.readUInt8(at) & 15];
    steps[number] = isWide ? data.readUInt16BE(at + 1) : data.readUInt8(at + 1);
    at += isWide ? 129 : 65;
  }
}

function readHuffman(data: Buffer, tables: State["tables"]): void {
  for (let at = 0; at + 17 <= data.length; ) {
    const counts = data.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    tables.set(data.readUInt8(at), huffmanOf(counts, data.subarray(at + 17, at + 17 + total)));
    at += 17 + total;
  }
}

/** Decodes one block of a component at index `at` of its plane. */
type BlockReader = (bits: BitReader, component: Component, at: number) => void;

/** Reads a scan into the components. Scans of a progressive file without DC coefficients are left out. */
function readScan({ data, scan }: Segment, state: State): void {
  const count = data.readUInt8(0);
  const [start, bits] = [data.readUInt8(1 + 2 * count), data.readUInt8(3 + 2 * count)];
  if (state.isProgressive && start > 0) return;
  const parts = Array.from({ length: count }, (_, i) => {
    const [id, numbers] = [data.readUInt8(1 + 2 * i), data.readUInt8(2 + 2 * i)];
    const component = state.components.find((other) => other.id === id);
    if (!component) throw new Error("a scan is of a colour that the image does not have");
    return { component, read: blockReader(state, numbers, bits >> 4, bits & 15) };
  });
  const units = parts.length === 1 ? ownUnits(parts[0] as Part) : sharedUnits(parts);
  const reader = new BitReader(scan);
  for (let unit = 0; unit < units.count; unit++) {
    if (unit === 0 || (state.interval > 0 && unit % state.interval === 0)) {
      for (const { component } of parts) component.before = 0;
      if (unit > 0) reader.restart();
    }
    units.read(reader, unit);
    if (reader.isOver) throw new Error("it ends too early");
  }
}

interface Part {
  component: Component;
  read: BlockReader;
}

/** The units of a scan of one component: single blocks. */
function ownUnits({ component, read }: Part): { count: number; read: (bits: BitReader, unit: number) => void } {
  const { ownColumns, ownRows, columns } = component;
  return {
    count: ownColumns * ownRows,
    read: (bits, unit) => read(bits, component, Math.floor(unit / ownColumns) * columns + (unit % ownColumns)),
  };
}

/** The units of a scan of several components: h times v blocks of each. */
function sharedUnits(parts: Part[]): { count: number; read: (bits: BitReader, unit: number) => void } {
  const { columns, rows, h, v } = (parts[0] as Part).component;
  const across = columns / h;
  return {
    count: across * (rows / v),
    read(bits, unit) {
      const [row, column] = [Math.floor(unit / across), unit % across];
      for (const { component, read } of parts) {
        const { h, v, columns } = component;
        for (let y = row * v; y < (row + 1) * v; y++) {
          for (let x = column * h; x < (column + 1) * h; x++) read(bits, component, y * columns + x);
        }
      }
    },
  };
}

/** How a scan stores a block: whole, or in a progressive file the DC coefficient's upper bits, or one further bit of it. */
function blockReader({ tables, isProgressive }: State, numbers: number, previous: number, shift: number): BlockReader {
  if (isProgressive && previous > 0) {
    return (bits, { means }, at) => {
      means[at] = (means[at] as number) | (bits.read(1) << shift);
    };
  }
  const [dc, ac] = [tables.get(numbers >> 4), tables.get(16 + (numbers & 15))];
  if (!dc || (!isProgressive && !ac)) throw new Error("parts of it are missing");
  return (bits, component, at) => {
    component.before += bits.readSigned(bits.symbol(dc));
    component.means[at] = isProgressive ? component.before << shift : component.before;
    if (!isProgressive) skipRest(bits, ac as Huffman);
  };
}

/** Reads over the other 63 coefficients of a block: runs of zeros and the sizes of values. */
function skipRest(bits: BitReader, table: Huffman): void {
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(table);
    const [run, size] = [symbol >> 4, symbol & 15];
    if (size === 0 && run < 15) return;
    k += run;
    bits.read(size);
  }
}

/** The component's blocks as bytes, at the resolution of the picture. A mean is an eighth of the coefficient, around 128. */
function planeOf(component: Component, state: State, width: number, height: number): Uint8Array {
  const { h, v, columns, means, quantization } = component;
  const step = state.steps[quantization];
  if (step === undefined) throw new Error("parts of it are missing");
  const mostH = Math.max(...state.components.map((other) => other.h));
  const mostV = Math.max(...state.components.map((other) => other.v));
  const plane = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * v) / mostV) * columns;
    for (let x = 0; x < width; x++) {
      const mean = means[row + Math.floor((x * h) / mostH)] as number;
      plane[y * width + x] = Math.min(255, Math.max(0, Math.round((mean * step) / 8) + 128));
    }
  }
  return plane;
}
