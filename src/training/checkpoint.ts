// A checkpoint: all that a training needs to go on as if it had never stopped. A file of parameters, moments and best parameters,
// and the rest as its state. Random draws have no state but their seed and the position of the training.

import {
  checkFunction,
  checkInteger,
  checkName,
  checkNumber,
  checkOptions,
  rangeError,
  reading,
  shortened,
  shown,
  typeError,
} from "../check.js";
import type { Dataset } from "../data/dataset.js";
import type { Model } from "../format/model.js";
import { checkTensors, decodeSafetensors, type NamedTensor, type Safetensors } from "../format/safetensors.js";
import {
  damaged,
  decodeTrainingFile,
  encodeTrainingFile,
  isTrainingFile,
  readTrainingFile,
  type TrainingFile,
} from "../format/training-file.js";
import type { InputKind } from "../input-kind.js";
import type { Build } from "../kernels/features.js";
import type { Arena } from "../memory/arena.js";
import type { FitRecipe } from "../recipe/recipe.js";
import { checkSpec, type NetworkSpec, type TensorSpec, tensorsOf } from "../spec.js";
import { clock, type YieldPoint } from "../yielding.js";
import { type EpochRecord, withoutConfusion } from "./record.js";
import type { Best } from "./stopping.js";

const TITLE = "the checkpoint";

/** When checkpoints are saved: every `seconds` or every `steps`, whichever comes first, and when training ends. */
export interface CheckpointOptions {
  /**
   * Called with the bytes of a complete checkpoint; a promise that it returns is awaited. `fileCheckpoint` of `wasmlp/node`
   * writes them to a file.
   */
  save: (bytes: Uint8Array<ArrayBuffer>) => unknown;
  /** Seconds between checkpoints; default 60, or no limit if `steps` is given. */
  seconds?: number;
  /** Steps between checkpoints; default no limit. */
  steps?: number;
}

/** A checked copy, every default filled in. */
export function checkCheckpointOptions(value: unknown): Required<CheckpointOptions> {
  const { save, steps, seconds } = checkOptions(value, "checkpoint", ["save", "seconds", "steps"]);
  const most = steps === undefined ? 60 : Infinity;
  return {
    save: checkFunction(save, "checkpoint.save") as CheckpointOptions["save"],
    steps: steps === undefined ? Infinity : checkInteger(steps, "checkpoint.steps"),
    seconds: seconds === undefined ? most : checkNumber(seconds, "checkpoint.seconds", 0),
  };
}

/** When it is time for the next checkpoint. */
export class Timer {
  private steps = 0;
  private last = clock.now();

  constructor(private readonly options: Required<CheckpointOptions>) {}

  /** Counts a step. Whether it is time is only asked of the clock where `looks`. */
  isDueAfterStep(looks: boolean): boolean {
    return ++this.steps >= this.options.steps || (looks && this.isDue);
  }

  get isDue(): boolean {
    return this.steps >= this.options.steps || clock.now() - this.last >= this.options.seconds * 1000;
  }

  restart(): void {
    this.steps = 0;
    this.last = clock.now();
  }
}

/** What determines a training, which must be the same when it is resumed: the recipe, as JSON, and the data. */
export interface Asked {
  network: NetworkSpec & { seed: number };
  fit: FitRecipe | (Omit<FitRecipe, "schedule"> & { schedule: string });
  /** Fingerprints, and where images are augmented the shape of a sample. */
  data: { train: string; "train.shape"?: readonly number[]; validation?: string };
}

/** Where a training stands, besides what lies in memory. */
export interface TrainingState {
  asked: Asked;
  /** The kernels, whose results differ by rounding; absent in format 2. */
  build?: Build;
  /** The kinds of inputs that the network has been trained on so far; absent in format 2. */
  inputs?: InputKind[];
  /** Epochs that the network had seen before this training. */
  epochsBefore: number;
  /** The current epoch, from 1, and sums over its samples so far. */
  epoch: number;
  samples: number;
  loss: number;
  correct: number;
  seconds: number;
  history: EpochRecord[];
  best: Pick<Best, "epoch" | "score"> | null;
}

export interface Checkpoint extends TrainingState {
  tensors: Map<string, { data: Float32Array }>;
}

/** Bytes that are hashed at a time. */
const PIECE = 2 ** 20;

/** What tells data from other data: how much there is, and an FNV-1a hash of it. Calls `yieldPoint` on its way. */
export async function fingerprint(
  { count, sampleSize, inputs, labels, targets }: Dataset,
  yieldPoint: YieldPoint,
): Promise<string> {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of [inputs, labels ?? (targets as Float32Array)]) {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let from = 0; from < bytes.length; from += PIECE) {
      hash = hashed(hash, bytes.subarray(from, from + PIECE));
      await yieldPoint();
    }
  }
  return `${count} x ${sampleSize}, ${(hash >>> 0).toString(16)}`;
}

