// What one does with the training at hand, and how far it is.

import { allow, button, make, setText } from "../elements.js";
import { about, megabytes, percent, short } from "../format.js";
import type { Run } from "./run.js";
import type { Trainer } from "./trainer.js";

export interface Actions {
  /** Train, or hold a training, or let it go on. */
  train(): void;
  step(): void;
  stop(): void;
  reset(): void;
  goOn(): void;
}

const FACTS = ["Epoch", "Loss", "Training accuracy", "Test accuracy", "Samples/s"] as const;

export class Panel {
  readonly root: HTMLElement;
  private readonly buttons: Record<keyof Actions, HTMLButtonElement>;
  private readonly facts = FACTS.map(() => make("dd", { textContent: "–" }));
  private readonly bar = make("progress", { className: "train-bar", max: 1, value: 0, ariaLabel: "Progress" });
  /** Says in words what happens, seldom enough to be read aloud. */
  private readonly status = make("p", { className: "train-status", role: "status" });

  constructor(actions: Actions) {
    this.buttons = {
      train: button("Train", actions.train, { className: "button primary train-main" }),
      step: button("Step", actions.step, { title: "Train on one batch and wait" }),
      stop: button("Stop", actions.stop, { title: "End training; the network keeps what it has learned" }),
      reset: button("Reset", actions.reset, { title: "A new network that has learned nothing, from the settings" }),
      goOn: button("Train on", actions.goOn, { title: "Train this network for more epochs, as the settings say" }),
    };
    const facts = FACTS.map((name, i) => make("div", {}, make("dt", { textContent: name }), this.facts[i] ?? ""));
    this.root = make(
      "section",
      { className: "card train-panel", ariaLabel: "Training" },
      make("div", { className: "train-buttons" }, ...Object.values(this.buttons)),
      make("div", {}, this.bar, this.status),
      make("dl", { className: "train-facts" }, ...facts),
    );
  }

  show(trainer: Trainer, isGood: boolean): void {
    const { current } = trainer;
    this.showButtons(trainer, isGood);
    const status = inWords(trainer);
    setText(this.status, status);
    this.status.classList.toggle("error", trainer.message !== "" || current?.state === "failed");
    this.bar.value = progressOf(trainer);
    factsOf(current).forEach((fact, i) => {
      const shown = this.facts[i];
      if (shown) setText(shown, fact);
    });
  }

  private showButtons({ current, isPreparing }: Trainer, isGood: boolean): void {
    const { train, step, stop, reset, goOn } = this.buttons;
    const state = current?.state;
    const isBusy = current?.isBusy === true;
    setText(train, state === "training" ? "Pause" : state === "paused" ? "Resume" : "Train");
    const canBegin = !isPreparing && (isBusy || isGood);
    allow(train, canBegin);
    allow(step, canBegin && state !== "training");
    allow(stop, isBusy);
    allow(reset, !isPreparing && isGood);
    allow(goOn, !isPreparing && isGood && current !== undefined && !isBusy && state !== "fresh" && state !== "failed");
  }
}

function progressOf({ progress, current }: Trainer): number {
  if (progress) return progress.loaded / (progress.total ?? Infinity);
  return current && current.planned > 0 ? current.epochs / current.planned : 0;
}

function inWords({ progress, message, isPreparing, current }: Trainer): string {
  if (message !== "") return message;
  if (progress) return `Fetching the images${progress.total === undefined ? "" : `, ${megabytes(progress.total)}`}…`;
  if (isPreparing) return "Preparing…";
  if (!current) return "Train a network on 60,000 handwritten digits, here in the page.";
  const { name, state, tests } = current;
  const known = tests.length > 0 ? ` ${percent(current.accuracy)} of the test images are read right.` : "";
  switch (state) {
    case "fresh":
      return `${name} has learned nothing yet.`;
    case "loaded":
      return `${name} is loaded.${known}`;
    case "training":
      // Epochs may take a tenth of a second, and this is read aloud.
      return `${name} is learning.`;
    case "paused":
      return `${name} is paused.`;
    case "failed":
      return current.message;
    default:
      return `${name} ${state === "done" ? "is trained" : "was stopped and keeps what it has learned"}.${known}`;
  }
}

function factsOf(run: Run | undefined): string[] {
  if (!run) return FACTS.map(() => "–");
  const { curve, epochs, planned, samplesPerSecond } = run;
  const loss = curve.losses.at(-1);
  return [
    planned > 0 ? `${epochs.toFixed(2)} of ${planned}` : "–",
    loss === undefined ? "–" : short(loss),
    percent(curve.accuracies.at(-1)),
    percent(run.accuracy),
    samplesPerSecond === undefined ? "–" : about(samplesPerSecond),
  ];
}
