// The network's outputs in words.

/** Minimum shares of the outputs' sum for a clear and for a probable digit. */
const [SURE, LIKELY] = [0.9, 0.65];
/** Minimum share for a digit to be named as a candidate. */
const CANDIDATE = 0.15;

/** The sentence about a drawing that is taken for no digit. */
export const NONE = "None of these: this does not look like a digit";

/** The sentence about a drawing whose best digit would be clear if it were sure to be a digit. */
export function doubted(digit: number): string {
  return `Perhaps ${digit}, perhaps none of these`;
}

export interface Verdict {
  digit: number;
  isSure: boolean;
  /** "Clearly 7", "Probably 7, possibly 1", "Either 4 or 9". */
  words: string;
}

/** Whether the outputs contain NaN or infinity, as after training has diverged. */
export function hasDiverged(outputs: ArrayLike<number>): boolean {
  return !Array.from(outputs).every(Number.isFinite);
}

/** The verdict on ten outputs. They need not be probabilities: ten sigmoids do not sum to 1, so they are normalized first. */
export function verdictOf(outputs: ArrayLike<number>): Verdict {
  const positive = Array.from(outputs, (x) => Math.max(0, x));
  const sum = positive.reduce((a, b) => a + b, 0);
  const ranked = positive
    .map((x, digit) => ({ digit, share: sum > 0 ? x / sum : 0 }))
    .sort((a, b) => b.share - a.share);
  const [{ digit, share } = { digit: 0, share: 0 }, { digit: second } = { digit: 0 }] = ranked;
  if (share >= SURE) return { digit, isSure: true, words: `Clearly ${digit}` };
  if (share >= LIKELY) return { digit, isSure: false, words: `Probably ${digit}, possibly ${second}` };
  const candidates = ranked.filter((each) => each.share >= CANDIDATE).map((each) => String(each.digit));
  return { digit, isSure: false, words: uncertain(candidates, `${digit} or ${second}`) };
}

/** The sentence if no digit is probable. `bestTwo` replaces the candidates if fewer than two are named. */
function uncertain(candidates: string[], bestTwo: string): string {
  if (candidates.length < 2) return `Not sure, possibly ${bestTwo}`;
  return `Either ${candidates.slice(0, -1).join(", ")} or ${candidates.at(-1)}`;
}
