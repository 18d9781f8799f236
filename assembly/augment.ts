// Images of a batch, drawn anew. Where each pixel is taken from is told by an affine map about the image's centre and by a
// smooth field of displacements; what lies there is interpolated between the four pixels around it. Outside of an image is 0.
//
// The field is Simard's (Simard, Steinkraus and Platt, "Best practices for convolutional neural networks", ICDAR 2003: uniform
// displacements, smoothed by a Gaussian), for a fraction of the work: displacements are drawn on a coarse grid only, and cubic
// B-splines between them do the smoothing. `src/recipe/augment.ts` says how the grid follows from alpha and sigma.
//
// A thread's scratch memory, whose parts the settings tell; `wide` is the width rounded up to 4:
//
//   | draws, map: 96 bytes | weights [grid width][wide] | nodes x, y [grid height·width, rounded up to 4] |
//   | lines x, y [grid height][wide] | image [height + 3][stride] | the same, thicker or thinner |
//
// Both images lie within zeros: a row above, two below, a column on the left, at least four on the right. Nodes lie one
// spacing apart, the second of a row or column on pixel 0.

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
  DRAWN_ROTATION,
  DRAWN_SCALE,
  DRAWN_SHEAR,
  DRAWN_SHIFT_X,
  DRAWN_SHIFT_Y,
  DRAWN_THICKNESS,
} from "../src/abi";
import { rowNumber } from "./batch";
import { philox } from "./random";
import { assertAligned, assertSizes, madd } from "./simd";

/** Blocks of random words for the map and the thickness; those of the field come after. */
const MAP_BLOCKS: u32 = 2;
/** Where, in the scratch memory: words of the field pass through, the map and the weights are. */
const FIELD_DRAWS: usize = 32;
const MAP: usize = 64;
const WEIGHTS: usize = 96;
/** 1.5·2^23: added to a whole number of at most 2^22, it leaves that number in the low bits. */
const WHOLE: f32 = 12582912;
const WHOLE_BITS: i32 = 0x4b400000;

function word(settings: usize, place: usize): usize {
  return <usize>load<u32>(settings + (place << 2));
}

function float(settings: usize, place: usize): f32 {
  return load<f32>(settings + (place << 2));
}

/** What was drawn from a range. */
function drawn(scratch: usize, range: usize): f32 {
  return load<f32>(scratch + (range << 2));
}

/** Floats of a row of weights or lines. */
function wideOf(settings: usize): usize {
  return (word(settings, AUGMENT_WIDTH) + 3) & ~3;
}

/**
 * X[count][height·width], tight rows of floats = rows by number, each image changed by the draws of its number and epoch.
 * Rows are bytes, which are scaled, or floats. What is in `scratch` matters neither before nor after.
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
  weighColumns(settings, scratch);
  for (let i: usize = 0; i < count; i++) {
    const sample = rowNumber(order, i);
    for (let block: u32 = 0; block < MAP_BLOCKS; block++) drawFour(settings, scratch, block, <u32>sample);
    layMap(settings, scratch);
    drawNodes(settings, scratch, <u32>sample);
    layLines(settings, scratch);
    widenImage(settings, scratch + image, rows + ((sample * pixels) << (bytes ? 0 : 2)), bytes);
    redraw(x, settings, scratch, scratch + thicken(settings, scratch));
    x += pixels << 2;
  }
}

// --- draws ---

function drawBlock(out: usize, settings: usize, index: u32, sample: u32): void {
  const stream = <u32>word(settings, AUGMENT_STREAM);
  const seed = settings + ((<usize>AUGMENT_SEED) << 2);
  philox(out, index, sample, <u32>word(settings, AUGMENT_EPOCH), stream, load<u32>(seed), load<u32>(seed, 4));
}

/** Four draws from their ranges, by 24 bits each: the middle of each range, and up to its reach more or less. */
function drawFour(settings: usize, scratch: usize, block: u32, sample: u32): void {
  const at = (<usize>block) << 4;
  drawBlock(scratch + at, settings, block, sample);
  const units = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(v128.load(scratch + at), 8)), f32x4.splat(1.0 / 8388608));
  const middle = settings + ((<usize>AUGMENT_MIDDLES) << 2) + at;
  const reach = settings + ((<usize>AUGMENT_REACHES) << 2) + at;
  v128.store(scratch + at, madd(units, v128.load(reach), v128.load(middle)));
}

/** The nodes' displacements, sideways in the low and upright in the high half of a random word each. */
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

// --- the field ---

