// wasmlp/digits: what drawn digits need before a network trained on MNIST can read them.

export { preprocessDigit } from "./image/digit.js";
export type { DigitImage } from "./image/plane.js";
