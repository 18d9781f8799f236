// Reads and writes safetensors files (https://github.com/huggingface/safetensors#format). Little-endian:
//
//   | length of the header (u64) | header (JSON) | bytes of the tensors, without gaps or overlaps |
//
// The header maps each tensor's name to { dtype, shape, data_offsets: [begin, end] }, offsets from the end of the
// header, and "__metadata__" to strings. Files come from users, so everything is checked before memory is allocated for
// it.

import { checkFinite, shown } from "../check.js";
import { isBytes, messageOf } from "../kinds.js";
import { decodeUtf8, encodeUtf8 } from "../utf8.js";
import { kindOf } from "./signature.js";

/** A tensor to be written. */
export interface NamedTensor {
  name: string;
  shape: readonly number[];
  /** Row-major; its length is the product of the shape. */
  data: Float32Array | Uint8Array;
}

/** The contents of a file, by name. */
export interface Safetensors {
  /** The tensors of type F32; data is row-major. */
  tensors: Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>;
  /** The tensors of type U8, if that type was asked for. */
  bytes: Map<string, Uint8Array>;
  metadata: Map<string, string>;
}

/** Limits against hostile files. The format allows headers of 100 MB; a network's is a few hundred bytes. */
const MOST_HEADER = 1 << 20;
const MOST_TENSORS = 10_000;
const MOST_DIMENSIONS = 8;
/** The supported types, and the bytes of one element. */
const DTYPES = { F32: 4, U8: 1 } as const;
type DType = keyof typeof DTYPES;

/** Encodes a file. Tensors are stored in the given order; their data is copied. */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, data } of tensors) {
    const dtype: DType = isBytes(data) ? "U8" : "F32";
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = encodeUtf8(JSON.stringify(header));
  // The format pads the header with spaces so that the data starts at a multiple of 8.
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let at = start;
  for (const { data } of tensors) {
    if (isBytes(data)) bytes.set(data, at);
    else for (let i = 0; i < data.length; i++) view.setFloat32(at + 4 * i, data[i] as number, true);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Decodes a file whose tensors have the given types. The data is copied. Throws a RangeError that names `title` and the
 * first rule of the format that the file breaks.
 */
export function decodeSafetensors(bytes: Uint8Array, title: string, types: readonly DType[] = ["F32"]): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  refuseOtherKinds(bytes, title);
  const start = headerEnd(view, title);
  const header = parseHeader(bytes.subarray(8, start), title);
  const metadata = checkMetadata(header.get("__metadata__"), title);
  header.delete("__metadata__");
  if (header.size > MOST_TENSORS)
    throw new RangeError(`${title} lists ${header.size} tensors, more than ${MOST_TENSORS}`);
  const entries = [...header].map(([name, value]) => checkEntry(name, value, title, types));
  checkCover(entries, bytes.length - start, title);
  const found: Safetensors = { tensors: new Map(), bytes: new Map(), metadata };
  for (const { name, dtype, shape, begin, end } of entries) {
    if (dtype === "U8") found.bytes.set(name, bytes.slice(start + begin, start + end));
    else found.tensors.set(name, { shape, data: readFloats(view, start + begin, start + end) });
  }
  return found;
}

/** RangeError for a file of a known other kind. Only a file without a plausible header is looked at. */
function refuseOtherKinds(bytes: Uint8Array, title: string): void {
  // The upper five bytes of the header's length are zero in every file that is read.
  if (bytes[8] === 0x7b && bytes.subarray(3, 8).every((byte) => byte === 0)) return;
  const kind = kindOf(bytes);
  if (kind !== undefined) throw new RangeError(`${title} is a ${kind}, not a model file`);
}

/** The offset of the first byte behind the header. */
function headerEnd(view: DataView, title: string): number {
  if (view.byteLength < 10)
    throw new RangeError(`${title} is too short for a safetensors file: ${view.byteLength} bytes`);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MOST_HEADER)) {
    throw new RangeError(`${title} claims a header of ${length} bytes, more than the ${MOST_HEADER} allowed`);
  }
  const end = 8 + Number(length);
  if (end > view.byteLength) {
    throw new RangeError(`${title} is cut short: its header needs ${end} bytes, got ${view.byteLength}`);
  }
  return end;
}

