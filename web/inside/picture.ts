// The network as a picture: the input digit, the neurons with their activations, and the weights as lines by sign and size.

import { activationRow } from "../../src/activations.js";
import { type LayerSpec, layerInputs } from "../../src/spec.js";
import { make, makeSvg } from "../elements.js";
import { percent, short } from "../format.js";
import { onThemeChange } from "../theme.js";
import { largest, paintDigit } from "./colours.js";
import { neuronName, type Snapshot } from "./inspector.js";
import { distance, type Layout, layOut, type Neuron } from "./layout.js";
import { largestAt } from "./selection.js";

/** Called when the user selects a neuron or a weight. */
export interface PictureActions {
  neuron(layer: number, unit: number): void;
  weight(layer: number, unit: number, input: number): void;
}

/** A weight between two drawn neurons. */
interface Edge {
  from: Neuron;
  to: Neuron;
  line: SVGLineElement;
}

/** The elements of a drawn neuron; `share` is the text beside an output. */
interface Dot {
  neuron: Neuron;
  group: SVGGElement;
  light: SVGCircleElement;
  share: SVGTextElement | undefined;
}

/** Maximum distance in pixels of a click from the line it selects. */
const NEAR = 6;
/** Minimum distance between columns for titles with words. */
const MIN_TITLE_GAP = 56;
/** Additional line width, in pixels, of the largest weight of a layer. */
const MAX_WIDTH = 3.5;

export class Picture {
  readonly root: HTMLElement;
  private readonly image = make("canvas", { className: "inside-image", role: "img" });
  private readonly svg = makeSvg("svg", { class: "inside-svg", role: "radiogroup", "aria-label": "Neurons" });
  private snapshot: Snapshot | undefined;
  /** Identifies the width and the layout that the elements were created for. */
  private key = "";
  private layout: Layout | undefined;
  private edges: Edge[] = [];
  private dots: Dot[] = [];
  /** One line per neuron of the first layer, for its weights from all inputs. */
  private bundles: { to: Neuron; line: SVGLineElement }[] = [];

  constructor(private readonly actions: PictureActions) {
    this.root = make("div", { className: "inside-picture" }, this.image);
    this.root.append(this.svg);
    this.svg.addEventListener("click", (event) => this.clicked(event));
    this.svg.addEventListener("pointermove", (event) => this.pointed(event));
    this.svg.addEventListener("pointerleave", () => this.mark(undefined, "near"));
    this.svg.addEventListener("keydown", (event) => this.typed(event));
    new ResizeObserver(() => this.draw()).observe(this.root);
    onThemeChange(() => this.draw());
  }

  show(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.draw();
  }

  private draw(): void {
    const { snapshot } = this;
    const width = this.root.clientWidth;
    if (!snapshot || width === 0) return;
    const units = snapshot.drawn;
    const key = JSON.stringify([width, units, snapshot.spec]);
    if (key !== this.key) this.create(snapshot, units, width);
    this.key = key;
    this.updateNeurons(snapshot);
    this.updateWeights(snapshot);
    paintDigit(this.image, snapshot.sample.pixels);
    this.image.ariaLabel = `The network's input: ${snapshot.sample.name}`;
  }

  // --- creating the elements ---

  private create(snapshot: Snapshot, units: number[][], width: number): void {
    const hadFocus = this.svg.contains(document.activeElement);
    const layout = layOut(units, width);
    this.layout = layout;
    for (const [name, value] of [
      ["width", width],
      ["height", layout.height],
    ] as const) {
      this.svg.setAttribute(name, String(value));
    }
    const { x, y, side } = layout.image;
    Object.assign(this.image.style, { left: `${x}px`, top: `${y}px`, width: `${side}px`, height: `${side}px` });
    this.bundles = (layout.layers[0] ?? []).map((to) => ({ to, line: this.bundle(layout, to) }));
    this.edges = layout.layers
      .slice(1)
      .flatMap((layer, below) =>
        layer.flatMap((to) => (layout.layers[below] ?? []).map((from) => ({ from, to, line: lineBetween(from, to) }))),
      );
    this.dots = layout.layers.flat().map((neuron) => this.dot(snapshot, layout, neuron));
    this.svg.replaceChildren(
      ...this.bundles.map(({ line }) => line),
      ...this.edges.map(({ line }) => line),
      ...this.titles(snapshot, layout),
      ...this.dots.map(({ group }) => group),
    );
    // The focused neuron has been replaced with the other elements.
    if (hadFocus) this.focusOn(snapshot.position.layer, snapshot.position.unit);
  }

