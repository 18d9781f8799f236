// Strokes as ink: on the paper that people see, and in the picture that the network is given.

import type { Point, Strokes } from "./drawing.js";

/** The pen's width over the paper's side. */
export const PEN = 1 / 12;

/** Draws strokes with a round pen on a paper of `side` pixels. */
export function drawInk(context: CanvasRenderingContext2D, strokes: Strokes, side: number, color: string): void {
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = PEN * side;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const stroke of strokes) drawStroke(context, stroke, side);
}

/** Through the middles between points, with the points as the curve's handles: the corners of slow events round off. */
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
 * Pixels of the picture's side: the same on every screen, so that the same strokes are read the same. What the preprocessing
 * searches without making it smaller; twice as large a one takes twice as long and is read no better.
 */
const SIDE = 160;
let picture: CanvasRenderingContext2D | undefined;

/** The strokes in black on white. */
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

export function contextOf(canvas: HTMLCanvasElement, options?: CanvasRenderingContext2DSettings) {
  const context = canvas.getContext("2d", options);
  if (!context) throw new Error("this browser gives no canvas to draw on");
  return context;
}
