// The messages between a page and a network's worker.

import { ready } from "../../build/ready.js";
import type { Dataset } from "../data/dataset.js";
import type { Build } from "../kernels/features.js";
import type { KernelBinary } from "../kernels/modules.js";
import type { NetworkSpec } from "../spec.js";
import type { FitOptions } from "../training/fit-options.js";

/**
 * The first message to a worker. The kernels and the source of threads are sent, so that the script need not contain
 * them too.
 */
export interface Opening {
  build: Build;
  binary: KernelBinary;
  /** Whether V8 is known to merge pairs of 128-bit vectors into 256-bit ones. */
  pairing: boolean;
  threadSource: string;
  /** The address of the worker's script, if workers are started from an address (`workerUrl`). */
  script: string | undefined;
}

/** The kinds of questions that a fit asks. The page answers each, and the fit waits for the answer. */
export type Asking = "epoch" | "batch" | "checkpoint" | "warning";

/** A warning that a fit has found, and which of its datasets it is about. */
export interface SentWarning {
  warning: string;
  sets: ("train" | "validation")[];
}

/**
 * The options of a fit as they are sent: datasets by number; `asks` and `checkpoint` say which functions the page has.
 */
export interface SentOptions
  extends Omit<
    FitOptions,
    "validation" | "onEpoch" | "onBatch" | "onWarning" | "batchInterval" | "signal" | "checkpoint"
  > {
  validation?: number;
  asks: { epoch: boolean; batch: boolean };
  checkpoint?: { seconds?: number; steps?: number };
}

/** The arrays of a dataset, which are sent in pieces. */
export type Part = "inputs" | "labels" | "targets";
export const PARTS = ["inputs", "labels", "targets"] as const satisfies Part[];

/** A dataset without its arrays: their types and lengths in elements. */
export interface Outline extends Pick<Dataset, "shape" | "classes"> {
  isBytes: boolean;
  lengths: Record<Part, number>;
}

/** From the page to the worker. Calls, questions and datasets are numbered separately. */
export type Request =
  | { kind: "open"; opening: Opening }
  | { kind: "call"; call: number; method: string; args: unknown[] }
  | { kind: "abort"; call: number }
  | { kind: "answer"; question: number; value?: unknown; failed?: boolean }
  | DataRequest;

/** A dataset's outline, a piece of it (`values` go to index `at` of a part), or that it is no longer needed. */
export type DataRequest =
  | { kind: "dataset"; dataset: number; outline: Outline }
  | { kind: "piece"; dataset: number; part: Part; at: number; values: Uint8Array | Float32Array | Uint32Array }
  | { kind: "drop"; dataset: number };

/** An error as it is sent: without stack and cause, which belong to the worker's side. */
export interface Failure {
  name: string;
  message: string;
  /** See `ArgumentError`. */
  argument?: string | undefined;
}

/** The worker's first message. It contains the version, because a copied script may be an older one. */
export const READY = ready;

/** From the worker to the page, after READY. */
export type Reply =
  | { kind: "result"; call: number; value: unknown }
  | { kind: "failure"; call: number; failure: Failure; isAbort: boolean }
  | { kind: "question"; call: number; question: number; asking: Asking; value: unknown };

/** The constant properties of a network, which the page keeps. */
export interface Facts {
  spec: NetworkSpec;
  build: Build;
  parameterCount: number;
}
