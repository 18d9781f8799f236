// One network of this visit and its training, which can be paused, advanced by single batches, resumed and stopped.

import { type BatchRecord, type EpochRecord, Network } from "../../src/worker.js";
import type { TrainAndTest } from "../mnist.js";
import type { NetworkEntry } from "../session.js";
import { Curve, type Mean } from "./curve.js";
import { recipeOf, type Settings } from "./settings.js";

/** `fresh`: untrained. `loaded`: from a file. */
export type RunState = "fresh" | "loaded" | "training" | "paused" | "done" | "stopped" | "failed";

/** Milliseconds of training between two batch reports. */
const REPORT_MILLISECONDS = 50;

/** Result on the test images after a number of epochs, which may be fractional. */
export interface Test {
  epochs: number;
  loss: number;
  accuracy: number;
}

export class Run implements NetworkEntry {
  state: RunState;
  readonly curve = new Curve();
  readonly tests: Test[] = [];
  /** Epochs done, fractional, and the number planned. */
  epochs = 0;
  planned = 0;
  samplesPerSecond: number | undefined;
  /** Error message of a failed training. */
  message = "";
  /** What the current training found odd about the data, as sentences. */
  warnings: string[] = [];
  /** Whether the charts show the run. */
  isShown = true;
  /** Resolves when the current training has ended: done, stopped or failed. */
  ended: Promise<void> = Promise.resolve();
  private controller = new AbortController();
  /** Whether training waits after every batch. */
  private isPaused = false;
  /** Whether the network's worker holds the training images, which with its copies take about 150 MB. */
  private holdsImages = false;
  /** Whether the network was discarded because its training diverged. The curves remain. */
  isDiscarded = false;
  /** Epochs that the network had been trained for when it was last saved as a file; 0 at first. */
  savedEpochs = 0;
  /** Continues a training that waits after a batch. */
  private release: (() => void) | undefined;
  /** Start of the speed measurement: a report of the current epoch, and its time in milliseconds. */
  private reference: { samples: number; time: number } | undefined;

  /**
   * `onChange` is called on every change of what is shown, `onEpoch` after each epoch, and training waits for its promise.
   * `settings` is undefined for a network that was not trained in this visit, and `origin` says where it comes from.
   */
  constructor(
    readonly name: string,
    /** Number of the run in this visit, from 0. It determines the colour of the curves. */
    readonly number: number,
    public network: Network,
    public settings: Settings | undefined,
    private readonly onChange: (run: Run) => void,
    private readonly onEpoch: (run: Run) => Promise<void>,
    readonly origin = "",
  ) {
    this.state = settings ? "fresh" : "loaded";
  }

  get isBusy(): boolean {
    return this.state === "training" || this.state === "paused";
  }

  /** Mean loss and accuracy of the last epoch on the training images. */
  get mean(): Mean | undefined {
    return this.curve.mean(this.state !== "training");
  }

  /** Trains for the epochs of `settings`. With `isPaused` it pauses after the first batch, for `step`. */
  train(data: TrainAndTest, settings: Settings, isPaused: boolean): Promise<void> {
    this.ended = this.fit(data, settings, isPaused);
    return this.ended;
  }

  private async fit({ train, test }: TrainAndTest, settings: Settings, isPaused: boolean): Promise<void> {
    const before = this.epochs;
    this.begin(settings, isPaused);
    const { signal } = this.controller;
    try {
      await this.network.fit(train, {
        ...recipeOf(settings).fit,
        ...{ validation: test, signal, batchInterval: () => (this.isPaused ? 0 : REPORT_MILLISECONDS) },
        onWarning: (warning) => this.warn(warning),
        onBatch: (record) => this.batchDone(record, before),
        onEpoch: (record) => this.epochDone(record, before, train.count),
      });
      this.setState("done");
    } catch (error) {
      if (!signal.aborted) this.message = (error as Error).message;
      this.setState(signal.aborted ? "stopped" : "failed");
    }
  }

  private warn(warning: string): void {
    this.warnings.push(warning);
    this.onChange(this);
  }

  private begin(settings: Settings, isPaused: boolean): void {
    this.controller = new AbortController();
    this.curve.restart();
    this.isPaused = isPaused;
    this.holdsImages = true;
    this.settings = settings;
    this.planned = this.epochs + settings.epochs;
    this.reference = undefined;
    this.message = "";
    this.warnings = [];
    this.setState(isPaused ? "paused" : "training");
  }

  /** Records a batch report. While training is paused, the returned promise makes `fit` wait after this batch. */
  private batchDone(record: BatchRecord, before: number): Promise<void> | undefined {
    this.curve.add(record, { before });
    this.epochs = before + record.epoch - 1 + record.samples / record.total;
    this.measure(record);
    this.onChange(this);
    if (!this.isPaused) return undefined;
    return new Promise((resolve) => {
      this.release = resolve;
    });
  }

  /** Estimates the speed within the current epoch; the record of the finished epoch has the exact value. */
  private measure({ samples }: BatchRecord): void {
    const now = performance.now();
    const { reference } = this;
    if (!reference || samples <= reference.samples) this.reference = { samples, time: now };
    else if (!this.isPaused) this.samplesPerSecond = ((samples - reference.samples) / (now - reference.time)) * 1000;
  }

  private epochDone(
    { epoch, loss, accuracy, validation, samplesPerSecond }: EpochRecord,
    before: number,
    total: number,
  ): Promise<void> {
    // The samples since the last batch report.
    this.curve.add({ epoch, loss, accuracy, samples: total, total }, { before, isEnd: true });
    this.epochs = before + epoch;
    this.samplesPerSecond = samplesPerSecond;
    this.reference = undefined;
    if (validation) this.addTest(before + epoch, validation);
    return this.onEpoch(this);
  }

  /** Adds a result on the test images after `epochs` epochs. */
  addTest(epochs: number, { loss, accuracy = 0 }: { loss: number; accuracy?: number }): void {
    this.tests.push({ epochs, loss, accuracy });
    this.onChange(this);
  }

  /** Accuracy at the last test; undefined before the first. */
  get accuracy(): number | undefined {
    return this.tests.at(-1)?.accuracy;
  }

  pause(): void {
    this.isPaused = true;
    this.setState("paused");
  }

  resume(): void {
    this.isPaused = false;
    this.reference = undefined;
    this.setState("training");
    this.proceed();
  }

  /** Trains a paused network on one more batch. */
  step(): void {
    this.proceed();
  }

  /** Ends the training; the network keeps its weights. */
  stop(): void {
    this.controller.abort();
    this.proceed();
  }

  /**
   * Moves a network that is not in training to a new worker, to free the training images in the old one. A network whose
   * numbers are not finite cannot be saved and is discarded.
   */
  async freeImages(): Promise<void> {
    if (!this.holdsImages || this.isBusy) return;
    this.holdsImages = false;
    const previous = this.network;
    const bytes = await previous.toBytes().catch(() => undefined);
    if (bytes) this.network = await Network.fromBytes(bytes, { seed: this.settings?.seed ?? 0 });
    else this.isDiscarded = true;
    previous.dispose();
    this.onChange(this);
  }

  private proceed(): void {
    const { release } = this;
    this.release = undefined;
    release?.();
  }

  private setState(state: RunState): void {
    this.state = state;
    this.onChange(this);
  }
}
