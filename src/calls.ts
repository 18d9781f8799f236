// What the calls of a network take and give.

import type { Signal } from "./globals.js";
import type { Recipe, Threads } from "./recipe/recipe.js";
import type { LayerParameters } from "./spec.js";

/**
 * Inputs of one or more samples, one after the other. Typed arrays say what they are: a `Uint8Array` is scaled by `inputScale`, a
 * `Float32Array` is used as given. A plain array is taken for the kind that the network was trained on, and for floats where
 * nothing is known, or it was both. A network that was trained on bytes only refuses plain arrays of anything but whole numbers from
 * 0 to 255, and floats beyond what scaled bytes can be; one that was trained on floats only refuses bytes. `fit` takes either kind;
 * the network then knows both. Model files and checkpoints keep it.
 */
export type Inputs = Uint8Array | Float32Array | readonly number[];

/** The class that a network assigns to a sample. */
export interface Classification {
  /** The number of the largest output, from 0. With a single sigmoid output: 1 if it is at least ½, else 0. */
  label: number;
  /** The outputs `[units]`; probabilities if the last layer is softmax. A single sigmoid output is the probability of class 1. */
  probabilities: Float32Array;
}

/** A loss and its gradient. */
export interface Gradient {
  /** Mean loss over the samples. */
  loss: number;
  /** dC/dW `[units][inputs]` and dC/dB `[units]` of each layer, row-major. */
  layers: LayerParameters[];
}

/** How a saved network is loaded. */
export interface LoadOptions {
  /** Whether to use the kernels without relaxed SIMD, whose bits are the same on every engine; default false. */
  deterministic?: boolean;
  /** Determines every shuffle of further training; an integer from 0, default 0. */
  seed?: number;
  /** Threads for training and inference, from 1 to 64; default "auto": as many as make it faster. */
  threads?: Threads;
}

/** How a network is loaded from bytes. */
export interface FromBytesOptions extends LoadOptions {
  /** What error messages call the bytes; default "the model". */
  title?: string;
}

/** Options of `predictAsync`. */
export interface TurnOptions {
  /** Aborting it rejects with its reason at the next turn; default none. */
  signal?: Signal;
}

/** What a model file holds besides the network. */
export interface SaveOptions {
  /** The recipe that the network was trained by; default none. */
  recipe?: Recipe;
}