/** The header's keys and unchecked values. */
function parseHeader(bytes: Uint8Array, title: string): Map<string, unknown> {
  if (bytes[0] !== 0x7b) throw new RangeError(`${title} is not a safetensors file: its header does not start with "{"`);
  let text: string;
  let value: unknown;
  try {
    text = decodeUtf8(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`${title} has a header that is not JSON: ${messageOf(cause)}`, { cause });
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new RangeError(`${title} has the key ${twice} twice in its header`);
  return new Map(Object.entries(value as object));
}

/**
 * The first key, as JSON, that occurs twice in one object of `text`, which must be valid JSON. `JSON.parse` would
 * silently keep the last value, other readers may keep the first.
 */
function duplicateKey(text: string): string | undefined {
  // The keys seen in each object that is open, the innermost last.
  const objects: Set<string>[] = [];
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g);
  for (const [token, colon] of tokens) {
    if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      const keys = objects[objects.length - 1] as Set<string>;
      if (keys.has(key)) return JSON.stringify(key);
      keys.add(key);
    }
  }
  return undefined;
}

/** "__metadata__" as a map; empty if there is none. */
function checkMetadata(value: unknown, title: string): Map<string, string> {
  if (value === undefined) return new Map();
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const entries = isObject ? Object.entries(value) : [];
  if (!isObject || entries.some(([, text]) => typeof text !== "string")) {
    throw new RangeError(`${title} has a "__metadata__" that does not map names to texts`);
  }
  return new Map(entries);
}

/** A checked entry of the header; `begin` and `end` are byte offsets from the end of the header. */
interface Entry {
  name: string;
  dtype: DType;
  shape: number[];
  begin: number;
  end: number;
}

/** Checks one tensor's type, shape and offsets, each by itself; `checkCover` checks the offsets against each other. */
function checkEntry(name: string, value: unknown, title: string, types: readonly DType[]): Entry {
  const at = `${title}: the tensor ${shown(name)}`;
  const { dtype, shape, data_offsets } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const known = types.find((type) => type === dtype);
  if (known === undefined) throw new RangeError(`${at} has the type ${shown(dtype)}; ${types} is read`);
  if (!isSizes(shape) || shape.length > MOST_DIMENSIONS) {
    throw new RangeError(`${at} must have a shape of at most ${MOST_DIMENSIONS} whole numbers, got ${shown(shape)}`);
  }
  if (!isSizes(data_offsets) || data_offsets.length !== 2)
    throw new RangeError(`${at} must have two whole numbers as data_offsets, got ${shown(data_offsets)}`);
  const [begin, end] = data_offsets as [number, number];
  const bytes = shape.reduce((product, n) => product * n, DTYPES[known] as number);
  if (end - begin !== bytes) {
    throw new RangeError(
      `${at} of shape [${shape}] needs ${bytes} bytes, but its data_offsets [${data_offsets}] hold ${end - begin}`,
    );
  }
  return { name, dtype: known, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** Checks that the tensors, in some order, cover all `length` bytes of data without gaps or overlaps. */
function checkCover(entries: Entry[], length: number, title: string): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      const problem = begin < at ? "overlaps the tensor before it" : "leaves a gap before it";
      throw new RangeError(`${title}: the tensor ${shown(name)} ${problem}: it begins at ${begin}, expected ${at}`);
    }
    at = end;
  }
  if (at !== length) {
    const problem = at > length ? "is cut short" : "is too long";
    throw new RangeError(`${title} ${problem}: its tensors need ${at} bytes of data, got ${length}`);
  }
}

/** Copies little-endian floats; a view would need the right alignment and a little-endian machine. */
function readFloats(view: DataView, from: number, to: number): Float32Array<ArrayBuffer> {
  const floats = new Float32Array((to - from) / 4);
  for (let i = 0; i < floats.length; i++) floats[i] = view.getFloat32(from + 4 * i, true);
  return floats;
}

/**
 * Checks that `tensors` are exactly the `wanted` ones, with their shapes and finite numbers. Throws a RangeError that
 * names `title` and the tensor.
 */
export function checkTensors(
  tensors: Safetensors["tensors"],
  wanted: readonly { name: string; shape: readonly number[] }[],
  title: string,
): void {
  for (const { name, shape } of wanted) {
    const tensor = tensors.get(name);
    if (!tensor) throw new RangeError(`${title} lacks the tensor "${name}"`);
    if (String(tensor.shape) !== String(shape)) {
      throw new RangeError(`${title} has "${name}" of shape [${tensor.shape}], but its spec needs [${shape}]`);
    }
    checkFinite(tensor.data, `${title}: ${name}`);
  }
  const extra = [...tensors.keys()].find((name) => !wanted.some((tensor) => tensor.name === name));
  if (extra !== undefined) throw new RangeError(`${title} has a tensor "${extra}" that its spec does not know`);
}
