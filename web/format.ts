// Numbers as the page writes them.

const WHOLE = new Intl.NumberFormat("en");

/** So many significant digits, with a true minus sign. */
export function short(value: number, digits = 3): string {
  if (value === 0 || !Number.isFinite(value)) return String(value).replace("-", "−");
  const isTiny = Math.abs(value) < 1e-4;
  const text = isTiny ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

/** In brackets where its minus sign would run into another sign. */
export function signed(value: number, digits = 3): string {
  return value < 0 ? `(${short(value, digits)})` : short(value, digits);
}

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
