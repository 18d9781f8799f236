// The table of the runs of this visit, with their results and actions.

import { button, make, setEnabled, setText } from "../elements.js";
import { percent, short } from "../format.js";
import type { Session } from "../session.js";
import { COLOURS } from "./curves.js";
import type { Kept } from "./keep.js";
import type { Run } from "./run.js";
import { describeLearning, describeNetwork } from "./settings.js";

export interface RunActions {
  save(run: Run): void;
  remove(run: Run): void;
  /** The curves of a run were shown or hidden. */
  visibilityChanged(): void;
  /** Takes back the kept network of an earlier visit. */
  takeBack(): void;
  forget(): void;
}

const NUMBERS = ["Epochs", "Loss", "Training", "Test"];
/** Indices of the numbers that are means over an epoch. */
const MEANS = [1, 2];
const HEADINGS = ["Curves", "Network", ...NUMBERS, "Selected", "Actions"];

export class RunTable {
  readonly root: HTMLElement;
  private readonly body = make("tbody", { role: "rowgroup" });
  private readonly rows = new Map<Run, Row>();
  private readonly placeholder = make("p", {
    className: "quiet",
    textContent: "Your runs are listed here for comparison.",
  });
  private readonly scroller: HTMLElement;
  private readonly offerText = make("p");
  private readonly offer: HTMLElement;

  constructor(
    private readonly session: Session,
    private readonly actions: RunActions,
  ) {
    const heads = HEADINGS.map((text) => make("th", { scope: "col", role: "columnheader", textContent: text }));
    const head = make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads));
    // Explicit roles: on a phone style.css lays the rows out as blocks, which removes the implicit roles of a table.
    const table = make("table", { className: "train-table", role: "table" }, head, this.body);
    this.scroller = make("div", { className: "train-scroller" }, table);
    // Focusable, because the focus moves here when the last run is removed.
    const heading = make("h2", { textContent: "Runs", tabIndex: -1 });
    const answers = [
      button("Take it back", actions.takeBack, { className: "button small" }),
      button("Forget it", actions.forget, { className: "button small" }),
    ];
    this.offer = make("div", { className: "train-offer", hidden: true }, this.offerText, ...answers);
    // Either answer removes its button, and the focus with it.
    for (const answer of answers) answer.addEventListener("click", () => heading.focus());
    const parts = [heading, this.offer, this.placeholder, this.scroller];
    this.root = make("section", { className: "card train-runs" }, ...parts);
  }

  /**
   * Adds and removes rows so that there is one for each of `runs`, and updates their contents. `offer` is the kept network of an
   * earlier visit, if there is one.
   */
  show(runs: readonly Run[], offer: Kept | undefined): void {
    this.offer.hidden = offer === undefined;
    setText(this.offerText, offer ? describeOffer(offer) : "");
    for (const [run, row] of this.rows) {
      if (runs.includes(run)) continue;
      row.root.remove();
      this.rows.delete(run);
    }
    for (const run of runs) {
      const row = this.rows.get(run) ?? this.add(run);
      row.show(this.session.selected === run);
    }
    this.placeholder.hidden = runs.length > 0;
    this.scroller.hidden = runs.length === 0;
  }

  private add(run: Run): Row {
    const row = new Row(run, this.session, this.actions);
    this.rows.set(run, row);
    this.body.append(row.root);
    return row;
  }
}

class Row {
  readonly root: HTMLTableRowElement;
  private readonly training = make("span", { className: "quiet" });
  private readonly numbers = NUMBERS.map((name) => {
    const cell = make("td", { className: "train-number", role: "cell" });
    cell.dataset.name = name;
    return cell;
  });
  private readonly selected: HTMLInputElement;
  private readonly save: HTMLButtonElement;

  constructor(
    private readonly run: Run,
    session: Session,
    actions: RunActions,
  ) {
    const { name, network } = run;
    const shown = make("input", { type: "checkbox", checked: run.isShown, ariaLabel: `Show the curves of ${name}` });
    shown.addEventListener("change", () => {
      run.isShown = shown.checked;
      actions.visibilityChanged();
    });
    this.selected = make("input", { type: "radio", name: "train-selected", ariaLabel: `Select ${name}` });
    this.selected.title = "Use this network in Draw and Look inside";
    this.selected.addEventListener("change", () => session.select(run));
    const swatch = make("span", { className: `train-swatch train-colour-${run.number % COLOURS}` });
    const about = make("span", { className: "quiet", textContent: describeNetwork(network.spec) });
    this.save = button("Save", () => actions.save(run), { className: "button small", ariaLabel: `Save ${name}` });
    const buttons = [
      this.save,
      button("Remove", () => this.remove(actions), { className: "button small", ariaLabel: `Remove ${name}` }),
    ];
    const cell = (className: string, ...children: Node[]): HTMLElement =>
      make("td", { className, role: "cell" }, ...children);
    this.root = make(
      "tr",
      { role: "row" },
      cell("train-which", make("label", { className: "train-shown" }, shown, swatch)),
      make("th", { scope: "row", role: "rowheader" }, name, about, this.training),
      ...this.numbers,
      cell(
        "train-select",
        make(
          "label",
          { className: "train-shown" },
          this.selected,
          make("span", { className: "train-narrow", textContent: "Selected" }),
        ),
      ),
      cell("train-last", make("div", { className: "train-acts" }, ...buttons)),
    );
  }

  /** Removes the run. The focus moves to the same button of the next row, or to the heading if no row is left. */
  private remove({ remove }: RunActions): void {
    const heading = this.root.closest("section")?.querySelector("h2");
    const next = this.root.nextElementSibling ?? this.root.previousElementSibling;
    remove(this.run);
    (next?.querySelector<HTMLElement>(".train-acts :last-child") ?? heading)?.focus();
  }

  show(isSelected: boolean): void {
    const { mean, epochs, settings, accuracy, isDiscarded, origin } = this.run;
    const shown = [
      Number.isInteger(epochs) ? String(epochs) : epochs.toFixed(2),
      mean ? short(mean.loss) : "–",
      percent(mean?.accuracy),
      percent(accuracy),
    ];
    this.numbers.forEach((cell, i) => {
      setText(cell, shown[i] ?? "");
      cell.classList.toggle("is-partial", mean?.isPartial === true && MEANS.includes(i));
    });
    setText(this.training, settings ? describeLearning(settings) : origin);
    this.selected.checked = isSelected;
    this.selected.disabled = isDiscarded;
    setEnabled(this.save, !isDiscarded);
    this.root.classList.toggle("train-is-selected", isSelected);
  }
}

function describeOffer({ name, epochs, test }: Kept): string {
  const result = test ? `, ${percent(test.accuracy)} of the test images` : "";
  return `The last network of your last visit is kept in this browser: ${name}, after ${Number(epochs.toFixed(2))} epochs${result}.`;
}
