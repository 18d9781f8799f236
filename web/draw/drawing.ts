// The drawing as a list of strokes, or a picture in its place, with undo.

import type { Picture } from "./pictures.js";

/** Position on the paper: from 0 to 1, rightwards and downwards. */
export interface Point {
  x: number;
  y: number;
}

export type Strokes = readonly (readonly Point[])[];

/** The strokes, and whether the page drew them as an example; or a picture and no strokes. */
interface State {
  strokes: Strokes;
  isExample: boolean;
  picture?: Picture;
}

/** Shorter moves of the pen are ignored; relative to the paper's side. */
const LEAST_MOVE = 1e-4;

export class Drawing {
  private state: State = { strokes: [], isExample: false };
  /** The points of the stroke in progress; undefined while the pen is up. */
  private open: Point[] | undefined;
  /** Earlier states, for undo. */
  private readonly history: State[] = [];

  /** `onChange` is called after every change. */
  constructor(private readonly onChange: () => void) {}

  get strokes(): Strokes {
    return this.state.strokes;
  }

  /** Whether the strokes are an example by the page rather than the user's. */
  get isExample(): boolean {
    return this.state.isExample;
  }

  /** The user's picture, if it is on the paper in place of strokes. */
  get picture(): Picture | undefined {
    return this.state.picture;
  }

  get canUndo(): boolean {
    return this.history.length > 0;
  }

  /** Starts a stroke. An example or a picture is removed first. */
  begin(point: Point): void {
    this.remember();
    this.open = [point];
    this.state = { strokes: [...(this.isExample ? [] : this.strokes), this.open], isExample: false };
    this.onChange();
  }

  /** Adds a point to the stroke in progress, if there is one and the pen has moved. */
  extend(point: Point): void {
    const last = this.open?.at(-1);
    // A tap can report moves to the place it is at. Canvases draw nothing for a line without length, but a dot for one point.
    if (!this.open || !last || Math.hypot(point.x - last.x, point.y - last.y) < LEAST_MOVE) return;
    this.open.push(point);
    this.onChange();
  }

  /** Ends the stroke in progress. */
  end(): void {
    this.open = undefined;
  }

  /** Reverts the last stroke, clear or example. */
  undo(): void {
    const previous = this.history.pop();
    if (previous) this.replace(previous);
  }

  clear(): void {
    if (this.strokes.length === 0 && !this.picture) return;
    this.remember();
    this.replace({ strokes: [], isExample: false });
  }

  /** Replaces the drawing with an example. Successive examples, as the frames of an animation, are one step for undo. */
  show(strokes: Strokes): void {
    if (!this.isExample) this.remember();
    this.replace({ strokes, isExample: true });
  }

  /** Replaces the drawing with a picture. */
  place(picture: Picture): void {
    this.remember();
    this.replace({ strokes: [], isExample: false, picture });
  }

  private remember(): void {
    this.history.push(this.state);
  }

  private replace(state: State): void {
    this.open = undefined;
    this.state = state;
    this.onChange();
  }
}
