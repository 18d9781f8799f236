// Loads the data named by --data, with progress of the download, and checks that it fits a network.

import { SingleBar } from "cli-progress";
import type { Dataset, DownloadProgress, NetworkSpec, TrainAndTest } from "../node.js";
import { classesOf, classesText } from "../spec.js";
import { readData } from "../terminal/data.js";
import { printNote } from "../terminal/output.js";
import { dimensions } from "../text.js";
import { BAR_OPTIONS, isTerminal } from "./progress.js";

/** The sets of samples that commands can use, and their names in messages. */
export const SPLITS = ["test", "train"] as const;
export type Split = (typeof SPLITS)[number];
export const SPLIT_NAMES: Record<Split, string> = { test: "test", train: "training" };

/** Loads "mnist" or a folder. Prints warnings about the data on stderr and, unless `quiet`, the progress of a download. */
export async function loadData(data: string, quiet = false): Promise<Record<Split, Dataset>> {
  const loaded = await loadWithReport(data, quiet);
  for (const warning of loaded.warnings ?? []) printNote(`warning: ${data}: ${warning}`);
  for (const split of ["train", "test"] as const) {
    for (const warning of loaded[split].warnings) printNote(`warning: ${SPLIT_NAMES[split]} data: ${warning}`);
  }
  return loaded;
}

/** Loads the data and reports downloads, which happen if MNIST is neither installed nor cached. */
function loadWithReport(data: string, quiet: boolean): Promise<TrainAndTest> {
  if (quiet) return readData(data);
  const download = new DownloadReport();
  return readData(data, { onDownload: download.report }).finally(download.end);
}

/** Throws if samples or labels do not fit the network. `model` and `data` name both in the message. */
export function checkDataFits(spec: NetworkSpec, set: Dataset, model: string, data: string): void {
  // More outputs than classes are allowed: the surplus ones have the target 0.
  if (set.sampleSize !== spec.inputs) {
    throw new Error(`${model} takes ${spec.inputs} inputs, but the images of ${data} have ${pixels(set)}`);
  }
  const classes = classesOf(spec);
  if (classes === 0) {
    const activation = spec.layers.at(-1)?.activation;
    throw new Error(`${model} has one output of "${activation}", which tells no classes apart, but ${data} has labels`);
  }
  if (set.classes > classes) {
    throw new Error(`${model} has ${classesText(spec)}, but the labels of ${data} are of ${set.classes} classes`);
  }
}

/** The size of a sample as text: "784 pixels (28x28)". */
export function pixels({ sampleSize, shape }: Dataset): string {
  return `${sampleSize} pixels (${dimensions(shape)})`;
}

/** A progress bar per file on a terminal, else a line per file. */
class DownloadReport {
  private file = "";
  private readonly bar = new SingleBar({ ...BAR_OPTIONS, format: "downloading {file} {bar} {megabytes} MB" });

  readonly report = ({ file, received, total }: DownloadProgress): void => {
    const megabytes = (received / 1e6).toFixed(1);
    if (file !== this.file) {
      this.end();
      this.file = file;
      if (isTerminal()) this.bar.start(total ?? 0, 0, { file, megabytes });
      else printNote(`downloading ${file}`);
    }
    this.bar.update(received, { file, megabytes });
  };

  readonly end = (): void => this.bar.stop();
}
