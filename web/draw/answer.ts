// The network's answer beside the drawing: the recognized digit, the probabilities, and the input the network received.

import type { DigitReading } from "../../src/digits.js";
import { DIGIT_PIXELS, DIGIT_SIDE } from "../../src/image/digit.js";
import { byId } from "../dom.js";
import { contextOf } from "./ink.js";
import { doubted, NONE, verdictOf } from "./verdict.js";

/** Screen readers announce an answer after it has been unchanged for this long. */
const ANNOUNCE_MILLISECONDS = 800;

export class Answer {
  private readonly digit = byId("answer", HTMLElement);
  private readonly words = byId("words", HTMLElement);
  private readonly status = byId("status", HTMLElement);
  private readonly input = byId("input", HTMLCanvasElement);
  private readonly bars = [...byId("bars", HTMLElement).children] as HTMLElement[];
  private announcement: ReturnType<typeof setTimeout> | undefined;

  /** Shows the reading of a drawn digit, or that it is none. */
  show({ probabilities, doubt = 0, isDigit = true, isSure }: DigitReading): void {
    const verdict = verdictOf(probabilities);
    const isDoubted = verdict.isSure && isSure === false;
    this.digit.textContent = isDigit ? String(verdict.digit) : "?";
    this.digit.classList.toggle("unsure", !verdict.isSure || isDoubted);
    // The outputs are those of a digit; for none, what is left of them is their share in all.
    if (isDigit) this.fillBars(probabilities, verdict.digit);
    else
      this.fillBars(
        probabilities.map((share) => (1 - doubt) * share),
        undefined,
      );
    if (!isDigit) this.write(NONE);
    else this.write(isDoubted ? doubted(verdict.digit) : verdict.words);
  }

  /** Shows a question mark, empty bars and a sentence that gives the reason. */
  showNothing(reason: string): void {
    this.digit.textContent = "?";
    this.digit.classList.add("unsure");
    this.fillBars([], undefined);
    this.write(reason);
  }

  /** Shows the preprocessed digit, `[28][28]` bytes; black if undefined. */
  showInput(digit: Uint8Array | undefined): void {
    const image = new ImageData(DIGIT_SIDE, DIGIT_SIDE);
    for (let i = 0; i < DIGIT_PIXELS; i++)
      image.data.fill(digit?.[i] ?? 0, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4);
    contextOf(this.input).putImageData(image, 0, 0);
    this.input.ariaLabel = digit ? "The drawing as 28 by 28 pixels, light on black" : "Nothing drawn";
  }

  /** Announces a message to screen readers at once. */
  announce(message: string): void {
    this.status.textContent = message;
  }

  private write(words: string): void {
    if (this.words.textContent === words) return;
    this.words.textContent = words;
    // The answer may change with every point of a stroke; only the last one of a series is announced.
    clearTimeout(this.announcement);
    this.announcement = setTimeout(() => this.announce(words), ANNOUNCE_MILLISECONDS);
  }

  private fillBars(outputs: ArrayLike<number>, best: number | undefined): void {
    this.bars.forEach((bar, digit) => {
      // Outputs of a network without softmax may lie outside 0 to 1.
      const share = Math.min(1, Math.max(0, outputs[digit] ?? 0));
      bar.style.setProperty("--share", String(share));
      bar.classList.toggle("best", digit === best);
      const text = bar.lastElementChild;
      if (text) text.textContent = `${Math.round(100 * share)} %`;
    });
  }
}
