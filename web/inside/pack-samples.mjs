/** A test image of each digit, for the page to show before anyone has fetched MNIST. */

import { readPart } from "../pack-mnist.mjs";

const PIXELS = 28 * 28;

/** `[10][28][28]` bytes: the first of the test images of 0, of 1, and so on. */
export function packSamples(folder) {
  const { images, labels } = readPart(folder, "t10k");
  const firsts = Array.from({ length: 10 }, (_, digit) => labels.indexOf(digit));
  return Buffer.concat(firsts.map((i) => images.subarray(i * PIXELS, (i + 1) * PIXELS)));
}
