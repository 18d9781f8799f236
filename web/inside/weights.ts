// The weights of one neuron as an image: 28x28 for the first layer, rows of sixteen above. One of them can be picked.

import { make, setText } from "../elements.js";
import { short } from "../format.js";
import { onThemeChange } from "../theme.js";
import { largest, paintWeights } from "./colours.js";
import { type Facts, neuronName, pixelPlace, weightsOf } from "./look.js";

const SIDE = 28;
const COLUMNS = 16;

/** What is picked by the image, and by those of the other neurons. */
export interface WeightPicks {
  input(input: number): void;
  neuron(layer: number, unit: number): void;
}

export class WeightImage {
  readonly root: HTMLElement;
  private readonly title = make("h2");
  private readonly about = make("p", { className: "quiet inside-about" });
  private readonly canvas = make("canvas", { className: "inside-weights" });
  private readonly cursor = make("span", { className: "inside-cursor" });
  /** Moves in two directions, and is read aloud as a slider's value is. */
  private readonly slider: HTMLElement;
  private readonly ends = [make("span"), make("span")] as const;
  private facts: Facts | undefined;

  /** The first layer's neurons, each by its weights: another way to pick what the picture offers, for eyes and mouse alone. */
  private readonly others = make("div", { className: "inside-others", ariaHidden: "true" });

  constructor(private readonly picks: WeightPicks) {
    this.slider = make(
      "div",
      { className: "inside-slider", role: "slider", tabIndex: 0, ariaLabel: "Weight, by arrow keys" },
      this.canvas,
      this.cursor,
    );
    this.slider.addEventListener("keydown", (event) => this.typed(event));
    this.slider.addEventListener("click", (event) => this.clicked(event));
    const legend = make(
      "div",
      { className: "inside-legend" },
      this.ends[0],
      make("span", { className: "inside-scale" }),
      this.ends[1],
    );
    const hint = make("p", {
      className: "quiet",
      textContent: "Click a weight or move by arrow keys to see its ∂C/∂w.",
    });
    this.root = make(
      "section",
      { className: "card inside-neuron-card", ariaLabel: "Weights of a neuron" },
      this.title,
      this.about,
      this.slider,
      legend,
      hint,
      this.others,
    );
    onThemeChange(() => this.facts && this.show(this.facts));
  }

  show(facts: Facts): void {
    this.facts = facts;
    const { spec, position, parameters, explanation } = facts;
    const { layer, unit, input } = position;
    const weights = weightsOf(facts, layer, unit);
    const most = largest(weights);
    setText(this.title, neuronName(spec, layer, unit));
    const bias = short(parameters[layer]?.biases[unit] ?? 0);
    setText(
      this.about,
      `Its weights; bias ${bias}, z = ${short(explanation.sum)}, output ${short(explanation.output)}`,
    );
    paintWeights(this.canvas, weights, this.columns, most);
    this.slider.classList.toggle("is-rows", layer > 0);
    setText(this.ends[0], `−${short(most)}`);
    setText(this.ends[1], `+${short(most)}`);
    this.place(input, weights.length);
    this.say(weights, input);
    this.showOthers(facts);
  }

  private showOthers(facts: Facts): void {
    const units = facts.drawn[0] ?? [];
    while (this.others.children.length > units.length) this.others.lastChild?.remove();
    units.forEach((unit, i) => {
      const canvas = (this.others.children[i] as HTMLCanvasElement | undefined) ?? this.other();
      const weights = weightsOf(facts, 0, unit);
      paintWeights(canvas, weights, SIDE, largest(weights));
      canvas.dataset.unit = String(unit);
      canvas.title = `Layer 0, unit ${unit}`;
      canvas.classList.toggle("is-picked", facts.position.layer === 0 && facts.position.unit === unit);
    });
  }

  private other(): HTMLCanvasElement {
    const canvas = make("canvas", { className: "inside-other" });
    canvas.addEventListener("click", () => this.picks.neuron(0, Number(canvas.dataset.unit)));
    this.others.append(canvas);
    return canvas;
  }

  private get columns(): number {
    const { facts } = this;
    return facts && facts.position.layer === 0 ? SIDE : Math.min(COLUMNS, this.count);
  }

  private get count(): number {
    const { facts } = this;
    return facts ? weightsOf(facts, facts.position.layer, facts.position.unit).length : 1;
  }

  private place(input: number, count: number): void {
    const { columns } = this;
    const rows = Math.ceil(count / columns);
    const [row, column] = [Math.floor(input / columns), input % columns];
    const part = (share: number): string => `${100 * share}%`;
    Object.assign(this.cursor.style, {
      ...{ left: part(column / columns), top: part(row / rows) },
      ...{ width: part(1 / columns), height: part(1 / rows) },
    });
    this.slider.style.aspectRatio = `${columns} / ${rows}`;
  }

  private say(weights: Float32Array, input: number): void {
    const layer = this.facts?.position.layer ?? 0;
    const place = layer === 0 ? pixelPlace(input) : `from layer ${layer - 1}, unit ${input}`;
    this.slider.ariaValueMin = "0";
    this.slider.ariaValueMax = String(weights.length - 1);
    this.slider.ariaValueNow = String(input);
    this.slider.ariaValueText = `${place}: ${short(weights[input] ?? 0)}`;
  }

  private typed(event: KeyboardEvent): void {
    const { columns, count, facts } = this;
    if (!facts) return;
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const input = facts.position.input + step;
    if (input >= 0 && input < count) this.picks.input(input);
  }

  private clicked(event: MouseEvent): void {
    const { columns, count } = this;
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const rows = Math.ceil(count / columns);
    const column = Math.min(columns - 1, Math.floor(((event.clientX - left) / width) * columns));
    const row = Math.min(rows - 1, Math.floor(((event.clientY - top) / height) * rows));
    const input = row * columns + column;
    if (input >= 0 && input < count) this.picks.input(input);
  }
}
