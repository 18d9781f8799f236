// Numbers as the page writes them: those of the chain rule as the library does.

export { short, signed } from "../src/inference/paper.js";

const WHOLE = new Intl.NumberFormat("en");

export function percent(share: number | undefined, digits = 2): string {
  return share === undefined ? "–" : `${(share * 100).toFixed(digits)} %`;
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
