// Rows of samples as compressed sparse rows (CSR): an entry for every non-zero, and the span of entries of each row.

import type { Kernels } from "../kernels/modules.js";
import type { NetworkSpec } from "../spec.js";

/** Writes the sparse rows of `count` rows of bytes or floats: their entries at `lists`, their spans at `spans`. */
export function writeSparseRows(
  kernels: Kernels,
  { inputs, inputScale }: NetworkSpec,
  isBytes: boolean,
  lists: number,
  spans: number,
  rows: number,
  order: number,
  count: number,
): void {
  if (isBytes) kernels.sparseRowsU8(lists, spans, rows, order, count, inputs, inputScale);
  else kernels.sparseRowsF32(lists, spans, rows, order, count, inputs);
}
