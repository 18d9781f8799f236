// The confusion matrix as a table.

import { make } from "../elements.js";
import { percent, whole } from "../format.js";

export class Confusion {
  readonly root: HTMLElement;
  private readonly title = make("span");
  private readonly body = make("tbody");

  constructor() {
    const digits = Array.from({ length: 10 }, (_, digit) => make("th", { scope: "col", textContent: String(digit) }));
    const head = make("thead", {}, make("tr", {}, make("td"), ...digits));
    const key = make("span", { className: "quiet", textContent: "Rows: true digit. Columns: predicted digit." });
    const caption = make("caption", {}, this.title, key);
    const table = make("table", { className: "inside-confusion" }, caption, head, this.body);
    this.root = make(
      "div",
      { className: "inside-scroller", role: "region", tabIndex: 0, ariaLabel: "Confusion matrix" },
      table,
    );
  }

  /** Shows the counts `confusion[label][prediction]` of `count` test images. */
  show(confusion: readonly (readonly number[])[], accuracy: number | undefined, count: number): void {
    this.title.textContent = `${percent(accuracy)} of ${whole(count)} test images correct`;
    const wrong = confusion.flatMap((row, label) => row.filter((_, prediction) => prediction !== label));
    const maxWrong = Math.max(1, ...wrong);
    this.body.replaceChildren(...confusion.map((row, label) => rowOf(row, label, maxWrong)));
  }
}

/** Percentage of colour in the fullest cell; low enough for its number to stay readable. */
const MAX_COLOUR = 40;

function rowOf(counts: readonly number[], label: number, maxWrong: number): HTMLTableRowElement {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cells = counts.map((count, prediction) => {
    const isCorrect = prediction === label;
    const cell = make("td", {
      textContent: count === 0 ? "" : String(count),
      className: isCorrect ? "is-correct" : "is-wrong",
    });
    // Correct cells relative to the images of the digit, wrong cells relative to the most frequent error.
    const share = isCorrect ? count / Math.max(1, total) : count / maxWrong;
    cell.style.setProperty("--share", `${Math.round(share * MAX_COLOUR)}%`);
    if (count > 0)
      cell.title = `${whole(count)} of ${whole(total)} images of digit ${label} predicted as ${prediction}`;
    return cell;
  });
  return make("tr", {}, make("th", { scope: "row", textContent: String(label) }), ...cells);
}
