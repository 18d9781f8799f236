// The metrics of an evaluation, in one table: everything that the rest of the library, the command line and the page know
// about a metric is in its row.

import { checkName, rangeError, shown, typeError } from "./check.js";
import { fixed, percent } from "./text.js";

/** What an evaluation knows about one sample. One object serves all samples: a metric must not keep it. */
export interface SampleResult {
  loss: number;
  /** The class that the network gives: the number of the largest output, the first of equals; of a single one 1 from ½ on. */
  prediction: number;
  /** The number of the sample's class; only for metrics that need labels. */
  label: number;
  /** Its outputs, those of `predict`: `units` floats from `outputs[at]` on; only for metrics that need outputs. */
  outputs: Float32Array;
  at: number;
  units: number;
}

export interface Metric {
  /** What people read, in the middle of a sentence. */
  title: string;
  /** Which values early stopping prefers. */
  better: "lower" | "higher";
  /** A share from 0 to 1, which is written in percent, or any number. */
  kind: "share" | "number";
  needsLabels: boolean;
  /** Whether the evaluation must keep the outputs, which costs a copy of them. */
  needsOutputs: boolean;
  /** The value for one sample. That of an evaluation is the mean over its samples, summed in float64 in their order. */
  of(sample: SampleResult): number;
}

export const METRICS = {
  /** Mean loss over the samples. */
  loss: {
    title: "loss",
    better: "lower",
    kind: "number",
    needsLabels: false,
    needsOutputs: false,
    of: ({ loss }) => loss,
  },
  /** Share of samples that the network gives the class of their label. */
  accuracy: {
    title: "accuracy",
    better: "higher",
    kind: "share",
    needsLabels: true,
    needsOutputs: false,
    of: ({ prediction, label }) => Number(prediction === label),
  },
  /** Share of samples whose label has one of the three largest outputs. */
  top3: topK(3),
  /** Share of samples whose label has one of the five largest outputs. */
  top5: topK(5),
} satisfies Record<string, Metric>;

/** The name of a metric, a property of `Evaluation`. */
export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** A value for each metric that was computed. */
export type Scores = { [Name in MetricName]?: number };

/** The metrics of every evaluation: they need no outputs. `accuracy` is left out where there are no labels. */
const USUAL: readonly MetricName[] = ["loss", "accuracy"];

/**
 * Share of samples whose label has one of the k largest outputs; of equal outputs the one of the lower number is the larger.
 * With k = 1 this is the accuracy, as far as equal outputs were not made equal by the rounding of the last activation.
 */
function topK(k: number): Metric {
  return {
    title: `top-${k} accuracy`,
    better: "higher",
    kind: "share",
    needsLabels: true,
    needsOutputs: true,
    of: (sample) => Number(rankOfLabel(sample) < k),
  };
}

/**
 * How many outputs come before the label's, from the largest down, the first of equals first. As in the prediction, a first
 * output that is not a number comes before all others, and such an output elsewhere after all. A single output ranks two classes.
 */
function rankOfLabel({ outputs, at, units, label, prediction }: SampleResult): number {
  if (units === 1) return Number(prediction !== label);
  const own = outputs[at + label] as number;
  if (Number.isNaN(own)) return label === 0 ? 0 : units;
  let rank = Number.isNaN(outputs[at]) ? 1 : 0;
  for (let i = 0; i < label; i++) if ((outputs[at + i] as number) >= own) rank++;
  for (let i = label + 1; i < units; i++) if ((outputs[at + i] as number) > own) rank++;
  return rank;
}

/** The metrics of an evaluation that is asked for `wanted` besides the usual ones, each once, in the order of the table. */
export function metricsOf(wanted: readonly MetricName[], hasLabels: boolean): MetricName[] {
  return METRIC_NAMES.filter(
    (name) => wanted.includes(name) || (USUAL.includes(name) && (hasLabels || !METRICS[name].needsLabels)),
  );
}

/** A checked copy of a list of names; `title` names it. TypeError or RangeError. */
export function checkMetrics(value: unknown, title: string): MetricName[] {
  if (!Array.isArray(value)) throw typeError(title, `must be an array of names, got ${shown(value)}`);
  return Array.from(value, (name, i) => checkName(name, `${title}[${i}]`, METRIC_NAMES));
}

/** RangeError where metric `name` needs labels and `data` has none; `title` is the option, `dataTitle` the dataset. */
export function checkHasLabels(name: MetricName, hasLabels: boolean, title: string, dataTitle: string): void {
  if (hasLabels || !METRICS[name].needsLabels) return;
  const others = METRIC_NAMES.filter((other) => !METRICS[other].needsLabels).map((other) => `"${other}"`);
  throw rangeError(title, `must be ${others.join(" or ")} where "${dataTitle}" has no labels, got "${name}"`);
}

/** The scores among the properties of an evaluation, in the order of the table. */
export function scoresOf(evaluation: Scores): [MetricName, number][] {
  return METRIC_NAMES.flatMap((name): [MetricName, number][] => {
    const value = evaluation[name];
    return value === undefined ? [] : [[name, value]];
  });
}

/** 97.21 % of a share, 0.1042 of any other number. */
export function metricText(name: MetricName, value: number): string {
  return METRICS[name].kind === "share" ? percent(value) : fixed(value);
}
