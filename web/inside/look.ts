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

/** All of one moment. */
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

export class Look {
  facts: Facts | undefined;
  /** What went wrong, in a sentence. */
  message = "";
  private network: Network | undefined;
  private sample: Sample | undefined;
  private position: WeightPosition | undefined;
  private wanted: number | undefined;
  private rate = 0.1;
  private isAsking = false;
  private isStale = false;

  /** `onChange` is called when there are new facts, or a message. */
  constructor(private readonly onChange: () => void) {}

  setNetwork(network: Network): void {
    if (this.position && !isIn(network.spec, this.position)) this.position = undefined;
    this.network = network;
    this.refresh();
  }

  setSample(sample: Sample): void {
    this.sample = sample;
    this.wanted = sample.label;
    this.refresh();
  }

  setWanted(digit: number): void {
    this.wanted = digit;
    this.refresh();
  }

  setRate(rate: number): void {
    this.rate = rate;
    this.refresh();
  }

  setPosition(position: WeightPosition): void {
    this.position = position;
    this.refresh();
  }

  /** Another neuron, and of its weights the one that counts most for this digit. */
  setNeuron(layer: number, unit: number): void {
    const { facts } = this;
    if (facts) this.setPosition(heaviest(facts, layer, unit));
  }

  /** Asks the network anew; what changes meanwhile is asked once more. */
  refresh(): void {
    this.isStale = true;
    if (!this.isAsking) void this.ask();
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    while (this.isStale) {
      this.isStale = false;
      await this.gatherOrSay();
      this.onChange();
    }
    this.isAsking = false;
  }

  private async gatherOrSay(): Promise<void> {
    const { network, sample, facts } = this;
    if (!network || !sample) return;
    try {
      this.facts = await this.gather(network, sample);
      this.message = "";
    } catch (error) {
      this.message = (error as Error).message;
      // What was asked for cannot be had, so that the next question is about what could.
      this.position = facts?.position;
      this.rate = facts?.explanation.learningRate ?? this.rate;
    }
  }

  private async gather(network: Network, sample: Sample): Promise<Facts> {
    const { spec } = network;
    const [parameters, activations] = await Promise.all([network.parameters(), network.activations(sample.pixels)]);
    const wanted = this.wanted ?? largestAt(activations.at(-1) ?? new Float32Array(1));
    const known = { spec, parameters, activations, sample, wanted };
    const target = Array.from({ length: outputUnits(spec) }, (_, unit) => Number(unit === wanted));
    const position = this.position ?? (await interesting(network, known, target));
    this.position = position;
    const explanation = await network.explain({
      input: sample.pixels,
      target,
      weight: position,
      learningRate: this.rate,
    });
    return { ...known, position, explanation, drawn: unitsToDraw(activations, position) };
  }
}

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

/** The weights of one neuron, by input. */
export function weightsOf(
  { spec, parameters }: Pick<Facts, "spec" | "parameters">,
  layer: number,
  unit: number,
): Float32Array {
  const inputs = layerInputs(spec, layer);
  return (parameters[layer] as LayerParameters).weights.subarray(unit * inputs, (unit + 1) * inputs);
}
