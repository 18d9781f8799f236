// The form with a training's settings. Errors of the library are shown at the field while the user types.

import { ACTIVATION_NAMES, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { LOSS_NAMES, lossRow } from "../../src/losses.js";
import type { ArgumentError } from "../../src/worker.js";
import { choice, field, make } from "../elements.js";
import { whole } from "../format.js";
import {
  DEFAULTS,
  faultOf,
  OPTIMIZER_CHOICES,
  PRESETS,
  parametersOf,
  parseHidden,
  type Settings,
  topology,
} from "./settings.js";

/** Visible labels of the fields. */
const LABELS = {
  hidden: "Hidden layers (neurons in each)",
  activation: "Activation",
  output: "Output",
  loss: "Loss",
  dropout: "Dropout",
  optimizer: "Optimizer",
  learningRate: "Learning rate",
  batchSize: "Batch size",
  epochs: "Epochs",
  seed: "Seed",
  augment: "Augment images",
} satisfies Record<keyof Settings, string>;

/** The fields by the parts of a recipe that they set. */
const FIELDS: Readonly<Record<string, keyof Settings>> = {
  "network.layers": "hidden",
  "network.layers[].units": "hidden",
  "network.layers[].activation": "activation",
  "network.layers[].dropout": "dropout",
  "network.loss": "loss",
  "network.seed": "seed",
  "fit.optimizer": "optimizer",
  "fit.optimizer.learningRate": "learningRate",
  "fit.batchSize": "batchSize",
  "fit.epochs": "epochs",
};

export class SettingsForm {
  readonly root: HTMLFormElement;
  private readonly fields = {
    hidden: make("input", { type: "text", inputMode: "text", autocomplete: "off", spellcheck: false }),
    activation: choice(HIDDEN_ACTIVATIONS.map((name) => [name, name] as const)),
    output: choice(ACTIVATION_NAMES.map((name) => [name, name] as const)),
    loss: choice(LOSS_NAMES.map((name) => [name, lossRow(name).text] as const)),
    dropout: numberInput("0.05"),
    optimizer: choice([...OPTIMIZER_CHOICES].map(([name, { text }]) => [name, text] as const)),
    learningRate: numberInput("any"),
    batchSize: numberInput("1"),
    epochs: numberInput("1"),
    seed: numberInput("1"),
    augment: make("input", { type: "checkbox" }),
  };
  private readonly presets = PRESETS.map((hidden) => this.preset(hidden));
  private readonly summary = make("summary");
  private readonly size = make("p", { className: "quiet train-size" });
  private readonly fault = make("p", { className: "error train-fault", id: "train-fault", role: "alert" });
  /** The optimizer whose usual learning rate the field has, unless the user has changed it. */
  private optimizer = DEFAULTS.optimizer;

  constructor(private readonly onChange: () => void) {
    const { hidden, activation, output, loss, dropout, optimizer, learningRate, batchSize, epochs, seed } = this.fields;
    for (const [name, input] of Object.entries(this.fields)) input.id = `train-${name}`;
    const topologies = make("div", { className: "train-presets", role: "group", ariaLabel: "Topologies" });
    topologies.append(...this.presets);
    const fields = make(
      "div",
      { className: "train-fields" },
      ...[make("h2", { textContent: "Network" }), topologies, field(LABELS.hidden, hidden), this.size],
      pair(field(LABELS.activation, activation), field(LABELS.output, output)),
      pair(field(LABELS.loss, loss), field(LABELS.dropout, dropout)),
      make("h2", { textContent: "Training" }),
      pair(field(LABELS.optimizer, optimizer), field(LABELS.learningRate, learningRate)),
      pair(field(LABELS.batchSize, batchSize), field(LABELS.epochs, epochs)),
      pair(field(LABELS.seed, seed), make("label", { className: "train-check" }, this.fields.augment, LABELS.augment)),
    );
    // On a phone the settings are collapsed at first: open, they would push the training off the screen.
    const details = make("details", { open: matchMedia("(min-width: 52rem)").matches }, this.summary, fields);
    this.root = make("form", { className: "card train-form", noValidate: true }, details, this.fault);
    this.settings = DEFAULTS;
    this.root.addEventListener("input", () => this.changed());
    this.root.addEventListener("submit", (event) => event.preventDefault());
  }

  get settings(): Settings {
    const { fields } = this;
    return {
      hidden: parseHidden(fields.hidden.value),
      activation: fields.activation.value as Settings["activation"],
      output: fields.output.value as Settings["output"],
      loss: fields.loss.value as Settings["loss"],
      optimizer: fields.optimizer.value,
      learningRate: fields.learningRate.valueAsNumber,
      batchSize: fields.batchSize.valueAsNumber,
      epochs: fields.epochs.valueAsNumber,
      seed: fields.seed.valueAsNumber,
      dropout: fields.dropout.valueAsNumber,
      augment: fields.augment.checked,
    };
  }

  set settings(settings: Settings) {
    const { hidden, augment, ...rest } = settings;
    this.fields.hidden.value = hidden.join(", ");
    this.fields.augment.checked = augment;
    for (const [name, value] of Object.entries(rest)) this.fields[name as keyof typeof rest].value = String(value);
    this.optimizer = settings.optimizer;
    this.check();
  }

  /** Whether the library accepts the settings. */
  get isValid(): boolean {
    return this.fault.textContent === "";
  }

  /** Shows what the library refuses, if anything, by the field's name, and marks the field. */
  private showFault(error: ArgumentError | undefined): void {
    const { message = "", argument = "" } = error ?? {};
    const at = FIELDS[argument.replaceAll(/\[\d+\]/g, "[]")];
    this.fault.textContent = at ? message.replace(`"${argument}"`, () => `"${LABELS[at]}"`) : message;
    for (const [name, input] of Object.entries(this.fields)) {
      input.ariaInvalid = String(name === at);
      if (name === at) input.setAttribute("aria-describedby", this.fault.id);
      else input.removeAttribute("aria-describedby");
    }
  }

  private changed(): void {
    this.takeUsualRate();
    this.check();
    this.onChange();
  }

  /** Sets the usual learning rate of another optimizer, unless the user has entered a rate. */
  private takeUsualRate(): void {
    const { optimizer, learningRate } = this.settings;
    if (optimizer === this.optimizer) return;
    const rateOf = (name: string) => OPTIMIZER_CHOICES.get(name)?.usualRate;
    if (learningRate === rateOf(this.optimizer)) this.fields.learningRate.value = String(rateOf(optimizer));
    this.optimizer = optimizer;
  }

  private check(): void {
    const { settings } = this;
    this.showFault(faultOf(settings));
    const count = parametersOf(settings);
    this.summary.textContent = `Settings: ${topology(settings.hidden)}`;
    this.size.textContent = count === undefined ? "–" : `${topology(settings.hidden)}: ${whole(count)} parameters`;
    this.presets.forEach((button, i) => {
      button.ariaPressed = String(topology(PRESETS[i] ?? []) === topology(settings.hidden));
    });
  }

  private preset(hidden: readonly number[]): HTMLButtonElement {
    const made = make("button", { type: "button", className: "train-preset", textContent: topology(hidden) });
    made.addEventListener("click", () => {
      this.fields.hidden.value = hidden.join(", ");
      this.changed();
    });
    return made;
  }
}

function numberInput(step: string): HTMLInputElement {
  return make("input", { type: "number", step, min: "0", inputMode: "decimal", autocomplete: "off" });
}

function pair(...fields: HTMLElement[]): HTMLElement {
  return make("div", { className: "train-pair" }, ...fields);
}
