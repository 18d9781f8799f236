// One network in memory: its arena, learning from samples and inference. Everything here trusts its arguments: `network.ts`
// checks them.

import { AUGMENT_EPOCH, CHUNK_ROWS, ENTRY_BYTES, RATE, SETTINGS } from "./abi.js";
import type { Build } from "./kernels/features.js";
import { createMemory, createSharedMemory, type Memory } from "./kernels/memory.js";
import { bindKernels, canShare, compileKernels, type KernelModule, type Kernels } from "./kernels/modules.js";
import { Arena, type Pieces, type Samples } from "./memory/arena.js";
import { Field, Lists, Task } from "./memory/command.js";
import {
  type LayerPlan,
  type Needs,
  type Plan,
  padded,
  planArena,
  type RedrawPlan,
  type RowsPlan,
} from "./memory/plan.js";
import { ascending } from "./random.js";
import type { Redrawing } from "./recipe/augment.js";
import { Rule, sgd } from "./recipe/optimizer.js";
import type { Threads } from "./recipe/recipe.js";
import type { NetworkSpec } from "./spec.js";
import { Runner } from "./threads/runner.js";
import type { Pass } from "./threads/seat.js";
import { canHaveThreads } from "./threads/team.js";
import { type InputPath, inferenceWorth, keptListsPay, listsPay, mostThreads, threadsWorth } from "./threads/worth.js";

/** What tells how samples lie in memory. */
type Kind = Pick<Samples, "inputs" | "labels" | "targets">;
const FLOATS: Kind = { inputs: new Float32Array(0), labels: undefined, targets: undefined };

/** Whether outputs are wanted, or losses. */
type Inference = "predict" | "evaluate";

/**
 * A batch of at most this many samples learns straight into the weights. In a larger one each sample's share of the step is
 * so small against the weight that float32 would lose much of it, so the gradient is summed on its own first.
 */
const DIRECT_ROWS = 256;

/** Gives others a turn if it is time: a promise then. */
export type Breathe = () => Promise<void> | undefined;
const keepOn: Breathe = () => undefined;

/** Walks pieces to the end: `take` is called with each, and `breathe` after it. */
export async function walkBreathing(
  pieces: Pieces,
  breathe: Breathe,
  take: (from: number, rows: number) => void = () => {},
): Promise<void> {
  for (const [from, rows] of pieces) {
    take(from, rows);
    const pause = breathe();
    if (pause) await pause;
  }
}

/** Places in `Engine.totals`. */
export const LOSS = 0;
export const CORRECT = 1;

export class Engine {
  /** What lies in the network's memory. */
  readonly arena: Arena;
  /** Sums since the caller last cleared them: of row losses, and of rows classified right. */
  readonly totals = new Float64Array(2);
  inputPath: InputPath = "auto";
  /** Whether some layer leaves units out. */
  private readonly dropsOut: boolean;
  /** What the parameters follow the gradient by. */
  private rule = new Rule(sgd({ learningRate: 0 }));
  /** Whether a long step adds up a gradient. */
  private usesGradients = false;
  /** Whether a gradient is left where steps need zeros. */
  private hasGradient = true;
  /** Whether what is bound are lists of the samples. */
  private keepsLists = false;
  /** Whether samples are laid out for training, which no inference may move. */
  private isBound = false;
  private readonly runner: Runner;

  private constructor(
    readonly spec: NetworkSpec,
    readonly build: Build,
    memory: Memory,
    module: KernelModule,
    kernels: Kernels,
    /** Threads that may take part; 1 where there can be no more. */
    readonly threads: Threads,
    needs: Needs,
  ) {
    this.dropsOut = spec.layers.some(({ dropout }) => dropout !== undefined);
    this.arena = new Arena(spec, kernels, memory, needs);
    this.runner = new Runner({ spec, memory, module, kernels }, threads, this.plan);
  }

  static async create(spec: NetworkSpec, build: Build, threads: Threads = 1): Promise<Engine> {
    const needs = { batch: 1, samples: 0, inputBytes: 0, targetBytes: 0, threads: 1 };
    const bytes = planArena(spec, needs).end;
    const mayShare = threads !== 1 && canHaveThreads() && canShare(build);
    const shared = mayShare ? createSharedMemory(bytes) : undefined;
    const memory = shared ?? createMemory(bytes);
    const module = await compileKernels(build, shared !== undefined);
    const kernels = bindKernels(module, memory);
    return new Engine(spec, build, memory, module, kernels, shared ? threads : 1, needs);
  }

