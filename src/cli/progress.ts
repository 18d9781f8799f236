// How training goes, on stderr: a bar on a terminal, and a line an epoch anywhere.

import { type Options, SingleBar } from "cli-progress";
import type { BatchRecord, EpochRecord } from "../node.js";
import { printNote } from "../terminal/output.js";
import { duration, fixed, grouped, percent } from "../text.js";

const REDRAW_MILLISECONDS = 100;
/** Columns of a line that the bar itself does not get. */
const TEXT_COLUMNS = 72;

/** With `linewrap` lines are cut at the terminal's width; nothing about the terminal is changed that a kill would leave so. */
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
  /** Called after every step: costs nothing but a look at the clock. */
  batch: ((record: BatchRecord) => void) | undefined;
  epoch(record: EpochRecord): void;
  end(): void;
}

export function isTerminal(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== "dumb";
}

interface ProgressOptions {
  quiet: boolean;
  /** Whether epochs are told one by one. */
  lines: boolean;
  /** What the samples are called that validation takes. */
  validation: string;
}

export function createProgress(epochs: number, samples: number, options: ProgressOptions): Progress {
  if (options.quiet) return { batch: undefined, epoch: () => {}, end: () => {} };
  const tell = (record: EpochRecord) => options.lines && printNote(epochLine(record, epochs, options.validation));
  if (isTerminal()) return new TrainingBar(epochs, samples, tell);
  return { batch: undefined, epoch: tell, end: () => {} };
}

function epochLine(record: EpochRecord, epochs: number, set: string): string {
  const { epoch, loss, validation, samplesPerSecond } = record;
  const number = String(epoch).padStart(String(epochs).length);
  const test = validation
    ? `  ${set} loss ${fixed(validation.loss)}  ${set} accuracy ${percent(validation.accuracy ?? 0)}`
    : "";
  return `epoch ${number}/${epochs}  loss ${fixed(loss)}${test}  ${grouped(samplesPerSecond)} samples/s`;
}

/** One bar over all epochs, taken away while an epoch's line is written. */
class TrainingBar implements Progress {
  private readonly bar = new SingleBar({
    ...BAR_OPTIONS,
    format: "epoch {epoch} {bar} {rate} samples/s  loss {loss}  acc {accuracy}  {left} left",
  });
  private readonly started = performance.now();
  private epochStarted = this.started;
  private nextRedraw = this.started + REDRAW_MILLISECONDS;

  constructor(
    private readonly epochs: number,
    private readonly samples: number,
    private readonly tell: (record: EpochRecord) => void,
  ) {
    this.show(0, { epoch: `1/${epochs}`, rate: "-", loss: "-", accuracy: "-", left: "-" });
  }

  readonly batch = (record: BatchRecord): void => {
    const now = performance.now();
    if (now < this.nextRedraw) return;
    this.nextRedraw = now + REDRAW_MILLISECONDS;
    this.bar.update((record.epoch - 1) * this.samples + record.samples, this.words(record, now));
  };

  private words({ epoch, samples, loss, accuracy }: BatchRecord, now: number): Record<string, string> {
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
    this.tell(record);
    const now = performance.now();
    const { epoch, loss, accuracy } = record;
    const words = this.words({ epoch, samples: this.samples, total: this.samples, loss, accuracy }, now);
    if (epoch < this.epochs) {
      this.show(epoch * this.samples, {
        ...words,
        epoch: `${epoch + 1}/${this.epochs}`,
        rate: grouped(record.samplesPerSecond),
      });
    }
    this.epochStarted = now;
    this.nextRedraw = now + REDRAW_MILLISECONDS;
  }

  private show(value: number, words: Record<string, string>): void {
    this.bar.start(this.epochs * this.samples, value, words);
  }

  end(): void {
    this.bar.stop();
  }
}
