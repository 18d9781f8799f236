// Recognizes the drawing whenever it, the network or its weights change.

import { preprocessDigit, readDigit } from "../../src/digits.js";
import type { Session } from "../session.js";
import type { Answer } from "./answer.js";
import type { Drawing } from "./drawing.js";
import { pictureOf } from "./ink.js";
import { hasDiverged } from "./verdict.js";

const DIVERGED = "This network's training diverged: it has no answer";

/** Name of the performance mark at the page's first answer. */
const FIRST_ANSWER = "first-prediction";

export class Recognizer {
  private isBusy = false;
  /** Whether something has changed since the last request to the network. */
  private isStale = false;

  constructor(
    private readonly session: Session,
    private readonly answer: Answer,
  ) {}

  /** Preprocesses the drawing, stores the digit in the session, shows it, and starts its recognition. */
  setDrawing({ strokes, picture }: Drawing): void {
    const { answer, session } = this;
    const pixels = picture?.pixels ?? (strokes.length > 0 ? pictureOf(strokes) : undefined);
    session.digit = pixels && preprocessDigit(pixels);
    answer.showInput(session.digit);
    this.update();
  }

  /**
   * Recognizes the session's digit with the selected network. A network in a worker may take several frames to answer; requests in
   * the meantime are merged into one.
   */
  update(): void {
    this.isStale = true;
    if (!this.isBusy) void this.recognizeUntilCurrent();
  }

  private async recognizeUntilCurrent(): Promise<void> {
    this.isBusy = true;
    try {
      while (this.isStale) {
        this.isStale = false;
        await this.recognize();
      }
    } catch (error) {
      this.answer.showNothing((error as Error).message);
    } finally {
      this.isBusy = false;
    }
  }

  private async recognize(): Promise<void> {
    const { answer, session } = this;
    const network = session.selected?.network ?? (await session.pretrained);
    const reading = session.digit && (await readDigit(network, session.digit));
    if (!reading) {
      answer.showNothing("Draw a digit");
      return;
    }
    if (hasDiverged(reading.probabilities)) answer.showNothing(DIVERGED);
    else answer.show(reading);
    if (performance.getEntriesByName(FIRST_ANSWER).length === 0) performance.mark(FIRST_ANSWER);
  }
}
