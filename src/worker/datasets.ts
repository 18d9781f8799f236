// Sends datasets to a network's worker: each once, in pieces, so that the page stays responsive. The worker keeps a
// dataset until the page has garbage-collected its own.

import { Dataset } from "../data/dataset.js";
import { turn } from "../host.js";
import { isBytes, isFloats, isPlainObject } from "../kinds.js";
import { type DataRequest, type Outline, PARTS } from "./protocol.js";

/** Bytes of a piece. Copying one takes about a millisecond. */
const PIECE = 2 ** 20;

type Numbers = Uint8Array | Float32Array | Uint32Array;

/**
 * Sends a dataset under the given number: first its outline, then its arrays piece by piece, yielding to the event
 * loop.
 */
export async function sendDataset(
  data: Dataset,
  dataset: number,
  post: (request: DataRequest, transfer?: ArrayBuffer[]) => void,
): Promise<void> {
  const outline = outlineOf(data);
  post({ kind: "dataset", dataset, outline });
  for (const part of PARTS) {
    const all = data[part];
    const size = PIECE / (all?.BYTES_PER_ELEMENT ?? 1);
    // The length is the outline's: a resizable buffer may have grown since.
    const end = outline.lengths[part];
    for (let at = 0; all && at < end; at += size) {
      const values = copied(all.subarray(at, Math.min(at + size, end)));
      post({ kind: "piece", dataset, part, at, values }, [values.buffer]);
      await turn();
    }
  }
}

/** What the worker must know to allocate the arrays. */
function outlineOf({ shape, classes, inputs, labels, targets }: Dataset): Outline {
  const lengths = { inputs: inputs.length, labels: labels?.length ?? 0, targets: targets?.length ?? 0 };
  return { shape: [...shape], classes, isBytes: isBytes(inputs), lengths };
}

/** A copy with a buffer of its own, which can be transferred; `slice` of a Node Buffer would share memory. */
function copied(part: Numbers): Numbers & { buffer: ArrayBuffer } {
  if (isBytes(part)) return new Uint8Array(part);
  return isFloats(part) ? new Float32Array(part) : new Uint32Array(part);
}

/** Levels of nesting that `compact` follows: an array of layers, which hold typed arrays. */
const DEPTH = 2;

/**
 * A value whose typed arrays do not share larger buffers. Cloning a view clones its whole buffer: without this, sending
 * one sample would send its whole dataset. Other values are returned unchanged.
 */
export function compact(value: unknown, depth = DEPTH): unknown {
  if (isBytes(value) || isFloats(value)) {
    return value.byteLength < value.buffer.byteLength ? copied(value) : value;
  }
  if (depth === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return typeof value[0] === "object" ? value.map((item) => compact(item, depth - 1)) : value;
  }
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, compact(item, depth - 1)]));
}

/** A dataset whose pieces are arriving; `whole` is made when it is first used. */
interface Incoming {
  outline: Outline;
  inputs: Uint8Array | Float32Array;
  labels: Uint32Array;
  targets: Float32Array;
  whole?: Dataset;
}

/** The worker's datasets, by the numbers that the page gave them. */
export class Datasets {
  private readonly all = new Map<number, Incoming>();

  /** Starts, continues or drops a dataset. Pieces of a dropped one are ignored. */
  receive(request: DataRequest): void {
    const { dataset } = request;
    if (request.kind === "dataset") this.all.set(dataset, allocate(request.outline));
    else if (request.kind === "drop") this.all.delete(dataset);
    else this.all.get(dataset)?.[request.part].set(request.values, request.at);
  }

  /** The dataset of this number. Messages arrive in order, so all its pieces are there when a call uses it. */
  get(dataset: number): Dataset {
    const arrived = this.all.get(dataset);
    if (!arrived) throw new Error("this worker has no such dataset");
    const { outline, inputs, labels, targets } = arrived;
    const { shape, classes, lengths } = outline;
    const wanted = lengths.labels > 0 ? { labels, classes } : { targets };
    arrived.whole ??= new Dataset({ inputs, shape, ...wanted });
    return arrived.whole;
  }
}

/** Arrays for a dataset that is about to arrive. */
function allocate(outline: Outline): Incoming {
  const { inputs, labels, targets } = outline.lengths;
  return {
    outline,
    inputs: outline.isBytes ? new Uint8Array(inputs) : new Float32Array(inputs),
    labels: new Uint32Array(labels),
    targets: new Float32Array(targets),
  };
}
