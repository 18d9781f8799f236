// Numbers as the page writes them. `short` and `signed` are the library's, so that the page and `explain` print alike.

import { percent as shareInPercent } from "../src/text.js";

export { short, signed } from "../src/inference/paper.js";

const WHOLE = new Intl.NumberFormat("en");

/** A fraction as a percentage, such as "97.63 %"; "–" for an unknown one. */
export function percent(share: number | undefined, digits = 2): string {
  return share === undefined ? "–" : shareInPercent(share, digits);
}

/** An integer with separators: "101,770". */
export function whole(value: number): string {
  return WHOLE.format(value);
}

/** Three significant digits, for measured values: "423,000". */
export function about(value: number): string {
  return WHOLE.format(Number(value.toPrecision(3)));
}

/** Millions of bytes with one decimal: "9.8 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
