// ∂C/∂w of the selected weight as the product of the chain rule, one box per factor. All numbers come from `explain`.

import { activationRow } from "../../src/activations.js";
import { lossRow } from "../../src/losses.js";
import { activationParameter, type LayerSpec, layerInputs, type NetworkSpec, outputUnits } from "../../src/spec.js";
import type { Explanation, Term, WeightPosition } from "../../src/worker.js";
import { choice, field, make, setText } from "../elements.js";
import { short, signed } from "../format.js";
import { pixelPlace, type Snapshot } from "./inspector.js";

export interface ChainActions {
  position(position: WeightPosition): void;
  learningRate(learningRate: number): void;
  targetDigit(digit: number): void;
}

/** One factor of the product, or its result. */
interface Factor {
  symbol: string;
  value: number;
  /** Its formula with numbers. */
  formula: string;
  /** Significant digits; default 3. */
  digits?: number;
  /** Whether the colour shows the sign; default true. */
  isColoured?: boolean;
}

export class Chain {
  readonly root: HTMLElement;
  private readonly layer = numberField();
  private readonly unit = numberField();
  private readonly input = numberField();
  private readonly learningRate = numberField("any");
  private readonly targetDigit = choice(
    Array.from({ length: 10 }, (_, digit) => [String(digit), String(digit)] as const),
  );
  private readonly error = make("p", { className: "error inside-fault", role: "alert" });
  private readonly description = make("p", { className: "quiet" });
  private readonly product = make("div", { className: "inside-product" });
  private readonly update = make("div", { className: "inside-product" });
  private readonly sum = make("tbody");
  private readonly sumTitle = make("summary");
  private readonly sumDetails: HTMLDetailsElement;
  private readonly text = make("pre", { tabIndex: 0, ariaLabel: "The chain rule written out" });

  constructor(private readonly actions: ChainActions) {
    const heads = ["neuron", "w", "∂C/∂z", "w · ∂C/∂z"].map((text) => make("th", { scope: "col", textContent: text }));
    const table = make("table", { className: "inside-terms" }, make("thead", {}, make("tr", {}, ...heads)), this.sum);
    this.sumDetails = make(
      "details",
      {},
      this.sumTitle,
      make("div", { className: "inside-scroller", role: "region", tabIndex: 0, ariaLabel: "Terms of the sum" }, table),
    );
    this.root = make(
      "section",
      { className: "card inside-chain", ariaLabel: "The chain rule" },
      make("h2", { textContent: "How the cost depends on one weight: ∂C/∂w" }),
      this.fields(),
      this.error,
      this.description,
      this.product,
      this.sumDetails,
      make("h3", { textContent: "The gradient descent step" }),
      this.update,
      make("details", {}, make("summary", { textContent: "Written out" }), this.text),
    );
  }

  private fields(): HTMLElement {
    const { layer, unit, input, learningRate, targetDigit, actions } = this;
    const position = (): void =>
      actions.position({ layer: layer.valueAsNumber, unit: unit.valueAsNumber, input: input.valueAsNumber });
    for (const part of [layer, unit, input]) part.addEventListener("change", position);
    learningRate.addEventListener("change", () => actions.learningRate(learningRate.valueAsNumber));
    targetDigit.addEventListener("change", () => actions.targetDigit(Number(targetDigit.value)));
    return make(
      "div",
      { className: "inside-fields" },
      ...[field("Layer (from 0)", layer), field("Neuron (from 0)", unit), field("Input (from 0)", input)],
      ...[field("Target digit", targetDigit), field("Learning rate η", learningRate)],
    );
  }

  /** Shows the snapshot's explanation, and `message`, the error of the last request, if there was one. */
  show(snapshot: Snapshot, message: string): void {
    const { explanation, position, spec, targetDigit } = snapshot;
    setText(this.error, message);
    // Invalid values stay in the fields, so that the user can correct them.
    if (message === "") this.fill(position, explanation.learningRate, targetDigit);
    this.layer.max = String(spec.layers.length - 1);
    this.unit.max = String((spec.layers[position.layer]?.units ?? 1) - 1);
    this.input.max = String(layerInputs(spec, position.layer) - 1);
    setText(this.description, describeWeight(snapshot));
    const factors = factorsOf(snapshot);
    const result = { symbol: "∂C/∂w", value: explanation.gradient, formula: "product" };
    this.product.replaceChildren(
      ...factors.flatMap((factor, i) => (i === 0 ? [factorBox(factor)] : [sign("·"), factorBox(factor)])),
      sign("="),
      factorBox(result, "is-result"),
    );
    this.update.replaceChildren(...updateOf(explanation));
    this.showTerms(explanation);
    setText(this.text, explanation.text);
  }

  /** Sets the fields, except the focused one, which the user may be editing. */
  private fill({ layer, unit, input }: WeightPosition, learningRate: number, targetDigit: number): void {
    const set = (control: HTMLInputElement | HTMLSelectElement, value: number): void => {
      if (control !== document.activeElement) control.value = String(value);
    };
    set(this.layer, layer);
    set(this.unit, unit);
    set(this.input, input);
    set(this.learningRate, learningRate);
    set(this.targetDigit, targetDigit);
  }