  /** One line for the weights from all inputs to a neuron of the first layer, which are too many to draw. */
  private bundle({ image, layers }: Layout, to: Neuron): SVGLineElement {
    const share = ((layers[0] ?? []).indexOf(to) + 0.5) / (layers[0] ?? []).length;
    const y = image.y + image.side * share;
    return makeSvg("line", { class: "inside-bundle", x1: image.x + image.side, y1: y, x2: to.x, y2: to.y });
  }

  /** Titles above the columns, and the number of drawn neurons below those that are not whole. */
  private titles({ spec }: Snapshot, { gap, layers, image, height }: Layout): SVGTextElement[] {
    const title = (x: number, y: number, text: string, anchor = "middle"): SVGTextElement =>
      makeSvg("text", { class: "inside-title", x, y, "text-anchor": anchor }, text);
    const last = spec.layers.length - 1;
    const columns = spec.layers.flatMap(({ units }, layer) => {
      const neurons = layers[layer] ?? [];
      const [neuron] = neurons;
      if (!neuron) return [];
      const { x } = neuron;
      // Narrow columns have room for the number only.
      const name = gap < MIN_TITLE_GAP ? String(layer) : `layer ${layer}`;
      const head = title(x, 16, layer === last ? "outputs" : name);
      const rest = neurons.length < units ? [title(x, height - 6, `${neurons.length} of ${units}`)] : [];
      return [head, ...rest];
    });
    return [title(image.x + image.side / 2, image.y - 8, `${layerInputs(spec, 0)} inputs`), ...columns];
  }

  private dot({ spec }: Snapshot, { radius }: Layout, neuron: Neuron): Dot {
    const { layer, unit, x, y } = neuron;
    const light = makeSvg("circle", { class: "inside-light", cx: x, cy: y, r: radius });
    const isOutput = layer === spec.layers.length - 1;
    const share = isOutput ? makeSvg("text", { class: "inside-share", x: x + radius + 22, y: y + 4 }) : undefined;
    const digit = makeSvg("text", { class: "inside-digit", x: x + radius + 6, y: y + 5 }, String(unit));
    const group = makeSvg(
      "g",
      { class: "inside-neuron", role: "radio" },
      // A larger, invisible target for fingers.
      makeSvg("circle", { class: "inside-reach", cx: x, cy: y, r: radius + 2 }),
      makeSvg("circle", { class: "inside-dot", cx: x, cy: y, r: radius }),
      light,
      ...(share ? [digit, share] : []),
    );
    return { neuron, group, light, share };
  }

  // --- showing the current numbers ---

  private updateNeurons({ activations, spec, position, sample }: Snapshot): void {
    const prediction = largestAt(activations.at(-1) ?? new Float32Array(1));
    const isShare = activationRow((spec.layers.at(-1) as LayerSpec).activation).givesShares === true;
    for (const { neuron, group, light, share } of this.dots) {
      const { layer, unit } = neuron;
      const values = activations[layer] ?? new Float32Array(1);
      const value = values[unit] ?? 0;
      const isSelected = layer === position.layer && unit === position.unit;
      // Relative to 1, or to the largest output of a layer whose outputs exceed 1.
      light.setAttribute("fill-opacity", String(Math.abs(value) / Math.max(1, largest(values))));
      light.classList.toggle("is-negative", value < 0);
      group.setAttribute("aria-checked", String(isSelected));
      group.setAttribute("tabindex", isSelected ? "0" : "-1");
      group.setAttribute("aria-label", `${neuronName(spec, layer, unit)}: ${short(value)}`);
      if (!share) continue;
      const isMistake = unit === prediction && sample.label !== undefined && unit !== sample.label;
      // The sign tells a mistake without the colour.
      share.textContent = `${isShare ? percent(value, 0) : short(value, 2)}${isMistake ? " ✗" : ""}`;
      group.classList.toggle("is-prediction", unit === prediction);
      group.classList.toggle("is-mistake", isMistake);
      group.classList.toggle("is-true", unit === sample.label);
      const role = isMistake ? ", the prediction, which is wrong" : unit === prediction ? ", the prediction" : "";
      const truth = unit === sample.label ? ", the true digit" : "";
      group.setAttribute("aria-label", `${neuronName(spec, layer, unit)}: ${short(value)}${role}${truth}`);
    }
  }

