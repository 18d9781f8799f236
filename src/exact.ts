// Mathematical functions that return the same bits on every engine, which `Math.log`, `Math.pow`, `Math.exp` and
// `Math.cos` do not guarantee. They use only additions, multiplications and divisions, whose rounding IEEE 754 defines
// exactly.

/**
 * ln x for 0 < x < 1, with an error below 1e-14. With x = m·2^e and m between √½ and √2, ln x = e·ln 2 + ln m, and
 * ln m = 2·atanh(s) = 2·(s + s³/3 + s⁵/5 + …) with s = (m − 1)/(m + 1).
 */
export function logarithm(x: number): number {
  let m = x;
  let exponent = 0;
  while (m < Math.SQRT1_2) {
    m *= 2;
    exponent--;
  }
  const s = (m - 1) / (m + 1);
  let series = 0;
  for (let n = 21; n >= 1; n -= 2) series = series * s * s + 1 / n;
  return exponent * Math.LN2 + 2 * s * series;
}

/** base^exponent for a whole, non-negative exponent, by repeated squaring. */
export function power(base: number, exponent: number): number {
  let product = 1;
  for (let square = base, left = exponent; left > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) product *= square;
  }
  return product;
}

/**
 * e^x for x ≤ 0: x is halved until it is at least −½, where the Taylor series is short; the result is squared as often.
 */
export function exponential(x: number): number {
  let halvings = 0;
  for (; x < -0.5; x /= 2) halvings++;
  let series = 1;
  for (let n = 14; n > 0; n--) series = 1 + (x / n) * series;
  for (; halvings > 0; halvings--) series *= series;
  return series;
}

/** (1 + cos πx) / 2 for x from 0 to 1, as the square of cos(πx/2) by its Taylor series. */
export function halfCosine(x: number): number {
  const square = (x * Math.PI * x * Math.PI) / 4;
  let series = 1;
  for (let n = 24; n > 0; n -= 2) series = 1 - (square / (n * (n - 1))) * series;
  return series * series;
}
