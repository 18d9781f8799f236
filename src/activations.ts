// The activations: everything about each but its kernel, which is in `assembly/activation.ts`. The build writes the codes into
// `build/codes.ts` for the kernels, so that they stand here only.

/** A number that an activation has besides its input; one per layer. */
interface ActivationParameter {
  /** The layer's option. */
  readonly name: "slope";
  readonly default: number;
  readonly least: number;
  readonly most: number;
}

/** One activation S, in float64. `p` is its parameter, or 0. */
export interface ActivationRow {
  /** What the kernels know it by. */
  readonly code: number;
  /** S(z) of all outputs of a layer. */
  readonly values: (z: readonly number[], p: number) => number[];
  /** S′(z), from the output a = S(z), or from z where `slopeNeedsSum`. */
  readonly slope: (x: number, p: number) => number;
  /** Whether S′ is taken from z, which the network then keeps besides the outputs. */
  readonly slopeNeedsSum?: true;
  /** S and S′ as formulas of z, a and p. */
  readonly text: string;
  readonly slopeText: string;
  /** S′ with numbers in place of the formula's letters, for formulas that have any. */
  readonly slopeNumbers?: (z: string, a: string) => string;
  /** What the variance of initial weights is multiplied by: 2 where about half of the units give 0 (He et al., 2015). */
  readonly gain: 1 | 2;
  /** Whether only the last layer can have it. */
  readonly onlyLast?: true;
  /** The fewest units of a layer that can learn with it; 1 where left out. */
  readonly leastUnits?: 2;
  /** Whether outputs are from 0 to 1, to be read as shares. One such unit tells two classes apart. */
  readonly givesShares?: true;
  /** Whether the outputs of a layer sum to 1. */
  readonly sumsToOne?: true;
  /** Least and most that an output can be, also as a limit; any number where left out. */
  readonly range?: (p: number) => readonly [least: number, most: number];
  readonly parameter?: ActivationParameter;
}

/** An activation of one number. */
function elementwise(value: (z: number, p: number) => number): ActivationRow["values"] {
  return (z, p) => z.map((one) => value(one, p));
}

function logistic(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** e^z over its sum. */
function softmax(z: readonly number[]): number[] {
  const most = z.reduce((a, b) => Math.max(a, b));
  const powers = z.map((one) => Math.exp(one - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function brackets(number: string): string {
  return number.startsWith("−") ? `(${number})` : number;
}

export const ACTIVATIONS = {
  sigmoid: {
    code: 1,
    values: elementwise(logistic),
    slope: (a) => a * (1 - a),
    text: "1 / (1 + e^−z)",
    slopeText: "a(1 − a)",
    slopeNumbers: (_, a) => `${a}·(1 − ${a})`,
    gain: 1,
    givesShares: true,
    range: () => [0, 1],
  },
  tanh: {
    code: 2,
    values: elementwise(Math.tanh),
    slope: (a) => 1 - a * a,
    text: "tanh z",
    slopeText: "1 − a²",
    slopeNumbers: (_, a) => `1 − ${brackets(a)}²`,
    gain: 1,
    range: () => [-1, 1],
  },
  relu: {
    code: 3,
    values: elementwise((z) => Math.max(z, 0)),
    slope: (a) => (a > 0 ? 1 : 0),
    text: "max(0, z)",
    slopeText: "1 if a > 0, else 0",
    gain: 2,
    range: () => [0, Infinity],
  },
  leakyRelu: {
    code: 4,
    values: elementwise((z, p) => Math.max(z, p * z)),
    slope: (a, p) => (a > 0 ? 1 : p),
    text: "max(z, slope·z)",
    slopeText: "1 if a > 0, else slope",
    gain: 2,
    range: (p) => [p === 0 ? 0 : -Infinity, Infinity],
    // The kernels take the slope as float32.
    parameter: { name: "slope", default: Math.fround(0.01), least: 0, most: 1 },
  },
  softplus: {
    code: 6,
    values: elementwise((z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))),
    slope: logistic,
    slopeNeedsSum: true,
    text: "ln(1 + e^z)",
    slopeText: "1 / (1 + e^−z)",
    slopeNumbers: (z) => `1 / (1 + e^−${brackets(z)})`,
    gain: 1,
    range: () => [0, Infinity],
  },
  linear: {
    code: 0,
    values: elementwise((z) => z),
    slope: () => 1,
    text: "z",
    slopeText: "1",
    gain: 1,
  },
  softmax: {
    code: 5,
    values: softmax,
    slope: (a) => a * (1 - a),
    text: "e^z / Σ e^z",
    slopeText: "a(1 − a)",
    slopeNumbers: (_, a) => `${a}·(1 − ${a})`,
    gain: 1,
    onlyLast: true,
    // The one output of a single unit is always 1.
    leastUnits: 2,
    sumsToOne: true,
    givesShares: true,
    range: () => [0, 1],
  },
} as const satisfies Record<string, ActivationRow>;

/** The name of an activation. */
export type Activation = keyof typeof ACTIVATIONS;
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as Activation[];
/** What hidden layers can have. */
export const HIDDEN_ACTIVATIONS = ACTIVATION_NAMES.filter((name) => !activationRow(name).onlyLast);

/** The row of an activation, with everything that rows may have. */
export function activationRow(name: Activation): ActivationRow {
  return ACTIVATIONS[name];
}
