// A model file: a safetensors file whose metadata holds the network's spec and, if given, the recipe that it was trained by.

import { checkBytes, rangeError, reading, shown, within } from "../check.js";
import { type InputKind, type InputKinds, listOfKinds } from "../input-kind.js";
import { messageOf } from "../kinds.js";
import { checkRecipe, type Recipe, specOf } from "../recipe/recipe.js";
import { checkSpec, type NetworkSpec, tensorsOf } from "../spec.js";
import {
  checkTensors,
  decodeSafetensors,
  encodeSafetensors,
  type NamedTensor,
  type Safetensors,
} from "./safetensors.js";
import { damaged, isTrainingFile, readTrainingFile } from "./training-file.js";

const SPEC_KEY = "wasmlp";
const INPUTS_KEY = "wasmlpInputs";
const RECIPE_KEY = "wasmlpRecipe";
/** What stands for the kinds of inputs that a network was trained on; a network that was not has none. */
const INPUT_TEXTS = ["bytes", "floats", "bytes,floats"];

/** A model file's bytes. RangeError or TypeError for a recipe that is damaged or of another network. */
export function encodeModel(
  spec: NetworkSpec,
  tensors: readonly NamedTensor[],
  trainedOn: InputKinds,
  recipe: unknown,
): Uint8Array<ArrayBuffer> {
  const inputs = listOfKinds(trainedOn).join();
  const metadata = { [SPEC_KEY]: JSON.stringify(spec), ...(inputs && { [INPUTS_KEY]: inputs }) };
  if (recipe === undefined) return encodeSafetensors(tensors, metadata);
  return encodeSafetensors(tensors, { ...metadata, [RECIPE_KEY]: JSON.stringify(savedRecipe(recipe, spec)) });
}

/** Threads change no result, and are left out, so that a training by any number of them saves the same bytes. */
function savedRecipe(value: unknown, spec: NetworkSpec): Recipe {
  const { network, fit } = within("recipe", () => checkRecipe(value));
  const { threads: _, ...rest } = network;
  if (JSON.stringify(specOf(network)) !== JSON.stringify(spec)) {
    throw rangeError("recipe.network", "must have the inputs, layers and loss of the network that is saved");
  }
  return { network: rest, fit };
}

/** What a model file holds. */
export interface Model {
  spec: NetworkSpec;
  /** By name. */
  tensors: Safetensors["tensors"];
  trainedOn: InputKind[];
}

/** A model. RangeError names `title` and what is wrong. */
export function parseModel(file: Safetensors, title: string): Model {
  const { tensors, bytes, metadata } = file;
  const spec = parsePart(metadata.get(SPEC_KEY), `${title} has an invalid spec`, (json) => checkSpec(json, SPEC_KEY));
  if (spec === undefined) throw new RangeError(`${title} is no wasmlp model: its metadata has no "${SPEC_KEY}"`);
  const [other] = bytes.keys();
  if (other !== undefined) throw new RangeError(`${title} has a tensor ${shown(other)} of the type U8; F32 is read`);
  checkTensors(tensors, tensorsOf(spec), title);
  const inputs = metadata.get(INPUTS_KEY);
  if (inputs !== undefined && !INPUT_TEXTS.includes(inputs)) {
    throw new RangeError(`${title} has a damaged "${INPUTS_KEY}" in its metadata: ${shown(inputs)}`);
  }
  return { spec, tensors, trainedOn: (inputs?.split(",") ?? []) as InputKind[] };
}

/**
 * The recipe that a model file (`toBytes({ recipe })`, `saveNetwork`, `wasmlp train --out`) was trained by, or that of a
 * checkpoint; undefined for a file without one, and for a checkpoint of a training whose schedule was a function. TypeError for
 * what is not bytes, RangeError for a damaged file.
 */
export function readRecipe(bytes: Uint8Array): Recipe | undefined {
  checkBytes(bytes, "bytes");
  return reading("bytes", () => {
    const file = decodeSafetensors(bytes, "the model", ["F32", "U8"]);
    if (isTrainingFile(file)) return checkpointRecipe(readTrainingFile(file, "the checkpoint").state);
    return parsePart(file.metadata.get(RECIPE_KEY), "the model has an invalid recipe", checkRecipe);
  });
}

/** The recipe in the state of a checkpoint, which keeps all that determines its training. */
function checkpointRecipe(state: unknown): Recipe | undefined {
  const { network, fit } = ((state as { asked?: unknown } | null)?.asked ?? {}) as Recipe;
  if (typeof fit?.schedule === "string") return undefined;
  try {
    return checkRecipe({ network, fit });
  } catch (cause) {
    throw damaged("the checkpoint", cause);
  }
}

/** A part of the metadata, which is JSON; undefined where it is missing. RangeError begins with `title`. */
function parsePart<T>(json: string | undefined, title: string, check: (value: unknown) => T): T | undefined {
  if (json === undefined) return undefined;
  try {
    return check(JSON.parse(json));
  } catch (cause) {
    throw new RangeError(`${title} in its metadata: ${messageOf(cause)}`, { cause });
  }
}
