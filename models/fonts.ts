// Printed test digits: fonts as Debian's packages install them. Only the installed ones are used.

import { existsSync, readFileSync } from "node:fs";
import { type Font, type PathCommand, parse } from "opentype.js";
import type { Plane } from "../src/image/plane.js";
import { emptyCanvas, fillOutlines, type Point } from "./canvas.js";
import type { Drawing } from "./strokes.js";

/** A font and where it comes from. */
export interface FontFile {
  name: string;
  /** Debian's package, and the file in it. */
  package: string;
  path: string;
}

const FOLDER = "/usr/share/fonts";
/** Fonts of print and handwriting, light and bold, all with free licences. */
export const FONTS: FontFile[] = [
  ["DejaVu Sans", "fonts-dejavu-core", "truetype/dejavu/DejaVuSans.ttf"],
  ["Open Sans Light", "fonts-open-sans", "truetype/open-sans/OpenSans-Light.ttf"],
  ["Open Sans", "fonts-open-sans", "truetype/open-sans/OpenSans-Regular.ttf"],
  ["Andika", "fonts-sil-andika", "truetype/andika/Andika-Regular.ttf"],
  ["Andika Bold", "fonts-sil-andika", "truetype/andika/Andika-Bold.ttf"],
  ["Comic Neue", "fonts-comic-neue", "opentype/comic-neue/ComicNeue-Regular.otf"],
  ["Comic Neue Italic", "fonts-comic-neue", "opentype/comic-neue/ComicNeue-Italic.otf"],
  ["Breip", "fonts-breip", "truetype/breip/Breip.ttf"],
  ["Rufscript", "fonts-rufscript", "truetype/rufscript/Rufscript010.ttf"],
  ["Humor Sans", "fonts-humor-sans", "truetype/humor-sans/Humor-Sans.ttf"],
].map(([name = "", fontPackage = "", path = ""]) => ({ name, package: fontPackage, path: `${FOLDER}/${path}` }));

/** Whether the font's file exists. */
export function isInstalled({ path }: FontFile): boolean {
  return existsSync(path);
}

/** Font sizes, as shares of the canvas's side. */
const SIZES = [0.4, 0.6, 0.8, 1];

/** All digits of the fonts in several sizes, centred on the canvas. */
export function* printedDigits(files: FontFile[], side: number): Generator<Drawing> {
  const fonts = files.map(read);
  for (const size of SIZES) {
    for (const font of fonts) {
      for (let label = 0; label < 10; label++) yield { canvas: print(font, String(label), size * side, side), label };
    }
  }
}

/** These characters of the fonts that have them, in two sizes, centred on the canvas. */
export function* printedSigns(files: FontFile[], signs: string, side: number): Generator<Plane> {
  for (const font of files.map(read)) {
    for (const sign of signs) {
      // Glyph 0 stands for a character that the font lacks.
      if (font.charToGlyphIndex(sign) === 0) continue;
      for (const size of SIZES.slice(1, 3)) yield print(font, sign, size * side, side);
    }
  }
}

function read({ path }: FontFile): Font {
  return parse(new Uint8Array(readFileSync(path)).buffer);
}

/** A canvas with one character. */
function print(font: Font, sign: string, size: number, side: number): Plane {
  const canvas = emptyCanvas(side);
  fillOutlines(canvas, centred(outline(font.getPath(sign, 0, 0, size).commands), side));
  return canvas;
}

/** Outlines moved so that their bounding box is in the middle of the canvas. */
function centred(outlines: Point[][], side: number): Point[][] {
  const middle = (name: "x" | "y") => {
    const values = outlines.flat().map((point) => point[name]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  };
  const [x, y] = [side / 2 - middle("x"), side / 2 - middle("y")];
  return outlines.map((points) => points.map((point) => ({ x: point.x + x, y: point.y + y })));
}

/** Straight pieces that approximate a curve. */
const PIECES = 12;

/** The closed polygons of a font's path. */
function outline(commands: PathCommand[]): Point[][] {
  const outlines: Point[][] = [];
  let from: Point = { x: 0, y: 0 };
  for (const command of commands) {
    if (command.type === "Z") continue;
    if (command.type === "M") outlines.push([]);
    outlines.at(-1)?.push(...pieces(from, command));
    from = { x: command.x, y: command.y };
  }
  return outlines;
}

/** Points on a line or Bézier curve (quadratic or cubic) after `from`, up to and including its end. */
function pieces(from: Point, command: Exclude<PathCommand, { type: "Z" }>): Point[] {
  const to = { x: command.x, y: command.y };
  if (command.type === "M" || command.type === "L") return [to];
  const one = { x: command.x1, y: command.y1 };
  const controls = command.type === "Q" ? [one] : [one, { x: command.x2, y: command.y2 }];
  return Array.from({ length: PIECES }, (_, i) => onCurve([from, ...controls, to], (i + 1) / PIECES));
}

/** The point of a Bézier curve at parameter t, by De Casteljau's algorithm. */
function onCurve(points: Point[], t: number): Point {
  const [first] = points as [Point];
  if (points.length === 1) return first;
  const inner = points.slice(1).map(({ x, y }, i) => {
    const before = points[i] as Point;
    return { x: before.x + t * (x - before.x), y: before.y + t * (y - before.y) };
  });
  return onCurve(inner, t);
}
