// Progress of training on stderr: a progress bar if it is a terminal, and one line per epoch.

import { type Options, SingleBar } from "cli-progress";
import { METRICS, metricText, scoresOf } from "../metrics.js";
import type { BatchRecord, EpochRecord } from "../node.js";
import { printNote } from "../terminal/output.js";
import { duration, fixed, grouped, percent } from "../text.js";

/** Minimum time between two updates of a progress bar. */
const REDRAW_MILLISECONDS = 100;
/** Columns that the text beside the bar needs. */
const TEXT_COLUMNS = 72;

/**
 * Options of all progress bars. `linewrap` cuts lines at the terminal's width without changing a setting of the terminal, which
 * would stay changed if the program is killed.
 */
export const BAR_OPTIONS: Options = {
  stream: process.stderr,
  fps: 1000 / REDRAW_MILLISECONDS,
  clearOnComplete: true,
  gracefulExit: false,
  linewrap: true,
  barsize: Math.max(8, Math.min(40, (process.stderr.columns ?? 80) - TEXT_COLUMNS)),
  barCompleteChar: "█",
  barIncompleteChar: "░",
};

export interface Progress {
  /** Called after every step; most calls only read the clock. Undefined if nothing is shown per batch. */
  batch: ((record: BatchRecord) => void) | undefined;
  epoch(record: EpochRecord): void;
  /** Prints a line that comes before the first epoch, also where nothing else is shown. */
  note(line: string): void;
  end(): void;
}

/** Whether stderr can show a progress bar. */
export function isTerminal(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== "dumb";
}

interface ProgressOptions {
  quiet: boolean;
  /** Whether to print a line per epoch. */
  lines: boolean;
  /** Name of the validation samples in the lines, such as "test". */
  validation: string;
}

/** Progress of a training of `epochs` epochs with `samples` samples each. */
export function createProgress(epochs: number, samples: number, options: ProgressOptions): Progress {
  if (options.quiet) return { batch: undefined, epoch: () => {}, note: printNote, end: () => {} };
  const printEpoch = (record: EpochRecord) => options.lines && printNote(epochLine(record, epochs, options.validation));
  if (isTerminal()) return new TrainingBar(epochs, samples, printEpoch);
  return { batch: undefined, epoch: printEpoch, note: printNote, end: () => {} };
}

/** The line of an epoch, with aligned epoch numbers. */
function epochLine(record: EpochRecord, epochs: number, set: string): string {
  const { epoch, loss, validation, samplesPerSecond } = record;
  const number = String(epoch).padStart(String(epochs).length);
  const scores = validation ? scoresOf(validation) : [];
  const test = scores.map(([name, value]) => `  ${set} ${METRICS[name].title} ${metricText(name, value)}`).join("");
  return `epoch ${number}/${epochs}  loss ${fixed(loss)}${test}  ${grouped(samplesPerSecond)} samples/s`;
}

/** One progress bar over all epochs. It is removed while the line of an epoch is printed, and shown again below it. */
class TrainingBar implements Progress {
  private readonly bar = new SingleBar({
    ...BAR_OPTIONS,
    format: "epoch {epoch} {bar} {rate} samples/s  loss {loss}  acc {accuracy}  {left} left",
  });
  private readonly started = performance.now();
  /** Time at which the current epoch started, in milliseconds; its speed is measured from here. */
  private epochStarted = this.started;
  private nextRedraw = this.started + REDRAW_MILLISECONDS;

  constructor(
    private readonly epochs: number,
    private readonly samples: number,
    private readonly printEpoch: (record: EpochRecord) => void,
  ) {
    this.showStart();
  }

  private showStart(): void {
    this.show(0, { epoch: `1/${this.epochs}`, rate: "-", loss: "-", accuracy: "-", left: "-" });
  }

  note(line: string): void {
    this.bar.stop();
    printNote(line);
    this.showStart();
  }

  readonly batch = (record: BatchRecord): void => {
    const now = performance.now();
    // Skips most steps, which may take far less time than a redraw.
    if (now < this.nextRedraw) return;
    this.nextRedraw = now + REDRAW_MILLISECONDS;
    this.bar.update((record.epoch - 1) * this.samples + record.samples, this.fields(record, now));
  };

  /** The texts of the bar's format. The remaining time assumes a constant speed. */
  private fields({ epoch, samples, loss, accuracy }: BatchRecord, now: number): Record<string, string> {
    const share = ((epoch - 1) * this.samples + samples) / (this.epochs * this.samples);
    return {
      epoch: `${epoch}/${this.epochs}`,
      rate: grouped((samples / (now - this.epochStarted)) * 1000),
      loss: fixed(loss),
      accuracy: accuracy === undefined ? "-" : percent(accuracy, 1),
      left: duration((((now - this.started) / 1000) * (1 - share)) / share),
    };
  }

  epoch(record: EpochRecord): void {
    this.bar.stop();
    this.printEpoch(record);
    const now = performance.now();
    const { epoch, loss, accuracy } = record;
    const fields = this.fields({ epoch, samples: this.samples, total: this.samples, loss, accuracy }, now);
    if (epoch < this.epochs) {
      this.show(epoch * this.samples, {
        ...fields,
        epoch: `${epoch + 1}/${this.epochs}`,
        rate: grouped(record.samplesPerSecond),
      });
    }
    this.epochStarted = now;
    this.nextRedraw = now + REDRAW_MILLISECONDS;
  }

  /** Shows the bar with `value` samples done. */
  private show(value: number, fields: Record<string, string>): void {
    this.bar.start(this.epochs * this.samples, value, fields);
  }

  end(): void {
    this.bar.stop();
  }
}
