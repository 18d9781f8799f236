// What outputs say, in words.

/** Shares of the outputs' sum from which one digit is sure, and from which it is likely. */
const [SURE, LIKELY] = [0.9, 0.65];
/** A digit with a smaller share is no candidate. */
const CANDIDATE = 0.15;

export interface Verdict {
  digit: number;
  isSure: boolean;
  /** "Sure: 7", "Probably 7, perhaps 1", "Between 4 and 9". */
  words: string;
}

/** Whether a network has lost its way: its outputs are no numbers any more, or beyond all bounds. */
export function isLost(outputs: ArrayLike<number>): boolean {
  return !Array.from(outputs).every(Number.isFinite);
}

/** Outputs need not be probabilities: a network of sigmoids gives ten numbers from 0 to 1. */
export function verdictOf(outputs: ArrayLike<number>): Verdict {
  const positive = Array.from(outputs, (x) => Math.max(0, x));
  const sum = positive.reduce((a, b) => a + b, 0);
  const ranked = positive
    .map((x, digit) => ({ digit, share: sum > 0 ? x / sum : 0 }))
    .sort((a, b) => b.share - a.share);
  const [{ digit, share } = { digit: 0, share: 0 }, { digit: second } = { digit: 0 }] = ranked;
  if (share >= SURE) return { digit, isSure: true, words: `Sure: ${digit}` };
  if (share >= LIKELY) return { digit, isSure: false, words: `Probably ${digit}, perhaps ${second}` };
  const candidates = ranked.filter((each) => each.share >= CANDIDATE).map((each) => String(each.digit));
  return { digit, isSure: false, words: hesitation(candidates, `${digit} or ${second}`) };
}

function hesitation(candidates: string[], best: string): string {
  if (candidates.length < 2) return `Not sure: perhaps ${best}`;
  return `Between ${candidates.slice(0, -1).join(", ")} and ${candidates.at(-1)}`;
}
