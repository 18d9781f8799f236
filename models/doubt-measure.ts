// Measures the network of doubt: the digits that it doubts, and the pictures of non-digits that stay sure.

import { type DigitReading, readDigit } from "../src/digits.js";
import { Doubt, features, MOST_DOUBT, SURE } from "../src/doubt.js";
import type { Dataset, Network } from "../src/node.js";
import { DIGIT, NONE, type OtherKind, seen } from "./doubt-data.js";
import { type Kind, kinds, type Pair, SHOWN } from "./kinds.js";

/** A reader of digits with a network of doubt. */
export class Judge {
  private readonly doubt: Doubt;

  constructor(
    private readonly reader: Network,
    private readonly head: Network,
  ) {
    this.doubt = new Doubt(reader, head);
  }

  read(image: Uint8Array): DigitReading {
    return readDigit(this.reader, image, { doubt: this.doubt }) as DigitReading;
  }

  /** ln of the probability of none over that of a digit. */
  odds(image: Uint8Array): number {
    const outputs = this.head.predict(features(this.reader, image));
    return Math.log(outputs[NONE] as number) - Math.log(outputs[DIGIT] as number);
  }

  /** The share of a dataset's images that are read right, but taken for none. */
  doubtedOf(data: Dataset): number {
    const least = Math.log(MOST_DOUBT / (1 - MOST_DOUBT));
    return this.oddsOfDigits(data).filter((odds) => odds > least).length / data.count;
  }

  /** The odds of those digits of a dataset that are read right, largest first. */
  oddsOfDigits(data: Dataset): number[] {
    const images = Array.from({ length: data.count }, (_, i) => data.sample(i) as Uint8Array);
    const right = images.filter((image, i) => this.reader.classify(image).label === data.labels?.[i]);
    return right.map((image) => this.odds(image)).sort((a, b) => b - a);
  }
}

/** The threshold of the odds that doubts this share of digits; `odds` are sorted, largest first. */
export function thresholdOf(odds: number[], share: number): number {
  const doubted = Math.min(odds.length - 1, Math.max(1, Math.round(share * odds.length)));
  return ((odds[doubted - 1] as number) + (odds[doubted] as number)) / 2;
}

/** The share of `values` above `least`. */
export function shareAbove(values: number[], least: number): number {
  return values.filter((value) => value > least).length / values.length;
}

/** How digits of one kind of drawing fare. Shares are of all drawings of the kind. */
export interface DigitResult {
  kind: string;
  count: number;
  /** Read right; read right, but taken for none; and read right, but not sure: for their probability alone, and in all. */
  right: number;
  doubted: number;
  unsureBefore: number;
  unsure: number;
  /** The first that are read right, but taken for none. */
  mistaken: Pair[];
}

/** The digits of each kind of drawing, at most `count` of a kind, but all of the unchanged test images. */
export function measureDigits(judge: Judge, test: Dataset, count: number): DigitResult[] {
  return kinds(test, test.count).map((kind, i) => measureKind(judge, kind, i === 0 ? test.count : count));
}

function measureKind(judge: Judge, { name, samples, prepare }: Kind, most: number): DigitResult {
  const mistaken: Pair[] = [];
  let [count, right, doubted, unsureBefore, unsure] = [0, 0, 0, 0, 0];
  for (const drawing of samples()) {
    if (count === most) break;
    count++;
    const image = prepare(drawing);
    const reading = image && judge.read(image);
    if (!reading || reading.label !== drawing.label) continue;
    right++;
    if ((reading.probabilities[reading.label] as number) < SURE) unsureBefore++;
    if (!reading.isSure) unsure++;
    if (reading.isDigit) continue;
    doubted++;
    if (mistaken.length < SHOWN) mistaken.push({ drawing, seen: image });
  }
  const shares = {
    right: right / count,
    doubted: doubted / count,
    unsure: unsure / count,
    unsureBefore: unsureBefore / count,
  };
  return { kind: name, count, ...shares, mistaken };
}

/** How pictures of one kind fare that show no digit. Shares are of all pictures of the kind. */
export interface OtherResult {
  kind: string;
  count: number;
  /** Read with a probability of at least 0.9, which was sure before; and sure now. */
  before: number;
  sure: number;
  /** Taken for none. */
  none: number;
  /** The odds of those that were sure before. */
  odds: number[];
  /** The first that are sure. */
  mistaken: Pair[];
}

/** The pictures of each kind. Those in which nothing is found are not sure. */
export function measureOthers(judge: Judge, kinds: OtherKind[]): OtherResult[] {
  return kinds.map((kind) => {
    const mistaken: Pair[] = [];
    const odds: number[] = [];
    let [count, sure, none] = [0, 0, 0];
    for (const image of seen(kind)) {
      count++;
      const reading = image && judge.read(image);
      if (!reading?.isDigit) none++;
      if (!reading || (reading.probabilities[reading.label] as number) < SURE) continue;
      odds.push(judge.odds(image));
      if (!reading.isSure) continue;
      sure++;
      if (mistaken.length < SHOWN)
        mistaken.push({ drawing: { data: image, side: 28, label: reading.label }, seen: image });
    }
    return {
      kind: kind.name,
      count,
      before: odds.length / count,
      sure: sure / count,
      none: none / count,
      odds,
      mistaken,
    };
  });
}
