// One network in memory: its arena, learning from samples and inference. Everything here trusts its arguments: `network.ts`
// checks them.

import { AUGMENT_EPOCH, CHUNK_ROWS, ENTRY_BYTES, RATE } from "./abi.js";
import { loadBuiltins } from "./host.js";
import type { Build } from "./kernels/features.js";
import { createMemory, type Memory } from "./kernels/memory.js";
import { bindKernels, canShare, compileKernels, type KernelModule, type Kernels } from "./kernels/modules.js";
import { Arena, type Pieces, type Samples } from "./memory/arena.js";
import { InputForm, newTask, type Task, TaskKind } from "./memory/command.js";
import { describe, FLOATS, type Kind } from "./memory/describe.js";
import { type AugmentPlan, type Needs, type Plan, planArena } from "./memory/plan.js";
import { ascending } from "./random.js";
import type { Augmenting } from "./recipe/augment.js";
import type { Threads } from "./recipe/recipe.js";
import { ANSWERING, Room } from "./room.js";
import type { NetworkSpec } from "./spec.js";
import type { StepSettings } from "./step/settings.js";
import {
  type InputPath,
  inferenceThreads,
  mostThreads,
  storesSparse,
  threadsFor,
  usesSparse,
} from "./threads/cost-model.js";
import { Runner } from "./threads/runner.js";
import { canHaveThreads } from "./threads/team.js";
import { neverYield, walkYielding, type YieldPoint } from "./yielding.js";

/** Whether outputs are wanted, or losses. */
type Inference = "predict" | "evaluate";

/** What an inference leaves in memory: outputs, or losses and, if they are kept, outputs. */
interface Wanted {
  task: Inference;
  keepsOutputs?: boolean;
}

/**
 * A batch of at most this many samples learns straight into the weights. In a larger one each sample's share of the step is
 * so small against the weight that float32 would lose much of it, so the gradient is summed on its own first.
 */