  /** Addresses of everything; another object after `bind`. */
  get plan(): Plan {
    return this.arena.plan;
  }

  /** Ends the helping threads at once. */
  dispose(): void {
    this.runner.dispose();
  }

  // --- samples to learn from ---

  /**
   * Lays the arena out for batches of `batch` samples of `samples`, copies them and an ascending order into it, and zeroes the
   * moments of the optimizer. With `redrawing` each sample is drawn anew before it is learned from (see `redraw`). Gives the
   * order; a large dataset calls `breathe` on its way, and where that throws, `release` must be called.
   */
  async bind(
    samples: Samples,
    batch: number,
    rule: Rule,
    redrawing?: Redrawing,
    breathe: Breathe = keepOn,
  ): Promise<Uint32Array> {
    const { arena } = this;
    const { inputs, count } = samples;
    // Nobody else may lay the arena out anew meanwhile.
    this.isBound = true;
    let nonZeros = 0;
    await walkBreathing(arena.staged(samples), breathe, (_, rows) => {
      nonZeros += arena.countStaged(inputs, rows);
    });
    // Lists would be of the images as they came.
    this.keepsLists = !redrawing && keptListsPay(this.inputPath, nonZeros, inputs);
    this.arrange({
      batch,
      samples: count,
      inputBytes: this.keepsLists ? nonZeros * ENTRY_BYTES : inputs.byteLength,
      targetBytes: samples.labels ? 4 : samples.targetSize * 4,
      threads:
        this.threads === "auto"
          ? threadsWorth(this.spec, batch, nonZeros / count, redrawing !== undefined)
          : this.threads,
      slots: rule.slots,
      scratchBytes: redrawing?.scratchBytes,
    });
    this.rule = rule;
    this.hasGradient = true;
    arena.clearSlots();
    await walkBreathing(this.keepsLists ? arena.listSamples(samples) : arena.loadSamples(samples), breathe);
    arena.copyTargets(samples, 0, count, this.plan.data.targets);
    if (redrawing) arena.words.set(redrawing.settings, (this.plan.redraw as RedrawPlan).settings / 4);
    const order = arena.words.subarray(this.plan.order / 4, this.plan.order / 4 + count);
    order.set(ascending(count));
    return order;
  }

  /** Has the bound samples drawn by the draws of epoch `epoch`, if they are drawn anew. No thread may be at work. */
  redraw(epoch: number): void {
    const { redraw } = this.plan;
    if (redraw) this.arena.words[redraw.settings / 4 + AUGMENT_EPOCH] = epoch;
  }

  private arrange(needs: Needs): void {
    this.arena.arrange(needs);
    this.runner.arrange(this.plan);
  }

  // --- threads ---

  /** Lets the threads join that the plan is for. */
  open(): Promise<void> {
    return this.runner.open();
  }

  /** Ends what `bind` began. */
  release(): void {
    this.runner.close();
    this.isBound = false;
  }

  /** Waits until no thread is at work, so that what all have written can be read. */
  settle(): Promise<void> | undefined {
    return this.runner.settle();
  }

  // --- learning ---

  /**
   * One step on `count` bound samples from position `from`, as the rule is prepared for it. Adds to `totals`. A promise
   * where it is not done at once. A large batch calls `breathe` on its way; where that throws, nothing was changed.
   */
  step(samples: Samples, from: number, count: number, breathe: Breathe = keepOn): void | Promise<void> {
    if (count > DIRECT_ROWS) return this.longStep(samples, from, count, breathe);
    const pass = this.runner.choose();
    if (pass instanceof Promise) return pass.then(() => this.step(samples, from, count, breathe));
    this.describeLearning(pass, samples, this.plan.data, from, count);
    if (this.rule.isPlain) this.describeDirect(pass, count);
    else this.describeStep(pass, count);
    if (!this.rule.isPlain || this.dropsOut) this.describeSettings(pass);
    const late = this.runner.executeTimed(pass, count);
    if (late) return late.then(() => this.addTotals(pass, samples, count));
    this.addTotals(pass, samples, count);
  }

