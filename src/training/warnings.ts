// A look at the data of a training against the network: sentences about what is legal, but surely not what was meant.

import { activationRow } from "../activations.js";
import { countClasses, type Dataset } from "../data/dataset.js";
import { GLANCED, lookAt, NO_FRACTIONS, rounded, sizeWarning } from "../data/look.js";
import { isBytes } from "../kinds.js";
import { activationParameter, type LayerSpec, type NetworkSpec } from "../spec.js";

/** A sentence about a dataset. */
export interface Finding {
  data: Dataset;
  warning: string;
}

/** Sums of targets may differ from 1 by so much, as rounded probabilities do, and targets from a range by so much. */
const SUM_TOLERANCE = 0.01;
const RANGE_TOLERANCE = 1e-3;

/** What `fit` finds before the first step. The datasets fit the network. */
export function findWarnings(spec: NetworkSpec, train: Dataset, validation: Dataset | undefined): Finding[] {
  const sets: [Dataset, string][] = [[train, "training"]];
  if (validation && validation !== train) sets.push([validation, "validation"]);
  const found = sets.flatMap(([data, name]) => {
    const sentences = [byteWarning(spec, data, name), sumWarning(spec, data, name), rangeWarning(spec, data, name)];
    return sentences.map((warning) => ({ data, warning }));
  });
  if (validation) found.push({ data: validation, warning: classWarning(train, validation) });
  return found.filter((finding): finding is Finding => finding.warning !== undefined);
}

/** A sentence where bytes times `inputScale` are far from unit scale. */
function byteWarning({ inputScale }: NetworkSpec, { inputs, count, sampleSize }: Dataset, name: string) {
  if (!isBytes(inputs)) return undefined;
  const look = lookAt(inputs, count, sampleSize, GLANCED);
  const most = look.most.reduce((a, b) => Math.max(a, b), 0);
  const isTiny = most === 1 && Math.abs(inputScale) < 0.1 && !inputs.some((x) => x > 1);
  if (isTiny) {
    return (
      `the ${name} inputs are bytes of 0 and 1, of which "inputScale" makes ${rounded(inputScale)}: take 255 for 1, or an ` +
      `"inputScale" of 1; ${NO_FRACTIONS}`
    );
  }
  const sentence = sizeWarning(look, inputScale, 'choose an "inputScale" that makes them about 1');
  return sentence && `of the ${name} set, times "inputScale", ${sentence}`;
}

/** A sentence where the targets of samples do not sum to 1 as the outputs do. */
function sumWarning(spec: NetworkSpec, { targets, targetSize, count }: Dataset, name: string): string | undefined {
  const { activation } = spec.layers.at(-1) as LayerSpec;
  if (!targets || !activationRow(activation).sumsToOne) return undefined;
  let [wrong, first, example] = [0, 0, 0];
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let i = row * targetSize; i < (row + 1) * targetSize; i++) sum += targets[i] as number;
    if (Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    if (wrong++ === 0) [first, example] = [row, sum];
  }
  if (wrong === 0) return undefined;
  return (
    `the ${name} targets of ${wrong} ${wrong === 1 ? "sample" : "samples"} do not sum to 1, as the outputs of "${activation}" ` +
    `do, such as ${rounded(example)} of sample ${first}: divide them by their sum, or take "sigmoid" where several can be 1`
  );
}

/** A sentence where targets lie outside of what the last activation gives. */
function rangeWarning(spec: NetworkSpec, { targets }: Dataset, name: string): string | undefined {
  const last = spec.layers.at(-1) as LayerSpec;
  const range = activationRow(last.activation).range?.(activationParameter(last));
  if (!targets || !range) return undefined;
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < targets.length; i++) {
    const y = targets[i] as number;
    if (y < least) least = y;
    if (y > most) most = y;
  }
  if (least >= range[0] - RANGE_TOLERANCE && most <= range[1] + RANGE_TOLERANCE) return undefined;
  const bounds = range[1] === Infinity ? `at least ${range[0]}` : `${range[0]} to ${range[1]}`;
  return (
    `the ${name} targets are from ${rounded(least)} to ${rounded(most)}, but the outputs of "${last.activation}" are ` +
    `${bounds}: scale the targets, or take a last layer of "linear"`
  );
}

/** A sentence where the validation set has classes that the training set lacks. */
function classWarning(train: Dataset, validation: Dataset): string | undefined {
  if (!train.labels || !validation.labels) return undefined;
  const known = countClasses(train);
  const counts = countClasses(validation);
  const lacking = [...counts.keys()].filter((label) => (counts[label] as number) > 0 && !known[label]);
  const [first] = lacking;
  if (first === undefined) return undefined;
  const which = lacking.length === 1 ? `class ${first}` : `${lacking.length} classes, such as class ${first}`;
  return `only the validation set has samples of ${which}, which the network cannot learn from the training set`;
}
