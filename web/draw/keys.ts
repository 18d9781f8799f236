// Drawing by keyboard: a pen that the arrow keys move.

import type { Drawing } from "./drawing.js";
import type { Pad } from "./pad.js";

/** What a key press moves the pen by, over the paper's side, and with Shift. */
const [STEP, SMALL_STEP] = [1 / 24, 1 / 96];
const DIRECTIONS = new Map([
  ["ArrowLeft", { x: -1, y: 0 }],
  ["ArrowRight", { x: 1, y: 0 }],
  ["ArrowUp", { x: 0, y: -1 }],
  ["ArrowDown", { x: 0, y: 1 }],
]);

/** `say` is told what a key did, for who does not see it. */
export function listenToKeys(paper: HTMLElement, pad: Pad, drawing: Drawing, say: (what: string) => void): void {
  const pen = new KeyPen(pad, drawing, say);
  paper.tabIndex = 0;
  paper.addEventListener("keydown", (event) => pen.press(event));
  paper.addEventListener("keyup", ({ key }) => pen.held.delete(key));
  paper.addEventListener("blur", () => pen.leave());
}

class KeyPen {
  /** The arrow keys that are down: two of them move slantwise. */
  readonly held = new Set<string>();
  private at = { x: 0.5, y: 0.25 };
  private isDown = false;

  constructor(
    private readonly pad: Pad,
    private readonly drawing: Drawing,
    private readonly say: (what: string) => void,
  ) {}

  press(event: KeyboardEvent): void {
    if (!this.#act(event)) return;
    event.preventDefault();
    // Ctrl+Z is listened for all over the view too.
    event.stopPropagation();
    this.#show();
  }

  leave(): void {
    this.held.clear();
    this.#lift();
    this.pad.cursor = undefined;
    this.pad.paint();
  }

  /** Whether the key means something here. */
  #act({ key, shiftKey, ctrlKey, metaKey, altKey, repeat }: KeyboardEvent): boolean {
    if (DIRECTIONS.has(key) && !ctrlKey && !metaKey && !altKey) this.#move(key, shiftKey ? SMALL_STEP : STEP);
    else if (key === " ") repeat || this.#toggle();
    else if (key === "Enter") this.#lift();
    else if (key === "Backspace" || (key === "z" && (ctrlKey || metaKey))) this.#undo();
    else if (key === "Escape" || key === "Delete") this.#clear();
    else return false;
    return true;
  }

  #move(key: string, step: number): void {
    this.held.add(key);
    for (const name of this.held) {
      const { x, y } = DIRECTIONS.get(name) ?? { x: 0, y: 0 };
      this.at = { x: inside(this.at.x + x * step), y: inside(this.at.y + y * step) };
    }
    if (this.isDown) this.drawing.extend(this.at);
  }

  #toggle(): void {
    if (this.isDown) {
      this.#lift();
      return;
    }
    this.isDown = true;
    this.drawing.begin(this.at);
    this.say("Pen down");
  }

  #lift(): void {
    if (!this.isDown) return;
    this.isDown = false;
    this.drawing.end();
    this.say("Pen up");
  }

  #undo(): void {
    this.isDown = false;
    if (!this.drawing.canUndo) return;
    this.drawing.undo();
    this.say("Undone");
  }

  #clear(): void {
    this.isDown = false;
    this.drawing.clear();
    this.say("Cleared");
  }

  #show(): void {
    this.pad.cursor = { ...this.at, isDown: this.isDown };
    this.pad.paint();
  }
}

function inside(x: number): number {
  return Math.min(1, Math.max(0, x));
}