/** The cubic B-spline at t: (max(0, 2 − |t|)³ − 4·max(0, 1 − |t|)³) / 6. */
function spline(t: v128): v128 {
  const far = f32x4.pmax(f32x4.sub(f32x4.splat(2), f32x4.abs(t)), f32x4.splat(0));
  const near = f32x4.pmax(f32x4.sub(f32x4.splat(1), f32x4.abs(t)), f32x4.splat(0));
  const outer = f32x4.mul(f32x4.mul(far, far), far);
  const inner = f32x4.mul(f32x4.mul(near, near), near);
  return f32x4.mul(f32x4.sub(outer, f32x4.mul(inner, f32x4.splat(4))), f32x4.splat(1.0 / 6));
}

/** The weight of every column of nodes in every column of pixels. */
function weighColumns(settings: usize, scratch: usize): void {
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

function fourFrom(k: usize): v128 {
  return f32x4.add(f32x4.splat(<f32>k), f32x4(0, 1, 2, 3));
}

/** Each row of nodes, interpolated to all columns of pixels. */
function layLines(settings: usize, scratch: usize): void {
  const height = word(settings, AUGMENT_GRID_HEIGHT);
  const width = word(settings, AUGMENT_GRID_WIDTH);
  const density = float(settings, AUGMENT_DENSITY);
  const row = wideOf(settings) << 2;
  const toY = ((height * width + 3) & ~3) << 2;
  for (let k: usize = 0; k < row; k += 16) {
    // All other weights are zero in these four columns.
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

// --- the image ---

/** The address of pixel 0, 0 of the image at `image`. */
function corner(settings: usize, image: usize): usize {
  return image + ((word(settings, AUGMENT_STRIDE) + 1) << 2);
}

/** Copies an image in between its zeros, as floats. */
function widenImage(settings: usize, image: usize, pixels: usize, bytes: bool): void {
  const scale = f32x4.splat(float(settings, AUGMENT_INPUT_SCALE));
  const width = word(settings, AUGMENT_WIDTH);
  let to = corner(settings, image);
  for (let rows = word(settings, AUGMENT_HEIGHT); rows > 0; rows--) {
    for (let k: usize = 0; k < width; k += 4) {
      v128.store(to + (k << 2), bytes ? f32x4.mul(scale, fourBytes(pixels + k)) : v128.load(pixels + (k << 2)));
    }
    // What came along from past the row.
    v128.store(to + (width << 2), f32x4.splat(0));
    pixels += width << (bytes ? 0 : 2);
    to += word(settings, AUGMENT_STRIDE) << 2;
  }
}

function fourBytes(pixels: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(pixels))));
}

/**
 * Moves edges outwards by the thickness that was drawn, a share of a pixel: so much of the way from each pixel to the brightest
 * of itself and its four neighbours, or inwards to the darkest. Gives where in the scratch memory the image is then.
 */
function thicken(settings: usize, scratch: usize): usize {
  const thickness = drawn(scratch, DRAWN_THICKNESS);
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

function brightest(at: usize, stride: usize): v128 {
  const beside = f32x4.pmax(v128.load(at - 4), v128.load(at + 4));
  const along = f32x4.pmax(v128.load(at - stride), v128.load(at + stride));
  return f32x4.pmax(f32x4.pmax(beside, along), v128.load(at));
}

function darkest(at: usize, stride: usize): v128 {
  const beside = f32x4.pmin(v128.load(at - 4), v128.load(at + 4));
  const along = f32x4.pmin(v128.load(at - stride), v128.load(at + stride));
  return f32x4.pmin(f32x4.pmin(beside, along), v128.load(at));
}

// --- the map ---

/** With `odd` −1 the cosine of √s, with 1 its sine over √s, by the series; right to 1e-11 for s up to π². */
function alternating(s: f64, odd: f64): f64 {
  let sum: f64 = 1;
  for (let n: f64 = 22; n > 0; n -= 2) sum = 1 - (sum * s) / (n * (n + odd));
  return sum;
}

/**
 * The way back from where a slant, a turn, a change of size about the middle and a shift lead, in this order, as eight floats:
 *
 *   xx, xy, yx, yy, left, top, middle x, middle y:   source = (xx·u + xy·v + middle x, yx·u + yy·v + middle y)
 *                                                    where u = x + left, v = y + top
 */
function layMap(settings: usize, scratch: usize): void {
  const angle = <f64>drawn(scratch, DRAWN_ROTATION);
  const sine = <f32>(angle * alternating(angle * angle, 1));
  const cosine = <f32>alternating(angle * angle, -1);
  const slant = drawn(scratch, DRAWN_SHEAR);
  const size = drawn(scratch, DRAWN_SCALE);
  const inverse: f32 = size < 0 ? 1 - size : 1 / (1 + size);
  const map = scratch + MAP;
  store<f32>(map, (cosine + slant * sine) * inverse);
  store<f32>(map, (sine - slant * cosine) * inverse, 4);
  store<f32>(map, -sine * inverse, 8);
  store<f32>(map, cosine * inverse, 12);
  const middleX: f32 = 0.5 * <f32>(word(settings, AUGMENT_WIDTH) - 1);
  const middleY: f32 = 0.5 * <f32>(word(settings, AUGMENT_HEIGHT) - 1);
  store<f32>(map, -middleX - drawn(scratch, DRAWN_SHIFT_X), 16);
  store<f32>(map, -middleY - drawn(scratch, DRAWN_SHIFT_Y), 20);
  store<f32>(map, middleX, 24);
  store<f32>(map, middleY, 28);
}

/** Pixels [height][width] at x, from the image at `image`, by the map and the field's lines. */
function redraw(x: usize, settings: usize, scratch: usize, image: usize): void {
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
      const sourceX = f32x4.add(madd(xx, u, startX), between(line + (k << 2), row, weights));
      const sourceY = f32x4.add(madd(yx, u, startY), between(line + toY + (k << 2), row, weights));
      storeUpTo(x + (k << 2), pixelsAt(from, stride, sourceX, sourceY, width, height), width - k);
    }
    x += width << 2;
  }
}

