// Downloads, keeps and unpacks MNIST in a worker: on the page's main thread it would block for half a second. The format is described
// in pack-mnist.mjs.

import { DIGIT_PIXELS } from "../src/image/digit.js";
import { unanswered } from "./fetch.js";

export type MnistMessage =
  | { loaded: number; total: number | undefined }
  | { train: MnistPart; test: MnistPart }
  | { error: string };

export interface MnistPart {
  /** `[samples][784]`, row-major */
  images: Uint8Array<ArrayBuffer>;
  labels: Uint8Array<ArrayBuffer>;
}

const HEADER = 12;
const DAMAGED = "the file of MNIST's images is damaged";

/** The global scope of this worker; TypeScript's DOM library declares `self` as a window. */
const worker = self as unknown as { postMessage(message: MnistMessage, transfer?: Transferable[]): void };

/** Name of the browser's storage for the file, which is then downloaded at the first visit only. */
const CACHE = "wasmlp-mnist";

async function run(address: string): Promise<void> {
  const cache = await openCache();
  const kept = await cache?.match(address).catch(() => undefined);
  if (kept?.body && (await isGiven(kept.body))) return;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  give(unpack(await inflate(await fetchCounting(address, chunks))));
  // Only what has been unpacked is kept. A full storage is no error.
  await cache?.put(address, new Response(new Blob(chunks))).catch(() => {});
}

/** Undefined without the storage: on insecure pages, and in private windows of some browsers. */
async function openCache(): Promise<Cache | undefined> {
  return globalThis.caches?.open(CACHE).catch(() => undefined);
}

/** Gives the images of a kept file; false if it is damaged or of another version of the page. */
async function isGiven(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<boolean> {
  const parts = await inflate(body)
    .then(unpack)
    .catch(() => undefined);
  if (parts) give(parts);
  return parts !== undefined;
}

function give({ train, test }: { train: MnistPart; test: MnistPart }): void {
  const buffers = [train, test].flatMap(({ images, labels }) => [images.buffer, labels.buffer]);
  worker.postMessage({ train, test }, buffers);
}

/** The body of the response, whose chunks are added to `chunks`. Posts the number of bytes received with every chunk. */
async function fetchCounting(
  address: string,
  chunks: Uint8Array<ArrayBuffer>[],
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { ok, status, body, headers } = await fetch(address).catch((cause: Error) => {
    throw new Error(`MNIST's images could not be fetched: ${unanswered()}`, { cause });
  });
  if (!ok || !body) throw new Error(`the server answered ${status} for MNIST's images`);
  // If the host compresses the file once more, content-length is the compressed length.
  const length = headers.get("content-encoding") ? null : headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  let loaded = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      loaded += chunk.length;
      chunks.push(chunk.slice());
      worker.postMessage({ loaded, total });
      controller.enqueue(chunk);
    },
  });
  return body.pipeThrough(counter);
}

/** Decompresses gzip. Throws if the data is cut short or its checksum does not match. */
async function inflate(packed: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  try {
    return new Uint8Array(await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  } catch (cause) {
    throw new Error(`${DAMAGED} or incomplete`, { cause });
  }
}

function unpack(bytes: Uint8Array): { train: MnistPart; test: MnistPart } {
  if (bytes.length < HEADER) throw new Error(DAMAGED);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [train, test, runBytes] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [number, number, number];
  // Every two bytes of runs describe at most 2 · 255 pixels, so that this bounds the allocation below.
  if ((train + test) * DIGIT_PIXELS > 255 * runBytes || runBytes > bytes.length) throw new Error(DAMAGED);
  const labels = bytes.subarray(HEADER, HEADER + train + test);
  const runs = bytes.subarray(HEADER + train + test, HEADER + train + test + runBytes);
  const images = joinRuns(runs, bytes.subarray(HEADER + train + test + runBytes), (train + test) * DIGIT_PIXELS);
  const part = (from: number, to: number): MnistPart => ({
    images: images.slice(from * DIGIT_PIXELS, to * DIGIT_PIXELS),
    labels: labels.slice(from, to) as Uint8Array<ArrayBuffer>,
  });
  return { train: part(0, train), test: part(train, train + test) };
}

/** Expands the alternating runs of zeros and non-zero values to `size` bytes. */
function joinRuns(runs: Uint8Array, values: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let [at, value] = [0, 0];
  for (let i = 0; i + 1 < runs.length; i += 2) {
    at += runs[i] as number;
    const count = runs[i + 1] as number;
    // Most runs are so short that a loop is faster than `set` of a subarray.
    for (let k = 0; k < count; k++) bytes[at++] = values[value++] as number;
  }
  if (at !== size || value !== values.length) throw new Error(DAMAGED);
  return bytes;
}

/** Milliseconds after which the worker ends: ended right after the last byte, its request would be marked as failed. */
const END_AFTER = 1000;

self.onmessage = async ({ data }: MessageEvent<string>) => {
  await run(data).catch((error: Error) => worker.postMessage({ error: error.message }));
  setTimeout(() => self.close(), END_AFTER);
};
