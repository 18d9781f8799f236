// When training ends before its last epoch: plain data.

import { checkInteger, checkName, checkNumber, checkOptions } from "../check.js";
import { METRIC_NAMES, type MetricName } from "../metrics.js";

/** When training ends early. It needs `validation`. */
export interface EarlyStoppingOptions {
  /** Training ends after so many epochs without a better validation; a whole number from 1. */
  patience: number;
  /** By how much a validation must be better to count; from 0, default 0: any improvement counts. */
  minDelta?: number;
  /** The metric of the validation that is compared, default "loss". Some metrics need labels. */
  metric?: MetricName;
}

/** A checked copy with all defaults. TypeError or RangeError names the option at fault. */
export function checkEarlyStopping(value: unknown): Required<EarlyStoppingOptions> {
  const options = checkOptions(value, "earlyStopping", ["patience", "minDelta", "metric"]);
  const { patience, minDelta = 0, metric = "loss" } = options;
  return {
    patience: checkInteger(patience, "earlyStopping.patience"),
    minDelta: checkNumber(minDelta, "earlyStopping.minDelta", 0),
    metric: checkName(metric, "earlyStopping.metric", METRIC_NAMES),
  };
}