  /** That the batch learns straight into the weights: P − rate·∇C. */
  private describeDirect({ command }: Pass, count: number): void {
    command[Field.task] = Task.learn;
    command[Field.scale] = -(this.rule.settings[RATE] as number) / count;
    command[Field.offset] = 0;
  }

  private describeStep(pass: Pass, count: number): void {
    this.clearGradient();
    this.describeGradient(pass, count);
    pass.command[Field.task] = Task.step;
  }

  /** That the mean gradient of `count` samples is added up where the plan has it. */
  private describeGradient({ command }: Pass, count: number): void {
    command[Field.task] = Task.learn;
    command[Field.scale] = 1 / count;
    command[Field.offset] = this.plan.grads - this.plan.params;
  }

  private describeSettings({ command }: Pass): void {
    const { settings } = this.rule;
    for (let i = 0; i < SETTINGS; i++) command[Field.settings + i] = settings[i] as number;
  }

  private async longStep(samples: Samples, from: number, count: number, breathe: Breathe): Promise<void> {
    const { runner, totals } = this;
    const before = totals.slice();
    this.usesGradients = true;
    try {
      this.clearGradient();
      this.hasGradient = true;
      for (let done = 0; done < count; done += CHUNK_ROWS) {
        const rows = Math.min(CHUNK_ROWS, count - done);
        const pass = await runner.choose();
        this.describeLearning(pass, samples, this.plan.data, from + done, rows);
        this.describeGradient(pass, count);
        this.describeSettings(pass);
        await runner.executeWhole(pass, rows);
        this.addTotals(pass, samples, rows);
        await breathe();
      }
      await runner.order((pass) => {
        this.describeSettings(pass);
        pass.command[Field.task] = Task.update;
      });
      this.hasGradient = false;
    } catch (error) {
      totals.set(before);
      throw error;
    } finally {
      this.usesGradients = false;
    }
  }

  /** Zeroes the gradient, if something was left there. No thread may be at work. */
  private clearGradient(): void {
    if (!this.hasGradient) return;
    const { grads, paramFloats } = this.plan;
    this.arena.floats.fill(0, grads / 4, grads / 4 + paramFloats);
    this.hasGradient = false;
  }

  /** All of the command but what is to become of the gradient: fractions that are handed on make garbage. */
  private describeLearning(pass: Pass, samples: Samples, at: RowsPlan, from: number, count: number): void {
    const isBound = at === this.plan.data;
    const order = isBound ? this.plan.order + from * 4 : 0;
    this.describe(pass, samples, at, order, count);
    pass.command[Field.lists] = isBound ? this.boundLists(order, count) : Lists.none;
    if (isBound && this.plan.redraw) pass.command[Field.redraws] = 1;
  }

  private describe(pass: Pass, samples: Kind, at: RowsPlan, order: number, count: number): void {
    const { command } = pass;
    command[Field.rows] = at.rows;
    command[Field.targets] = at.targets;
    command[Field.order] = order;
    command[Field.count] = count;
    command[Field.bytes] = samples.inputs instanceof Uint8Array ? 1 : 0;
    command[Field.redraws] = 0;
    command[Field.targetKind] = samples.labels ? 1 : samples.targets ? 2 : 0;
  }

  /** How the batch of bound samples whose order is at `order` is taken. Drawn anew they have about as many zeros. */
  private boundLists(order: number, count: number): number {
    if (this.keepsLists) return Lists.kept;
    return listsPay(this.inputPath, this.arena.countBound(order, count), count * this.spec.inputs)
      ? Lists.made
      : Lists.none;
  }

  private addTotals(pass: Pass, samples: Samples, rows: number): void {
    this.addLosses(rows, this.totals);
    if (samples.labels) this.totals[CORRECT] = (this.totals[CORRECT] as number) + pass.correct;
  }

  /** Adds the losses of the last batch's or piece's first `rows` rows to `sums[LOSS]`. A sum that is returned makes garbage. */
  addLosses(rows: number, sums: Float64Array): void {
    let sum = sums[LOSS] as number;
    const { losses } = this.arena;
    for (let i = 0; i < rows; i++) sum += losses[i] as number;
    sums[LOSS] = sum;
  }

