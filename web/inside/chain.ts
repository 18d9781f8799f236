// dC/dw of the picked weight as the chain rule's product, each factor a box with its number, all from the library's `explain`.

import type { Activation } from "../../src/spec.js";
import { layerInputs, outputUnits } from "../../src/spec.js";
import type { Explanation, Term, WeightPosition } from "../../src/worker.js";
import { choice, field, make, setText } from "../elements.js";
import { short, signed } from "../format.js";
import { type Facts, pixelPlace } from "./look.js";

export interface ChainActions {
  position(position: WeightPosition): void;
  rate(rate: number): void;
  wanted(digit: number): void;
}

/** One number of the product. */
interface Factor {
  symbol: string;
  value: number;
  /** Where it comes from, with numbers. */
  how: string;
  /** Significant digits; 3 unless told. */
  digits?: number;
  /** Whether its sign has a colour; so it has unless told. */
  isColoured?: boolean;
}

export class Chain {
  readonly root: HTMLElement;
  private readonly layer = numberField();
  private readonly unit = numberField();
  private readonly input = numberField();
  private readonly rate = numberField("any");
  private readonly wanted = choice(Array.from({ length: 10 }, (_, digit) => [String(digit), String(digit)] as const));
  private readonly fault = make("p", { className: "error inside-fault", role: "alert" });
  private readonly which = make("p", { className: "quiet" });
  private readonly product = make("div", { className: "inside-product" });
  private readonly update = make("div", { className: "inside-product" });
  private readonly sum = make("tbody");
  private readonly sumTitle = make("summary");
  private readonly sumDetails: HTMLDetailsElement;
  private readonly paper = make("pre", { tabIndex: 0, ariaLabel: "The chain rule as one writes it" });

  constructor(private readonly actions: ChainActions) {
    const heads = ["unit", "w", "∂C/∂z", "w · ∂C/∂z"].map((text) => make("th", { scope: "col", textContent: text }));
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
      make("h2", { textContent: "How the cost changes with one weight: ∂C/∂w" }),
      this.fields(),
      this.fault,
      this.which,
      this.product,
      this.sumDetails,
      make("h3", { textContent: "What gradient descent does with it" }),
      this.update,
      make("details", {}, make("summary", { textContent: "As one writes it on paper" }), this.paper),
    );
  }

  private fields(): HTMLElement {
    const { layer, unit, input, rate, wanted, actions } = this;
    const position = (): void =>
      actions.position({ layer: layer.valueAsNumber, unit: unit.valueAsNumber, input: input.valueAsNumber });
    for (const part of [layer, unit, input]) part.addEventListener("change", position);
    rate.addEventListener("change", () => actions.rate(rate.valueAsNumber));
    wanted.addEventListener("change", () => actions.wanted(Number(wanted.value)));
    return make(
      "div",
      { className: "inside-fields" },
      ...[field("Layer (from 0)", layer), field("Unit (from 0)", unit), field("Input (from 0)", input)],
      ...[field("It should be", wanted), field("Learning rate η", rate)],
    );
  }

  show(facts: Facts, message: string): void {
    const { explanation, position, spec, wanted } = facts;
    setText(this.fault, message);
    // What is wrong stays to be mended.
    if (message === "") this.fill(position, explanation.learningRate, wanted);
    this.layer.max = String(spec.layers.length - 1);
    this.unit.max = String((spec.layers[position.layer]?.units ?? 1) - 1);
    this.input.max = String(layerInputs(spec, position.layer) - 1);
    setText(this.which, whichWeight(facts));
    const factors = factorsOf(facts);
    const result = { symbol: "∂C/∂w", value: explanation.gradient, how: "their product" };
    this.product.replaceChildren(
      ...factors.flatMap((factor, i) => (i === 0 ? [factorBox(factor)] : [sign("·"), factorBox(factor)])),
      sign("="),
      factorBox(result, "is-result"),
    );
    this.update.replaceChildren(...updateOf(explanation));
    this.showTerms(explanation);
    setText(this.paper, explanation.text);
  }

  private fill({ layer, unit, input }: WeightPosition, rate: number, wanted: number): void {
    const set = (control: HTMLInputElement | HTMLSelectElement, value: number): void => {
      if (control !== document.activeElement) control.value = String(value);
    };
    set(this.layer, layer);
    set(this.unit, unit);
    set(this.input, input);
    set(this.rate, rate);
    set(this.wanted, wanted);
  }

  private showTerms({ terms, position, outputGradient = 0 }: Explanation): void {
    this.sumDetails.hidden = terms === undefined;
    if (!terms) return;
    setText(
      this.sumTitle,
      `∂C/∂a = ${short(outputGradient)} is the sum over the ${terms.length} units of layer ${position.layer + 1}`,
    );
    this.sum.replaceChildren(...terms.map(termRow));
  }
}

