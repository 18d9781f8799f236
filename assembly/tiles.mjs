/**
 * Writes the register tiles of the three dense products. AssemblyScript cannot make a function generic in how many
 * accumulators it holds, so each shape is spelled out here, once, and compiled with the kernels.
 *
 * A tile keeps rows × columns of results in registers while it walks the summed index. V8 has 15 vector registers to give
 * on x64; the shapes in `dense.ts` are the best measured ones that fit.
 */

const PANEL_BYTES = 64;
const range = (n) => Array.from({ length: n }, (_, i) => i);
const lines = (n, line) => range(n).map(line).join("\n");
const grid = (rows, columns, line) => lines(rows, (i) => lines(columns, (j) => line(i, j)));

/** b + X·W for `rows` samples by `columns` units of one panel. */
function forwardTile(rows, columns) {
  const vectors = columns / 4;
  return `
/** Z[${rows}][${columns}] = b + X·W over k ascending; rows from \`count\` on repeat the last. */
export function forwardTile${rows}x${columns}(
  out: usize, outStride: usize, x: usize, xStride: usize, w: usize, b: usize, inputs: usize, count: usize,
): void {
  const last = count - 1;
${lines(rows, (i) => `  const row${i} = min<usize>(${i}, last);`)}
${lines(rows, (i) => `  const x${i} = x + row${i} * xStride;`)}
${grid(rows, vectors, (i, j) => `  let z${i}${j} = v128.load(b, ${16 * j});`)}
  for (let k: usize = 0, end = inputs << 2; k < end; k += 4) {
${lines(vectors, (j) => `    const w${j} = v128.load(w, ${16 * j});`)}
${lines(
  rows,
  (i) =>
    `    const s${i} = v128.load32_splat(x${i} + k);\n${lines(vectors, (j) => `    z${i}${j} = madd(s${i}, w${j}, z${i}${j});`)}`,
)}
    w += PANEL * 4;
  }
${grid(rows, vectors, (i, j) => `  v128.store(out + row${i} * outStride, z${i}${j}, ${16 * j});`)}
}`;
}

/** D·Wᵀ for `rows` samples by `columns` inputs, over all panels; the fewer of the two are kept loaded. */
function inputGradientTile(rows, columns) {
  const stored = range(rows).map((i) => {
    const name = (j) => (j < columns ? `s${i}_${j}` : `s${i}_${columns - 1}`);
    const groups = Math.ceil(columns / 4);
    return lines(groups, (g) => {
      const sum = `laneSums(${[0, 1, 2, 3].map((l) => name(4 * g + l)).join(", ")})`;
      const at = `dx + row${i} * dxStride`;
      const left = columns - 4 * g;
      if (left >= 4) return `  v128.store(${at}, ${sum}, ${16 * g});`;
      if (left === 2) return `  v128.store64_lane(${at}, ${sum}, 0, ${16 * g});`;
      return `  const t${i} = ${sum};\n${lines(left, (l) => `  v128.store32_lane(${at}, t${i}, ${l}, ${16 * g + 4 * l});`)}`;
    });
  });
  return `
/** dX[${rows}][${columns}] = D·Wᵀ: lane = unit mod 4 over ascending panels, then (0+1)+(2+3); rows from \`count\` on repeat the last. */
export function inputGradientTile${rows}x${columns}(
  dx: usize, dxStride: usize, d: usize, dStride: usize, w: usize, panelBytes: usize, count: usize,
): void {
  const last = count - 1;
${lines(rows, (i) => `  const row${i} = min<usize>(${i}, last);`)}
${lines(rows, (i) => `  const d${i} = d + row${i} * dStride;`)}
${grid(rows, columns, (i, j) => `  let s${i}_${j} = f32x4.splat(0);`)}
  for (let u: usize = 0; u < dStride; u += PANEL * 4) {
${lines(4, (v) =>
  rows < columns
    ? `${lines(rows, (i) => `    const d${i}v${v} = v128.load(d${i} + u, ${16 * v});`)}
${lines(columns, (j) => `    const w${j}v${v} = v128.load(w, ${PANEL_BYTES * j + 16 * v});\n${lines(rows, (i) => `    s${i}_${j} = madd(d${i}v${v}, w${j}v${v}, s${i}_${j});`)}`)}`
    : `${lines(columns, (j) => `    const w${j}v${v} = v128.load(w, ${PANEL_BYTES * j + 16 * v});`)}
${lines(rows, (i) => `    const d${i}v${v} = v128.load(d${i} + u, ${16 * v});\n${lines(columns, (j) => `    s${i}_${j} = madd(d${i}v${v}, w${j}v${v}, s${i}_${j});`)}`)}`,
)}
    w += panelBytes;
  }
${stored.join("\n")}
}`;
}

/** G += Xᵀ·D for `rows` inputs by `columns` units of one panel. */
function gradientTile(rows, columns) {
  const vectors = columns / 4;
  return `
/** G[${rows}][${columns}] += Xᵀ·D over samples ascending. */
export function gradientTile${rows}x${columns}(
  g: usize, x: usize, xStride: usize, d: usize, dStride: usize, count: usize,
): void {
${grid(rows, vectors, (i, j) => `  let g${i}${j} = v128.load(g, ${64 * i + 16 * j});`)}
  for (; count > 0; count--) {
${lines(vectors, (j) => `    const d${j} = v128.load(d, ${16 * j});`)}
${lines(
  rows,
  (i) =>
    `    const s${i} = v128.load32_splat(x, ${4 * i});\n${lines(vectors, (j) => `    g${i}${j} = madd(s${i}, d${j}, g${i}${j});`)}`,
)}
    x += xStride;
    d += dStride;
  }
${grid(rows, vectors, (i, j) => `  v128.store(g, g${i}${j}, ${64 * i + 16 * j});`)}
}`;
}

/** The source of `build/tiles.ts`; `shapes` lists each product's tiles as "rows x columns". */
export function tilesSource(shapes) {
  const make = { forward: forwardTile, inputGradient: inputGradientTile, gradient: gradientTile };
  const tiles = Object.entries(shapes).flatMap(([product, list]) =>
    list.map((shape) => make[product](...shape.split("x").map(Number))),
  );
  return `// Written by assembly/tiles.mjs.
import { PANEL } from "../src/abi";
import { laneSums, madd } from "../assembly/simd";
${tiles.join("\n")}
`;
}
