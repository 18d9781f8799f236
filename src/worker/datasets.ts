// Datasets on their way into a worker: sent once each and in pieces, so that a page is never held up long, and kept there until
// the page has forgotten them.

import { Dataset } from "../data/dataset.js";
import { turn } from "../host.js";
import { type DataRequest, type Outline, PARTS } from "./protocol.js";

/** Bytes of a piece: a millisecond's copying. */
const PIECE = 2 ** 20;

type Numbers = Uint8Array | Float32Array | Uint32Array;

/** Sends all of a dataset under a number. */
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
    // An array may have grown since.
    const end = outline.lengths[part];
    for (let at = 0; all && at < end; at += size) {
      const values = copied(all.subarray(at, Math.min(at + size, end)));
      post({ kind: "piece", dataset, part, at, values }, [values.buffer]);
      await turn();
    }
  }
}

function outlineOf({ shape, classes, inputs, labels, targets }: Dataset): Outline {
  const lengths = { inputs: inputs.length, labels: labels?.length ?? 0, targets: targets?.length ?? 0 };
  return { shape, classes, isBytes: inputs instanceof Uint8Array, lengths };
}

/** In memory of its own, which `slice` of Node's buffers would not be. */
function copied(part: Numbers): Numbers & { buffer: ArrayBuffer } {
  if (part instanceof Uint8Array) return new Uint8Array(part);
  return part instanceof Float32Array ? new Float32Array(part) : new Uint32Array(part);
}

/** Deep enough for the arrays of layers that a call is given. */
const DEPTH = 2;

/** What is to be sent, without the rest of the buffers it lies in: with one sample would go all of its dataset. */
export function compact(value: unknown, depth = DEPTH): unknown {
  if (value instanceof Uint8Array || value instanceof Float32Array) {
    return value.byteLength < value.buffer.byteLength ? copied(value) : value;
  }
  if (depth === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return typeof value[0] === "object" ? value.map((item) => compact(item, depth - 1)) : value;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, compact(item, depth - 1)]));
}

/** What has arrived of a dataset. */
interface Arriving {
  outline: Outline;
  inputs: Uint8Array | Float32Array;
  labels: Uint32Array;
  targets: Float32Array;
  whole?: Dataset;
}

/** The datasets of a worker, by the numbers that the page gave them. */
export class Datasets {
  private readonly all = new Map<number, Arriving>();

  receive(request: DataRequest): void {
    const { dataset } = request;
    if (request.kind === "dataset") this.all.set(dataset, roomFor(request.outline));
    else if (request.kind === "drop") this.all.delete(dataset);
    else this.all.get(dataset)?.[request.part].set(request.values, request.at);
  }

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

function roomFor(outline: Outline): Arriving {
  const { inputs, labels, targets } = outline.lengths;
  return {
    outline,
    inputs: outline.isBytes ? new Uint8Array(inputs) : new Float32Array(inputs),
    labels: new Uint32Array(labels),
    targets: new Float32Array(targets),
  };
}
