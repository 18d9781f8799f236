// What the network says, and what it saw.

import { byId } from "../dom.js";
import { contextOf } from "./ink.js";
import { verdictOf } from "./words.js";

/** Screen readers are told once the hand has rested for so long. */
const REST_MILLISECONDS = 800;
const SIDE = 28;

export class Answer {
  readonly #digit = byId("answer", HTMLElement);
  readonly #words = byId("words", HTMLElement);
  readonly #status = byId("status", HTMLElement);
  readonly #seen = byId("seen", HTMLCanvasElement);
  readonly #bars = [...byId("bars", HTMLElement).children] as HTMLElement[];
  #resting: ReturnType<typeof setTimeout> | undefined;

  /** The outputs for a drawn digit. */
  show(outputs: ArrayLike<number>): void {
    const { digit, isSure, words } = verdictOf(outputs);
    this.#digit.textContent = String(digit);
    this.#digit.classList.toggle("unsure", !isSure);
    this.#fill(outputs, digit);
    this.#write(words);
  }

  /** Why there are none. */
  showNothing(words: string): void {
    this.#digit.textContent = "";
    this.#fill([], undefined);
    this.#write(words);
  }

  /** `digit` is what the preprocessing made, `[28][28]`. */
  showSeen(digit: Uint8Array | undefined): void {
    const image = new ImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++)
      image.data.fill(digit?.[i] ?? 0, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4);
    contextOf(this.#seen).putImageData(image, 0, 0);
    this.#seen.ariaLabel = digit ? "The drawing as 28 by 28 pixels, light on black" : "Nothing drawn";
  }

  /** Tells screen readers something at once. */
  say(what: string): void {
    this.#status.textContent = what;
  }

  #write(words: string): void {
    if (this.#words.textContent === words) return;
    this.#words.textContent = words;
    // Every point of a stroke may change the answer.
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.say(words), REST_MILLISECONDS);
  }

  #fill(outputs: ArrayLike<number>, best: number | undefined): void {
    this.#bars.forEach((bar, digit) => {
      const share = Math.min(1, Math.max(0, outputs[digit] ?? 0));
      bar.style.setProperty("--share", String(share));
      bar.classList.toggle("best", digit === best);
      const text = bar.lastElementChild;
      if (text) text.textContent = `${Math.round(100 * share)} %`;
    });
  }
}
