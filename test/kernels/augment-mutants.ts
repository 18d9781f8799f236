// Wrong variants of the kernel `augment` (see `mutants.ts`).

import * as abi from "../../src/abi.js";
import type { Kernels } from "../../src/kernels/modules.js";
import { at } from "../support/reference.js";
import { checkAugment, checkShift, checkUnchanged, EVERYTHING } from "./augment-checks.js";
import type { Lab, Mutant } from "./lab.js";

type Augment = Kernels["augment"];

const IMAGES = { height: 12, width: 11, count: 3, bytes: true, ordered: true };
const CASE = { ...IMAGES, augmentation: EVERYTHING };

/** The true kernel with other settings: `change` gets them as words and as floats. */
function toldOtherwise(change: (words: Uint32Array, floats: Float32Array) => void): Mutant["wrong"] {
  return ({ kernels, arena }) => {
    const wrong: Augment = (x, rows, order, count, bytes, settings, scratch) => {
      const { buffer } = arena.memory;
      const words = new Uint32Array(buffer, settings, abi.AUGMENT_WORDS);
      const kept = words.slice();
      change(words, new Float32Array(buffer, settings, abi.AUGMENT_WORDS));
      kernels.augment(x, rows, order, count, bytes, settings, scratch);
      words.set(kept);
    };
    return { augment: wrong };
  };
}

/** Multiplies the float at index `place`. */
function timesFloat(place: number, factor: number): Mutant["wrong"] {
  return toldOtherwise((_, floats) => {
    floats[place] = at(floats, place) * factor;
  });
}

function setWord(place: number, value: number): Mutant["wrong"] {
  return toldOtherwise((words) => {
    words[place] = value;
  });
}

const reach = (range: number): number => abi.AUGMENT_REACHES + range;
const middle = (range: number): number => abi.AUGMENT_MIDDLES + range;
const everything = (lab: Lab): void => checkAugment(lab, CASE);

export const augmentMutants: Mutant[] = [
  { name: "augment forgets the epoch", check: everything, wrong: setWord(abi.AUGMENT_EPOCH, 0) },
  { name: "augment takes half of the seed", check: everything, wrong: setWord(abi.AUGMENT_SEED + 1, 0) },
  {
    name: "augment leaves strokes as thick as they are",
    check: everything,
    wrong: timesFloat(reach(abi.RANGE_THICKNESS), 0),
  },
  { name: "augment turns the other way", check: everything, wrong: timesFloat(reach(abi.RANGE_ROTATION), -1) },
  { name: "augment leans a little less", check: everything, wrong: timesFloat(reach(abi.RANGE_SHEAR), 0.999) },
  { name: "augment distorts a little more", check: everything, wrong: timesFloat(abi.AUGMENT_AMPLITUDE, 1.001) },
  { name: "augment has nodes a little nearer", check: everything, wrong: timesFloat(abi.AUGMENT_DENSITY, 1.0001) },
  { name: "augment scales bytes otherwise", check: everything, wrong: timesFloat(abi.AUGMENT_INPUT_SCALE, 1.001) },
  {
    name: "augment draws by the place in the batch",
    check: everything,
    wrong: ({ kernels, arena }) => ({
      augment: (x, rows, order, count, ...rest) => {
        const size = IMAGES.height * IMAGES.width;
        for (let i = 0; i < count; i++) {
          const number = new Uint32Array(arena.memory.buffer)[order / 4 + i] as number;
          kernels.augment(x + i * size * 4, rows + number * size, 0, 1, ...rest);
        }
      },
    }),
  },
  {
    name: "augment draws an image too many",
    check: everything,
    wrong: ({ kernels }) => ({
      augment: (x, rows, order, count, ...rest) => kernels.augment(x, rows, order, count + 1, ...rest),
    }),
  },
  {
    name: "augment shifts by not quite a pixel",
    check: (lab) => checkShift(lab, IMAGES, 1, 0),
    wrong: timesFloat(middle(abi.RANGE_SHIFT_X), 1 + 2 ** -20),
  },
  {
    name: "augment changes what was to stay",
    check: (lab) => checkUnchanged(lab, IMAGES),
    wrong: toldOtherwise((_, floats) => {
      floats[reach(abi.RANGE_ROTATION)] = 2 ** -20;
    }),
  },
];
