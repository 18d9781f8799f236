// The canvas that shows the drawing and takes strokes from mouse, pen and touch.

import { onThemeChange, token } from "../theme.js";
import type { Drawing, Point } from "./drawing.js";
import { contextOf, drawInk, PEN } from "./ink.js";

/** The pen of the keyboard as it is shown on the paper. */
export interface Cursor extends Point {
  isDown: boolean;
}

export class Pad {
  private readonly context: CanvasRenderingContext2D;
  /** Undefined while the keyboard is not used for drawing. */
  cursor: Cursor | undefined;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly drawing: Drawing,
  ) {
    this.context = contextOf(canvas);
    new ResizeObserver(() => this.fit()).observe(canvas);
    onThemeChange(() => this.paint());
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    // Otherwise a quick stroke counts as a swipe, and the browser ignores a tap on a button right after it.
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, ({ isPrimary }) => isPrimary && drawing.end());
    }
  }

  /** Sets the canvas to one pixel per screen pixel, so that strokes are sharp. */
  private fit(): void {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    // A hidden canvas has no size; it keeps its previous one. Setting the same size would erase it.
    if (side === 0 || side === this.canvas.width) return;
    this.canvas.width = side;
    this.canvas.height = side;
    this.paint();
  }

  paint(): void {
    const { canvas, cursor, drawing } = this;
    this.context.fillStyle = token("--paper");
    this.context.fillRect(0, 0, canvas.width, canvas.height);
    if (drawing.picture) this.paintPicture(drawing.picture.canvas);
    drawInk(this.context, drawing.strokes, canvas.width, token(drawing.isExample ? "--ink-example" : "--ink"));
    if (cursor) this.paintCursor(cursor);
  }

  /** Draws a picture whole and centred. */
  private paintPicture(picture: HTMLCanvasElement): void {
    const side = this.canvas.width;
    const scale = side / Math.max(picture.width, picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    this.context.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height);
  }

  /** Draws a ring at the pen's position, filled while the pen is down. */
  private paintCursor({ x, y, isDown }: Cursor): void {
    const { context } = this;
    const side = this.canvas.width;
    context.beginPath();
    context.arc(x * side, y * side, (PEN * side) / 2, 0, 2 * Math.PI);
    context.strokeStyle = token("--accent");
    context.fillStyle = token("--accent");
    context.lineWidth = side / 100;
    if (isDown) context.fill();
    context.stroke();
  }

  private down(event: PointerEvent): void {
    // Only the first finger and the main button draw.
    if (!event.isPrimary || event.button !== 0) return;
    // With the pointer captured, a stroke can leave the paper and return.
    this.canvas.setPointerCapture(event.pointerId);
    this.cursor = undefined;
    this.drawing.begin(this.at(event));
  }

  private move(event: PointerEvent): void {
    if (!event.isPrimary || !this.canvas.hasPointerCapture(event.pointerId)) return;
    // The browser merges the events of a frame; a synthetic event has no coalesced events.
    const events = event.getCoalescedEvents();
    for (const each of events.length > 0 ? events : [event]) this.drawing.extend(this.at(each));
  }

  private at({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }
}
