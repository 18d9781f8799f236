// Writes the chain rule for one weight as text, step by step, with its numbers.

import { activationRow } from "../activations.js";
import { lossRow } from "../losses.js";
import { type LayerParameters, type NetworkSpec, outputUnits, type WeightPosition } from "../spec.js";
import { type Chain, chainRule, type Term } from "./chain.js";

/** The chain rule for one weight, in numbers and as text. */
export interface Explanation extends Chain {
  /** The whole calculation as text of several lines. */
  text: string;
}

/** dC/dw for one sample of `input` numbers with target vector `target`, in numbers and as text. */
export function explain(
  spec: NetworkSpec,
  parameters: LayerParameters[],
  input: ArrayLike<number>,
  target: ArrayLike<number>,
  position: WeightPosition,
  learningRate: number,
): Explanation {
  const chain = chainRule(spec, parameters, input, target, position, learningRate);
  return { ...chain, text: onPaper(spec, chain) };
}

/** Most terms of a sum that get a line each. */
const MOST_TERMS = 16;
/** Targets whose sum differs from 1 by no more than float32's rounding are written as if it were 1. */
const SUM_ROUNDING = 1e-6;

function onPaper(spec: NetworkSpec, facts: Chain): string {
  const { layer, unit, input } = facts.position;
  const from = layer === 0 ? `input ${input}` : `layer ${layer - 1}, unit ${input}`;
  const chain = facts.outputGradient === undefined ? "∂z/∂w · ∂C/∂z" : "∂z/∂w · ∂a/∂z · ∂C/∂a";
  return [
    `∂C/∂w of layer ${layer}, unit ${unit}, input ${input} (all from 0)`,
    "",
    `  z = W·a + b = ${short(facts.sum)},  a = S(z) = ${facts.activation}(${short(facts.sum)}) = ${short(facts.output)}`,
    "",
    `  ∂C/∂w = ${chain}`,
    "",
    `  ∂z/∂w = a of ${from} = ${short(facts.input)}`,
    ...(facts.outputGradient === undefined
      ? crossEntropyLines(facts)
      : [slopeLine(facts), ...gradientLines(spec, facts)]),
    "",
    `  ∂C/∂w = ${product(facts)} = ${short(facts.gradient)}`,
    "",
    `  w − η·∂C/∂w = ${short(facts.weight)} − ${facts.learningRate}·${signed(facts.gradient)} = ${short(facts.corrected, 4)}`,
  ].join("\n");
}

function product({ input, slope, outputGradient, delta }: Chain): string {
  const factors = outputGradient === undefined ? [input, delta] : [input, slope, outputGradient];
  return factors.map((factor, i) => (i === 0 ? short(factor) : signed(factor))).join(" · ");
}

function crossEntropyLines({ output, target, targetSum = 1, delta }: Chain): string[] {
  const isOne = Math.abs(targetSum - 1) < SUM_ROUNDING;
  const [formula, factor] = isOne ? ["a − y", ""] : ["a·Σy − y", `·${short(targetSum)}`];
  const numbers = `${short(output)}${factor} − ${signed(target as number)}`;
  return [`  ∂C/∂z = ${formula} = ${numbers} = ${short(delta)}   (cross-entropy)`];
}

function slopeLine({ activation, sum, output, slope }: Chain): string {
  const { slopeText, slopeNumbers } = activationRow(activation);
  const formula = slopeNumbers ? `${slopeText} = ${slopeNumbers(short(sum), short(output))} = ` : "";
  return `  ∂a/∂z = S′(z) = ${formula}${short(slope)}`;
}

function gradientLines(spec: NetworkSpec, facts: Chain): string[] {
  const { output, target, outputGradient, terms, position } = facts;
  const { gradient } = lossRow(spec.loss);
  if (!terms && gradient) {
    const units = outputUnits(spec);
    const numbers = gradient.numbers(short(output), signed(target as number), units);
    return [`  ∂C/∂a = ${gradient.text(units)} = ${numbers} = ${short(outputGradient as number)}`];
  }
  return [
    `  ∂C/∂a = Σ w·∂C/∂z over the units of layer ${position.layer + 1} = ${short(outputGradient as number)}`,
    ...termLines(terms ?? []),
  ];
}

/** The terms of largest absolute value, and one line for the sum of the others. */
function termLines(terms: Term[]): string[] {
  const bySize = [...terms].sort((s, t) => Math.abs(t.weight * t.delta) - Math.abs(s.weight * s.delta));
  const listed = bySize.slice(0, MOST_TERMS).sort((s, t) => s.unit - t.unit);
  const rest = bySize.slice(MOST_TERMS).reduce((sum, { weight, delta }) => sum + weight * delta, 0);
  const lines = listed.map(({ unit, weight, delta }) => {
    return `          unit ${unit}: ${short(weight)} · ${signed(delta)} = ${short(weight * delta)}`;
  });
  if (terms.length > MOST_TERMS)
    lines.push(`          the other ${terms.length - MOST_TERMS} together: ${short(rest)}`);
  return lines;
}

/** A number with `digits` significant digits, default 3, and a true minus sign (U+2212). */
export function short(value: number, digits = 3): string {
  const isTiny = value !== 0 && Math.abs(value) < 1e-4;
  const text = isTiny ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

/** The same in brackets if it is negative, for use after an operator. */
export function signed(value: number): string {
  return value < 0 ? `(${short(value)})` : short(value);
}
