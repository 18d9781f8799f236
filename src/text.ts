// Numbers as text, for the command line, the model cards and the page.

/** Rounded to an integer, with separators: 60,000. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A fraction as a percentage: 94.32 %. */
export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Fixed decimals, so that columns align, with at least four significant digits: 0.1042, 12.3100, 1.204e+9. */
export function fixed(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(3);
  return value.toFixed(size >= 100 ? 2 : 4);
}

/** The sizes of a shape: 28x28. */
export function dimensions(shape: readonly number[]): string {
  return shape.join("x");
}

/** Seconds, rounded up, in the two largest units: 8 s, 3 m 20 s, 2 h 5 m. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
}
