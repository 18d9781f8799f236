// The data and models that commands work on, with what they tell people about them on stderr.

import { type Dataset, loadIdxFolder, loadMnist, loadNetwork, type Network } from "../node.js";
import { note } from "./output.js";
import { downloadBar } from "./progress.js";

/** `mnist`, or a folder with four IDX files. */
export async function loadData(source: string): Promise<{ train: Dataset; test: Dataset }> {
  const bar = downloadBar();
  try {
    return source === "mnist" ? await loadMnist({ onDownload: bar.update }) : await loadIdxFolder(source);
  } finally {
    bar.stop();
  }
}

export function printWarnings(name: string, data: Dataset): void {
  for (const warning of data.warnings) note(`warning: ${name}: ${warning}`);
}

export function loadModel(path: string): Promise<Network> {
  return loadNetwork(path);
}
