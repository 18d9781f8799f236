// The card of the network of doubt, as Markdown.

import { MOST_DOUBT, SURE_DOUBT } from "../src/doubt.js";
import { table } from "../src/terminal/markdown.js";
import { grouped, percent } from "../src/text.js";
import { type DigitResult, type OtherResult, shareAbove, thresholdOf } from "./doubt-measure.js";

/** What the card reports. */
interface Facts {
  purpose: string;
  /** The rows of the table of the training. */
  making: string[][];
  /** The odds of the held-out digits and of the test digits that are read right, largest first. */
  held: number[];
  tested: number[];
  /** The shares of the held-out digits that a doubt of `high` is scaled to, and that the threshold of sure answers doubts. */
  shares: { high: number; unsure: number };
  high: number;
  /** The shares of the two halves of the test images that are read right, but taken for none. */
  halves: number[];
  digits: DigitResult[];
  others: OtherResult[];
  /** Bytes that the package grows by: of the text with the packed weights. */
  bytes: number;
}

/** Shares of doubted digits, for each of which the card tells what a threshold there gives. */
const CURVE = [0.0001, 0.0003, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03];

const HOW = ["what", "how"];

/** The rows of the table of the training in a card. */
export function makingIn(card: string): string[][] {
  const rows = card.split("\n").filter((line) => line.startsWith("| "));
  const cells = rows.map((row) => row.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
  const first = cells.findIndex((row) => row.join() === HOW.join()) + 2;
  return cells.slice(first, first + cells.slice(first).findIndex(({ length }) => length !== HOW.length));
}

/** The text of the card. */
export function doubtCard(facts: Facts): string {
  const { purpose, making, held, shares, high, halves, digits, others, bytes } = facts;
  const [chosen, confirmed] = halves as [number, number];
  const [mnist] = digits as [DigitResult];
  return `# doubt

${purpose}
The file is doubt.safetensors. \`node build/models.js doubt\` wrote both; none of the numbers is written by hand. In the package it takes
${grouped(bytes)} bytes.

## How it was trained

${table(HOW, making, ["---", "---"])}

The digits are five sixths of the training images of MNIST, and drawings made from them with other sizes, pens and slants
(\`models/doubt-data.ts\`). The pictures of non-digits are strokes from lists and formulas, no font among them: letters and signs
(\`models/letters.ts\`); scribbles, faces, hearts, stars, arrows, polygons, check marks, hatchings, dots and lines (\`models/figures.ts\`);
rectangles and ellipses of any brightness; two digits beside each other. All pass through \`preprocessDigit\`.

Signs that a reader may take for a digit are neither trained on nor counted: O, o, D, Q, Ø, θ and circles (0); I, i, j, l, |, ! and
slashes (1); Z, z (2); З, з, Э (3); y, Ч, ч (4); S, s, $ (5); b, G, б (6); B, ß (8); g, q (9).

The last layer is scaled and moved with the other sixth of the training images, of which ${grouped(held.length)} are read right: ${percent(shares.unsure)} of
them have a doubt above ${SURE_DOUBT} and are not sure (\`isSure\` is false), and ${percent(shares.high)} have one above ${high}. The network of doubt was not trained
on these images, but the reader was, which therefore raises more doubt about images that are new to it. The doubt from which a picture
is taken for none of the digits (\`isDigit\` is false), ${MOST_DOUBT}, was chosen with the first half of the test images: ${percent(chosen)} of them are
read right, but taken for none. Of the second half, which had no part in this choice, it is ${percent(confirmed)}.

## Non-digits

Other fonts, shapes and ways to draw than those of the training (\`models/others.ts\`, \`models/things.ts\`), except for two digits,
which are drawn as in the training, with test images. "Sure before" is
the share that is read with a probability of at least 0.9; "sure" is the share of \`isSure\`, "taken for none" that without \`isDigit\`.

${table(["kind", "pictures", "sure before", "sure", "taken for none"], otherRows(others))}

## Digits

Of the ${grouped(mnist.count)} test images ${percent(mnist.right)} are read right. Counted as errors if they are taken for none, it is ${percent(mnist.right - mnist.doubted)}.
Drawn digits are as in the card of digits.md. Shares are of all drawings of a kind.

${table(["kind", "drawings", "read right", "right, but taken for none", "right, but not sure", "not sure without doubt"], digits.map(digitRow))}

## Other thresholds

A threshold that doubts the share of the held-out digits in the first column would doubt the share of the test images in the second and
leave the share of non-digits in the third as sure, the mean of the kinds. The shares of the calibration were chosen after
trials whose results on these test sets were seen, so that the numbers of this card are better than those of unseen kinds would be.

${table(["held-out digits doubted", "test images doubted", "no digit, but sure"], curve(facts))}

## Limits

- It does not know what is written like a digit but means something else: a circle is a 0, and an upright line is a 1.
- Fonts are far from handwriting. Printed letters are the pictures that are taken for digits most often.
- A digit that looks unlike those of MNIST may be doubted. \`label\` and \`probabilities\` are given all the same.
`;
}

/** A row for each kind, and the mean of the kinds. */
function otherRows(others: OtherResult[]): string[][] {
  const cells = (name: string, count: string, value: (share: "before" | "sure" | "none") => number) => [
    ...[name, count, percent(value("before")), percent(value("sure")), percent(value("none"))],
  ];
  const mean = (share: "before" | "sure" | "none") => others.reduce((sum, row) => sum + row[share], 0) / others.length;
  return [...others.map((row) => cells(row.kind, grouped(row.count), (share) => row[share])), cells("mean", "", mean)];
}

function digitRow({ kind, count, right, doubted, unsure, unsureBefore }: DigitResult): string[] {
  return [kind, grouped(count), ...[right, doubted, unsure, unsureBefore].map((share) => percent(share))];
}

function curve({ held, tested, others }: Facts): string[][] {
  return CURVE.map((share) => {
    const threshold = thresholdOf(held, share);
    const sure = others.map(({ odds, count }) => (odds.length * (1 - shareAbove(odds, threshold))) / count);
    const part = sure.reduce((sum, x) => sum + x, 0) / sure.length;
    return [percent(share), percent(shareAbove(tested, threshold)), percent(part)];
  });
}
