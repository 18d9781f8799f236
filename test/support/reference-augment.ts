// The float64 reference of the kernel `augment`: one pixel at a time, straight from the definitions.

import * as abi from "../../src/abi.js";
import { philox } from "../../src/random.js";
import { at, type Numbers } from "./reference.js";

/** The random numbers of one image: words of Philox, counted by index, sample, epoch and stream. */
class ImageDraws {
  private readonly block = new Uint32Array(4);

  constructor(
    private readonly settings: Uint32Array,
    private readonly sample: number,
  ) {}

  private word(place: number): number {
    const { settings, block } = this;
    const [epoch, stream] = [at(settings, abi.AUGMENT_EPOCH), at(settings, abi.AUGMENT_STREAM)];
    const seed = [at(settings, abi.AUGMENT_SEED), at(settings, abi.AUGMENT_SEED + 1)] as const;
    philox(block, Math.floor(place / 4), this.sample, epoch, stream, ...seed);
    return at(block, place % 4);
  }

  /** A number from a range, from the upper 24 bits of its word as a signed number. */
  drawn(range: number): number {
    const floats = new Float32Array(this.settings.buffer);
    const [middle, reach] = [at(floats, abi.AUGMENT_MIDDLES + range), at(floats, abi.AUGMENT_REACHES + range)];
    return middle + reach * ((this.word(range) >> 8) / 2 ** 23);
  }

  /** Displacements of grid node `node`, from −1 to 1: the lower half of a word, and the upper. */
  node(node: number): [x: number, y: number] {
    const word = this.word(8 + node);
    return [((word << 16) >> 16) / 2 ** 15, (word >> 16) / 2 ** 15];
  }
}

/** Image `sample` after the changes in the settings; `image` is [height][width], already scaled. */
export function augment(image: Numbers, sample: number, settings: Uint32Array): Float64Array {
  const [height, width] = [at(settings, abi.AUGMENT_HEIGHT), at(settings, abi.AUGMENT_WIDTH)];
  const draws = new ImageDraws(settings, sample);
  const thick = thickened(image, height, width, draws.drawn(abi.RANGE_THICKNESS));
  const back = wayBack(draws, height, width);
  const move = field(draws, settings);
  return Float64Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [sourceX, sourceY] = back(x, y);
    const [dx, dy] = move(x, y);
    return between(thick, height, width, sourceX + dx, sourceY + dy);
  });
}

function pixel(image: Numbers, height: number, width: number, x: number, y: number): number {
  return x >= 0 && x < width && y >= 0 && y < height ? at(image, y * width + x) : 0;
}

/** Moves each pixel by a share of the way to the brightest of it and its four neighbours; negative shares, to the darkest. */
function thickened(image: Numbers, height: number, width: number, thickness: number): Float64Array {
  return Float64Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const near = [
      [0, 0],
      [-1, 0],
      [1, 0],
      [0, -1],
      [0, 1],
    ].map(([dx = 0, dy = 0]) => pixel(image, height, width, x + dx, y + dy));
    const wanted = thickness > 0 ? Math.max(...near) : Math.min(...near);
    return at(image, i) + Math.abs(thickness) * (wanted - at(image, i));
  });
}

/** The place that pixel x, y comes from: the inverse of shear, rotation, scaling about the centre, and shift. */
function wayBack(draws: ImageDraws, height: number, width: number): (x: number, y: number) => [number, number] {
  const [angle, slant, size] = [abi.RANGE_ROTATION, abi.RANGE_SHEAR, abi.RANGE_SCALE].map((range) =>
    draws.drawn(range),
  ) as [number, number, number];
  const [shiftX, shiftY] = [draws.drawn(abi.RANGE_SHIFT_X), draws.drawn(abi.RANGE_SHIFT_Y)];
  const factor = size < 0 ? 1 / (1 - size) : 1 + size;
  const [sine, cosine] = [Math.sin(angle) * factor, Math.cos(angle) * factor];
  // (a b; c d) = factor · rotation · shear.
  const [a, b, c, d] = [cosine, cosine * slant - sine, sine, sine * slant + cosine];
  const determinant = a * d - b * c;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  return (x, y) => {
    const [u, v] = [x - middleX - shiftX, y - middleY - shiftY];
    return [middleX + (d * u - b * v) / determinant, middleY + (a * v - c * u) / determinant];
  };
}

/** The displacement of pixel x, y: the sum over all nodes, by cubic B-splines in both directions. */
function field(draws: ImageDraws, settings: Uint32Array): (x: number, y: number) => [number, number] {
  const [rows, columns] = [at(settings, abi.AUGMENT_GRID_HEIGHT), at(settings, abi.AUGMENT_GRID_WIDTH)];
  const floats = new Float32Array(settings.buffer);
  const [density, amplitude] = [at(floats, abi.AUGMENT_DENSITY), at(floats, abi.AUGMENT_AMPLITUDE)];
  const nodes = Array.from({ length: rows * columns }, (_, node) => draws.node(node));
  return (x, y) => {
    const sum: [number, number] = [0, 0];
    nodes.forEach(([dx, dy], node) => {
      const [row, column] = [Math.floor(node / columns), node % columns];
      const weight = amplitude * spline(x * density - (column - 1)) * spline(y * density - (row - 1));
      sum[0] += weight * dx;
      sum[1] += weight * dy;
    });
    return sum;
  };
}

/** The cubic B-spline, piece by piece. */
function spline(t: number): number {
  const distance = Math.abs(t);
  if (distance < 1) return 2 / 3 - distance ** 2 + distance ** 3 / 2;
  return distance < 2 ? (2 - distance) ** 3 / 6 : 0;
}

/** The image at x, y by bilinear interpolation. */
function between(image: Numbers, height: number, width: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  let sum = 0;
  for (const column of [left, left + 1]) {
    for (const row of [top, top + 1]) {
      const share = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
      sum += share * pixel(image, height, width, column, row);
    }
  }
  return sum;
}
