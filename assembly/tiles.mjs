/**
 * Generates the register tiles of the dense and sparse products, build/tiles.ts. AssemblyScript cannot make a function
 * generic in its number of accumulators, so each shape is written out from the templates below and compiled with the
 * kernels.
 *
 * A tile keeps a block of results (rows × columns) in registers while it loops over the summed index, so that each
 * loaded vector is used several times. V8 can use 15 vector registers on x64; the shapes in `build.mjs` are the fastest
 * measured ones that fit. Names in the generated code: z, s, g are accumulators, w a vector of weights, x or s a
 * broadcast input.
 */

const PANEL_BYTES = 64;
// Pieces of source: `lines` repeats a line for 0 … n − 1, `grid` for each row and column.
const range = (n) => Array.from({ length: n }, (_, i) => i);
const lines = (n, line) => range(n).map(line).join("\n");
const grid = (rows, columns, line) => lines(rows, (i) => lines(columns, (j) => line(i, j)));

/**
 * Forward product of `rows` samples and `columns` units (8 or 16) of one panel. A tile with fewer samples than rows
 * repeats the last sample: computing it twice is cheaper than a tile for each remainder, and the repeated rows store
 * the same values.
 */
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

/**
 * Forward product of 1 to 3 samples. So few samples give too few independent sums per panel to hide the latency of a
 * multiply-add, so a tile takes several whole panels.
 */
function forwardPanelsTile(rows, panels) {
  const vectors = 4 * panels;
  const place = (j) => `w${Math.floor(j / 4)}, ${16 * (j % 4)}`;
  return `
/** Z[${rows}] of ${panels} panels = b + X·W over k ascending. */
export function forwardPanelsTile${rows}x${panels}(
  out: usize, outStride: usize, x: usize, xStride: usize, w: usize, panelBytes: usize, b: usize, inputs: usize,
): void {
  let w0 = w;
${lines(panels - 1, (p) => `  let w${p + 1} = w${p} + panelBytes;`)}
${lines(rows - 1, (i) => `  const xStep${i + 1} = <usize>${i + 1} * xStride;`)}
${grid(rows, vectors, (i, j) => `  let z${i}_${j} = v128.load(b, ${16 * j});`)}
  for (let end = x + (inputs << 2); x < end; x += 4) {
${lines(rows, (i) => `    const s${i} = v128.load32_splat(x${i === 0 ? "" : ` + xStep${i}`});`)}
${lines(vectors, (j) => `    const v${j} = v128.load(${place(j)});\n${lines(rows, (i) => `    z${i}_${j} = madd(s${i}, v${j}, z${i}_${j});`)}`)}
${lines(panels, (p) => `    w${p} += PANEL * 4;`)}
  }
${grid(rows, vectors, (i, j) => `  v128.store(out + ${i} * outStride, z${i}_${j}, ${16 * j});`)}
}`;
}

/**
 * Input gradient of `rows` samples and `columns` inputs, over all panels of units. Sums run along a row of weights, so
 * an accumulator has four partial sums in its lanes, which `laneSums` adds at the end, four accumulators at a time. Of
 * deltas and weights, those of the shorter side stay loaded in the inner loop.
 */
