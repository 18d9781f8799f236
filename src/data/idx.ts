// Decodes the IDX format of MNIST (http://yann.lecun.com/exdb/mnist/). Big-endian:
//
//   | 0 (u16) | element type (u8) | number of dimensions (u8) | size of each dimension (u32) | elements, row-major |

/** The elements of an IDX file `[...shape]`, row-major. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** The array of an IDX file. */
export interface Idx {
  /** Size of each dimension, the slowest-varying first: `[count, height, width]` of images. */
  shape: number[];
  /** The elements, row-major, with `shape` as their shape: `[...shape]`. */
  data: IdxData;
}

/** The element types by their code: bytes per element, and how an array is made of the file's elements. */
const TYPES = new Map([
  [0x08, { bytes: 1, make: (view: DataView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength) }],
  [0x09, { bytes: 1, make: (view: DataView) => new Int8Array(view.buffer, view.byteOffset, view.byteLength) }],
  [0x0b, { bytes: 2, make: (view: DataView) => read(view, Int16Array, 2, (at) => view.getInt16(at)) }],
  [0x0c, { bytes: 4, make: (view: DataView) => read(view, Int32Array, 4, (at) => view.getInt32(at)) }],
  [0x0d, { bytes: 4, make: (view: DataView) => read(view, Float32Array, 4, (at) => view.getFloat32(at)) }],
  [0x0e, { bytes: 8, make: (view: DataView) => read(view, Float64Array, 8, (at) => view.getFloat64(at)) }],
]);

/** Dimensions that an error message repeats at most; a damaged file can claim 255. */
const MOST_SHOWN = 8;

/**
 * Decodes an IDX file. An array of bytes shares memory with `bytes`; other elements are copied. Throws a RangeError
 * that names `title` and what is wrong.
 */
export function parseIdx(bytes: Uint8Array, title: string): Idx {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw new RangeError(`${title} is too short for an IDX file: ${bytes.length} bytes`);
  const [zeros, code, rank] = [view.getUint16(0), view.getUint8(2), view.getUint8(3)];
  const type = TYPES.get(code);
  if (zeros !== 0 || !type) {
    const magic = view.getUint32(0).toString(16).padStart(8, "0");
    throw new RangeError(
      `${title} is not an IDX file: expected 0000 and an element type 08, 09 or 0b to 0e, got ${magic}`,
    );
  }
  if (rank === 0) throw new RangeError(`${title} has no dimensions; an IDX array needs at least one`);
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new RangeError(`${title} is cut short: its header needs ${header} bytes, got ${bytes.length}`);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = header + elementCount(shape, title) * type.bytes;
  if (bytes.length !== expected) {
    const problem = bytes.length < expected ? "is cut short" : "is too long";
    throw new RangeError(
      `${title} ${problem}: shape ${shownShape(shape)} needs ${expected} bytes, got ${bytes.length}`,
    );
  }
  return { shape, data: type.make(new DataView(bytes.buffer, bytes.byteOffset + header, bytes.length - header)) };
}

/** The product of the shape; RangeError if it is absurdly large. */
function elementCount(shape: number[], title: string): number {
  // The product of the other dimensions may overflow to Infinity, and 0·Infinity is NaN.
  const count = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
  if (count > 2 ** 40)
    throw new RangeError(`${title} claims the shape ${shownShape(shape)}, more elements than any file here holds`);
  return count;
}

/** A shape as text, such as [2,3]; a long one is cut. */
function shownShape(shape: number[]): string {
  if (shape.length <= MOST_SHOWN) return `[${shape}]`;
  return `[${shape.slice(0, MOST_SHOWN)},…] of ${shape.length} dimensions`;
}

/** Copies the elements into an array in the machine's byte order. */
function read<T extends IdxData>(
  view: DataView,
  make: new (n: number) => T,
  bytes: number,
  get: (at: number) => number,
): T {
  const data = new make(view.byteLength / bytes);
  for (let i = 0; i < data.length; i++) data[i] = get(i * bytes);
  return data;
}
