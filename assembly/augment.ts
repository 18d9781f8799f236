// Augmentation: each image of a mini-batch is resampled under a random affine map about its centre plus a smooth random
// field of displacements. Every output pixel has a source position, and its value is the bilinear interpolation of the
// four pixels around that position. Pixels outside the image are 0.
//
// The field is the elastic distortion of Simard, Steinkraus and Platt ("Best practices for convolutional neural
// networks", ICDAR 2003): uniform displacements smoothed by a Gaussian. To save work, displacements are drawn only at
// the nodes of a coarse grid, and cubic B-splines between the nodes do the smoothing. `src/recipe/augment.ts` derives
// the grid from alpha and sigma.
//
// Each thread has its own scratch memory. The settings hold the byte offset of each part; `wide` is the width rounded
// up to a multiple of 4 (floats unless stated):
//
//   | draws [8], field words [4], map [8]: 96 bytes | weights [grid width][wide] |
//   | nodes x, y: each [grid height·grid width, rounded up to 4] | lines x, y: each [grid height][wide] |
//   | image [height + 3][stride] | thickened or thinned image [height + 3][stride] |
//
// Both images have a border of zeros, so that interpolation needs no bounds checks: a row above, two below, a column on
// the left, at least four on the right. Nodes are one grid spacing apart; the second node of each row and column is at
// pixel 0.

import {
  AUGMENT_AMPLITUDE,
  AUGMENT_DENSITY,
  AUGMENT_END,
  AUGMENT_EPOCH,
  AUGMENT_GRID_HEIGHT,
  AUGMENT_GRID_WIDTH,
  AUGMENT_HEIGHT,
  AUGMENT_IMAGE,
  AUGMENT_INPUT_SCALE,
  AUGMENT_LINES,
  AUGMENT_MIDDLES,
  AUGMENT_NODES,
  AUGMENT_REACHES,
  AUGMENT_SEED,
  AUGMENT_STREAM,
  AUGMENT_STRIDE,
  AUGMENT_THICK,
  AUGMENT_WIDTH,
  RANGE_ROTATION,
  RANGE_SCALE,
  RANGE_SHEAR,
  RANGE_SHIFT_X,
  RANGE_SHIFT_Y,
  RANGE_THICKNESS,
} from "../src/abi";
import { rowNumber } from "./batch";
import { philox } from "./random";
import { assertAligned, assertSizes, madd } from "./simd";

/** Philox blocks (four words each) for the map and the thickness; the blocks of the field follow them. */
const MAP_BLOCKS: u32 = 2;
/**
 * Byte offsets in the scratch memory: the current four random words of the field, the affine map, the spline weights.
 */
const FIELD_DRAWS: usize = 32;
const MAP: usize = 64;
const WEIGHTS: usize = 96;
/**
 * 1.5·2^23 as a float, and its bits. The sum of it and an integer of magnitude up to 2^22 holds that integer in its low
 * bits: a conversion to i32 in one addition and one subtraction.
 */
const INTEGER_BIAS: f32 = 12582912;
const INTEGER_BIAS_BITS: i32 = 0x4b400000;

/** The integer setting at index `place` of `src/abi.ts`. */
function word(settings: usize, place: usize): usize {
  return <usize>load<u32>(settings + (place << 2));
}

/** The float setting at index `place`. */
function float(settings: usize, place: usize): f32 {
  return load<f32>(settings + (place << 2));
}

/** The current image's random value of the range with this index. */
function draw(scratch: usize, range: usize): f32 {
  return load<f32>(scratch + (range << 2));
}

/** Floats per row of the weights and of the lines: the width rounded up to a multiple of 4. */
function wideOf(settings: usize): usize {
  return (word(settings, AUGMENT_WIDTH) + 3) & ~3;
}

/**
 * Writes X[count][height·width] (floats, rows not padded): the dataset's images with the numbers in `order`, each
 * augmented by random values that depend only on seed, epoch and image number. `rows` is the address of the dataset, in
 * bytes (which are multiplied by the input scale) or floats. `scratch` is overwritten; it needs no initialization.
 */