const DIRECT_ROWS = 256;

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
  /** The settings of the steps on what is bound. */
  private settings: StepSettings | undefined;
  /** The tasks of steps and of inferences, filled in again each time, so that a step allocates nothing. */
  private readonly learning = newTask();
  private readonly inferring = newTask();
  /** Whether a long step is adding up a gradient. */
  private usesGradients = false;
  /** Whether the gradient block holds anything but the zeros that a step needs. */
  private hasGradient = true;
  /** Whether the bound samples are stored as sparse rows (CSR). */
  private storesSparse = false;
  /** Whether samples are bound for training: inference must not move them. */
  private isBound = false;
  private readonly runner: Runner;
  private readonly room: Room;
  /** The callback that runs in the middle of a call, if one does: no other call may begin then. */
  callback: string | undefined;
  /** Whether the network has been disposed of, and what is then to end at once. */
  isDisposed = false;
  onDispose: () => void = () => {};

  private constructor(
    readonly spec: NetworkSpec,
    readonly build: Build,
    memory: Memory,
    module: KernelModule,
    kernels: Kernels,
    /** Threads that may take part; 1 where there can be no more. */
    readonly threads: Threads,
  ) {
    this.dropsOut = spec.layers.some(({ dropout }) => dropout !== undefined);
    this.arena = new Arena(spec, kernels, memory, ANSWERING);
    this.runner = new Runner({ spec, memory, module, kernels }, threads, this.plan);
    this.room = new Room(spec, build, module, this.arena, this.runner);
  }

  /** It begins with a memory that one thread uses and that cannot grow, so that a process can have many networks. */
  static async create(spec: NetworkSpec, build: Build, threads: Threads = 1): Promise<Engine> {
    await loadBuiltins();
    const memory = createMemory(planArena(spec, ANSWERING).end, false);
    const module = await compileKernels(build, false);
    const mayShare = threads !== 1 && canHaveThreads() && canShare(build);
    return new Engine(spec, build, memory, module, bindKernels(module, memory), mayShare ? threads : 1);
  }

  /** Addresses of everything; another object after `bind`. */
  get plan(): Plan {
    return this.arena.plan;
  }

  /** Ends the helping threads at once, and a training with the next look at `isDisposed`. */
  dispose(): void {
    this.isDisposed = true;
    this.runner.dispose();
    this.onDispose();
  }

  /** Runs a callback of the user's in the middle of a call. */
  calling<T>(callback: string, run: () => T): T {
    this.callback = callback;
    try {
      return run();
    } finally {
      this.callback = undefined;
    }
  }

  // --- samples to learn from ---

  /**
   * Prepares training on `samples` in batches of `batch`: lays the arena out, copies the samples and an ascending order into it,
   * and zeroes the moments of the optimizer. With `augmenting`, images are augmented before each step (see `beginEpoch`).
   * Gives a view of the order. Calls `yieldPoint` between pieces; where that throws, `release` must be called.
   */
  async bind(
    samples: Samples,
    batch: number,
    settings: StepSettings,
    augmenting?: Augmenting,
    yieldPoint: YieldPoint = neverYield,
  ): Promise<Uint32Array> {
    const { arena } = this;
    const { inputs, count } = samples;
    // From here on nothing else may lay the arena out.
    this.isBound = true;
    let nonZeros = 0;
    await walkYielding(arena.staged(samples), yieldPoint, (_, rows) => {
      nonZeros += arena.countStaged(inputs, rows);
    });
    // Sparse rows would hold the images as they were before augmentation.
    this.storesSparse = !augmenting && storesSparse(this.inputPath, nonZeros, inputs);
    const needs = await this.room.make({
      batch,
      samples: count,
      inputBytes: this.storesSparse ? nonZeros * ENTRY_BYTES : inputs.byteLength,
      targetBytes: samples.labels ? 4 : samples.targetSize * 4,
      threads: this.trainingThreads(batch, nonZeros / count, augmenting !== undefined),
      update: settings.kernel,
      slots: settings.slots,
      scratchBytes: augmenting?.scratchBytes,
    });
    this.arrange(needs);
    this.settings = settings;
    this.hasGradient = true;
    arena.clearSlots();
    await walkYielding(this.storesSparse ? arena.listSamples(samples) : arena.loadSamples(samples), yieldPoint);
    arena.copyTargets(samples, 0, count, this.plan.data.targets);
    if (augmenting) arena.words.set(augmenting.settings, (this.plan.augment as AugmentPlan).settings / 4);
    const order = arena.words.subarray(this.plan.order / 4, this.plan.order / 4 + count);
    order.set(ascending(count));
    return order;
  }

  private trainingThreads(batch: number, nonZeros: number, augments: boolean): number {
    return this.threads === "auto" ? threadsFor(this.spec, batch, nonZeros, augments) : this.threads;
  }

  /** Sets the epoch that augmentation draws its random numbers by. No thread may be at work. */
  beginEpoch(epoch: number): void {
    const { augment } = this.plan;
    if (augment) this.arena.words[augment.settings / 4 + AUGMENT_EPOCH] = epoch;
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

  /** Ends what `bind` began, and gives back the memory of its samples where that is much. */
  release(): void {
    this.runner.close();
    this.isBound = false;
    if (this.isDisposed) return;
    this.room.giveBack();
    this.hasGradient = true;
  }

  /** Throws an Error while a task waits for a late thread: what lies in memory is then of no step. */
  checkNotLate(): void {
    this.runner.checkNotLate();
  }

  /** Waits until no thread is at work, so that what all have written can be read. */
  settle(): Promise<void> | undefined {
    return this.runner.settle();
  }

  // --- learning ---

  /**
   * One step on `count` bound samples from position `from` of the order, by the settings that `bind` was given. Adds to
   * `totals`. Gives a promise where it does not end at once. A large batch calls `yieldPoint` between chunks; where that throws,
   * no parameter has changed.
   */
  step(samples: Samples, from: number, count: number, yieldPoint: YieldPoint = neverYield): void | Promise<void> {
    if (count > DIRECT_ROWS) return this.longStep(samples, from, count, yieldPoint);
    const task = this.describeBatch(samples, from, count);
    const { isPlain, values } = this.settings as StepSettings;
    // P − rate·∇C in one pass: each sample's gradient is added straight into the parameters.
    if (isPlain) this.describeLearning(task, TaskKind.learn, -(values[RATE] as number) / count, 0);
    else {
      this.clearGradient();
      this.describeLearning(task, TaskKind.step, 1 / count, this.gradientOffset);
    }
    task.hasSettings = isPlain && !this.dropsOut ? 0 : 1;
    const late = this.runner.run(task);
    if (late) return late.then(() => this.addTotals(samples, count));
    this.addTotals(samples, count);
  }

  private describeLearning(task: Task, kind: number, scale: number, offset: number): void {
    task.kind = kind;
    task.scale = scale;
    task.offset = offset;
  }

  /** Bytes from a parameter to its gradient. */
  private get gradientOffset(): number {
    return this.plan.grads - this.plan.params;
  }

  /** A batch that is too large to be added into the parameters: its gradient is summed chunk by chunk, then applied. */
  private async longStep(samples: Samples, from: number, count: number, yieldPoint: YieldPoint): Promise<void> {
    const { runner, totals } = this;
    const before = totals.slice();
    this.usesGradients = true;
    try {
      this.clearGradient();
      this.hasGradient = true;
      for (let done = 0; done < count; done += CHUNK_ROWS) {
        const rows = Math.min(CHUNK_ROWS, count - done);
        const task = this.describeBatch(samples, from + done, rows);
        this.describeLearning(task, TaskKind.learn, 1 / count, this.gradientOffset);
        task.hasSettings = 1;
        // Not awaited where it has ended: others, who could run then, may change the losses.
        const late = runner.run(task, true);
        if (late) await late;
        this.addTotals(samples, rows);
        await yieldPoint();
      }
      this.learning.kind = TaskKind.update;
      this.learning.count = 0;
      await runner.run(this.learning, true);
      this.hasGradient = false;
    } catch (error) {
      totals.set(before);
      throw error;
    } finally {
      this.usesGradients = false;
    }
  }

  /** Zeroes the gradient block, if something was left there. No thread may be at work. */
  private clearGradient(): void {
    if (!this.hasGradient) return;
    const { grads, paramFloats } = this.plan;
    this.arena.floats.fill(0, grads / 4, grads / 4 + paramFloats);
    this.hasGradient = false;
  }

  /** The task on `count` bound samples, but for what becomes of their gradient. */
  private describeBatch(samples: Samples, from: number, count: number): Task {
    const { learning, plan } = this;
    const order = plan.order + from * 4;
    describe(learning, samples, plan.data, order, count);
    learning.inputForm = this.boundForm(order, count);
    learning.augments = plan.augment ? 1 : 0;
    learning.settings = (this.settings as StepSettings).values;
    return learning;
  }

  /** How the batch of bound samples whose order is at `order` is taken. Augmented images have about as many zeros. */
  private boundForm(order: number, count: number): number {
    if (this.storesSparse) return InputForm.storedSparse;
    return usesSparse(this.inputPath, this.arena.countBound(order, count), count * this.spec.inputs)
      ? InputForm.sparse
      : InputForm.dense;
  }

  private addTotals(samples: Samples, rows: number): void {
    this.addLosses(rows, this.totals);
    if (samples.labels) this.totals[CORRECT] = (this.totals[CORRECT] as number) + this.runner.correct;
  }

  /** Adds the losses of the last batch's or piece's first `rows` rows to `sums[LOSS]`. A sum that is returned makes garbage. */
  addLosses(rows: number, sums: Float64Array): void {
    let sum = sums[LOSS] as number;
    const { losses } = this.arena;
    for (let i = 0; i < rows; i++) sum += losses[i] as number;
    sums[LOSS] = sum;
  }

  /** The summed loss of `samples`. Leaves their mean gradient in the gradient block, `offset` bytes past the parameters. */
  gradient(samples: Samples): { loss: number; offset: number } {
    this.runner.checkNotLate();
    if (this.usesGradients) throw new Error("the gradient is in use by a training step: call again after the step");
    const { arena, gradientOffset, inferring } = this;
    const { stage } = this.plan;
    this.clearGradient();
    this.hasGradient = true;
    const sums = new Float64Array(1);
    for (const [from, rows] of arena.staged(samples)) {
      arena.copyTargets(samples, from, from + rows, stage.targets);
      describe(inferring, samples, stage, 0, rows);
      inferring.inputForm = InputForm.dense;
      this.describeLearning(inferring, TaskKind.learn, 1 / samples.count, gradientOffset);
      this.runner.runAlone(inferring);
      this.addLosses(rows, sums);
    }
    return { loss: sums[LOSS] as number, offset: gradientOffset };
  }

  // --- inference ---

  /**
   * Runs `samples` through the network in pieces of at most `plan.stageRows`. Gives the first row of each and how many while
   * its results are in memory: outputs, or losses, and with `keepsOutputs` outputs besides them (see `keptOutputs`).
   */
  infer(samples: Samples, task: Inference, keepsOutputs = false): Pieces {
    return this.inferPieces(samples.count, samples, { task, keepsOutputs }, (from, rows) => {
      const { stage } = this.plan;
      this.arena.copyInputs(samples, from, from + rows, stage.rows);
      this.arena.copyTargets(samples, from, from + rows, stage.targets);
    });
  }

  /** The same for inputs that `fill` writes where they are wanted, `[rows][inputs]` floats. */
  inferFilled(count: number, fill: (view: Float32Array, first: number) => void): Pieces {
    return this.inferPieces(count, FLOATS, { task: "predict" }, (from, rows) => {
      const at = this.plan.stage.rows / 4;
      const view = this.arena.floats.subarray(at, at + rows * this.spec.inputs);
      this.calling('"fill"', () => fill(view, from));
    });
  }

  /** `load` puts rows from a number on in the stage. */
  private *inferPieces(count: number, kind: Kind, wanted: Wanted, load: (from: number, rows: number) => void): Pieces {
    this.runner.checkNotLate();
    const joined = this.join(count);
    try {
      for (let from = 0; from < count; ) {
        const rows = Math.min(this.plan.stageRows, count - from);
        load(from, rows);
        this.runner.checkNotLate();
        this.inferStaged(kind, rows, wanted);
        yield [from, rows];
        from += rows;
      }
    } finally {
      if (joined) this.runner.close();
    }
  }

  /** Lets threads take part in the inference of `count` samples, if that is faster and they run already. */
  private join(count: number): boolean {
    const { runner } = this;
    const { use, start } = inferenceThreads(this.spec, count);
    if (this.threads === 1 || runner.isOpen || this.isBound || !use) return false;
    const threads = this.threads === "auto" ? mostThreads() : this.threads;
    if (threads === 1) return false;
    if (start) this.room.prepareSharing();
    if (!runner.isReady(threads, start) || !this.room.share()) return false;
    this.hasGradient = true;
    this.arrange({ ...ANSWERING, threads });
    runner.join();
    return true;
  }

  private inferStaged(samples: Kind, rows: number, { task, keepsOutputs = false }: Wanted): void {
    const { inferring } = this;
    const nonZeros = this.arena.countStaged(samples.inputs, rows);
    describe(inferring, samples, this.plan.stage, 0, rows);
    inferring.kind = TaskKind[task];
    inferring.keepsOutputs = keepsOutputs ? 1 : 0;
    inferring.inputForm = usesSparse(this.inputPath, nonZeros, rows * this.spec.inputs)
      ? InputForm.sparse
      : InputForm.dense;
    this.runner.runNow(inferring);
  }
}