function hashed(hash: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}

/** What of a checkpoint's tensors begins with what, and how far from the parameters it lies. */
function blocks(arena: Arena): [prefix: string, offset: number][] {
  const { params, slots } = arena.plan;
  return [["", 0], ...slots.map((address, i): [string, number] => [`moments.${i}.`, address - params])];
}

export function encodeCheckpoint(
  arena: Arena,
  trainingState: TrainingState,
  best: Best | undefined,
): Uint8Array<ArrayBuffer> {
  const { tensors } = arena.plan;
  const named = (prefix: string, dataOf: (i: number) => Float32Array): NamedTensor[] =>
    tensors.map(({ name, shape }, i) => ({ name: prefix + name, shape, data: dataOf(i) }));
  return encodeTrainingFile(
    [
      ...blocks(arena).flatMap(([prefix, offset]) =>
        named(prefix, (i) => arena.readTensor(tensors[i] as (typeof tensors)[number], offset)),
      ),
      ...(best ? named("best.", (i) => best.parameters[i] as Float32Array) : []),
    ],
    trainingState,
  );
}

/**
 * A checkpoint of a training that was asked for just what this one is, of a network with `slots` moments. A RangeError is about
 * "resume" where the bytes are damaged, or about the option that had another value.
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  arena: Arena,
  slots: number,
  asked: Asked,
  build: Build,
): Checkpoint {
  const { trainingState, tensors } = reading("resume", () => parseCheckpoint(decodeTrainingFile(bytes, TITLE), TITLE));
  const now = JSON.parse(JSON.stringify(asked)) as Asked;
  for (const part of ["network", "fit", "data"] as const) checkSame(trainingState.asked[part], now[part]);
  checkBuild(trainingState.build, build);
  reading("resume", () => {
    checkPosition(trainingState, asked);
    checkTensors(tensors, checkpointTensors(arena, slots, trainingState), TITLE);
  });
  return { ...trainingState, tensors };
}

function parseCheckpoint(
  { state, tensors }: TrainingFile,
  title: string,
): { trainingState: TrainingState; tensors: Safetensors["tensors"] } {
  return { trainingState: checkState(state, title), tensors };
}

/** RangeError that says what to set, where the kernels differ from those of the training. */
function checkBuild(wanted: Build | undefined, got: Build): void {
  if (wanted === undefined || wanted === got) return;
  const kernels = `the checkpoint is of a training by the kernels "${wanted}", and this network has "${got}"`;
  const remedy =
    wanted === "simd"
      ? "create the network with deterministic: true"
      : "create the network without deterministic, on an engine with relaxed SIMD";
  throw rangeError("deterministic", `must be as in the checkpoint: ${kernels}; ${remedy}`);
}

/** Names and shapes of all tensors of a checkpoint: parameters, moments, and the best parameters where there are any. */
function checkpointTensors(arena: Arena, slots: number, { best }: TrainingState): Pick<TensorSpec, "name" | "shape">[] {
  const moments = Array.from({ length: slots }, (_, i) => `moments.${i}.`);
  const prefixes = ["", ...moments, ...(best ? ["best."] : [])];
  return prefixes.flatMap((prefix) => arena.plan.tensors.map(({ name, shape }) => ({ name: prefix + name, shape })));
}

/** Epochs that had ended when a checkpoint was saved, which must be one. */
export function epochsIn(checkpoint: Uint8Array): number {
  return parseCheckpoint(decodeTrainingFile(checkpoint, TITLE), TITLE).trainingState.epoch - 1;
}

/** Where a checkpoint stands; undefined for any other file. */
export function positionIn(
  bytes: Uint8Array,
): (Pick<TrainingState, "epoch" | "samples"> & { epochs: number }) | undefined {
  const file = decodeSafetensors(bytes, TITLE, ["F32", "U8"]);
  if (!isTrainingFile(file)) return undefined;
  const { epoch, samples, asked } = parseCheckpoint(readTrainingFile(file, TITLE), TITLE).trainingState;
  return { epoch, samples, epochs: asked.fit.epochs };
}

/** The network that a checkpoint holds. */
export interface CheckpointModel extends Model {
  seed: number;
  /** Epochs that it has begun. */
  epochs: number;
}

/**
 * The network of a checkpoint: the best parameters where early stopping kept some, else those where the training stood. RangeError
 * names `title` and what is wrong.
 */
