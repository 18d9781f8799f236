// What is looked at: a network as it is now, a digit in it, one of its weights, and what the library says of them.

import { layerInputs, type NetworkSpec, outputUnits } from "../../src/spec.js";
import type { Explanation, LayerParameters, Network, WeightPosition } from "../../src/worker.js";
import { unitsToDraw } from "./layout.js";

/** A digit to look at. */
export interface Sample {
  /** `[28][28]` */
  pixels: Uint8Array;
  /** What it is; unknown of a drawing. */
  label?: number;
  name: string;
}

/** All of one moment, or of a few steps of a network that learns. */
export interface Facts {
  spec: NetworkSpec;
  parameters: LayerParameters[];
  /** Outputs of every layer. */
  activations: Float32Array[];
  sample: Sample;
  /** The digit that it should be, by the label or by who looks. */
  wanted: number;
  position: WeightPosition;
  explanation: Explanation;
  /** The units of each layer that there is room to draw. */
  drawn: number[][];
}

type Known = Omit<Facts, "position" | "explanation" | "drawn">;

/** What is asked of a network; what is left out it is asked for too. */
interface Question {
  network?: Network;
  sample?: Sample;
  wanted?: number | undefined;
  position?: WeightPosition | undefined;
  rate: number;
}

export class Look {
  facts: Facts | undefined;
  /** What was wrong with the last thing asked for, in a sentence. */
  message = "";
  private question: Question = { rate: 0.1 };
  /** The network that the facts are of. */
  private known: Network | undefined;
  private isAsking = false;
  private isStale = false;

  /** `onChange` is called when there are new facts, or a message. */
  constructor(private readonly onChange: () => void) {}

  /** The same network is asked anew, as it may have learned. */
  setNetwork(network: Network): void {
    const { position } = this.question;
    if (network === this.question.network) this.refresh();
    else if (position && !isIn(network.spec, position)) this.change({ network, position: undefined });
    else this.change({ network });
  }

  setSample(sample: Sample): void {
    this.change({ sample, wanted: sample.label });
  }

  setWanted(wanted: number): void {
    this.change({ wanted });
  }

  setRate(rate: number): void {
    this.change({ rate });
  }

  setPosition(position: WeightPosition): void {
    this.change({ position });
  }

  /** Another neuron, and of its weights the one that counts most for this digit. */
  setNeuron(layer: number, unit: number): void {
    const { facts } = this;
    if (facts) this.setPosition(heaviest(facts, layer, unit));
  }

  private change(part: Partial<Question>): void {
    Object.assign(this.question, part);
    this.message = "";
    this.refresh();
  }

  /** Asks the network anew; what changes meanwhile is asked once more. */
  private refresh(): void {
    this.isStale = true;
    if (!this.isAsking) void this.ask();
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    while (this.isStale) {
      this.isStale = false;
      await this.gatherOrSay();
      // The answer to an older question would undo what has been picked since.
      if (!this.isStale) this.onChange();
    }
    this.isAsking = false;
  }

  private async gatherOrSay(): Promise<void> {
    const { network, sample } = this.question;
    if (!network || !sample) return;
    try {
      const facts = await gather(network, sample, { ...this.question });
      if (this.isStale) return;
      this.facts = facts;
      this.known = network;
      this.question.position = facts.position;
    } catch (error) {
      if (this.isStale) return;
      this.message = (error as Error).message;
      // What is known of another network would be taken for this one's.
      if (this.known !== network) this.facts = undefined;
      // What was asked for cannot be had, so that the next question is about what could.
      this.question.position = this.facts?.position;
      this.question.rate = this.facts?.explanation.learningRate ?? this.question.rate;
    }
  }
}

async function gather(
  network: Network,
  sample: Sample,
  { wanted: asked, position: at, rate }: Question,
): Promise<Facts> {
  const { spec } = network;
  const [parameters, activations] = await Promise.all([network.parameters(), network.activations(sample.pixels)]);
  if (!activations.every((outputs) => outputs.every(Number.isFinite))) throw new Error(LOST);
  const wanted = asked ?? largestAt(activations.at(-1) ?? new Float32Array(1));
  const known = { spec, parameters, activations, sample, wanted };
  const target = Array.from({ length: outputUnits(spec) }, (_, unit) => Number(unit === wanted));
  const position = at ?? (await interesting(network, known, target));
  const options = { input: sample.pixels, target, weight: position, learningRate: rate };
  const explanation = await network.explain(options);
  return { ...known, position, explanation, drawn: unitsToDraw(activations, position) };
}

const LOST = "There is nothing to see in this network: its training diverged, so that its numbers are none any more";

/** A weight to begin with: of the neuron of the first layer that would have to change most. */
async function interesting(network: Network, facts: Known, target: number[]): Promise<WeightPosition> {
  const { layers } = await network.gradient(facts.sample.pixels, target);
  // ∂C/∂b is ∂C/∂z.
  return heaviest(facts, 0, largestAt((layers[0]?.biases ?? new Float32Array(1)).map(Math.abs)));
}

function isIn(spec: NetworkSpec, { layer, unit, input }: WeightPosition): boolean {
  return unit < (spec.layers[layer]?.units ?? 0) && input < layerInputs(spec, layer);
}

/** Where the largest is. */
export function largestAt(values: Float32Array): number {
  return values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity));
}

/** The neuron's weight on the input that, times it, is the largest. */
function heaviest(facts: Known, layer: number, unit: number): WeightPosition {
  const below = layer === 0 ? facts.sample.pixels : (facts.activations[layer - 1] ?? []);
  const weights = weightsOf(facts, layer, unit);
  const shares = weights.map((weight, i) => Math.abs(weight * (below[i] as number)));
  return { layer, unit, input: largestAt(shares) };
}

/** What people call a neuron. */
export function neuronName(spec: NetworkSpec, layer: number, unit: number): string {
  return layer === spec.layers.length - 1 ? `Output ${unit}` : `Layer ${layer}, unit ${unit}`;
}

/** Where a pixel of the inputs is. */
export function pixelPlace(input: number): string {
  return `row ${Math.floor(input / 28)}, column ${input % 28}`;
}

/** The weights of one neuron, by input. */
export function weightsOf(
  { spec, parameters }: Pick<Facts, "spec" | "parameters">,
  layer: number,
  unit: number,
): Float32Array {
  const inputs = layerInputs(spec, layer);
  return (parameters[layer] as LayerParameters).weights.subarray(unit * inputs, (unit + 1) * inputs);
}
