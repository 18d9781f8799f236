// What is drawn, as strokes, with a way back.

/** From 0 to 1 across the paper and down it. */
export interface Point {
  x: number;
  y: number;
}

export type Strokes = readonly (readonly Point[])[];

export class Drawing {
  #strokes: Strokes = [];
  /** The points of the stroke that the pen is at. */
  #open: Point[] | undefined;
  #past: { strokes: Strokes; isExample: boolean }[] = [];
  #isExample = false;

  /** `changed` is called after every change. */
  constructor(private readonly changed: () => void) {}

  get strokes(): Strokes {
    return this.#strokes;
  }

  /** Whether the page drew it, rather than the user. */
  get isExample(): boolean {
    return this.#isExample;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  /** Puts the pen down; on an example, which goes away, as on blank paper. */
  begin(point: Point): void {
    this.#keep();
    this.#open = [point];
    this.#strokes = [...(this.#isExample ? [] : this.#strokes), this.#open];
    this.#isExample = false;
    this.changed();
  }

  /** Draws on with the pen, if it is down. */
  extend(point: Point): void {
    if (!this.#open) return;
    this.#open.push(point);
    this.changed();
  }

  /** Lifts the pen. */
  end(): void {
    this.#open = undefined;
  }

  /** Takes the last stroke, clearing or example back. */
  undo(): void {
    const before = this.#past.pop();
    if (before) this.#become(before.strokes, before.isExample);
  }

  clear(): void {
    if (this.#strokes.length === 0) return;
    this.#keep();
    this.#become([], false);
  }

  /** Shows an example in place of what is drawn. */
  show(strokes: Strokes): void {
    if (!this.#isExample) this.#keep();
    this.#become(strokes, true);
  }

  #keep(): void {
    this.#past.push({ strokes: this.#strokes, isExample: this.#isExample });
  }

  #become(strokes: Strokes, isExample: boolean): void {
    this.#open = undefined;
    this.#strokes = strokes;
    this.#isExample = isExample;
    this.changed();
  }
}
