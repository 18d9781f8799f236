// Fetches and unpacks MNIST off the page's thread, which would stand still for half a second. pack-mnist.mjs draws the format.

export type MnistMessage =
  | { loaded: number; total: number | undefined }
  | { train: MnistPart; test: MnistPart }
  | { error: string };

export interface MnistPart {
  /** `[samples][784]` */
  images: Uint8Array<ArrayBuffer>;
  labels: Uint8Array<ArrayBuffer>;
}

const PIXELS = 28 * 28;
const HEADER = 12;
const DAMAGED = "the file of MNIST's images is damaged";

/** A page's worker; the DOM's types know only windows. */
const worker = self as unknown as { postMessage(message: MnistMessage, transfer?: Transferable[]): void };

async function run(address: string): Promise<void> {
  const { train, test } = unpack(await inflate(await fetchCounting(address)));
  const buffers = [train, test].flatMap(({ images, labels }) => [images.buffer, labels.buffer]);
  worker.postMessage({ train, test }, buffers);
}

/** The file as it comes, with its progress told. */
async function fetchCounting(address: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { ok, status, body, headers } = await fetch(address).catch((cause: Error) => {
    throw new Error(`MNIST's images could not be fetched: ${cause.message}`, { cause });
  });
  if (!ok || !body) throw new Error(`the server answered ${status} for MNIST's images`);
  // A host may pack the file once more, and then tells the length of that.
  const length = headers.get("content-encoding") ? null : headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  let loaded = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      loaded += chunk.length;
      worker.postMessage({ loaded, total });
      controller.enqueue(chunk);
    },
  });
  return body.pipeThrough(counter);
}

/** Throws where the checksum is not that of the bytes. */
async function inflate(packed: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  try {
    return new Uint8Array(await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  } catch (cause) {
    throw new Error(`${DAMAGED}, or did not come whole`, { cause });
  }
}

function unpack(bytes: Uint8Array): { train: MnistPart; test: MnistPart } {
  if (bytes.length < HEADER) throw new Error(DAMAGED);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [train, test, runBytes] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [number, number, number];
  // Two runs are two bytes, and at most 510 pixels.
  if ((train + test) * PIXELS > 255 * runBytes || runBytes > bytes.length) throw new Error(DAMAGED);
  const labels = bytes.subarray(HEADER, HEADER + train + test);
  const runs = bytes.subarray(HEADER + train + test, HEADER + train + test + runBytes);
  const images = joinRuns(runs, bytes.subarray(HEADER + train + test + runBytes), (train + test) * PIXELS);
  const part = (from: number, to: number): MnistPart => ({
    images: images.slice(from * PIXELS, to * PIXELS),
    labels: labels.slice(from, to) as Uint8Array<ArrayBuffer>,
  });
  return { train: part(0, train), test: part(train, train + test) };
}

function joinRuns(runs: Uint8Array, values: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let [at, value] = [0, 0];
  for (let i = 0; i + 1 < runs.length; i += 2) {
    at += runs[i] as number;
    const count = runs[i + 1] as number;
    // Most runs are shorter than what it costs to have them copied.
    for (let k = 0; k < count; k++) bytes[at++] = values[value++] as number;
  }
  if (at !== size || value !== values.length) throw new Error(DAMAGED);
  return bytes;
}

self.onmessage = ({ data }: MessageEvent<string>) => {
  run(data).catch((error: Error) => worker.postMessage({ error: error.message }));
};
