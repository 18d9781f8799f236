// The runs of this visit side by side, with what can be done with each.

import { allow, button, make, setText } from "../elements.js";
import { percent, short } from "../format.js";
import type { Session } from "../session.js";
import { COLOURS } from "./curves.js";
import type { Run } from "./run.js";
import { describeLearning, describeNetwork } from "./settings.js";

export interface RunActions {
  save(run: Run): void;
  remove(run: Run): void;
  /** Curves of the run were shown or hidden. */
  toggled(): void;
}

const NUMBERS = ["Epochs", "Loss", "Training", "Test"];
const HEADINGS = ["Curves", "Network", ...NUMBERS, "Draw against", "Actions"];

export class RunTable {
  readonly root: HTMLElement;
  private readonly body = make("tbody", { role: "rowgroup" });
  private readonly rows = new Map<Run, Row>();
  private readonly none = make("p", { className: "quiet", textContent: "Runs are listed here, to be compared." });
  private readonly scroller: HTMLElement;

  constructor(
    private readonly session: Session,
    private readonly actions: RunActions,
  ) {
    const heads = HEADINGS.map((text) => make("th", { scope: "col", role: "columnheader", textContent: text }));
    const head = make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads));
    // The roles are told, as a phone's sheet takes the rows apart, which would take the table's own ones.
    const table = make("table", { className: "train-table", role: "table" }, head, this.body);
    this.scroller = make("div", { className: "train-scroller" }, table);
    // The keyboard goes there when the last run is removed.
    const heading = make("h2", { textContent: "Runs", tabIndex: -1 });
    this.root = make("section", { className: "card train-runs" }, heading, this.none, this.scroller);
  }

  show(runs: readonly Run[]): void {
    for (const [run, row] of this.rows) {
      if (runs.includes(run)) continue;
      row.root.remove();
      this.rows.delete(run);
    }
    for (const run of runs) {
      const row = this.rows.get(run) ?? this.add(run);
      row.show(this.session.chosen === run);
    }
    this.none.hidden = runs.length > 0;
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
  private readonly learning = make("span", { className: "quiet" });
  private readonly numbers = NUMBERS.map((name) => {
    const cell = make("td", { className: "train-number", role: "cell" });
    cell.dataset.name = name;
    return cell;
  });
  private readonly chosen: HTMLInputElement;
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
      actions.toggled();
    });
    this.chosen = make("input", { type: "radio", name: "train-chosen", ariaLabel: `Draw against ${name}` });
    this.chosen.addEventListener("change", () => session.choose(run));
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
      make("th", { scope: "row", role: "rowheader" }, name, about, this.learning),
      ...this.numbers,
      cell(
        "train-against",
        make(
          "label",
          { className: "train-shown" },
          this.chosen,
          make("span", { className: "train-narrow", textContent: "Draw against" }),
        ),
      ),
      cell("train-last", make("div", { className: "train-acts" }, ...buttons)),
    );
  }

  /** The keyboard goes on at the next row, or at the heading where there is none. */
  private remove({ remove }: RunActions): void {
    const heading = this.root.closest("section")?.querySelector("h2");
    const next = this.root.nextElementSibling ?? this.root.previousElementSibling;
    remove(this.run);
    (next?.querySelector<HTMLElement>(".train-acts :last-child") ?? heading)?.focus();
  }

  show(isChosen: boolean): void {
    const { curve, epochs, settings, accuracy, isLost } = this.run;
    const loss = curve.losses.at(-1);
    const shown = [
      Number.isInteger(epochs) ? String(epochs) : epochs.toFixed(2),
      loss === undefined ? "–" : short(loss),
      percent(curve.accuracies.at(-1)),
      percent(accuracy),
    ];
    this.numbers.forEach((cell, i) => {
      setText(cell, shown[i] ?? "");
    });
    setText(this.learning, settings ? describeLearning(settings) : "from a file");
    this.chosen.checked = isChosen;
    this.chosen.disabled = isLost;
    allow(this.save, !isLost);
    this.root.classList.toggle("train-is-chosen", isChosen);
  }
}