  private updateWeights({ parameters, spec, position }: Snapshot): void {
    const maxima = parameters.map(({ weights }) => largest(weights));
    for (const { from, to, line } of this.edges) {
      const weights = parameters[to.layer]?.weights;
      const weight = weights?.[to.unit * layerInputs(spec, to.layer) + from.unit] ?? 0;
      const share = Math.abs(weight) / (maxima[to.layer] ?? 1);
      line.setAttribute("class", weight < 0 ? "inside-edge is-negative" : "inside-edge");
      line.setAttribute("stroke-width", String(0.4 + MAX_WIDTH * share));
      const isInto = to.layer === position.layer && to.unit === position.unit;
      line.setAttribute("stroke-opacity", String(isInto ? 0.45 + 0.55 * share : 0.08 + 0.5 * share));
      line.classList.toggle("is-selected", isInto && from.unit === position.input);
    }
    for (const { to, line } of this.bundles) {
      line.classList.toggle("is-into", position.layer === 0 && to.unit === position.unit);
    }
  }

  // --- selecting ---

  private clicked(event: MouseEvent): void {
    const dot = this.dots.find(({ group }) => group.contains(event.target as Node));
    if (dot) {
      this.actions.neuron(dot.neuron.layer, dot.neuron.unit);
      return;
    }
    const edge = this.nearest(event);
    if (edge) this.actions.weight(edge.to.layer, edge.to.unit, edge.from.unit);
  }

  private pointed(event: PointerEvent): void {
    const isOnDot = this.dots.some(({ group }) => group.contains(event.target as Node));
    this.mark(isOnDot ? undefined : this.nearest(event), "near");
  }

  private mark(edge: Edge | undefined, name: string): void {
    for (const { line } of this.edges) line.classList.toggle(name, line === edge?.line);
    this.svg.classList.toggle("is-near", edge !== undefined);
  }

  /** The line closest to the pointer, if one is within `NEAR`. */
  private nearest(event: MouseEvent): Edge | undefined {
    const { left, top } = this.svg.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    let best: Edge | undefined;
    let least = NEAR;
    for (const edge of this.edges) {
      const away = distance(edge.from, edge.to, x, y);
      if (away < least) [best, least] = [edge, away];
    }
    return best;
  }

  /** Up and down move within a layer, left and right between layers. */
  private typed(event: KeyboardEvent): void {
    const at = this.dots.find(({ group }) => group === event.target)?.neuron;
    const next = at && this.neighbour(at, event.key);
    if (!next) return;
    event.preventDefault();
    this.focusOn(next.layer, next.unit);
    this.actions.neuron(next.layer, next.unit);
  }

  private neighbour({ layer, unit }: Neuron, key: string): Neuron | undefined {
    const layers = this.layout?.layers ?? [];
    const column = layers[layer] ?? [];
    const at = column.findIndex((neuron) => neuron.unit === unit);
    // The neuron at the same relative height of a column that may have another length.
    const beside = (other: Neuron[] | undefined): Neuron | undefined =>
      other?.[Math.min(other.length - 1, Math.round((at * other.length) / column.length))];
    const moves: Record<string, () => Neuron | undefined> = {
      ArrowDown: () => column[at + 1],
      ArrowUp: () => column[at - 1],
      ArrowRight: () => beside(layers[layer + 1]),
      ArrowLeft: () => beside(layers[layer - 1]),
      Home: () => column[0],
      End: () => column.at(-1),
    };
    return moves[key]?.();
  }

  private focusOn(layer: number, unit: number): void {
    this.dots.find(({ neuron }) => neuron.layer === layer && neuron.unit === unit)?.group.focus();
  }
}

function lineBetween(from: Neuron, to: Neuron): SVGLineElement {
  return makeSvg("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
}
