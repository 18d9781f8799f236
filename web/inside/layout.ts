// Where the parts of the network's picture are: the image of the inputs, then a column of neurons for every layer.

/** More units of a layer than these are not drawn, but the most active ones stand for them. */
export const MOST_DRAWN = 16;

export interface Neuron {
  layer: number;
  unit: number;
  x: number;
  y: number;
}

/** All in pixels. */
export interface Layout {
  width: number;
  height: number;
  /** Of the image of the inputs. */
  image: { x: number; y: number; side: number };
  radius: number;
  /** Between two columns. */
  gap: number;
  /** The neurons that are drawn, layer by layer. */
  layers: Neuron[][];
}

/** Room above the columns for their titles, below for what is not drawn, and right for the outputs' shares. */
const [TOP, BOTTOM] = [28, 24];
const WIDE = 560;

export function layOut(drawn: readonly (readonly number[])[], width: number): Layout {
  const isWide = width >= WIDE;
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

/** Of very many layers the first, the last and those about the picked one are drawn. */
const BESIDE = 2;
const MOST_LAYERS = 2 * BESIDE + 3;

function isDrawn(layer: number, layers: number, picked: number): boolean {
  return layers <= MOST_LAYERS || layer === 0 || layer === layers - 1 || Math.abs(layer - picked) <= BESIDE;
}

/** The units of each layer that are drawn: all, or the most active and `always`, in their order; none of a layer that is not. */
export function unitsToDraw(activations: readonly Float32Array[], always: { layer: number; unit: number }): number[][] {
  return activations.map((values, layer) => {
    if (!isDrawn(layer, activations.length, always.layer)) return [];
    const units = Array.from(values.keys());
    if (units.length <= MOST_DRAWN) return units;
    const size = (unit: number): number => Math.abs(values[unit] as number);
    const isAlways = (unit: number): boolean => layer === always.layer && unit === always.unit;
    units.sort((a, b) => Number(isAlways(b)) - Number(isAlways(a)) || size(b) - size(a));
    return units.slice(0, MOST_DRAWN).sort((a, b) => a - b);
  });
}

/** How far a point is from the straight line between two neurons. */
export function distance(from: Neuron, to: Neuron, x: number, y: number): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy);
  const at = Math.max(0, Math.min(1, along));
  return Math.hypot(x - from.x - at * dx, y - from.y - at * dy);
}
