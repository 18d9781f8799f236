// The view "Train": a form with settings, buttons that control the training, charts, and a table of the runs.

import { button, make } from "../elements.js";
import { oncePerFrame } from "../frame.js";
import type { Session } from "../session.js";
import { Curves } from "./curves.js";
import { fileButton, save } from "./files.js";
import { SettingsForm } from "./form.js";
import { Panel } from "./panel.js";
import { RunTable } from "./runs.js";
import { Trainer } from "./trainer.js";

export function mount(root: HTMLElement, session: Session): void {
  const view = new TrainView(session);
  root.replaceChildren(view.root);
  session.onDrop("model", (file) => void view.trainer.load(file));
  window.addEventListener("beforeunload", (event) => {
    // The browser then asks whether the page is to be left.
    if (view.trainer.wouldLose) event.preventDefault();
  });
}

class TrainView {
  readonly root: HTMLElement;
  readonly trainer: Trainer;
  private readonly form = new SettingsForm(() => this.changed());
  private readonly panel: Panel;
  private readonly curves = new Curves();
  private readonly table: RunTable;

  constructor(private readonly session: Session) {
    this.trainer = new Trainer(session, () => this.changed());
    const { form, trainer } = this;
    this.panel = new Panel({
      train: () => this.train(),
      step: () => this.step(),
      stop: () => trainer.stop(),
      reset: () => void trainer.reset(form.settings),
      continueTraining: () => void trainer.continueTraining(form.settings),
    });
    this.table = new RunTable(session, {
      save: (run) => void trainer.save(run, () => save(run)),
      remove: (run) => trainer.remove(run),
      visibilityChanged: () => this.changed(),
      takeBack: () => void trainer.takeBack(),
      forget: () => void trainer.forgetOffer(),
    });
    const side = make("div", { className: "train-side" }, this.panel.root, this.curves.root);
    this.root = make("div", { className: "train" }, form.root, side, this.table.root, this.fileRow());
    session.on("view", () => this.changed());
    this.changed();
  }

  private fileRow(): HTMLElement {
    const draw = button("Test it with your own digit", () => {
      location.hash = "draw";
    });
    const hint = make("p", {
      className: "quiet",
      textContent: "You can also drop a model file (.safetensors) on the page.",
    });
    return make(
      "div",
      { className: "train-files" },
      fileButton((file) => void this.trainer.load(file)),
      draw,
      hint,
    );
  }

  private train(): void {
    const { current } = this.trainer;
    if (current?.state === "training") current.pause();
    else if (current?.state === "paused") current.resume();
    else void this.trainer.start(this.form.settings, false);
  }

  private step(): void {
    const { current } = this.trainer;
    if (current?.state === "paused") current.step();
    else void this.trainer.start(this.form.settings, true);
  }

  /** Schedules an update of the view. */
  private readonly changed = oncePerFrame(() => {
    if (this.session.view === "train") this.show();
  });

  private show(): void {
    const { form, trainer } = this;
    this.panel.show(trainer, form.isValid);
    this.table.show(trainer.runs, trainer.offer);
    this.curves.show(trainer.runs.filter((run) => run.isShown));
  }
}