/** The field in four pixels of a row: its four nearest lines, by their weights. */
function between(line: usize, row: usize, weights: v128): v128 {
  const first = f32x4.mul(f32x4.splat(f32x4.extract_lane(weights, 0)), v128.load(line));
  const second = madd(f32x4.splat(f32x4.extract_lane(weights, 1)), v128.load(line + row), first);
  const third = madd(f32x4.splat(f32x4.extract_lane(weights, 2)), v128.load(line + 2 * row), second);
  return madd(f32x4.splat(f32x4.extract_lane(weights, 3)), v128.load(line + 3 * row), third);
}

/** The image at four places, each between its four pixels. At −1 and from its width and height on are zeros. */
function pixelsAt(from: usize, stride: usize, x: v128, y: v128, width: usize, height: usize): v128 {
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-1)), f32x4.splat(<f32>width));
  y = f32x4.pmin(f32x4.pmax(y, f32x4.splat(-1)), f32x4.splat(<f32>height));
  const left = f32x4.floor(x);
  const top = f32x4.floor(y);
  const place = f32x4.add(f32x4.add(f32x4.mul(top, f32x4.splat(<f32>stride)), left), f32x4.splat(WHOLE));
  const offsets = i32x4.shl(i32x4.sub(place, i32x4.splat(WHOLE_BITS)), 2);
  const p0 = from + <usize>i32x4.extract_lane(offsets, 0);
  const p1 = from + <usize>i32x4.extract_lane(offsets, 1);
  const p2 = from + <usize>i32x4.extract_lane(offsets, 2);
  const p3 = from + <usize>i32x4.extract_lane(offsets, 3);
  const row = stride << 2;
  const shareY = f32x4.sub(y, top);
  // Of each pair of places: both left pixels and both right ones, moved down to their y.
  const first = blend(pairs(p0, p1), pairs(p0 + row, p1 + row), f32x4.shuffle(shareY, shareY, 0, 0, 1, 1));
  const second = blend(pairs(p2, p3), pairs(p2 + row, p3 + row), f32x4.shuffle(shareY, shareY, 2, 2, 3, 3));
  const lefts = f32x4.shuffle(first, second, 0, 2, 4, 6);
  return blend(lefts, f32x4.shuffle(first, second, 1, 3, 5, 7), f32x4.sub(x, left));
}

/** The two floats at p, and the two at q. */
function pairs(p: usize, q: usize): v128 {
  return v128.load64_lane(q, v128.load64_zero(p), 1);
}

/** a at share 0, b at 1. */
function blend(a: v128, b: v128, share: v128): v128 {
  return madd(share, f32x4.sub(b, a), a);
}

/** The first `count` lanes, all four if there are more. */
function storeUpTo(at: usize, values: v128, count: usize): void {
  if (count >= 4) {
    v128.store(at, values);
    return;
  }
  v128.store32_lane(at, values, 0);
  if (count > 1) v128.store32_lane(at, values, 1, 4);
  if (count > 2) v128.store32_lane(at, values, 2, 8);
}
