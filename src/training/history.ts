// The records of a training's epochs as a checkpoint keeps them: a table of numbers, without names that repeat. Only the last record
// has its confusion counts, whose number grows with the square of the number of classes.

import { checkOptions, rangeError, shown, typeError } from "../check.js";
import type { Evaluation } from "../inference/evaluate.js";
import type { EpochRecord } from "./record.js";

/** Numbers of each record by the names of `names`, null where it has none; those of the validation begin with "validation.". */
export interface HistoryTable {
  names: string[];
  rows: (number | null)[][];
  /** The confusion counts of the last record. */
  confusion?: number[][];
}

const VALIDATION = "validation.";

/** A record without confusion counts: a copy, if it has any. */
export function withoutConfusion(record: EpochRecord): EpochRecord {
  if (!record.validation?.confusion) return record;
  const { confusion: _, ...validation } = record.validation;
  return { ...record, validation };
}

export function toTable(history: readonly EpochRecord[]): HistoryTable {
  const numbers = history.map(({ validation, ...record }) => {
    const scores = Object.entries(validation ?? {}).filter(([, value]) => typeof value === "number");
    return { ...record, ...Object.fromEntries(scores.map(([name, value]) => [VALIDATION + name, value])) };
  }) as Record<string, number>[];
  const names = [...new Set(numbers.flatMap((record) => Object.keys(record)))];
  const confusion = history.at(-1)?.validation?.confusion;
  return {
    names,
    rows: numbers.map((record) => names.map((name) => record[name] ?? null)),
    ...(confusion && { confusion }),
  };
}

/** The records of a table, or of the array that checkpoints of format 2 have. TypeError or RangeError for anything else. */
export function fromTable(value: unknown): EpochRecord[] {
  if (Array.isArray(value)) {
    return value.map((record, i) => (i < value.length - 1 && record ? withoutConfusion(record) : record));
  }
  const { names, rows, confusion } = checkOptions(value, "history", ["names", "rows", "confusion"]);
  if (!isListOf(names, "string")) throw typeError("history.names", `must be an array of names, got ${shown(names)}`);
  if (!Array.isArray(rows)) throw typeError("history.rows", `must be an array, got ${shown(rows)}`);
  const history = rows.map((row) => toRecord(names as string[], row));
  const last = history.at(-1);
  if (confusion !== undefined && last?.validation) last.validation.confusion = checkCounts(confusion);
  return history;
}

function toRecord(names: string[], row: unknown): EpochRecord {
  if (!Array.isArray(row) || row.length !== names.length) {
    throw rangeError("history.rows", `must hold ${names.length} numbers each, got ${shown(row)}`);
  }
  const [record, validation] = [{} as Record<string, unknown>, {} as Record<string, number>];
  names.forEach((name, i) => {
    if (row[i] === null) return;
    if (typeof row[i] !== "number") throw typeError("history.rows", `must hold numbers, got ${shown(row[i])}`);
    if (name.startsWith(VALIDATION)) validation[name.slice(VALIDATION.length)] = row[i];
    else record[name] = row[i];
  });
  if (Object.keys(validation).length > 0) record.validation = validation as unknown as Evaluation;
  return record as unknown as EpochRecord;
}

function checkCounts(value: unknown): number[][] {
  if (Array.isArray(value) && value.every((row) => isListOf(row, "number"))) return value;
  throw typeError("history.confusion", `must be arrays of numbers, got ${shown(value)}`);
}

function isListOf(value: unknown, type: "string" | "number"): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}
