// The misclassified test images with the highest loss.

import type { Dataset, Mistake } from "../../src/worker.js";
import { make } from "../elements.js";
import { short } from "../format.js";
import { onThemeChange } from "../theme.js";
import { paintDigit } from "./colours.js";

export class Mistakes {
  readonly root = make("div", { className: "inside-mistakes" });
  /** Paints the canvases of the current cards. */
  private repaint: () => void = () => {};

  /** `onSelect` is called with the index of the test image whose card was clicked. */
  constructor(private readonly onSelect: (index: number) => void) {
    onThemeChange(() => this.repaint());
  }

  show(test: Dataset, mistakes: readonly Mistake[]): void {
    const canvases = mistakes.map(() => make("canvas", { className: "inside-thumb" }));
    const cards = mistakes.map((mistake, i) => this.card(mistake, canvases[i] ?? make("canvas")));
    this.root.replaceChildren(...cards);
    this.repaint = () => {
      mistakes.forEach(({ index }, i) => {
        const canvas = canvases[i];
        if (canvas) paintDigit(canvas, test.sample(index));
      });
    };
    this.repaint();
  }

  private card({ index, label, prediction, loss }: Mistake, canvas: HTMLCanvasElement): HTMLButtonElement {
    const size = `loss ${short(loss)}`;
    const card = make(
      "button",
      {
        type: "button",
        className: "inside-mistake",
        title: `Show test image ${index}`,
      },
      canvas,
      make("b", { textContent: `${label} → ${prediction}` }),
      make("span", { className: "quiet", textContent: size }),
    );
    card.addEventListener("click", () => this.onSelect(index));
    return card;
  }
}
