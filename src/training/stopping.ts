// Early stopping: training ends when validation has not become better for a while, and the best parameters are put back.

import { checkInteger, checkName, checkNumber, checkOptions } from "../check.js";
import type { Arena } from "../memory/arena.js";
import type { EpochRecord } from "./record.js";

export interface EarlyStoppingOptions {
  /** Epochs without a better validation after which training ends. */
  patience: number;
  /** By how much it must be better to count; anything above 0 unless told. */
  minDelta?: number;
  /** What of the validation is looked at: "loss" unless told, or "accuracy". */
  metric?: "loss" | "accuracy";
}

/** A checked copy, every default filled in. */
export function checkEarlyStopping(value: unknown): Required<EarlyStoppingOptions> {
  const options = checkOptions(value, "earlyStopping", ["patience", "minDelta", "metric"]);
  const { patience, minDelta = 0, metric = "loss" } = options;
  return {
    patience: checkInteger(patience, "earlyStopping.patience"),
    minDelta: checkNumber(minDelta, "earlyStopping.minDelta", 0),
    metric: checkName(metric, "earlyStopping.metric", ["loss", "accuracy"]),
  };
}

/** The epoch that was best so far, and what the network was then. */
export interface Best {
  epoch: number;
  /** Its loss, or its accuracy below zero: the less the better. */
  score: number;
  /** A tensor each, row-major, as the plan lists them. */
  parameters: Float32Array<ArrayBuffer>[];
}

export class EarlyStopping {
  constructor(
    private readonly arena: Arena,
    private readonly options: Required<EarlyStoppingOptions>,
    /** Epochs that have ended. */
    private seen: number,
    /** Undefined until one has, with a validation that is a finite number. */
    public best: Best | undefined,
  ) {}

  /** Takes in an epoch, and writes into its record which was best. No thread may be at work. */
  add(record: EpochRecord): void {
    const { validation, epoch } = record;
    const score = this.options.metric === "loss" ? (validation?.loss ?? Number.NaN) : -(validation?.accuracy ?? 0);
    this.seen = epoch;
    // A loss that is no finite number is better than none.
    if (Number.isFinite(score) && (this.best === undefined || this.best.score - score > this.options.minDelta)) {
      const parameters = this.arena.plan.tensors.map((tensor) => this.arena.readTensor(tensor));
      this.best = { epoch, score, parameters };
    }
    if (this.best) record.bestEpoch = this.best.epoch;
  }

  get isOver(): boolean {
    return this.seen - (this.best?.epoch ?? 0) >= this.options.patience;
  }

  /** Puts the best parameters back; without any, the network stays as it is. No thread may be at work. */
  restore(): void {
    const { arena, best } = this;
    arena.plan.tensors.forEach((tensor, i) => {
      if (best) arena.restoreTensor(tensor, best.parameters[i] as Float32Array);
    });
  }
}