function numberField(step = "1"): HTMLInputElement {
  return make("input", { type: "number", min: "0", step, inputMode: "decimal", autocomplete: "off" });
}

function whichWeight({ position, spec, sample }: Facts): string {
  const { layer, unit, input } = position;
  const isOutput = layer === spec.layers.length - 1;
  const to = isOutput ? `output ${unit}` : `unit ${unit} of layer ${layer}`;
  const from = layer === 0 ? `pixel ${input} (${pixelPlace(input)})` : `unit ${input} of layer ${layer - 1}`;
  return `The weight from ${from} to ${to}, for ${sample.name}.`;
}

/** The factors as `explain` has them: three, or two where cross-entropy gives ∂C/∂z at once. */
function factorsOf({ explanation, spec }: Facts): Factor[] {
  const { position, input, slope, outputGradient, delta } = explanation;
  const from = position.layer === 0 ? `pixel ${position.input}` : `unit ${position.input} below`;
  const below = { symbol: "∂z/∂w", value: input, how: `what comes in: a of ${from}` };
  if (outputGradient === undefined) return [below, { symbol: "∂C/∂z", value: delta, how: outputDelta(explanation) }];
  const { activation, output } = explanation;
  return [
    below,
    { symbol: "∂a/∂z = S′(z)", value: slope, how: SLOPES[activation](short(output)) },
    { symbol: "∂C/∂a", value: outputGradient, how: costSlope(explanation, spec.loss, outputUnits(spec)) },
  ];
}

/** S′ by what the unit puts out. */
const SLOPES: Record<Activation, (a: string) => string> = {
  sigmoid: (a) => `sigmoid: a(1 − a), a = ${a}`,
  softmax: (a) => `softmax: a(1 − a), a = ${a}`,
  tanh: (a) => `tanh: 1 − a², a = ${a}`,
  relu: () => "relu: 1 if a > 0, else 0",
  leakyRelu: () => "leakyRelu: 1 if a > 0, else 0.01",
  linear: () => "linear: 1",
};

function outputDelta({ output, target = 0 }: Explanation): string {
  return `cross-entropy: a − y = ${short(output)} − ${signed(target)}`;
}

function costSlope({ terms, position, output, target = 0 }: Explanation, loss: string, units: number): string {
  if (terms) return `Σ w·∂C/∂z of layer ${position.layer + 1}`;
  const divided = loss === "meanSquaredError" ? ` / ${units}` : "";
  return `2(a − y)${divided} = 2(${short(output)} − ${signed(target)})${divided}`;
}

function factorBox({ symbol, value, how, digits, isColoured }: Factor, className = ""): HTMLElement {
  return make(
    "div",
    { className: `inside-factor ${className}` },
    make("span", { className: "inside-symbol", textContent: symbol }),
    number(value, digits, isColoured),
    make("span", { className: "quiet", textContent: how }),
  );
}

/** As people read it, with all its digits as the value. */
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

function updateOf({ weight, learningRate, gradient, corrected }: Explanation): HTMLElement[] {
  return [
    factorBox({ symbol: "w", value: weight, how: "as it is", digits: 4 }),
    sign("−"),
    factorBox({ symbol: "η", value: learningRate, how: "learning rate", isColoured: false }),
    sign("·"),
    factorBox({ symbol: "∂C/∂w", value: gradient, how: "from above" }),
    sign("="),
    factorBox({ symbol: "w − η·∂C/∂w", value: corrected, how: "after the step", digits: 4 }, "is-result"),
  ];
}

function termRow({ unit, weight, delta }: Term): HTMLTableRowElement {
  const cells = [weight, delta, weight * delta].map((value) => make("td", {}, number(value)));
  return make("tr", {}, make("th", { scope: "row", textContent: String(unit) }), ...cells);
}

function sign(text: string): HTMLElement {
  return make("span", { className: "inside-sign", textContent: text });
}
