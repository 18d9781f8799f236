// What a page and the worker of a network say to each other.

import { ready } from "../../build/ready.js";
import type { Dataset } from "../data/dataset.js";
import type { Build } from "../kernels/features.js";
import type { KernelBinary } from "../kernels/modules.js";
import type { NetworkSpec } from "../spec.js";
import type { FitOptions } from "../training/fit-options.js";

/** What a worker is told first: its script carries neither kernels nor the script of helping threads. */
export interface Opening {
  build: Build;
  binary: KernelBinary;
  /** Whether V8 is known to run pairs of vectors as one. */
  pairing: boolean;
  threadSource: string;
  /** The address of the script itself, where workers are started from one. */
  script: string | undefined;
}

/** What a fit asks the page, which answers each question. */
export type Asking = "epoch" | "batch" | "checkpoint";

/** The options of a fit: datasets by their numbers, and of functions only whether there are any. */
export interface SentOptions
  extends Omit<FitOptions, "validation" | "onEpoch" | "onBatch" | "batchInterval" | "signal" | "checkpoint"> {
  validation?: number;
  asks: { epoch: boolean; batch: boolean };
  checkpoint?: { seconds?: number; steps?: number };
}

/** The parts of a dataset that are sent piece by piece. */
export type Part = "inputs" | "labels" | "targets";
export const PARTS = ["inputs", "labels", "targets"] as const satisfies Part[];

/** A dataset before its numbers: how many of each kind there are. */
export interface Outline extends Pick<Dataset, "shape" | "classes"> {
  isBytes: boolean;
  lengths: Record<Part, number>;
}

/** From the page. Calls, questions and datasets have numbers of their own each. */
export type Request =
  | { kind: "open"; opening: Opening }
  | { kind: "call"; call: number; method: string; args: unknown[] }
  | { kind: "abort"; call: number }
  | { kind: "answer"; question: number; value?: unknown; failed?: boolean }
  | DataRequest;

/** A dataset comes, part by part; or is not needed any more. */
export type DataRequest =
  | { kind: "dataset"; dataset: number; outline: Outline }
  | { kind: "piece"; dataset: number; part: Part; at: number; values: Uint8Array | Float32Array | Uint32Array }
  | { kind: "drop"; dataset: number };

/** An error without what only its own side knows of it. */
export interface Failure {
  name: string;
  message: string;
}

/** What the worker says first: by its version, for a copy of its script may have become an old one. */
export const READY = ready;

/** From the worker, after it has said that it is ready. */
export type Reply =
  | { kind: "result"; call: number; value: unknown }
  | { kind: "failure"; call: number; failure: Failure; isAbort: boolean }
  | { kind: "question"; call: number; question: number; asking: Asking; value: unknown };

/** What a page knows of a network without asking. */
export interface Facts {
  spec: NetworkSpec;
  build: Build;
  parameterCount: number;
}
