// The data behind the view: the current network evaluated on one digit, and the chain rule for one of its weights.

import { DIGIT_SIDE } from "../../src/image/digit.js";
import { type NetworkSpec, outputUnits } from "../../src/spec.js";
import type { Explanation, LayerParameters, Network, WeightPosition } from "../../src/worker.js";
import { unitsToDraw } from "./layout.js";
import { exists, largestAt, largestContribution, type Selection, type Shown, weightFor } from "./selection.js";

/** An input digit. */
export interface Sample {
  /** `[28][28]` */
  pixels: Uint8Array;
  /** The true digit; undefined for a drawing. */
  label?: number;
  /** Visible name, such as "test image 12". */
  name: string;
}

/**
 * The network's parameters and outputs at one time. During training they may be a few steps apart, as each comes from a request
 * of its own to the network's worker.
 */
export interface Snapshot {
  spec: NetworkSpec;
  parameters: LayerParameters[];
  /** Outputs of every layer, `[layer][unit]`. */
  activations: Float32Array[];
  sample: Sample;
  /** The target digit: the label, or the user's choice. */
  targetDigit: number;
  position: WeightPosition;
  /** Why another weight is shown than the user chose; empty if it is that one. */
  note: string;
  explanation: Explanation;
  /** The units of each layer that the picture shows, `[layer][i]`. */
  drawn: number[][];
}

/** What is known before a weight has been selected. */
type Evaluated = Omit<Snapshot, "position" | "note" | "explanation" | "drawn">;

/** The user's selection. Without a target digit or a weight, defaults are taken from the network's outputs. */
interface Request {
  network?: Network;
  sample?: Sample;
  targetDigit?: number | undefined;
  selection?: Selection | undefined;
  /** The weight shown for this digit and network; undefined if it is to be chosen by `selection`. */
  shown?: Shown | undefined;
  learningRate: number;
}

export class Inspector {
  snapshot: Snapshot | undefined;
  /** Error of the last request, as a sentence; empty if there was none. */
  message = "";
  private request: Request = { learningRate: 0.1 };
  /** The network and the selection of the snapshot. */
  private inspected: Network | undefined;
  private valid: Selection | undefined;
  private isUpdating = false;
  /** Whether the request has changed since the update in progress began. */
  private isStale = false;

  /** `onChange` is called when there is a new snapshot or message. */
  constructor(private readonly onChange: () => void) {}

  /** Inspects `network`. The same network is inspected again, because its weights may have changed. */
  setNetwork(network: Network): void {
    const { selection } = this.request;
    if (network === this.request.network) this.refresh();
    else if (selection && exists(network.spec, selection.position)) this.change({ network, shown: undefined });
    else this.change({ network, selection: undefined, shown: undefined });
  }

  setSample(sample: Sample): void {
    this.change({ sample, targetDigit: sample.label, shown: undefined });
  }

  setTargetDigit(targetDigit: number): void {
    this.change({ targetDigit });
  }

  setLearningRate(learningRate: number): void {
    this.change({ learningRate });
  }

  setPosition(position: WeightPosition): void {
    this.select(position, "weight");
  }

  /** Selects a neuron, and of its weights the one with the largest contribution for the current digit. */
  setNeuron(layer: number, unit: number): void {
    const { snapshot } = this;
    if (snapshot) this.select(largestContribution(snapshot, layer, unit), "neuron");
  }

  private select(position: WeightPosition, by: Selection["by"]): void {
    this.change({ selection: { position, by }, shown: { position, note: "" } });
  }

  private change(part: Partial<Request>): void {
    Object.assign(this.request, part);
    this.message = "";
    this.refresh();
  }

  /** Starts an update, or makes the one in progress start over when it is done. */
  private refresh(): void {
    this.isStale = true;
    if (!this.isUpdating) void this.update();
  }

  private async update(): Promise<void> {
    this.isUpdating = true;
    while (this.isStale) {
      this.isStale = false;
      await this.inspect();
      // The result of an outdated request would revert what the user has selected since.
      if (!this.isStale) this.onChange();
    }
    this.isUpdating = false;
  }

  /** Sets the snapshot for the current request, or the message if it fails. */
  private async inspect(): Promise<void> {
    const { network, sample } = this.request;
    if (!network || !sample) return;
    try {
      const snapshot = await takeSnapshot(network, sample, { ...this.request });
      if (this.isStale) return;
      this.snapshot = snapshot;
      this.inspected = network;
      const { position, note } = snapshot;
      this.request.shown = { position, note };
      this.request.selection ??= { position, by: "page" };
      this.valid = this.request.selection;
    } catch (error) {
      if (this.isStale) return;
      this.message = (error as Error).message;
      // The snapshot of another network must not be shown as this one's.
      if (this.inspected !== network) this.snapshot = undefined;
      // Restore the last valid values: with the invalid ones every later request would fail too.
      this.request.selection = this.snapshot && this.valid;
      this.request.shown = this.snapshot;
      this.request.learningRate = this.snapshot?.explanation.learningRate ?? this.request.learningRate;
    }
  }
}

async function takeSnapshot(network: Network, sample: Sample, request: Request): Promise<Snapshot> {
  const { spec } = network;
  const [parameters, activations] = await Promise.all([network.parameters(), network.activations(sample.pixels)]);
  if (!activations.every((outputs) => outputs.every(Number.isFinite))) throw new Error(DIVERGED);
  const targetDigit = request.targetDigit ?? largestAt(activations.at(-1) ?? new Float32Array(1));
  const evaluated = { spec, parameters, activations, sample, targetDigit };
  const target = Array.from({ length: outputUnits(spec) }, (_, unit) => Number(unit === targetDigit));
  const { position, note } = request.shown ?? (await choose(network, evaluated, target, request.selection));
  const { learningRate } = request;
  const explanation = await network.explain({ input: sample.pixels, target, weight: position, learningRate });
  return { ...evaluated, position, note, explanation, drawn: unitsToDraw(activations, position) };
}

/** The weight to show for another digit or network. A neuron that the page chose is chosen again too. */
async function choose(
  network: Network,
  evaluated: Evaluated,
  target: number[],
  selection: Selection | undefined,
): Promise<Shown> {
  if (selection && selection.by !== "page") return weightFor(evaluated, selection);
  return { position: await initialPosition(network, evaluated, target), note: "" };
}

const DIVERGED = "This network cannot be shown: its training diverged, and its outputs are not finite numbers";

/** The weight selected at first: of the neuron in the first layer with the largest |∂C/∂z|. */
async function initialPosition(network: Network, evaluated: Evaluated, target: number[]): Promise<WeightPosition> {
  const { layers } = await network.gradient(evaluated.sample.pixels, target);
  // ∂C/∂b equals ∂C/∂z.
  return largestContribution(evaluated, 0, largestAt((layers[0]?.biases ?? new Float32Array(1)).map(Math.abs)));
}

/** Visible name of a neuron, with the indices of the library: layer 0 is the first hidden layer. */
export function neuronName(spec: NetworkSpec, layer: number, unit: number): string {
  return layer === spec.layers.length - 1 ? `Output ${unit}` : `Layer ${layer}, neuron ${unit}`;
}

/** Row and column of an input pixel, from 0. */
export function pixelPlace(input: number): string {
  return `row ${Math.floor(input / DIGIT_SIDE)}, column ${input % DIGIT_SIDE}`;
}
