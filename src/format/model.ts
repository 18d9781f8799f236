// A model file: a safetensors file whose metadata holds the network's spec and, if given, the recipe that it was trained by.

import { checkBytes, rangeError, reading, within } from "../check.js";
import { checkRecipe, type Recipe, specOf } from "../recipe/recipe.js";
import { checkSpec, type NetworkSpec, tensorsOf } from "../spec.js";
import {
  checkTensors,
  decodeSafetensors,
  encodeSafetensors,
  type NamedTensor,
  type Safetensors,
} from "./safetensors.js";

const SPEC_KEY = "wasmlp";
const RECIPE_KEY = "wasmlpRecipe";

/** A model file's bytes. RangeError or TypeError for a recipe that is damaged or of another network. */
export function encodeModel(
  spec: NetworkSpec,
  tensors: readonly NamedTensor[],
  recipe: unknown,
): Uint8Array<ArrayBuffer> {
  const metadata = { [SPEC_KEY]: JSON.stringify(spec) };
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

/** The spec and the tensors by name. RangeError names `title` and what is wrong. */
export function parseModel(bytes: Uint8Array, title: string): { spec: NetworkSpec; tensors: Safetensors["tensors"] } {
  const { tensors, metadata } = decodeSafetensors(bytes, title);
  const spec = parsePart(metadata.get(SPEC_KEY), `${title} has an invalid spec`, (json) => checkSpec(json, SPEC_KEY));
  if (spec === undefined) throw new RangeError(`${title} is no wasmlp model: its metadata has no "${SPEC_KEY}"`);
  checkTensors(tensors, tensorsOf(spec), title);
  return { spec, tensors };
}

/**
 * The recipe that a model file (`toBytes({ recipe })`, `saveNetwork`, `wasmlp train --out`) was trained by; undefined for a file
 * without one. TypeError for what is not bytes, RangeError for a damaged file.
 */
export function readRecipe(bytes: Uint8Array): Recipe | undefined {
  checkBytes(bytes, "bytes");
  return reading("bytes", () => {
    const { metadata } = decodeSafetensors(bytes, "the model");
    return parsePart(metadata.get(RECIPE_KEY), "the model has an invalid recipe", checkRecipe);
  });
}

/** A part of the metadata, which is JSON; undefined where it is missing. RangeError begins with `title`. */
function parsePart<T>(json: string | undefined, title: string, check: (value: unknown) => T): T | undefined {
  if (json === undefined) return undefined;
  try {
    return check(JSON.parse(json));
  } catch (cause) {
    throw new RangeError(`${title} in its metadata: ${(cause as Error).message}`, { cause });
  }
}
