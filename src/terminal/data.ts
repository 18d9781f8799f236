// Training and test data named by `--data`.

import { loadIdxFolder, loadMnist, type MnistOptions, type TrainAndTest } from "../node.js";

/** Loads MNIST for "mnist", else the IDX files of a folder. Throws the errors of `loadMnist` and `loadIdxFolder`. */
export function readData(source: string, options: MnistOptions = {}): Promise<TrainAndTest> {
  return source === "mnist" ? loadMnist(options) : loadIdxFolder(source);
}
