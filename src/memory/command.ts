// The task of a network's threads: thread 0 encodes it into shared memory, where the other threads decode it. All sizes
// here follow from the fields.

import { SETTINGS } from "../abi.js";

/** What is to be done. */
export const TaskKind = {
  stop: 0,
  /** Nothing, but all threads meet: whatever they wrote before can be read afterwards. */
  wait: 1,
  /** Adds a batch's gradient at `offset` past the parameters, or into the parameters themselves. */
  learn: 2,
  /** `learn`, and then one update of the parameters. */
  step: 3,
  /** One update of the parameters by the gradient that is there. */
  update: 4,
  predict: 5,
  evaluate: 6,
} as const;

/** How the inputs of a batch reach the first layer's kernels. */
export const InputForm = {
  /** As rows of floats. */
  dense: 0,
  /** As sparse rows (CSR) that the step makes of the batch. */
  sparse: 1,
  /** As sparse rows (CSR) that the dataset is stored as. */
  storedSparse: 2,
} as const;

export const TargetKind = { none: 0, labels: 1, vectors: 2 } as const;

/** One task. Plain numbers, so that it can be copied field by field without allocation; addresses are in bytes. */
export interface Task {
  /** One of `TaskKind`. */
  kind: number;
  /** Address of the samples' rows, of their targets, and of the order (u32) in which to take them; 0: as they are stored. */
  rows: number;
  targets: number;
  order: number;
  /** Samples of the batch. */
  count: number;
  /** 1 where inputs are bytes, 0 where they are floats. */
  areBytes: number;
  /** One of `TargetKind`. */
  targetKind: number;
  /** One of `InputForm`. */
  inputForm: number;
  /** 1 where the batch's images are augmented before they are gathered. */
  augments: number;
  /** 1 where an evaluation keeps its outputs, which the loss overwrites. */
  keepsOutputs: number;
  /** What dC/dz is multiplied by: 1 / batch, or −rate / batch where the gradient is added into the parameters. */
  scale: number;
  /** Bytes from a parameter to where its gradient is added: 0, or the distance to the gradient block. */
  offset: number;
  /** Whether `settings` are for this task. */
  hasSettings: number;
  /** What a step tells its kernels, by the places of `abi.ts`. Not changed here. */
  settings: Float64Array;
}

/** The place of every field among the float64s of a command; a field without a place does not compile. */
const PLACES: Record<Exclude<keyof Task, "settings">, number> = {
  kind: 0,
  rows: 1,
  targets: 2,
  order: 3,
  count: 4,
  areBytes: 5,
  targetKind: 6,
  inputForm: 7,
  augments: 8,
  keepsOutputs: 9,
  scale: 10,
  offset: 11,
  hasSettings: 12,
};
const SETTINGS_PLACE = Object.keys(PLACES).length;
/** float64s of a command: all fields, then the settings. */
export const COMMAND_FLOATS = SETTINGS_PLACE + SETTINGS;

/** A cache line for the barrier's words (see `assembly/barrier.ts`), so that commands lie on other lines. */
export const BARRIER_BYTES = 64;
export const COMMAND_BYTES = COMMAND_FLOATS * 8;
/** The barrier and two commands, which take turns: one is read while the next is written. */
export const MEETING_BYTES = BARRIER_BYTES + 2 * COMMAND_BYTES;
/** A copy of the settings for the kernels of one thread. */
export const SETTINGS_BYTES = SETTINGS * 8;

export function newTask(settings = new Float64Array(SETTINGS)): Task {
  return {
    ...{ kind: TaskKind.wait, rows: 0, targets: 0, order: 0, count: 0, areBytes: 0, targetKind: TargetKind.none },
    ...{ inputForm: InputForm.dense, augments: 0, keepsOutputs: 0, scale: 0.5, offset: 0, hasSettings: 0, settings },
  };
}

/** Writes a task into `command`, `COMMAND_FLOATS` long. */
export function encodeTask(task: Task, command: Float64Array): void {
  command[PLACES.kind] = task.kind;
  command[PLACES.rows] = task.rows;
  command[PLACES.targets] = task.targets;
  command[PLACES.order] = task.order;
  command[PLACES.count] = task.count;
  command[PLACES.areBytes] = task.areBytes;
  command[PLACES.targetKind] = task.targetKind;
  command[PLACES.inputForm] = task.inputForm;
  command[PLACES.augments] = task.augments;
  command[PLACES.keepsOutputs] = task.keepsOutputs;
  command[PLACES.scale] = task.scale;
  command[PLACES.offset] = task.offset;
  command[PLACES.hasSettings] = task.hasSettings;
  const { settings } = task;
  for (let i = 0; i < SETTINGS; i++) command[SETTINGS_PLACE + i] = settings[i] as number;
}

/** Reads what `encodeTask` wrote into `task`; its settings are written into the array that it has. */
export function decodeTask(command: Float64Array, task: Task): void {
  task.kind = command[PLACES.kind] as number;
  task.rows = command[PLACES.rows] as number;
  task.targets = command[PLACES.targets] as number;
  task.order = command[PLACES.order] as number;
  task.count = command[PLACES.count] as number;
  task.areBytes = command[PLACES.areBytes] as number;
  task.targetKind = command[PLACES.targetKind] as number;
  task.inputForm = command[PLACES.inputForm] as number;
  task.augments = command[PLACES.augments] as number;
  task.keepsOutputs = command[PLACES.keepsOutputs] as number;
  task.scale = command[PLACES.scale] as number;
  task.offset = command[PLACES.offset] as number;
  task.hasSettings = command[PLACES.hasSettings] as number;
  const { settings } = task;
  for (let i = 0; i < SETTINGS; i++) settings[i] = command[SETTINGS_PLACE + i] as number;
}
