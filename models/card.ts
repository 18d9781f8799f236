// The model card: how a model was trained and how accurate it is, as Markdown.

import { cpus } from "node:os";
import type { Build, EpochRecord, Evaluation, NetworkSpec, Schedule } from "../src/node.js";
import { parameterCount } from "../src/spec.js";
import { table } from "../src/terminal/markdown.js";
import { duration, grouped, percent } from "../src/text.js";
import type { Result } from "./kinds.js";
import type { Model } from "./recipes.js";

/** What a card reports about the training. */
export interface Making {
  model: Model;
  spec: NetworkSpec;
  /** The kernels with which it was trained. */
  build: Build;
  /** Number of training images. */
  trained: number;
  history: EpochRecord[];
}

/** What a card reports. */
interface Facts extends Making {
  name: string;
  /** On the test images: before the weights were rounded, and with the weights in the file. */
  asTrained: Evaluation;
  result: Evaluation;
  /** On drawn digits, by kind of drawing. */
  kinds: Result[];
}

/** The text of a card. */
export function card(facts: Facts): string {
  const { name, model, result, kinds } = facts;
  return `# ${name}

${model.purpose}
The file is ${name}.safetensors. \`node build/models.js record ${name}\` wrote both; none of the numbers is written by hand.

## How it was trained

${table(["what", "how"], makingOf(facts), ["---", "---"])}

## On the ${grouped(result.count)} test images

${percent(result.accuracy ?? 0)} are read right${lossOfRounding(facts)}.
The numbers are those of \`deterministic: true\`, the same on every engine. No decision was made with these images: the recipe was chosen
on training images held out, and then trained once on all of them.

${table(["digit", "images", "read right"], digitRows(result))}

What each digit (rows) was taken for (columns):

${table(["", ...digits(result)], confusionRows(result), ["---:", ...digits(result).map(() => "---:")])}

## On drawn digits

Through \`preprocessDigit\` except in the first row: test images rendered on a canvas of 140x140 as people draw, digits of fonts, and
digits of pen strokes. \`node build/models.js drawn --model models/${name}.safetensors\` measures all of them again.

${table(["kind", "drawings", "read right"], kinds.map(kindRow))}

## Limits

- It knows the ten digits and nothing else: a letter, two digits or a scribble are classified as the nearest digit, often with
  a high probability. The outputs do not measure that doubt; the model of doubt.md does, which \`readDigit\` asks too.
- It was trained on MNIST: digits as Americans wrote them around 1990, one at a time, 28x28, centred by mass. Other pictures need
  \`preprocessDigit\` first.
- What the preprocessing does not find (very faint ink, a busy background) is lost before the model sees it.
`;
}

/** The table of the training: names and values. */
export function makingOf({ model, spec, build, trained, history }: Making): string[][] {
  const { network, fit } = model.recipe;
  const { name, learningRate, weightDecay } = fit.optimizer;
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  return [
    ["layers", layersText(spec)],
    ["parameters", grouped(parameterCount(spec))],
    ["weights", model.eightBits ? "of 8 bits, with a scale for each unit, stored as float32" : "float32"],
    ["loss", spec.loss],
    ["optimizer", `${name}, learning rate ${learningRate}, weight decay ${weightDecay}`],
    ["schedule", scheduleText(fit.schedule)],
    ["batches", `${fit.batchSize} of ${grouped(trained)} images, shuffled in each of ${fit.epochs} epochs`],
    ["augmentation", fit.augment ? `\`${JSON.stringify(fit.augment)}\`` : "none"],
    ["seed", String(network.seed)],
    ["training", `${duration(seconds)} on ${cpus()[0]?.model}, ${cpus().length} cores`],
    [
      "repeatable",
      `bit for bit on the build \`${build}\`, with any number of threads; this was Node ${process.version}`,
    ],
    ["last epoch", `loss ${history.at(-1)?.loss.toFixed(4)}, ${percent(history.at(-1)?.accuracy ?? 0)} of its images`],
  ];
}

/** The layers, such as "784, 16 sigmoid, 10 softmax". */
function layersText({ inputs, layers }: NetworkSpec): string {
  const texts = layers.map(({ units, activation, dropout }) => {
    return `${units} ${activation}${dropout ? ` (dropout ${dropout})` : ""}`;
  });
  return [inputs, ...texts].join(", ");
}

/** The schedule's name and settings. */
function scheduleText(schedule: Schedule | undefined): string {
  if (schedule === undefined) return "constant";
  const { name, ...settings } = schedule;
  const told = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
  return [name, ...told].join(", ");
}

/** The difference in accuracy that rounding to 8 bits made; empty if the weights were not rounded. */
function lossOfRounding({ model, asTrained, result }: Facts): string {
  if (!model.eightBits) return "";
  const lost = 100 * ((asTrained.accuracy ?? 0) - (result.accuracy ?? 0));
  const told = lost === 0 ? "as many as" : `${Math.abs(lost).toFixed(2)} points ${lost > 0 ? "less" : "more"} than`;
  return ` by the weights of 8 bits, ${told} before rounding (${percent(asTrained.accuracy ?? 0)})`;
}

function digits({ confusion = [] }: Evaluation): string[] {
  return confusion.map((_, digit) => String(digit));
}

/** Rows of digit, number of images, and share classified correctly. */
function digitRows({ confusion = [] }: Evaluation): string[][] {
  return confusion.map((counts, digit) => {
    const all = counts.reduce((sum, count) => sum + count, 0);
    return [String(digit), grouped(all), all === 0 ? "" : percent((counts[digit] as number) / all)];
  });
}

/** The confusion matrix as text; zeros are left empty. */
function confusionRows({ confusion = [] }: Evaluation): string[][] {
  return confusion.map((counts, digit) => [
    String(digit),
    ...counts.map((count) => (count === 0 ? "" : String(count))),
  ]);
}

/** A row of the table of drawn digits. */
function kindRow({ kind, count, accuracy, unseen }: Result): string[] {
  const note = unseen > 0 ? ` (${unseen} taken for empty)` : "";
  return [kind, grouped(count), percent(accuracy) + note];
}
