// Rendering of strokes: on the visible paper, and as the picture that is preprocessed for the network.

import type { Point, Strokes } from "./drawing.js";

/** Width of the pen relative to the paper's side. */
export const PEN = 1 / 12;

/** Draws strokes with a round pen onto a canvas of `side` by `side` pixels. Changes the context's styles. */
export function drawInk(context: CanvasRenderingContext2D, strokes: Strokes, side: number, color: string): void {
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = PEN * side;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const stroke of strokes) drawStroke(context, stroke, side);
}

/**
 * Draws one stroke as quadratic curves through the midpoints between its points, with the points as control points. This rounds
 * the corners of strokes whose pointer events are far apart.
 */
function drawStroke(context: CanvasRenderingContext2D, stroke: readonly Point[], side: number): void {
  const [first, ...rest] = stroke;
  const last = rest.at(-1);
  if (!first) return;
  context.beginPath();
  if (!last) {
    context.arc(first.x * side, first.y * side, (PEN * side) / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(first.x * side, first.y * side);
  let from = first;
  for (const to of rest) {
    context.quadraticCurveTo(from.x * side, from.y * side, ((from.x + to.x) / 2) * side, ((from.y + to.y) / 2) * side);
    from = to;
  }
  context.lineTo(last.x * side, last.y * side);
  context.stroke();
}

/**
 * Side of the picture in pixels, the same on every screen, so that equal strokes give equal answers. It is the largest size that
 * the preprocessing does not scale down first; twice the size takes twice as long and is not more accurate.
 */
const SIDE = 160;
let picture: CanvasRenderingContext2D | undefined;

/**
 * The strokes in black on white. The preprocessing searches this picture for ink as it does in a photo, although the strokes are
 * known here, so that drawings and photos share one code path.
 */
export function pictureOf(strokes: Strokes): ImageData {
  picture ??= newPicture();
  picture.fillStyle = "white";
  picture.fillRect(0, 0, SIDE, SIDE);
  drawInk(picture, strokes, SIDE, "black");
  return picture.getImageData(0, 0, SIDE, SIDE);
}

function newPicture(): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  return contextOf(canvas, { willReadFrequently: true });
}

/** The 2D context of a canvas. Throws if the browser does not provide one. */
export function contextOf(canvas: HTMLCanvasElement, options?: CanvasRenderingContext2DSettings) {
  const context = canvas.getContext("2d", options);
  if (!context) throw new Error("this browser does not provide a 2D canvas");
  return context;
}
