// One network of this visit and its training: started, held, led on by single steps, stopped.

import { type BatchRecord, type EpochRecord, Network } from "../../src/worker.js";
import type { TrainAndTest } from "../mnist.js";
import type { Entry } from "../session.js";
import { Curve } from "./curve.js";
import { fitOptions, type Settings } from "./settings.js";

/** `fresh`: with its first weights. `loaded`: from a file. */
export type RunState = "fresh" | "loaded" | "training" | "paused" | "done" | "stopped" | "failed";

/** Milliseconds of training between two reports. */
const INTERVAL = 50;

/** What the test images showed after so many epochs. */
export interface Test {
  epochs: number;
  loss: number;
  accuracy: number;
}

export class Run implements Entry {
  state: RunState;
  readonly curve = new Curve();
  readonly tests: Test[] = [];
  /** Epochs done, in fractions, and how many there are to be. */
  epochs = 0;
  planned = 0;
  samplesPerSecond: number | undefined;
  /** Why training failed. */
  message = "";
  /** Whether the curves are shown. */
  isShown = true;
  /** Resolves when the training at hand has come to an end, however it did. */
  ended: Promise<void> = Promise.resolve();
  private controller = new AbortController();
  private isHeld = false;
  /** Whether the network's worker holds the training images, some 150 MB with all that is made of them. */
  private isHeavy = false;
  /** Whether the network is gone, as of a training that diverged; its curves are left. */
  isLost = false;
  /** Lets a training go on that is held after a batch. */
  private release: (() => void) | undefined;
  /** Where the speed is measured from: a report of this epoch, and when it came. */
  private measured: { samples: number; time: number } | undefined;

  /** `onChange` is called whenever there is something new to show. `settings` are unknown for a file. */
  constructor(
    readonly name: string,
    /** Its number in this visit, from 0, which its curves have their colour by. */
    readonly number: number,
    public network: Network,
    public settings: Settings | undefined,
    private readonly onChange: (run: Run) => void,
  ) {
    this.state = settings ? "fresh" : "loaded";
  }

  get isBusy(): boolean {
    return this.state === "training" || this.state === "paused";
  }

  /** Trains for the epochs of `settings`; with `isHeld` only a first batch, to be led on by steps. */
  train(data: TrainAndTest, settings: Settings, isHeld: boolean): Promise<void> {
    this.ended = this.fit(data, settings, isHeld);
    return this.ended;
  }

  private async fit({ train, test }: TrainAndTest, settings: Settings, isHeld: boolean): Promise<void> {
    const before = this.epochs;
    this.begin(settings, isHeld);
    const { signal } = this.controller;
    try {
      await this.network.fit(train, {
        ...fitOptions(settings),
        ...{ validation: test, signal, batchInterval: () => (this.isHeld ? 0 : INTERVAL) },
        onBatch: (record) => this.batchDone(record, before),
        onEpoch: (record) => this.epochDone(record, before, train.count),
      });
      this.turn("done");
    } catch (error) {
      if (!signal.aborted) this.message = (error as Error).message;
      this.turn(signal.aborted ? "stopped" : "failed");
    }
  }

  private begin(settings: Settings, isHeld: boolean): void {
    this.controller = new AbortController();
    this.isHeld = isHeld;
    this.isHeavy = true;
    this.settings = settings;
    this.planned = this.epochs + settings.epochs;
    this.measured = undefined;
    this.message = "";
    this.turn(isHeld ? "paused" : "training");
  }

  private batchDone(record: BatchRecord, before: number): Promise<void> | undefined {
    this.curve.add(record, { before });
    this.epochs = before + record.epoch - 1 + record.samples / record.total;
    this.measure(record);
    this.onChange(this);
    if (!this.isHeld) return undefined;
    return new Promise((resolve) => {
      this.release = resolve;
    });
  }

  /** The speed of the epoch at hand, until it is done and known exactly. */
  private measure({ samples }: BatchRecord): void {
    const now = performance.now();
    const { measured } = this;
    if (!measured || samples <= measured.samples) this.measured = { samples, time: now };
    else if (!this.isHeld) this.samplesPerSecond = ((samples - measured.samples) / (now - measured.time)) * 1000;
  }

  private epochDone(
    { epoch, loss, accuracy, validation, samplesPerSecond }: EpochRecord,
    before: number,
    total: number,
  ): void {
    // What came after the last report.
    this.curve.add({ epoch, loss, accuracy, samples: total, total }, { before, isEnd: true });
    this.epochs = before + epoch;
    this.samplesPerSecond = samplesPerSecond;
    this.measured = undefined;
    if (validation) this.tested(before + epoch, validation);
  }

  /** Takes in what the test images showed. */
  tested(epochs: number, { loss, accuracy = 0 }: { loss: number; accuracy?: number }): void {
    this.tests.push({ epochs, loss, accuracy });
    this.onChange(this);
  }

  get accuracy(): number | undefined {
    return this.tests.at(-1)?.accuracy;
  }

  pause(): void {
    this.isHeld = true;
    this.turn("paused");
  }

  resume(): void {
    this.isHeld = false;
    this.measured = undefined;
    this.turn("training");
    this.go();
  }

  /** One batch more of a training that is held. */
  step(): void {
    this.go();
  }

  /** Ends training; the network keeps what it has learned. */
  stop(): void {
    this.controller.abort();
    this.go();
  }

  /** Moves a network that is not trained any more to a worker that holds no images; one of no finite numbers is given up. */
  async lighten(): Promise<void> {
    if (!this.isHeavy || this.isBusy) return;
    this.isHeavy = false;
    const heavy = this.network;
    const bytes = await heavy.toBytes().catch(() => undefined);
    if (bytes) this.network = await Network.fromBytes(bytes, { seed: this.settings?.seed ?? 0 });
    else this.isLost = true;
    heavy.dispose();
    this.onChange(this);
  }

  private go(): void {
    const { release } = this;
    this.release = undefined;
    release?.();
  }

  private turn(state: RunState): void {
    this.state = state;
    this.onChange(this);
  }
}
