// Which digits are taken for which, as the library counted them.

import { make } from "../elements.js";
import { percent, whole } from "../format.js";

export class Confusion {
  readonly root: HTMLElement;
  private readonly title = make("caption");
  private readonly body = make("tbody");

  constructor() {
    const digits = Array.from({ length: 10 }, (_, digit) => make("th", { scope: "col", textContent: String(digit) }));
    const corner = make("td", { className: "quiet", textContent: "is / read as" });
    const head = make("thead", {}, make("tr", {}, corner, ...digits));
    const table = make("table", { className: "inside-confusion" }, this.title, head, this.body);
    this.root = make(
      "div",
      { className: "inside-scroller", role: "region", tabIndex: 0, ariaLabel: "Confusion matrix" },
      table,
    );
  }

  /** `confusion[label][prediction]` */
  show(confusion: readonly (readonly number[])[], accuracy: number | undefined, count: number): void {
    this.title.textContent = `${percent(accuracy)} of ${whole(count)} test images are read right`;
    const wrong = confusion.flatMap((row, label) => row.filter((_, read) => read !== label));
    const mostWrong = Math.max(1, ...wrong);
    this.body.replaceChildren(...confusion.map((row, label) => rowOf(row, label, mostWrong)));
  }
}

/** Percent of the colour of a full cell, which its number must still be read on. */
const MOST_COLOUR = 40;

function rowOf(counts: readonly number[], label: number, mostWrong: number): HTMLTableRowElement {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cells = counts.map((count, read) => {
    const isRight = read === label;
    const cell = make("td", {
      textContent: count === 0 ? "" : String(count),
      className: isRight ? "is-right" : "is-wrong",
    });
    // By the number of images where they are read right, by the most of any mistake where not.
    const share = isRight ? count / Math.max(1, total) : count / mostWrong;
    cell.style.setProperty("--share", `${Math.round(share * MOST_COLOUR)}%`);
    if (count > 0) cell.title = `${whole(count)} of ${whole(total)} images of ${label} are read as ${read}`;
    return cell;
  });
  return make("tr", {}, make("th", { scope: "row", textContent: String(label) }), ...cells);
}