  /** The terms of ∂C/∂a; an output has none. */
  private showTerms({ terms, position, outputGradient = 0 }: Explanation): void {
    this.sumDetails.hidden = terms === undefined;
    if (!terms) return;
    setText(
      this.sumTitle,
      `∂C/∂a = ${short(outputGradient)} is the sum over the ${terms.length} neurons of layer ${position.layer + 1}`,
    );
    this.sum.replaceChildren(...terms.map(termRow));
  }
}

function numberField(step = "1"): HTMLInputElement {
  return make("input", { type: "number", min: "0", step, inputMode: "decimal", autocomplete: "off" });
}

function describeWeight({ position, spec, sample, note, explanation }: Snapshot): string {
  const { layer, unit, input } = position;
  const isOutput = layer === spec.layers.length - 1;
  const to = isOutput ? `output ${unit}` : `neuron ${unit} of layer ${layer}`;
  const from = layer === 0 ? `pixel ${input} (${pixelPlace(input)})` : `neuron ${input} of layer ${layer - 1}`;
  const blank = explanation.input === 0 ? "Its input is 0, and so is ∂C/∂w: the step does not change it." : "";
  return [`The weight from ${from} to ${to}, for ${sample.name}.`, note, blank].filter((part) => part !== "").join(" ");
}

/** The factors of `explain`: three, or two for an output with cross-entropy, whose ∂C/∂z has a formula of its own. */
function factorsOf({ explanation, spec }: Snapshot): Factor[] {
  const { position, input, slope, outputGradient, delta } = explanation;
  const from =
    position.layer === 0 ? `pixel ${position.input}` : `neuron ${position.input} of layer ${position.layer - 1}`;
  const below = { symbol: "∂z/∂w", value: input, formula: `input: a of ${from}` };
  if (outputGradient === undefined)
    return [below, { symbol: "∂C/∂z", value: delta, formula: outputDelta(explanation, spec) }];
  return [
    below,
    { symbol: "∂a/∂z = S′(z)", value: slope, formula: slopeFormula(explanation, spec) },
    { symbol: "∂C/∂a", value: outputGradient, formula: costSlope(explanation, spec) },
  ];
}

/** The formula of S′(z), with the number it is computed from and the layer's parameter. */
function slopeFormula({ activation, sum, output, position }: Explanation, { layers }: NetworkSpec): string {
  const { slopeText, slopeNumbers, slopeNeedsSum, parameter } = activationRow(activation);
  const parts = [`${activation}: ${slopeText}`];
  if (slopeNumbers) parts.push(slopeNeedsSum ? `z = ${short(sum)}` : `a = ${short(output)}`);
  if (parameter) parts.push(`${parameter.name} = ${short(activationParameter(layers[position.layer] as LayerSpec))}`);
  return parts.join(", ");
}

/** The formula of ∂C/∂z of an output whose loss takes logits. */
function outputDelta({ output, target = 0 }: Explanation, { loss }: NetworkSpec): string {
  return `${lossRow(loss).text}: a − y = ${short(output)} − ${signed(target)}`;
}

/** The formula of ∂C/∂a: a sum over the layer above, or the derivative of the loss for an output. */
function costSlope({ terms, position, output, target = 0 }: Explanation, spec: NetworkSpec): string {
  const { gradient } = lossRow(spec.loss);
  if (terms || !gradient) return `Σ w·∂C/∂z of layer ${position.layer + 1}`;
  const units = outputUnits(spec);
  return `${gradient.text(units)} = ${gradient.numbers(short(output), signed(target), units)}`;
}

function factorBox({ symbol, value, formula, digits, isColoured }: Factor, className = ""): HTMLElement {
  return make(
    "div",
    { className: `inside-factor ${className}` },
    make("span", { className: "inside-symbol", textContent: symbol }),
    number(value, digits, isColoured),
    make("span", { className: "quiet", textContent: formula }),
  );
}

/** A number rounded for display; the element's `value` has all digits. */
function number(value: number, digits = 3, isColoured = true): HTMLElement {
  return make("data", {
    className: `inside-number ${isColoured ? signClass(value) : ""}`,
    value: String(value),
    textContent: short(value, digits),
  });
}

function signClass(value: number): string {
  if (value > 0) return "is-positive";
  return value < 0 ? "is-negative" : "";
}

/** The boxes of the equation for the updated weight. */
function updateOf({ weight, learningRate, gradient, corrected }: Explanation): HTMLElement[] {
  return [
    factorBox({ symbol: "w", value: weight, formula: "current weight", digits: 4 }),
    sign("−"),
    factorBox({ symbol: "η", value: learningRate, formula: "learning rate", isColoured: false }),
    sign("·"),
    factorBox({ symbol: "∂C/∂w", value: gradient, formula: "computed above" }),
    sign("="),
    factorBox({ symbol: "w − η·∂C/∂w", value: corrected, formula: "updated weight", digits: 4 }, "is-result"),
  ];
}

function termRow({ unit, weight, delta }: Term): HTMLTableRowElement {
  const cells = [weight, delta, weight * delta].map((value) => make("td", {}, number(value)));
  return make("tr", {}, make("th", { scope: "row", textContent: String(unit) }), ...cells);
}

function sign(text: string): HTMLElement {
  return make("span", { className: "inside-sign", textContent: text });
}