export function augment(
  x: usize,
  rows: usize,
  order: usize,
  count: usize,
  bytes: bool,
  settings: usize,
  scratch: usize,
): void {
  assertAligned(settings | scratch);
  assertSizes(count, 1, 1);
  const pixels = word(settings, AUGMENT_HEIGHT) * word(settings, AUGMENT_WIDTH);
  const image = word(settings, AUGMENT_IMAGE);
  memory.fill(scratch + image, 0, word(settings, AUGMENT_END) - image);
  writeWeights(settings, scratch);
  for (let i: usize = 0; i < count; i++) {
    const sample = rowNumber(order, i);
    for (let block: u32 = 0; block < MAP_BLOCKS; block++) drawFour(settings, scratch, block, <u32>sample);
    writeInverseMap(settings, scratch);
    drawNodes(settings, scratch, <u32>sample);
    interpolateLines(settings, scratch);
    copyImage(settings, scratch + image, rows + ((sample * pixels) << (bytes ? 0 : 2)), bytes);
    resample(x, settings, scratch, scratch + thicken(settings, scratch));
    x += pixels << 2;
  }
}

// --- random values ---

/** Writes the four random words (u32) of block `index` of an image; the counter is (block, image, epoch, stream). */
function drawBlock(out: usize, settings: usize, index: u32, sample: u32): void {
  const stream = <u32>word(settings, AUGMENT_STREAM);
  const seed = settings + ((<usize>AUGMENT_SEED) << 2);
  philox(out, index, sample, <u32>word(settings, AUGMENT_EPOCH), stream, load<u32>(seed), load<u32>(seed, 4));
}

/**
 * Writes four uniform values in middle ± reach of their ranges. Each takes the upper 24 bits of a word, as a signed
 * fraction.
 */
function drawFour(settings: usize, scratch: usize, block: u32, sample: u32): void {
  const at = (<usize>block) << 4;
  drawBlock(scratch + at, settings, block, sample);
  const units = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(v128.load(scratch + at), 8)), f32x4.splat(1.0 / 8388608));
  const middle = settings + ((<usize>AUGMENT_MIDDLES) << 2) + at;
  const reach = settings + ((<usize>AUGMENT_REACHES) << 2) + at;
  v128.store(scratch + at, madd(units, v128.load(reach), v128.load(middle)));
}

/**
 * Writes the displacements of all nodes, in pixels, uniform within ± amplitude. Each node takes one random word: x
 * comes from its low 16 bits, y from its high 16 bits.
 */
function drawNodes(settings: usize, scratch: usize, sample: u32): void {
  const count = (word(settings, AUGMENT_GRID_HEIGHT) * word(settings, AUGMENT_GRID_WIDTH) + 3) & ~3;
  const nodes = scratch + word(settings, AUGMENT_NODES);
  const amplitude = f32x4.splat(float(settings, AUGMENT_AMPLITUDE) * <f32>(1.0 / 32768));
  for (let i: usize = 0; i < count; i += 4) {
    drawBlock(scratch + FIELD_DRAWS, settings, MAP_BLOCKS + <u32>(i >> 2), sample);
    const words = v128.load(scratch + FIELD_DRAWS);
    const low = i32x4.shr_s(i32x4.shl(words, 16), 16);
    v128.store(nodes + (i << 2), f32x4.mul(f32x4.convert_i32x4_s(low), amplitude));
    const high = i32x4.shr_s(words, 16);
    v128.store(nodes + ((count + i) << 2), f32x4.mul(f32x4.convert_i32x4_s(high), amplitude));
  }
}

// --- field of displacements ---

/** The cubic B-spline at t, in four lanes: (max(0, 2 − |t|)³ − 4·max(0, 1 − |t|)³) / 6. It is zero for |t| ≥ 2. */
function spline(t: v128): v128 {
  const far = f32x4.pmax(f32x4.sub(f32x4.splat(2), f32x4.abs(t)), f32x4.splat(0));
  const near = f32x4.pmax(f32x4.sub(f32x4.splat(1), f32x4.abs(t)), f32x4.splat(0));
  const outer = f32x4.mul(f32x4.mul(far, far), far);
  const inner = f32x4.mul(f32x4.mul(near, near), near);
  return f32x4.mul(f32x4.sub(outer, f32x4.mul(inner, f32x4.splat(4))), f32x4.splat(1.0 / 6));
}

/**
 * weights[node][k] = B(k·density + 1 − node): the weight of each grid column in each pixel column. `density` is 1 /
 * spacing, so k·density + 1 is the pixel's position in units of the grid. The same for all images, so computed once for
 * the mini-batch.
 */
