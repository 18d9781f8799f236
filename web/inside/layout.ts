// Layout of the network's picture: the input image on the left, then one column of neurons per layer.

/** Maximum number of neurons drawn per layer; of a larger layer the most active ones are drawn. */
export const MAX_NEURONS = 16;

export interface Neuron {
  layer: number;
  unit: number;
  x: number;
  y: number;
}

/** Positions and sizes in pixels. */
export interface Layout {
  width: number;
  height: number;
  /** The input image: its upper left corner and its side. */
  image: { x: number; y: number; side: number };
  /** Radius of a neuron. */
  radius: number;
  /** Distance between two columns. */
  gap: number;
  /** The drawn neurons by layer; layers that are not drawn are empty. */
  layers: Neuron[][];
}

/** Space above the columns for their titles, and below for the count of a layer that is not drawn whole. */
const [TOP, BOTTOM] = [28, 24];
/** Minimum width for the spacious layout. */
const WIDE = 560;

/** The layout for `width` pixels. `drawn` lists the units to draw, by layer. */
export function layOut(drawn: readonly (readonly number[])[], width: number): Layout {
  const isWide = width >= WIDE;
  // Distance of neurons in a column, side of the image, space for the outputs' percentages.
  const [step, side, right] = isWide ? [27, 168, 74] : [22, 72, 58];
  const rows = Math.max(...drawn.map((units) => units.length), isWide ? 10 : 8);
  const inner = rows * step;
  const first = side + (isWide ? 90 : 44);
  const columns = drawn.flatMap((units, layer) => (units.length > 0 ? [layer] : []));
  const gap = columns.length > 1 ? (width - right - first) / (columns.length - 1) : 0;
  const layers = drawn.map((units, layer) => {
    const top = TOP + (inner - units.length * step) / 2 + step / 2;
    const x = columns.length > 1 ? first + columns.indexOf(layer) * gap : width - right;
    return units.map((unit, i) => ({ layer, unit, x, y: top + i * step }));
  });
  const image = { x: 0, y: TOP + (inner - side) / 2, side };
  return { width, height: TOP + inner + BOTTOM, image, radius: isWide ? 9 : 7, gap, layers };
}

/** Layers drawn on each side of the selected one in a network of many layers; the first and the last are always drawn. */
const BESIDE = 2;
const MAX_LAYERS = 2 * BESIDE + 3;

function isDrawn(layer: number, layers: number, selected: number): boolean {
  return layers <= MAX_LAYERS || layer === 0 || layer === layers - 1 || Math.abs(layer - selected) <= BESIDE;
}

/**
 * The units to draw, by layer and in order: all units of a small layer, else `always` and the most active ones; none for a layer
 * that is not drawn.
 */
export function unitsToDraw(activations: readonly Float32Array[], always: { layer: number; unit: number }): number[][] {
  return activations.map((values, layer) => {
    if (!isDrawn(layer, activations.length, always.layer)) return [];
    const units = Array.from(values.keys());
    if (units.length <= MAX_NEURONS) return units;
    const size = (unit: number): number => Math.abs(values[unit] as number);
    const isAlways = (unit: number): boolean => layer === always.layer && unit === always.unit;
    units.sort((a, b) => Number(isAlways(b)) - Number(isAlways(a)) || size(b) - size(a));
    return units.slice(0, MAX_NEURONS).sort((a, b) => a - b);
  });
}

/** Distance in pixels of a point from the line segment between two neurons. */
export function distance(from: Neuron, to: Neuron, x: number, y: number): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy);
  const at = Math.max(0, Math.min(1, along));
  return Math.hypot(x - from.x - at * dx, y - from.y - at * dy);
}
