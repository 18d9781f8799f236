// Functions that give the same bits on every engine, which those of `Math` do not promise: made of additions, multiplications
// and divisions only, which IEEE 754 defines to the last bit.

/** ln x for 0 < x < 1, right to 1e-14: halvings into √½…√2, then 2·atanh((m − 1)/(m + 1)) by its series. */
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

/** base^exponent for a whole exponent: the same bits on every engine, which `Math.pow` does not promise. */
export function power(base: number, exponent: number): number {
  let product = 1;
  for (let square = base, left = exponent; left > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) product *= square;
  }
  return product;
}

/** e^x for x up to 0: its series where that is short, squared back to x. */
export function exponential(x: number): number {
  let halvings = 0;
  for (; x < -0.5; x /= 2) halvings++;
  let series = 1;
  for (let n = 14; n > 0; n--) series = 1 + (x / n) * series;
  for (; halvings > 0; halvings--) series *= series;
  return series;
}

/** (1 + cos πx) / 2 for x from 0 to 1: the square of cos πx/2, by its series. */
export function halfCosine(x: number): number {
  const square = (x * Math.PI * x * Math.PI) / 4;
  let series = 1;
  for (let n = 24; n > 0; n -= 2) series = 1 - (square / (n * (n - 1))) * series;
  return series * series;
}
