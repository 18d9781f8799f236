/** The middle of the sorted values, the upper one of an even count; 0 of none. */
export function median(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[values.length >> 1] ?? 0;
}