function writeWeights(settings: usize, scratch: usize): void {
  const density = f32x4.splat(float(settings, AUGMENT_DENSITY));
  const wide = wideOf(settings);
  let at = scratch + WEIGHTS;
  for (let node: usize = 0; node < word(settings, AUGMENT_GRID_WIDTH); node++) {
    const place = f32x4.splat(1 - <f32>node);
    for (let k: usize = 0; k < wide; k += 4, at += 16) {
      v128.store(at, spline(f32x4.add(f32x4.mul(fourFrom(k), density), place)));
    }
  }
}

/** (k, k + 1, k + 2, k + 3) as floats. */
function fourFrom(k: usize): v128 {
  return f32x4.add(f32x4.splat(<f32>k), f32x4(0, 1, 2, 3));
}

/**
 * The first half of the separable interpolation: lines[i][k] = Σ_j weights[j][k]·nodes[i][j], for x and for y.
 * `resample` does the second half, from lines to rows of pixels.
 */
function interpolateLines(settings: usize, scratch: usize): void {
  const height = word(settings, AUGMENT_GRID_HEIGHT);
  const width = word(settings, AUGMENT_GRID_WIDTH);
  const density = float(settings, AUGMENT_DENSITY);
  const row = wideOf(settings) << 2;
  const toY = ((height * width + 3) & ~3) << 2;
  for (let k: usize = 0; k < row; k += 16) {
    // Only these nodes have a non-zero weight in the four pixel columns: the spline spans four nodes.
    const first = <usize>(<f32>(k >> 2) * density);
    const end = <usize>(<f32>((k >> 2) + 3) * density) + 4;
    let line = scratch + word(settings, AUGMENT_LINES) + k;
    let nodes = scratch + word(settings, AUGMENT_NODES);
    for (let i: usize = 0; i < height; i++) {
      let x = f32x4.splat(0);
      let y = f32x4.splat(0);
      for (let j = first; j < end; j++) {
        const weight = v128.load(scratch + WEIGHTS + j * row + k);
        x = madd(weight, v128.load32_splat(nodes + (j << 2)), x);
        y = madd(weight, v128.load32_splat(nodes + toY + (j << 2)), y);
      }
      v128.store(line, x);
      v128.store(line + height * row, y);
      line += row;
      nodes += width << 2;
    }
  }
}

// --- source image ---

/** The address of pixel (0, 0) of the bordered image at `image`: behind one row and one column of zeros. */
function corner(settings: usize, image: usize): usize {
  return image + ((word(settings, AUGMENT_STRIDE) + 1) << 2);
}

/** Copies an image of the dataset into the bordered image, as floats; bytes are multiplied by the input scale. */
function copyImage(settings: usize, image: usize, pixels: usize, bytes: bool): void {
  const scale = f32x4.splat(float(settings, AUGMENT_INPUT_SCALE));
  const width = word(settings, AUGMENT_WIDTH);
  let to = corner(settings, image);
  for (let rows = word(settings, AUGMENT_HEIGHT); rows > 0; rows--) {
    for (let k: usize = 0; k < width; k += 4) {
      v128.store(to + (k << 2), bytes ? f32x4.mul(scale, fourBytes(pixels + k)) : v128.load(pixels + (k << 2)));
    }
    // A width that is no multiple of 4 has copied up to three floats too many: the border becomes zero again.
    v128.store(to + (width << 2), f32x4.splat(0));
    pixels += width << (bytes ? 0 : 2);
    to += word(settings, AUGMENT_STRIDE) << 2;
  }
}

/** Four bytes as four floats from 0 to 255. */
function fourBytes(pixels: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(pixels))));
}

/**
 * Thickens or thins bright strokes by the image's random thickness t, in pixels from −1 to 1. Each pixel moves by |t|
 * of the way to the maximum (t > 0, a dilation) or the minimum (t < 0, an erosion) of itself and its four neighbours.
 * Returns the offset of the resulting image in the scratch memory.
 */
