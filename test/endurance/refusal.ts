// What a call may do with wrong arguments: succeed, or throw an error of one clear sentence. Everything else is a violation.

import { argumentOf } from "../../src/check.js";

/** A case in which the library breaks a promise. */
export class Violation extends Error {}

/** Messages of the engine, which no user should see. */
const ENGINE =
  /is not a function|is not iterable|Cannot (read|set|destructure|convert|mix)|Invalid (array|typed array) length|call stack|out of bounds|unreachable|is not defined|before initialization|offset is out|Illegal invocation|Array buffer allocation|undefined is not|must be called on/;
const MOST_CHARACTERS = 500;

/** How a call ended: "accepted", or its message without numbers and quoted words, which tells kinds of refusals apart. */
export async function attempt(work: () => unknown, isArgument = true): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Violation) throw error;
    return refusal(error, isArgument);
  }
  return "accepted";
}

function refusal(error: unknown, isArgument: boolean): string {
  if (!(error instanceof Error)) throw new Violation(`what was thrown is no error: ${String(error)}`);
  const { message } = error;
  const fail = (why: string) => {
    throw new Violation(`${why}: ${error.name}: ${message.slice(0, MOST_CHARACTERS)}`, { cause: error });
  };
  if (ENGINE.test(message)) fail("the message is the engine's");
  if (/[\n\r]/.test(message)) fail("the message has several lines");
  if (message.length > MOST_CHARACTERS) fail(`the message has ${message.length} characters`);
  if (message.length < 10) fail("the message says nothing");
  const named = error instanceof TypeError || error instanceof RangeError;
  if (isArgument && named && argumentOf(error) === undefined && !STATES.test(message)) fail("no argument is named");
  return message.replaceAll(/"[^"]*"/g, '""').replaceAll(/-?\d[\d.e+]*/g, "#");
}

/** Refusals that are about no argument. */
const STATES = /WebAssembly memory|parameters that are not finite|diverged/;

/** Throws a Violation unless `isTrue`. */
export function hold(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Violation(what);
}

/** Whether two arrays hold the same bits. */
export function areSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
