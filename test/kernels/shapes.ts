// Shapes for the dense kernels: many small ones, all edges of tiles and panels, and a few large ones.

import type { Shape } from "./dense-checks.js";

const SMALL = 40;
/** Tiles are 4, 5 and 6 rows high, and 4 and 6 inputs wide; rows after the last whole tile repeat the last row. */
const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17];
const INPUTS = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 31, 32, 33];
const UNITS = [15, 16, 17, 31, 32, 33, 47, 48, 49];

export const LARGE: Shape[] = [
  { rows: 1, inputs: 784, units: 16 },
  { rows: 10, inputs: 784, units: 30 },
  { rows: 33, inputs: 785, units: 49 },
  { rows: 257, inputs: 17, units: 10 },
  { rows: 64, inputs: 130, units: 128 },
  { rows: 2, inputs: 1, units: 1000 },
  { rows: 3, inputs: 1000, units: 1 },
];

/** A Latin square over 1…40: every pair of rows and inputs, of inputs and units, and of rows and units occurs once. */
export function smallShapes(): Shape[] {
  return Array.from({ length: SMALL * SMALL }, (_, i) => {
    const [rows, inputs] = [i % SMALL, Math.floor(i / SMALL)];
    return { rows: rows + 1, inputs: inputs + 1, units: ((rows + inputs) % SMALL) + 1 };
  });
}

/** Every combination around the edges. */
export function edgeShapes(): Shape[] {
  return ROWS.flatMap((rows) => INPUTS.flatMap((inputs) => UNITS.map((units) => ({ rows, inputs, units }))));
}

/** For kernels that walk over inputs: rows stay, `units` are summed and inputs are many. */
export function turned({ rows, inputs, units }: Shape): Shape {
  return { rows, inputs: units, units: inputs };
}
