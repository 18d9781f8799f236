// The buttons that control the current training, and its progress.

import { button, make, setEnabled, setText } from "../elements.js";
import { about, megabytes, percent, short } from "../format.js";
import { outcomeOf } from "./outcome.js";
import type { Run } from "./run.js";
import type { Trainer } from "./trainer.js";

export interface Actions {
  /** Starts a training, pauses a running one, resumes a paused one. */
  train(): void;
  step(): void;
  stop(): void;
  reset(): void;
  continueTraining(): void;
}

const FACTS = ["Epoch", "Loss", "Training accuracy", "Test accuracy", "Samples/s"] as const;
/** Indices of the facts that are means over an epoch. */
const MEANS = [1, 2];

export class Panel {
  readonly root: HTMLElement;
  private readonly buttons: Record<keyof Actions, HTMLButtonElement>;
  private readonly facts = FACTS.map(() => make("dd", { textContent: "–" }));
  private readonly bar = make("progress", { className: "train-bar", max: 1, value: 0, ariaLabel: "Progress" });
  /** A sentence on the state, which screen readers announce; it changes only with the state, not with every report. */
  private readonly status = make("p", { className: "train-status", role: "status" });

  constructor(actions: Actions) {
    this.buttons = {
      train: button("Train", actions.train, { className: "button primary train-main" }),
      step: button("Step", actions.step, { title: "Train on one batch, then pause" }),
      stop: button("Stop", actions.stop, { title: "End training and keep the weights" }),
      reset: button("Reset", actions.reset, { title: "Create an untrained network from the settings" }),
      continueTraining: button("Continue", actions.continueTraining, {
        title: "Train this network for more epochs with the current settings",
      }),
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

  /** Shows the trainer's state. `isValid`: the library accepts the settings of the form. */
  show(trainer: Trainer, isValid: boolean): void {
    const { current } = trainer;
    this.showButtons(trainer, isValid);
    const status = statusOf(trainer);
    setText(this.status, status);
    this.status.classList.toggle("error", trainer.message !== "" || current?.state === "failed");
    this.bar.value = progressOf(trainer);
    const isPartial = current?.mean?.isPartial === true;
    factsOf(current).forEach((fact, i) => {
      const shown = this.facts[i];
      if (!shown) return;
      setText(shown, fact);
      shown.classList.toggle("is-partial", isPartial && MEANS.includes(i));
    });
  }

  private showButtons({ current, isPreparing, canStop }: Trainer, isValid: boolean): void {
    const { train, step, stop, reset, continueTraining } = this.buttons;
    const state = current?.state;
    const isBusy = current?.isBusy === true;
    setText(train, state === "training" ? "Pause" : state === "paused" ? "Resume" : "Train");
    const canStart = !isPreparing && (isBusy || isValid);
    setEnabled(train, canStart);
    setEnabled(step, canStart && state !== "training");
    setEnabled(stop, canStop);
    setEnabled(reset, !isPreparing && isValid);
    const canContinue = state === "loaded" || state === "done" || state === "stopped";
    setEnabled(continueTraining, !isPreparing && isValid && canContinue);
  }
}

/** Fraction of the download, or else of the planned epochs. */
function progressOf({ progress, current }: Trainer): number {
  if (progress) return progress.loaded / (progress.total ?? Infinity);
  return current && current.planned > 0 ? current.epochs / current.planned : 0;
}

/** The sentence on the state: an error, the download, or the current run. */
function statusOf({ progress, message, isPreparing, activity, current }: Trainer): string {
  if (message !== "") return message;
  if (progress) return `Downloading MNIST${progress.total === undefined ? "" : `, ${megabytes(progress.total)}`}…`;
  if (isPreparing) return activity;
  if (!current) return "Train a network on 60,000 handwritten digits in your browser.";
  return [runStatus(current), ...current.warnings.map((warning) => `Warning: ${warning}.`)].join(" ");
}

/** The sentence on a run. */
function runStatus(current: Run): string {
  const { name, state, tests, epochs, settings, accuracy } = current;
  const result = tests.length > 0 ? ` Test accuracy ${percent(current.accuracy)}.` : "";
  switch (state) {
    case "fresh":
      return `${name} is untrained.`;
    case "loaded":
      return `${name} is loaded.${result}`;
    case "training":
      // Without numbers: an epoch can take a tenth of a second, and every change is announced.
      return `${name} is training.`;
    case "paused":
      return `${name} is paused.`;
    case "failed":
      return current.message;
    case "stopped":
      return `${name} was stopped; its weights are kept.${result}`;
    default:
      return outcomeOf({ name, epochs, learningRate: settings?.learningRate, accuracy });
  }
}

function factsOf(run: Run | undefined): string[] {
  if (!run) return FACTS.map(() => "–");
  const { mean, epochs, planned, samplesPerSecond } = run;
  return [
    planned > 0 ? `${epochs.toFixed(2)} of ${planned}` : "–",
    mean ? short(mean.loss) : "–",
    percent(mean?.accuracy),
    percent(run.accuracy),
    samplesPerSecond === undefined ? "–" : about(samplesPerSecond),
  ];
}
