// MNIST for the page: one compact file, fetched and unpacked when training first asks for it.

import type { Dataset } from "../src/index.js";

export interface TrainAndTest {
  train: Dataset;
  test: Dataset;
}

/** Calls back with bytes that have come of all that will. The images are fetched once; every caller gets the same. */
export async function loadMnist(_onProgress?: (loaded: number, total: number) => void): Promise<TrainAndTest> {
  throw new Error("not written yet");
}
