// Early stopping: training ends when validation has not improved for some epochs, and the best parameters are restored.

import type { Arena } from "../memory/arena.js";
import { METRICS } from "../metrics.js";
import type { EarlyStoppingOptions } from "../recipe/early-stopping.js";
import type { EpochRecord } from "./record.js";

/** The best epoch so far, and the parameters after it. */
export interface Best {
  epoch: number;
  /** Its metric, negated where higher is better: smaller is better. */
  score: number;
  /** One array per tensor of the plan, row-major. */
  parameters: Float32Array<ArrayBuffer>[];
}

export class EarlyStopping {
  constructor(
    private readonly arena: Arena,
    private readonly options: Required<EarlyStoppingOptions>,
    /** The last epoch that has ended. */
    private seen: number,
    /** Undefined until an epoch has ended whose validation is a finite number. */
    public best: Best | undefined,
  ) {}

  /** Compares an epoch with the best one, and writes the best epoch's number into its record. All threads must be idle. */
  add(record: EpochRecord): void {
    const { epoch } = record;
    const score = this.scoreOf(record);
    this.seen = epoch;
    // A score that is not finite never counts as the best.
    if (Number.isFinite(score) && (this.best === undefined || this.best.score - score > this.options.minDelta)) {
      const parameters = this.arena.plan.tensors.map((tensor) => this.arena.readTensor(tensor));
      this.best = { epoch, score, parameters };
    }
    if (this.best) record.bestEpoch = this.best.epoch;
  }

  private scoreOf({ validation }: EpochRecord): number {
    const { metric } = this.options;
    const value = validation?.[metric] ?? Number.NaN;
    return METRICS[metric].better === "lower" ? value : -value;
  }

  get isOver(): boolean {
    return this.seen - (this.best?.epoch ?? 0) >= this.options.patience;
  }

  /** Restores the best parameters, if there are any. All threads must be idle. */
  restore(): void {
    const { arena, best } = this;
    arena.plan.tensors.forEach((tensor, i) => {
      if (best) arena.restoreTensor(tensor, best.parameters[i] as Float32Array);
    });
  }
}
