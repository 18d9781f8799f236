/** One test image of each digit, shown by the page before MNIST is downloaded. */

import { readPart } from "../pack-mnist.mjs";

const PIXELS = 28 * 28;

/** `[10][28][28]` bytes: the first test image of each digit. */
export function packSamples(folder) {
  const { images, labels } = readPart(folder, "t10k");
  const firsts = Array.from({ length: 10 }, (_, digit) => labels.indexOf(digit));
  return Buffer.concat(firsts.map((i) => images.subarray(i * PIXELS, (i + 1) * PIXELS)));
}
