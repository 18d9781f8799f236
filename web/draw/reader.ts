// Reads the drawing whenever it or the network changes, at most once a frame.

import { preprocessDigit, readDigit } from "../../src/digits.js";
import type { Session } from "../session.js";
import type { Answer } from "./answer.js";
import type { Strokes } from "./drawing.js";
import { pictureOf } from "./ink.js";
import { isLost } from "./words.js";

export class Reader {
  #isBusy = false;
  #isStale = false;

  constructor(
    private readonly session: Session,
    private readonly answer: Answer,
  ) {}

  /** Makes of strokes what the network takes, and has it read. */
  see(strokes: Strokes): void {
    const { answer, session } = this;
    session.digit = strokes.length > 0 ? preprocessDigit(pictureOf(strokes)) : undefined;
    answer.showSeen(session.digit);
    this.read();
  }

  /** Asks the chosen network; while it is at work, which a network in a worker may be for some frames, not again. */
  read(): void {
    this.#isStale = true;
    if (!this.#isBusy) void this.#readAll();
  }

  async #readAll(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#readOnce();
      }
    } catch (error) {
      this.answer.showNothing((error as Error).message);
    } finally {
      this.#isBusy = false;
    }
  }

  async #readOnce(): Promise<void> {
    const { answer, session } = this;
    const network = session.selected?.network ?? (await session.pretrained);
    const reading = session.digit && (await readDigit(network, session.digit));
    if (!reading) {
      answer.showNothing("Draw a digit");
      return;
    }
    if (isLost(reading.probabilities)) answer.showNothing(LOST);
    else answer.show(reading.probabilities);
    if (performance.getEntriesByName(FIRST).length === 0) performance.mark(FIRST);
  }
}

const LOST = "This network reads nothing: its training diverged";

/** The mark that tells when the page first had an answer. */
const FIRST = "first-prediction";
