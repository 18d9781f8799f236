// The paper: shows what is drawn, and takes strokes from mouse, pen and touch.

import { onThemeChange, token } from "../theme.js";
import type { Drawing, Point } from "./drawing.js";
import { contextOf, drawInk, PEN } from "./ink.js";

/** The pen of the keyboard, where it is to be seen. */
export interface Cursor extends Point {
  isDown: boolean;
}

export class Pad {
  readonly #context: CanvasRenderingContext2D;
  /** The pen of the keyboard; undefined while the keyboard is not used. */
  cursor: Cursor | undefined;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly drawing: Drawing,
  ) {
    this.#context = contextOf(canvas);
    new ResizeObserver(() => this.#fit()).observe(canvas);
    onThemeChange(() => this.paint());
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    // A quick stroke would count as a swipe, which swallows a tap on a button right after it.
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, ({ isPrimary }) => isPrimary && drawing.end());
    }
  }

  /** One pixel of the canvas to one of the screen. */
  #fit(): void {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    // A hidden one has no size, and keeps what it had.
    if (side === 0 || side === this.canvas.width) return;
    this.canvas.width = side;
    this.canvas.height = side;
    this.paint();
  }

  paint(): void {
    const { canvas, cursor, drawing } = this;
    this.#context.fillStyle = token("--paper");
    this.#context.fillRect(0, 0, canvas.width, canvas.height);
    drawInk(this.#context, drawing.strokes, canvas.width, token(drawing.isExample ? "--ink-example" : "--ink"));
    if (cursor) this.#paintCursor(cursor);
  }

  /** A ring where the pen is, filled while it is down. */
  #paintCursor({ x, y, isDown }: Cursor): void {
    const context = this.#context;
    const side = this.canvas.width;
    context.beginPath();
    context.arc(x * side, y * side, (PEN * side) / 2, 0, 2 * Math.PI);
    context.strokeStyle = token("--accent");
    context.fillStyle = token("--accent");
    context.lineWidth = side / 100;
    if (isDown) context.fill();
    context.stroke();
  }

  #down(event: PointerEvent): void {
    // One finger draws; a second one, or another button, means something else.
    if (!event.isPrimary || event.button !== 0) return;
    // Strokes may leave the paper and come back.
    this.canvas.setPointerCapture(event.pointerId);
    this.cursor = undefined;
    this.drawing.begin(this.#at(event));
  }

  #move(event: PointerEvent): void {
    if (!event.isPrimary || !this.canvas.hasPointerCapture(event.pointerId)) return;
    // The browser bundles what came since the last frame; events made by scripts have none.
    const events = event.getCoalescedEvents();
    for (const each of events.length > 0 ? events : [event]) this.drawing.extend(this.#at(each));
  }

  #at({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }
}
