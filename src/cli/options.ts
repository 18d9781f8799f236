// Options as text, read strictly: a number is a number and nothing else. Errors name the option.

import { Option } from "commander";
import { usage } from "./output.js";

/** A parser of whole numbers from `least` on. */
export function whole(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw usage(`${flag} must be a whole number of at least ${least}, got "${text}"`);
  };
}

/** A parser of numbers of at least 0. */
export function decimal(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) && Number.isFinite(value)) return value;
    throw usage(`${flag} must be a number of at least 0, got "${text}"`);
  };
}

/** A parser of whole numbers separated by commas, `count` of them if given. */
export function list(flag: string, least: number, count?: number): (text: string) => number[] {
  return (text) => {
    const parse = whole(flag, least);
    const values = text.split(",").map((part) => parse(part.trim()));
    if (count === undefined || values.length === count) return values;
    throw usage(`${flag} must be ${count} whole numbers separated by commas, got "${text}"`);
  };
}

/** A parser of one of the names, which the error lists. */
export function oneOf<Name extends string>(flag: string, names: readonly Name[]): (text: string) => Name {
  return (text) => {
    if (names.includes(text as Name)) return text as Name;
    throw usage(`${flag} must be one of ${names.join(", ")}, got "${text}"`);
  };
}

/** An option with its parser and its default, which help shows as it would be typed. */
export function option<T>(flags: string, description: string, parse: (text: string) => T, initial?: string): Option {
  const made = new Option(flags, description).argParser(parse);
  return initial === undefined ? made : made.default(parse(initial), initial);
}

export const JSON_OPTION = new Option("--json", "print one JSON object a line on stdout, and nothing else there");