  /** The summed loss of `samples`; leaves their mean gradient in the gradient block, `offset` bytes past the parameters. */
  gradient(samples: Samples): { loss: number; offset: number } {
    this.runner.checkNotLate();
    if (this.usesGradients) throw new Error("the gradient is in use by a training step: ask again after it");
    const { arena } = this;
    const { params, grads, stage } = this.plan;
    this.clearGradient();
    this.hasGradient = true;
    const sums = new Float64Array(1);
    for (const [from, rows] of arena.staged(samples)) {
      arena.copyTargets(samples, from, from + rows, stage.targets);
      this.runner.doAlone((pass) => {
        this.describeLearning(pass, samples, stage, 0, rows);
        this.describeGradient(pass, samples.count);
      });
      this.addLosses(rows, sums);
    }
    return { loss: sums[LOSS] as number, offset: grads - params };
  }

  // --- inference ---

  /**
   * Runs `samples` through the network in pieces of at most `plan.stageRows`. Gives the first row of each and how many while
   * its results are in memory: outputs, or losses.
   */
  infer(samples: Samples, task: Inference): Pieces {
    return this.inferPieces(samples.count, samples, task, (from, rows) => {
      const { stage } = this.plan;
      this.arena.copyInputs(samples, from, from + rows, stage.rows);
      this.arena.copyTargets(samples, from, from + rows, stage.targets);
    });
  }

  /** The same for inputs that `fill` writes where they are wanted, `[rows][inputs]` floats. */
  inferFilled(count: number, fill: (view: Float32Array, first: number) => void): Pieces {
    return this.inferPieces(count, FLOATS, "predict", (from, rows) => {
      const at = this.plan.stage.rows / 4;
      fill(this.arena.floats.subarray(at, at + rows * this.spec.inputs), from);
    });
  }

  /** `load` puts rows from a number on in the stage. */
  private *inferPieces(count: number, kind: Kind, task: Inference, load: (from: number, rows: number) => void): Pieces {
    this.runner.checkNotLate();
    const joined = this.join(count);
    try {
      for (let from = 0; from < count; ) {
        const rows = Math.min(this.plan.stageRows, count - from);
        load(from, rows);
        this.runner.checkNotLate();
        this.inferStaged(kind, rows, task);
        yield [from, rows];
        from += rows;
      }
    } finally {
      if (joined) this.runner.close();
    }
  }

  /** Lets threads take part in the inference of `count` samples, if that pays and they run already. */
  private join(count: number): boolean {
    const { runner } = this;
    const { asking, starting } = inferenceWorth(this.spec, count);
    if (this.threads === 1 || runner.isOpen || this.isBound || !asking) return false;
    const threads = this.threads === "auto" ? mostThreads() : this.threads;
    if (threads === 1 || !runner.isReady(threads, starting)) return false;
    this.arrange({ batch: 1, samples: 0, inputBytes: 0, targetBytes: 0, threads });
    runner.join();
    return true;
  }

  private inferStaged(samples: Kind, rows: number, task: Inference): void {
    const { stage } = this.plan;
    const nonZeros = this.arena.countStaged(samples.inputs, rows);
    const lists = listsPay(this.inputPath, nonZeros, rows * this.spec.inputs) ? Lists.made : Lists.none;
    this.runner.insist((pass) => {
      this.describe(pass, samples, stage, 0, rows);
      pass.command[Field.task] = Task[task];
      pass.command[Field.lists] = lists;
    });
  }

  /** Where row `row` of the last piece has its largest output. */
  label(row: number): number {
    return this.arena.words[this.plan.labels / 4 + row] as number;
  }

  /** Copies the outputs of the last piece's first `rows` rows, `[rows][units]`, into `out` at `at`; of the last layer unless told. */
  copyOutputs(rows: number, out: Float32Array, at: number, layer = this.spec.layers.length - 1): void {
    const { activations, units } = this.plan.layers[layer] as LayerPlan;
    const { floats } = this.arena;
    for (let row = 0, from = activations / 4; row < rows; row++, from += padded(units)) {
      for (let unit = 0; unit < units; unit++) out[at++] = floats[from + unit] as number;
    }
  }
}