function inputGradientTile(rows, columns) {
  // The code that stores a row of results: whole vectors, then the remaining 1 to 3 columns.
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

/**
 * Weight gradient of `rows` inputs and `columns` units of one panel; the sums start from G and run over the samples.
 */
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

/**
 * Forward product from X as sparse rows (CSR), for the units of `panels` panels. In the relaxed build the loop is
 * unrolled by two, which makes it 1.06 to 1.1 times as fast; the order of summation is the same.
 */
function sparseForwardTile(panels) {
  const vectors = 4 * panels;
  const add = (e) => `      const pair${e} = load<u64>(entry, ${8 * e});
      const x${e} = i32x4.splat(<i32>(pair${e} >> 32));
      const at${e}_0 = w + <usize><u32>pair${e};
${lines(panels - 1, (p) => `      const at${e}_${p + 1} = at${e}_${p} + panelBytes;`)}
${lines(vectors, (j) => `      z${j} = madd(x${e}, v128.load(at${e}_${Math.floor(j / 4)}, ${16 * (j % 4)}), z${j});`)}`;
  return `
/** Z[rows] of ${panels} panels = b + X·W over each row's entries. */
export function sparseForwardTile${panels}(
  out: usize, outStride: usize, spans: usize, w: usize, panelBytes: usize, b: usize, rows: usize,
): void {
  for (; rows > 0; rows--) {
${lines(vectors, (j) => `    let z${j} = v128.load(b, ${16 * j});`)}
    let entry = <usize>load<u32>(spans);
    const end = <usize>load<u32>(spans, 4);
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (const twos = entry + ((end - entry) & ~15); entry < twos; entry += 2 * ENTRY_BYTES) {
${add(0)}
${add(1)}
      }
    }
    for (; entry < end; entry += ENTRY_BYTES) {
${add(0)}
    }
${lines(vectors, (j) => `    v128.store(out, z${j}, ${16 * j});`)}
    out += outStride;
    spans += SPAN_BYTES;
  }
}`;
}

/** Weight gradient from X as sparse columns (CSC), for the units of `panels` panels; one input's row of G at a time. */
function sparseGradientTile(panels) {
  const vectors = 4 * panels;
  const place = (j) => `g${Math.floor(j / 4)}, ${16 * (j % 4)}`;
  return `
/** G of ${panels} panels += Xᵀ·D over each input's samples ascending; inputs without samples are skipped. */
export function sparseGradientTile${panels}(
  g: usize, panelBytes: usize, columns: usize, stride: usize, ends: usize, d: usize, inputs: usize,
): void {
  for (; inputs > 0; inputs--) {
    const end = <usize>load<u32>(ends);
    if (end !== columns) {
      const g0 = g;
${lines(panels - 1, (p) => `      const g${p + 1} = g + ${p + 1} * panelBytes;`)}
${lines(vectors, (j) => `      let s${j} = v128.load(${place(j)});`)}
      for (let entry = columns; entry < end; entry += ENTRY_BYTES) {
        const pair = load<u64>(entry);
        const x = i32x4.splat(<i32>(pair >> 32));
        const at = d + <usize><u32>pair;
${lines(vectors, (j) => `        s${j} = madd(x, v128.load(at, ${16 * j}), s${j});`)}
      }
${lines(vectors, (j) => `      v128.store(g${Math.floor(j / 4)}, s${j}, ${16 * (j % 4)});`)}
    }
    g += PANEL * 4;
    ends += 4;
    columns += stride;
  }
}`;
}

/** Weight gradient from X as sparse rows (CSR), for few samples: rows of G are loaded and stored for each entry. */
function sparseGradientRowsTile(panels) {
  const vectors = 4 * panels;
  const place = (j) => `at${Math.floor(j / 4)}`;
  return `
/** G of ${panels} panels += x·d over one row's entries from \`entry\` to \`end\`. */
export function sparseGradientRowsTile${panels}(g: usize, panelBytes: usize, entry: usize, end: usize, d: usize): void {
${lines(vectors, (j) => `  const d${j} = v128.load(d, ${16 * j});`)}
  for (; entry < end; entry += ENTRY_BYTES) {
    const pair = load<u64>(entry);
    const x = i32x4.splat(<i32>(pair >> 32));
    const at0 = g + <usize><u32>pair;
${lines(panels - 1, (p) => `    const at${p + 1} = at${p} + panelBytes;`)}
${lines(vectors, (j) => `    v128.store(${place(j)}, madd(x, d${j}, v128.load(${place(j)}, ${16 * (j % 4)})), ${16 * (j % 4)});`)}
  }
}`;
}

/**
 * The source of `build/tiles.ts`. `shapes` maps each product to its tiles: the arguments of its template, such as
 * "6x8".
 */
export function tilesSource(shapes) {
  const make = {
    forward: forwardTile,
    forwardPanels: forwardPanelsTile,
    inputGradient: inputGradientTile,
    gradient: gradientTile,
    sparseForward: sparseForwardTile,
    sparseGradient: sparseGradientTile,
    sparseGradientRows: sparseGradientRowsTile,
  };
  const tiles = Object.entries(shapes).flatMap(([product, list]) =>
    list.map((shape) => make[product](...shape.split("x").map(Number))),
  );
  return `// Written by assembly/tiles.mjs.
import { ENTRY_BYTES, PANEL, SPAN_BYTES } from "../src/abi";
import { laneSums, madd } from "../assembly/simd";
${tiles.join("\n")}
`;
}
