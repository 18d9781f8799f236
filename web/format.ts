// Numbers as the page writes them: those of the chain rule as the library does.

import { percent as shareInPercent } from "../src/text.js";

export { short, signed } from "../src/inference/paper.js";

const WHOLE = new Intl.NumberFormat("en");

/** A dash where there is no number. */
export function percent(share: number | undefined, digits = 2): string {
  return share === undefined ? "–" : shareInPercent(share, digits);
}

/** 101,770. */
export function whole(value: number): string {
  return WHOLE.format(value);
}

/** 423,000: what is measured, to three digits. */
export function about(value: number): string {
  return WHOLE.format(Number(value.toPrecision(3)));
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