export function modelOfCheckpoint(file: Safetensors, title: string): CheckpointModel {
  const { trainingState, tensors } = parseCheckpoint(readTrainingFile(file, title), title);
  const { asked, best, epoch, epochsBefore, inputs = [] } = trainingState;
  try {
    const { seed, ...rest } = asked.network;
    const spec = checkSpec(rest, "network");
    const prefix = best ? "best." : "";
    const own = tensorsOf(spec).map((tensor) => ({ ...tensor, name: prefix + tensor.name }));
    const found = new Map([...tensors].filter(([name]) => own.some((tensor) => tensor.name === name)));
    checkTensors(found, own, title);
    const named = new Map([...found].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
    checkInteger(seed, "seed", 0, Number.MAX_SAFE_INTEGER);
    const epochs = checkInteger(epochsBefore, "epochsBefore", 0) + checkInteger(epoch, "epoch") - 1;
    return { spec, tensors: named, trainedOn: inputs, seed, epochs };
  } catch (cause) {
    throw damaged(title, cause);
  }
}

function checkState(value: unknown, title: string): TrainingState {
  try {
    const state = checkOptions(value, "state", [
      ...["asked", "epochsBefore", "epoch", "samples", "loss", "correct", "seconds", "history", "best"],
      ...["build", "inputs"],
    ]);
    const parts = checkOptions(state.asked, "asked", ["network", "fit", "data"]);
    for (const part of ["network", "fit", "data"]) checkOptions(parts[part], part, Object.keys(parts[part] ?? {}));
    if (state.build !== undefined) checkName(state.build, "build", ["simd", "relaxed"]);
    if (state.inputs !== undefined) checkKinds(state.inputs);
    if (!Array.isArray(state.history)) throw typeError("history", `must be an array, got ${shown(state.history)}`);
    // Checkpoints of format 2 have the confusion counts of every record.
    const history = state.history.map((record, i, { length }) => {
      return i < length - 1 && record ? withoutConfusion(record) : record;
    });
    return { ...(state as unknown as TrainingState), history };
  } catch (cause) {
    throw damaged(title, cause);
  }
}

function checkKinds(value: unknown): void {
  if (!Array.isArray(value)) throw typeError("inputs", `must be an array, got ${shown(value)}`);
  for (const kind of value) checkName(kind, "inputs", ["bytes", "floats"]);
}

/** Whether all options are as they were; RangeError names the first that is not. `path` is where they lie. */
function checkSame(then: object, now: object, path = ""): void {
  const [before, after] = [then, now] as Record<string, unknown>[];
  for (const key of Object.keys({ ...before, ...after })) {
    const [wanted, got] = [before?.[key], after?.[key]];
    const name = path + key;
    if (NAMED.includes(name) && isObject(wanted) && isObject(got)) checkSame(wanted, got, `${name}.`);
    else checkEqual(name, JSON.stringify(wanted), JSON.stringify(got));
  }
}

/** Characters of an option that a message repeats. */
const MOST_COMPARED = 200;
/** Options that have options of their own, which are compared one by one. */
const NAMED = ["optimizer", "schedule", "earlyStopping"];

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function checkEqual(name: string, wanted: string | undefined, got: string | undefined): void {
  if (wanted === got) return;
  const [before, now] = [wanted ?? "left out", got ?? "nothing"].map((text) => shortened(text, MOST_COMPARED));
  throw rangeError(name, `must be ${before} as in the checkpoint, got ${now}`);
}

function checkPosition(trainingState: TrainingState, { fit, data }: Asked): void {
  const { epochs, batchSize } = fit as { epochs: number; batchSize: number };
  const { epoch, samples, history, best } = trainingState;
  try {
    checkInteger(trainingState.epochsBefore, "epochsBefore", 0);
    checkInteger(epoch, "epoch", 1, epochs + 1);
    const count = Number.parseInt(data.train, 10);
    checkInteger(samples, "samples", 0, epoch > epochs ? 0 : count);
    if (samples % batchSize !== 0 && samples !== count) throw rangeError("samples", `ends no batch, got ${samples}`);
    for (const name of ["loss", "correct", "seconds"] as const) checkNumber(trainingState[name], name);
    checkInteger(history.length, "history", epoch - 1, epoch - 1);
    history.forEach((record, i) => {
      checkInteger((record as Partial<EpochRecord> | null)?.epoch, "history.epoch", i + 1, i + 1);
    });
    if (best === undefined || best?.epoch !== history.at(-1)?.bestEpoch)
      throw rangeError("best", "is missing, or there for nothing");
    if (best === null) return;
    checkInteger(best.epoch, "best.epoch", 1, epoch - 1);
    checkNumber(best.score, "best.score");
  } catch (cause) {
    throw damaged(TITLE, cause);
  }
}

/** Puts back what lies in memory, and gives the best parameters there were. No thread may be at work. */
export function restore(arena: Arena, { tensors, best }: Checkpoint): Best | undefined {
  const dataOf = (name: string) => (tensors.get(name) as { data: Float32Array<ArrayBuffer> }).data;
  const own = arena.plan.tensors;
  for (const [prefix, offset] of blocks(arena)) {
    for (const tensor of own) arena.restoreTensor(tensor, dataOf(prefix + tensor.name), offset);
  }
  return best ? { ...best, parameters: own.map(({ name }) => dataOf(`best.${name}`)) } : undefined;
}
