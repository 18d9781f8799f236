// Progress on a terminal is a bar on stderr; elsewhere it is plain lines, or nothing.

import { SingleBar } from "cli-progress";
import type { BatchRecord, DownloadProgress, EpochRecord } from "../node.js";
import { grouped, note, percent } from "./output.js";

const REDRAW_MILLISECONDS = 100;
const BAR = { stream: process.stderr, hideCursor: true, clearOnComplete: true, stopOnComplete: false, barsize: 20 };

/** The bar of a training: epochs, samples a second, loss, accuracy, time left. */
export class TrainingProgress {
  private bar: SingleBar | undefined;
  private drawn = 0;
  private readonly started = performance.now();

  constructor(private readonly epochs: number) {
    if (process.stderr.isTTY)
      this.bar = new SingleBar({ ...BAR, format: (_options, _params, shown) => line(shown as Shown) });
  }

  /** Called after every batch: looks at the clock and mostly does nothing else. */
  readonly onBatch = (batch: BatchRecord): void => {
    if (!this.bar) return;
    const now = performance.now();
    if (now - this.drawn < REDRAW_MILLISECONDS) return;
    if (this.drawn === 0) this.bar.start(1, 0, this.shown(batch));
    this.drawn = now;
    this.bar.update(1, this.shown(batch));
  };

  private shown({ epoch, samples, total, loss, accuracy }: BatchRecord): Shown {
    const done = ((epoch - 1) * total + samples) / (this.epochs * total);
    const seconds = (performance.now() - this.started) / 1000;
    const speed = ((epoch - 1) * total + samples) / seconds;
    return { epoch, epochs: this.epochs, done, speed, loss, accuracy, left: seconds / done - seconds };
  }

  /** A line that stays, whether there is a bar or not. */
  epoch({ epoch, loss, validation, samplesPerSecond }: EpochRecord): void {
    this.bar?.stop();
    this.drawn = 0;
    const test = validation ? `  test loss ${validation.loss.toFixed(4)}  ` : "  ";
    const accuracy = validation?.accuracy === undefined ? "" : `test accuracy ${percent(validation.accuracy)}  `;
    note(
      `epoch ${String(epoch).padStart(2)}/${this.epochs}  loss ${loss.toFixed(4)}${test}${accuracy}${grouped(samplesPerSecond)} samples/s`,
    );
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

interface Shown {
  epoch: number;
  epochs: number;
  done: number;
  speed: number;
  loss: number;
  accuracy: number | undefined;
  left: number;
}

function line({ epoch, epochs, done, speed, loss, accuracy, left }: Shown): string {
  const filled = Math.round(done * BAR.barsize);
  const bar = "█".repeat(filled) + "░".repeat(BAR.barsize - filled);
  const right = accuracy === undefined ? "" : `  accuracy ${percent(accuracy)}`;
  return `${bar} epoch ${epoch}/${epochs}  ${grouped(speed)} samples/s  loss ${loss.toFixed(4)}${right}  ${duration(left)} left`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A bar for files on their way; it appears with the first bytes. */
export function downloadBar(): { update: (progress: DownloadProgress) => void; stop: () => void } {
  let bar: SingleBar | undefined;
  let current = "";
  return {
    update: ({ file, received, total }) => {
      if (file !== current) {
        current = file;
        if (!process.stderr.isTTY) note(`downloading ${file}.gz`);
      }
      if (!process.stderr.isTTY) return;
      const size = `${(received / 1e6).toFixed(1)}${total ? ` of ${(total / 1e6).toFixed(1)}` : ""} MB`;
      if (!bar) {
        bar = new SingleBar({ ...BAR, format: "{bar} {file} {size}", barCompleteChar: "█", barIncompleteChar: "░" });
        bar.start(1, 0, { file, size });
      }
      bar.update(total ? received / total : 0, { file, size });
    },
    stop: () => bar?.stop(),
  };
}