function thicken(settings: usize, scratch: usize): usize {
  const thickness = draw(scratch, RANGE_THICKNESS);
  if (thickness === 0) return word(settings, AUGMENT_IMAGE);
  const width = word(settings, AUGMENT_WIDTH);
  const stride = word(settings, AUGMENT_STRIDE) << 2;
  const share = f32x4.splat(abs(thickness));
  let from = corner(settings, scratch + word(settings, AUGMENT_IMAGE));
  let to = corner(settings, scratch + word(settings, AUGMENT_THICK));
  for (let rows = word(settings, AUGMENT_HEIGHT); rows > 0; rows--) {
    for (let k: usize = 0; k < width << 2; k += 16) {
      const old = v128.load(from + k);
      const wanted = thickness > 0 ? brightest(from + k, stride) : darkest(from + k, stride);
      v128.store(to + k, madd(share, f32x4.sub(wanted, old), old));
    }
    v128.store(to + (width << 2), f32x4.splat(0));
    from += stride;
    to += stride;
  }
  return word(settings, AUGMENT_THICK);
}

/** The maximum of four pixels and their neighbours on the left, right, above and below; `stride` in bytes. */
function brightest(at: usize, stride: usize): v128 {
  const beside = f32x4.pmax(v128.load(at - 4), v128.load(at + 4));
  const along = f32x4.pmax(v128.load(at - stride), v128.load(at + stride));
  return f32x4.pmax(f32x4.pmax(beside, along), v128.load(at));
}

/** The minimum of the same five. */
function darkest(at: usize, stride: usize): v128 {
  const beside = f32x4.pmin(v128.load(at - 4), v128.load(at + 4));
  const along = f32x4.pmin(v128.load(at - stride), v128.load(at + stride));
  return f32x4.pmin(f32x4.pmin(beside, along), v128.load(at));
}

// --- affine map and resampling ---

/**
 * The Taylor series of cos √s (`odd` = −1) or of sin √s / √s (`odd` = 1) by Horner's rule; error below 1e-11 for s ≤
 * π². In float64 and by basic operations only, so that all engines get the same bits.
 */
function alternating(s: f64, odd: f64): f64 {
  let sum: f64 = 1;
  for (let n: f64 = 22; n > 0; n -= 2) sum = 1 - (sum * s) / (n * (n + odd));
  return sum;
}

/**
 * Writes the affine map from output pixels to source pixels. It is the inverse of: shear, rotate and scale about the
 * centre, then shift. With scale s ≥ 0 the image grows by 1 + s, with s < 0 it shrinks by 1 / (1 − s). Eight floats:
 *
 *   xx, xy, yx, yy, left, top, centre x, centre y:   source = (xx·u + xy·v + centre x, yx·u + yy·v + centre y)
 *                                                    where u = x + left, v = y + top
 */
function writeInverseMap(settings: usize, scratch: usize): void {
  const angle = <f64>draw(scratch, RANGE_ROTATION);
  const sine = <f32>(angle * alternating(angle * angle, 1));
  const cosine = <f32>alternating(angle * angle, -1);
  const shear = draw(scratch, RANGE_SHEAR);
  const scale = draw(scratch, RANGE_SCALE);
  const inverse: f32 = scale < 0 ? 1 - scale : 1 / (1 + scale);
  const map = scratch + MAP;
  store<f32>(map, (cosine + shear * sine) * inverse);
  store<f32>(map, (sine - shear * cosine) * inverse, 4);
  store<f32>(map, -sine * inverse, 8);
  store<f32>(map, cosine * inverse, 12);
  const centreX: f32 = 0.5 * <f32>(word(settings, AUGMENT_WIDTH) - 1);
  const centreY: f32 = 0.5 * <f32>(word(settings, AUGMENT_HEIGHT) - 1);
  store<f32>(map, -centreX - draw(scratch, RANGE_SHIFT_X), 16);
  store<f32>(map, -centreY - draw(scratch, RANGE_SHIFT_Y), 20);
  store<f32>(map, centreX, 24);
  store<f32>(map, centreY, 28);
}

/**
 * Writes the pixels [height][width] at x: the bordered image at `image`, sampled at map(pixel) + displacement(pixel).
 */
