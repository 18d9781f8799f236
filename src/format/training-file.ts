// A file that a training can be continued from: a safetensors file of tensors, and the state of the training as JSON in a tensor
// of bytes, for a header would not hold the records of many epochs. `training/checkpoint.ts` says what the state is.

import { messageOf } from "../kinds.js";
import { decodeUtf8, encodeUtf8 } from "../utf8.js";
import { decodeSafetensors, encodeSafetensors, type NamedTensor, type Safetensors } from "./safetensors.js";

const METADATA_KEY = "wasmlpCheckpoint";
const FORMAT = "3";
/** Formats that are read: in 2, records of all epochs had their confusion, and neither kernels nor kinds of inputs were kept. */
const FORMATS = ["2", FORMAT];
const STATE = "state";

/** The tensors, and the state, of which nothing has been checked. */
export interface TrainingFile {
  tensors: Safetensors["tensors"];
  state: unknown;
}

export function encodeTrainingFile(tensors: readonly NamedTensor[], state: unknown): Uint8Array<ArrayBuffer> {
  const data = encodeUtf8(JSON.stringify(state, spelled));
  return encodeSafetensors([...tensors, { name: STATE, shape: [data.length], data }], { [METADATA_KEY]: FORMAT });
}

/** Whether a file says that it is one. */
export function isTrainingFile({ metadata }: Safetensors): boolean {
  return metadata.has(METADATA_KEY);
}

/** Decodes a file; RangeError names `title` and what is wrong with it. */
export function decodeTrainingFile(bytes: Uint8Array, title: string): TrainingFile {
  return readTrainingFile(decodeSafetensors(bytes, title, ["F32", "U8"]), title);
}

/** The same for a file that has been decoded with tensors of bytes. */
export function readTrainingFile({ tensors, bytes, metadata }: Safetensors, title: string): TrainingFile {
  if (!FORMATS.includes(metadata.get(METADATA_KEY) ?? "")) {
    throw new RangeError(
      `${title} holds no training to go on with: its metadata has no "${METADATA_KEY}" of ${FORMATS.join(" or ")}`,
    );
  }
  try {
    return {
      tensors,
      state: JSON.parse(decodeUtf8(bytes.get(STATE) ?? new Uint8Array(0)), unspelled),
    };
  } catch (cause) {
    throw damaged(title, cause);
  }
}

export function damaged(title: string, cause: unknown): RangeError {
  return new RangeError(`${title} is damaged: ${messageOf(cause)}`, { cause });
}

/** What JSON has no word for, such as the loss of a validation that overflows, as a text; and back. */
function spelled(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function unspelled(_: string, value: unknown): unknown {
  return ["NaN", "Infinity", "-Infinity"].includes(value as string) ? Number(value) : value;
}
