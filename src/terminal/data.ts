// Training and test data by the word after `--data`.

import { loadIdxFolder, loadMnist, type MnistOptions, type TrainAndTest } from "../node.js";

/** `mnist`, from wherever it is found, or a folder of IDX files. Errors: those of `loadMnist` and `loadIdxFolder`. */
export function readData(source: string, options: MnistOptions = {}): Promise<TrainAndTest> {
  return source === "mnist" ? loadMnist(options) : loadIdxFolder(source);
}
