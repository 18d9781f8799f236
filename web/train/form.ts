// The form of a training's settings. What is wrong with them is the library's own sentence, shown as one types.

import { ACTIVATION_NAMES, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { LOSS_NAMES, lossRow } from "../../src/losses.js";
import type { ArgumentError } from "../../src/worker.js";
import { choice, field, make } from "../elements.js";
import { whole } from "../format.js";
import {
  DEFAULTS,
  faultOf,
  OPTIMIZERS,
  type OptimizerName,
  PRESETS,
  parametersOf,
  parseHidden,
  type Settings,
  topology,
  USUAL_RATES,
} from "./settings.js";

const OPTIMIZER_NAMES: Record<OptimizerName, string> = {
  ...{ sgd: "SGD", momentum: "SGD, momentum", adam: "Adam", adamw: "AdamW" },
};

/** The fields by the arguments of the library that they set. */
const FIELDS: Readonly<Record<string, keyof Settings>> = {
  layers: "hidden",
  "layers[].units": "hidden",
  "layers[].activation": "activation",
  "layers[].dropout": "dropout",
  loss: "loss",
  optimizer: "optimizer",
  learningRate: "learningRate",
  batchSize: "batchSize",
  epochs: "epochs",
  seed: "seed",
};

export class SettingsForm {
  readonly root: HTMLFormElement;
  private readonly fields = {
    hidden: make("input", { type: "text", inputMode: "text", autocomplete: "off", spellcheck: false }),
    activation: choice(HIDDEN_ACTIVATIONS.map((name) => [name, name] as const)),
    output: choice(ACTIVATION_NAMES.map((name) => [name, name] as const)),
    loss: choice(LOSS_NAMES.map((name) => [name, lossRow(name).text] as const)),
    dropout: numberInput("0.05"),
    optimizer: choice(OPTIMIZERS.map((name) => [name, OPTIMIZER_NAMES[name]] as const)),
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
  /** Whose usual rate the rate is, unless it has been changed. */
  private optimizer: OptimizerName = DEFAULTS.optimizer;

  constructor(private readonly onChange: () => void) {
    const { hidden, activation, output, loss, dropout, optimizer, learningRate, batchSize, epochs, seed } = this.fields;
    for (const [name, input] of Object.entries(this.fields)) input.id = `train-${name}`;
    const topologies = make("div", { className: "train-presets", role: "group", ariaLabel: "Topologies" });
    topologies.append(...this.presets);
    const fields = make(
      "div",
      { className: "train-fields" },
      ...[
        make("h2", { textContent: "Network" }),
        topologies,
        field("Hidden layers (units of each)", hidden),
        this.size,
      ],
      pair(field("Activation", activation), field("Output", output)),
      pair(field("Loss", loss), field("Dropout", dropout)),
      make("h2", { textContent: "Learning" }),
      pair(field("Optimizer", optimizer), field("Learning rate", learningRate)),
      pair(field("Batch size", batchSize), field("Epochs", epochs)),
      pair(field("Seed", seed), make("label", { className: "train-check" }, this.fields.augment, "Augment images")),
    );
    // On a phone the settings would push the training out of sight, so that they can be folded there, and are at first.
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
      optimizer: fields.optimizer.value as OptimizerName,
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

  /** Whether a network can be made and trained by what the form says. */
  get isGood(): boolean {
    return this.fault.textContent === "";
  }

  /** Shows what the library refuses, if anything, and marks the field that it is about. */
  private showFault(error: ArgumentError | undefined): void {
    this.fault.textContent = error?.message ?? "";
    const at = FIELDS[error?.argument.replaceAll(/\[\d+\]/g, "[]") ?? ""];
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

  /** Another optimizer comes with its usual rate, unless one has chosen a rate of one's own. */
  private takeUsualRate(): void {
    const { optimizer, learningRate } = this.settings;
    if (optimizer === this.optimizer) return;
    if (learningRate === USUAL_RATES[this.optimizer]) this.fields.learningRate.value = String(USUAL_RATES[optimizer]);
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
