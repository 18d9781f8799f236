// The weights of one neuron as an image, 28x28 for the first layer and rows of 16 for the others. One weight can be selected.

import { DIGIT_SIDE } from "../../src/image/digit.js";
import { make, setText } from "../elements.js";
import { short } from "../format.js";
import { onThemeChange } from "../theme.js";
import { largest, paintWeights } from "./colours.js";
import { neuronName, pixelPlace, type Snapshot } from "./inspector.js";
import { weightsOf } from "./selection.js";

const COLUMNS = 16;

/** Called when the user selects a weight in the image, or a neuron by its small image. */
export interface WeightActions {
  input(input: number): void;
  neuron(layer: number, unit: number): void;
}

export class WeightImage {
  readonly root: HTMLElement;
  private readonly title = make("h2");
  private readonly about = make("p", { className: "quiet inside-about" });
  private readonly canvas = make("canvas", { className: "inside-weights" });
  private readonly cursor = make("span", { className: "inside-cursor" });
  /** Contains image and cursor. The slider role lets screen readers announce the selected weight as its value. */
  private readonly slider: HTMLElement;
  /** Labels at the two ends of the colour scale. */
  private readonly ends = [make("span"), make("span")] as const;
  private snapshot: Snapshot | undefined;

  /** Small images of the first layer's neurons. Hidden from screen readers: the picture offers the same selection. */
  private readonly others = make("div", { className: "inside-others", ariaHidden: "true" });

  constructor(private readonly actions: WeightActions) {
    this.slider = make(
      "div",
      { className: "inside-slider", role: "slider", tabIndex: 0, ariaLabel: "Weight, selected by arrow keys" },
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
      textContent: "Click a weight or use the arrow keys to see its ∂C/∂w.",
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
    onThemeChange(() => this.snapshot && this.show(this.snapshot));
  }

  show(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    const { spec, position, parameters, explanation } = snapshot;
    const { layer, unit, input } = position;
    const weights = weightsOf(snapshot, layer, unit);
    const max = largest(weights);
    setText(this.title, neuronName(spec, layer, unit));
    const bias = short(parameters[layer]?.biases[unit] ?? 0);
    setText(
      this.about,
      `Incoming weights; bias ${bias}, z = ${short(explanation.sum)}, output ${short(explanation.output)}`,
    );
    paintWeights(this.canvas, weights, this.columns, max);
    this.slider.classList.toggle("is-rows", layer > 0);
    setText(this.ends[0], `−${short(max)}`);
    setText(this.ends[1], `+${short(max)}`);
    this.placeCursor(input, weights.length);
    this.describe(weights, input);
    this.showOthers(snapshot);
  }

  private showOthers(snapshot: Snapshot): void {
    const units = snapshot.drawn[0] ?? [];
    while (this.others.children.length > units.length) this.others.lastChild?.remove();
    units.forEach((unit, i) => {
      const canvas = (this.others.children[i] as HTMLCanvasElement | undefined) ?? this.addOther();
      const weights = weightsOf(snapshot, 0, unit);
      paintWeights(canvas, weights, DIGIT_SIDE, largest(weights));
      canvas.dataset.unit = String(unit);
      canvas.title = neuronName(snapshot.spec, 0, unit);
      canvas.classList.toggle("is-selected", snapshot.position.layer === 0 && snapshot.position.unit === unit);
    });
  }

  private addOther(): HTMLCanvasElement {
    const canvas = make("canvas", { className: "inside-other" });
    canvas.addEventListener("click", () => this.actions.neuron(0, Number(canvas.dataset.unit)));
    this.others.append(canvas);
    return canvas;
  }

  /** Weights per row of the image. */
  private get columns(): number {
    const { snapshot } = this;
    return snapshot && snapshot.position.layer === 0 ? DIGIT_SIDE : Math.min(COLUMNS, this.count);
  }

  /** Number of weights of the neuron. */
  private get count(): number {
    const { snapshot } = this;
    return snapshot ? weightsOf(snapshot, snapshot.position.layer, snapshot.position.unit).length : 1;
  }

  private placeCursor(input: number, count: number): void {
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

  /** Sets the slider's value for screen readers. */
  private describe(weights: Float32Array, input: number): void {
    const layer = this.snapshot?.position.layer ?? 0;
    const place = layer === 0 ? pixelPlace(input) : `from layer ${layer - 1}, neuron ${input}`;
    this.slider.ariaValueMin = "0";
    this.slider.ariaValueMax = String(weights.length - 1);
    this.slider.ariaValueNow = String(input);
    this.slider.ariaValueText = `${place}: ${short(weights[input] ?? 0)}`;
  }

  private typed(event: KeyboardEvent): void {
    const { columns, count, snapshot } = this;
    if (!snapshot) return;
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const input = snapshot.position.input + step;
    if (input >= 0 && input < count) this.actions.input(input);
  }

  private clicked(event: MouseEvent): void {
    const { columns, count } = this;
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const rows = Math.ceil(count / columns);
    const column = Math.min(columns - 1, Math.floor(((event.clientX - left) / width) * columns));
    const row = Math.min(rows - 1, Math.floor(((event.clientY - top) / height) * rows));
    const input = row * columns + column;
    if (input >= 0 && input < count) this.actions.input(input);
  }
}