function resample(x: usize, settings: usize, scratch: usize, image: usize): void {
  const height = word(settings, AUGMENT_HEIGHT);
  const width = word(settings, AUGMENT_WIDTH);
  const stride = word(settings, AUGMENT_STRIDE);
  const density = float(settings, AUGMENT_DENSITY);
  const row = wideOf(settings) << 2;
  const toY = word(settings, AUGMENT_GRID_HEIGHT) * row;
  const lines = scratch + word(settings, AUGMENT_LINES);
  const from = corner(settings, image);
  const map = scratch + MAP;
  const xx = v128.load32_splat(map);
  const yx = v128.load32_splat(map, 8);
  const left = v128.load32_splat(map, 16);
  for (let i: usize = 0; i < height; i++) {
    const v = <f32>i + load<f32>(map, 20);
    const startX = f32x4.splat(load<f32>(map, 4) * v + load<f32>(map, 24));
    const startY = f32x4.splat(load<f32>(map, 12) * v + load<f32>(map, 28));
    const place = <f32>i * density;
    const first = <usize>place;
    const weights = spline(f32x4.sub(f32x4.splat(place - <f32>first + 1), f32x4(0, 1, 2, 3)));
    const line = lines + first * row;
    for (let k: usize = 0; k < width; k += 4) {
      const u = f32x4.add(fourFrom(k), left);
      const sourceX = f32x4.add(madd(xx, u, startX), displacement(line + (k << 2), row, weights));
      const sourceY = f32x4.add(madd(yx, u, startY), displacement(line + toY + (k << 2), row, weights));
      storeUpTo(x + (k << 2), pixelsAt(from, stride, sourceX, sourceY, width, height), width - k);
    }
    x += width << 2;
  }
}

/**
 * The displacements of four neighbouring pixels in x or y: the four nearest lines, weighted. `row` is a line's bytes.
 */
function displacement(line: usize, row: usize, weights: v128): v128 {
  const first = f32x4.mul(f32x4.splat(f32x4.extract_lane(weights, 0)), v128.load(line));
  const second = madd(f32x4.splat(f32x4.extract_lane(weights, 1)), v128.load(line + row), first);
  const third = madd(f32x4.splat(f32x4.extract_lane(weights, 2)), v128.load(line + 2 * row), second);
  return madd(f32x4.splat(f32x4.extract_lane(weights, 3)), v128.load(line + 3 * row), third);
}

/**
 * Bilinear samples of the image at four positions (x, y). Positions are clamped to −1 … width and −1 … height, where
 * the border is zero. `stride` is in floats.
 */
function pixelsAt(from: usize, stride: usize, x: v128, y: v128, width: usize, height: usize): v128 {
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-1)), f32x4.splat(<f32>width));
  y = f32x4.pmin(f32x4.pmax(y, f32x4.splat(-1)), f32x4.splat(<f32>height));
  const left = f32x4.floor(x);
  const top = f32x4.floor(y);
  const place = f32x4.add(f32x4.add(f32x4.mul(top, f32x4.splat(<f32>stride)), left), f32x4.splat(INTEGER_BIAS));
  const offsets = i32x4.shl(i32x4.sub(place, i32x4.splat(INTEGER_BIAS_BITS)), 2);
  const p0 = from + <usize>i32x4.extract_lane(offsets, 0);
  const p1 = from + <usize>i32x4.extract_lane(offsets, 1);
  const p2 = from + <usize>i32x4.extract_lane(offsets, 2);
  const p3 = from + <usize>i32x4.extract_lane(offsets, 3);
  const row = stride << 2;
  const shareY = f32x4.sub(y, top);
  // Vertical interpolation, two positions at a time: lanes are (left, right) of the first and (left, right) of the
  // second.
  const first = blend(pairs(p0, p1), pairs(p0 + row, p1 + row), f32x4.shuffle(shareY, shareY, 0, 0, 1, 1));
  const second = blend(pairs(p2, p3), pairs(p2 + row, p3 + row), f32x4.shuffle(shareY, shareY, 2, 2, 3, 3));
  const lefts = f32x4.shuffle(first, second, 0, 2, 4, 6);
  return blend(lefts, f32x4.shuffle(first, second, 1, 3, 5, 7), f32x4.sub(x, left));
}

/** Two floats from address p, and two from address q. */
function pairs(p: usize, q: usize): v128 {
  return v128.load64_lane(q, v128.load64_zero(p), 1);
}

/** Linear interpolation: a for share 0, b for share 1. */
function blend(a: v128, b: v128, share: v128): v128 {
  return madd(share, f32x4.sub(b, a), a);
}

/** Stores the first min(count, 4) lanes, so that the last pixels of an image do not overwrite what follows it. */
function storeUpTo(at: usize, values: v128, count: usize): void {
  if (count >= 4) {
    v128.store(at, values);
    return;
  }
  v128.store32_lane(at, values, 0);
  if (count > 1) v128.store32_lane(at, values, 1, 4);
  if (count > 2) v128.store32_lane(at, values, 2, 8);
}
