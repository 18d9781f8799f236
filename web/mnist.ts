// MNIST for the page: one compact file, downloaded and unpacked in a worker on first use.

import { Dataset } from "../src/index.js";
import { unanswered } from "./fetch.js";
import type { MnistMessage, MnistPart } from "./mnist-worker.js";

export interface TrainAndTest {
  train: Dataset;
  test: Dataset;
}

/** Bytes received so far, and the total if the server states it. */
export type OnProgress = (loaded: number, total: number | undefined) => void;

const listeners = new Set<OnProgress>();
let loading: Promise<TrainAndTest> | undefined;

/**
 * The 60,000 training and 10,000 test images, each `[28, 28]` bytes. They are downloaded once and shared by all callers; after
 * an error the next call tries again.
 */
export async function loadMnist(onProgress?: OnProgress): Promise<TrainAndTest> {
  loading ??= start();
  if (onProgress) listeners.add(onProgress);
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  } finally {
    if (onProgress) listeners.delete(onProgress);
  }
}

async function start(): Promise<TrainAndTest> {
  // Relative to this script, so that the page can be hosted in any folder.
  const worker = new Worker(new URL("./mnist-worker.js", import.meta.url), { type: "module", name: "mnist" });
  worker.postMessage(new URL("./mnist.bin", import.meta.url).href);
  // The worker ends itself, when it has kept the file for the next visit.
  const { train, test } = await answer(worker);
  return { train: dataset(train), test: dataset(test) };
}

function answer(worker: Worker): Promise<{ train: MnistPart; test: MnistPart }> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<MnistMessage>) => {
      if ("error" in data) reject(new Error(data.error));
      else if ("train" in data) resolve(data);
      else for (const listener of listeners) listener(data.loaded, data.total);
    };
    // Without a message the script itself could not be fetched.
    worker.onerror = ({ message }) =>
      reject(new Error(message || `MNIST's images could not be fetched: ${unanswered()}`));
  });
}

function dataset({ images, labels }: MnistPart): Dataset {
  return new Dataset({ inputs: images, shape: [28, 28], labels, classes: 10 });
}
