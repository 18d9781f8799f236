/** A test image of each digit, for the page to show before anyone has fetched MNIST. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

const PIXELS = 28 * 28;
/** What comes before the images and the labels of MNIST's files. */
const [IMAGES, LABELS] = [16, 8];

/** `[10][28][28]` bytes: the first of the test images of 0, of 1, and so on. */
export function packSamples(folder) {
  const images = readFileSync(join(folder, "t10k-images-idx3-ubyte"));
  const labels = readFileSync(join(folder, "t10k-labels-idx1-ubyte"));
  const firsts = Array.from({ length: 10 }, (_, digit) => labels.indexOf(digit, LABELS) - LABELS);
  return Buffer.concat(firsts.map((i) => images.subarray(IMAGES + i * PIXELS, IMAGES + (i + 1) * PIXELS)));
}
