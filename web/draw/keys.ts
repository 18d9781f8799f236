// Drawing by keyboard: the arrow keys move a pen.

import type { Drawing } from "./drawing.js";
import type { Pad } from "./pad.js";

/** Distance that a key press moves the pen, relative to the paper's side: without and with Shift. */
const [STEP, SMALL_STEP] = [1 / 24, 1 / 96];
const DIRECTIONS = new Map([
  ["ArrowLeft", { x: -1, y: 0 }],
  ["ArrowRight", { x: 1, y: 0 }],
  ["ArrowUp", { x: 0, y: -1 }],
  ["ArrowDown", { x: 0, y: 1 }],
]);

/** Lets the keyboard draw while `paper` has the focus. `announce` receives what each key did, for screen readers. */
export function listenToKeys(
  paper: HTMLElement,
  pad: Pad,
  drawing: Drawing,
  announce: (message: string) => void,
): void {
  const pen = new KeyPen(pad, drawing, announce);
  paper.tabIndex = 0;
  paper.addEventListener("keydown", (event) => pen.press(event));
  paper.addEventListener("keyup", ({ key }) => pen.heldKeys.delete(key));
  paper.addEventListener("blur", () => pen.leave());
}

class KeyPen {
  /** Arrow keys that are down; two of them together move the pen diagonally. */
  readonly heldKeys = new Set<string>();
  private position = { x: 0.5, y: 0.25 };
  private isDown = false;

  constructor(
    private readonly pad: Pad,
    private readonly drawing: Drawing,
    private readonly announce: (message: string) => void,
  ) {}

  press(event: KeyboardEvent): void {
    if (!this.handle(event)) return;
    event.preventDefault();
    // The view listens for Ctrl+Z too and would undo a second time.
    event.stopPropagation();
    this.showCursor();
  }

  leave(): void {
    this.heldKeys.clear();
    this.lift();
    this.pad.cursor = undefined;
    this.pad.paint();
  }

  /** Performs the key's action; false if it has none. */
  private handle({ key, shiftKey, ctrlKey, metaKey, altKey, repeat }: KeyboardEvent): boolean {
    if (DIRECTIONS.has(key) && !ctrlKey && !metaKey && !altKey) this.move(key, shiftKey ? SMALL_STEP : STEP);
    else if (key === " ") repeat || this.toggle();
    else if (key === "Enter") this.lift();
    else if (key === "Backspace" || (key === "z" && (ctrlKey || metaKey))) this.undo();
    else if (key === "Escape" || key === "Delete") this.clear();
    else return false;
    return true;
  }

  private move(key: string, step: number): void {
    this.heldKeys.add(key);
    for (const name of this.heldKeys) {
      const { x, y } = DIRECTIONS.get(name) ?? { x: 0, y: 0 };
      this.position = { x: clamp(this.position.x + x * step), y: clamp(this.position.y + y * step) };
    }
    if (this.isDown) this.drawing.extend(this.position);
  }

  private toggle(): void {
    if (this.isDown) {
      this.lift();
      return;
    }
    this.isDown = true;
    this.drawing.begin(this.position);
    this.announce("Pen down");
  }

  private lift(): void {
    if (!this.isDown) return;
    this.isDown = false;
    this.drawing.end();
    this.announce("Pen up");
  }

  private undo(): void {
    this.isDown = false;
    if (!this.drawing.canUndo) return;
    this.drawing.undo();
    this.announce("Undone");
  }

  private clear(): void {
    this.isDown = false;
    this.drawing.clear();
    this.announce("Cleared");
  }

  private showCursor(): void {
    this.pad.cursor = { ...this.position, isDown: this.isDown };
    this.pad.paint();
  }
}

/** Limits a coordinate to the paper. */
function clamp(x: number): number {
  return Math.min(1, Math.max(0, x));
}
