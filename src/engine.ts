// One network in memory: its arena, learning from samples and inference. Everything here trusts its arguments: `network.ts`
// checks them.

import { CHUNK_ROWS } from "./abi.js";
import type { Dataset } from "./dataset.js";
import { processors } from "./host.js";
import {
  type Build,
  bindKernels,
  compileKernels,
  createMemory,
  createSharedMemory,
  growMemory,
  isPairing,
  type KernelModule,
  type Kernels,
  type Memory,
  simdFeatures,
} from "./kernels.js";
import { Field, type Pass, Task } from "./pass.js";
import {
  type LayerPlan,
  type Needs,
  type Plan,
  padded,
  panelIndex,
  planArena,
  type RowsPlan,
  type Tensor,
  tensorFloats,
} from "./plan.js";
import { ascending } from "./random.js";
import { Runner, type Threads } from "./runner.js";
import { type LayerSpec, type NetworkSpec, outputUnits, parameterCount } from "./spec.js";
import { canHaveThreads, MOST_THREADS } from "./threads.js";

/** Samples as they came: whole, or a piece of them. */
export type Samples = Pick<Dataset, "count" | "inputs" | "sampleSize" | "labels" | "targets" | "targetSize">;

/** What tells how samples lie in memory. */
type Kind = Pick<Samples, "inputs" | "labels" | "targets">;
const FLOATS: Kind = { inputs: new Float32Array(0), labels: undefined, targets: undefined };

/** Whether outputs are wanted, or losses. */
type Inference = "predict" | "evaluate";

/** The first row of each piece of an inference, and how many rows. */
export type Pieces = Generator<[from: number, rows: number]>;

/**
 * A batch of at most this many samples learns straight into the weights. In a larger one each sample's share of the step is
 * so small against the weight that float32 would lose much of it, so the gradient is summed on its own first.
 */
const DIRECT_ROWS = 256;

export interface EngineFeatures {
  simd: boolean;
  relaxedSimd: boolean;
  /** The most threads that "auto" takes. */
  threads: number;
  /** Whether V8 is known to run pairs of vectors as one. */
  turbo: boolean;
}

/** What this JavaScript engine and machine have. */
export function engineFeatures(): EngineFeatures {
  return { ...simdFeatures(), threads: canHaveThreads() ? mostThreads() : 1, turbo: isPairing() };
}

function mostThreads(): number {
  return Math.min(processors(), MOST_THREADS);
}

/** Share of non-zero inputs up to which a batch is taken as lists: where both products together cost the same either way. */
const MOST_LISTED = 0.5;

/** Multiply-adds of a batch, zero inputs left out, that each thread must have to do for one more to pay. */
const LEAST_THREAD_WORK = 600_000;

/** Multiply-adds of an inference from which on threads are started for the next of its kind, or asked if they run. */
const START_WORK = 500e6;
const ASK_WORK = 30e6;

/** Gives others a turn if it is time: a promise then. */
export type Breathe = () => Promise<void> | undefined;
const keepOn: Breathe = () => undefined;

/** Places in `Engine.totals`. */
export const LOSS = 0;
export const CORRECT = 1;

/** How inputs are taken: by what is measured to be faster, or always the one way. The results are the same. */
export type InputPath = "auto" | "dense" | "lists";

export class Engine {
  /** Addresses of everything; another object after `bind`. */
  plan: Plan;
  /** Sums since the caller last cleared them: of row losses, and of rows classified right. */
  readonly totals = new Float64Array(2);
  inputPath: InputPath = "auto";
  /** Whether a step adds up a gradient. */
  private usesGradients = false;
  /** Whether samples are laid out for training, which no inference may move. */
  private isBound = false;
  private readonly runner: Runner;
  private floats: Float32Array;
  private words: Uint32Array;
  private losses: Float64Array;

  private constructor(
    readonly spec: NetworkSpec,
    readonly build: Build,
    private readonly memory: Memory,
    module: KernelModule,
    private readonly kernels: Kernels,
    /** Threads that may take part; 1 where there can be no more. */
    readonly threads: Threads,
    needs: Needs,
  ) {
    this.plan = planArena(spec, needs);
    this.runner = new Runner({ spec, memory, module, kernels }, threads, this.plan);
    this.floats = new Float32Array(memory.buffer);
    this.words = new Uint32Array(memory.buffer);
    this.losses = this.lossView();
  }

  static async create(spec: NetworkSpec, build: Build, threads: Threads = 1): Promise<Engine> {
    const needs = { batch: 1, samples: 0, inputBytes: 0, targetBytes: 0, threads: 1 };
    const bytes = planArena(spec, needs).end;
    const shared = threads !== 1 && canHaveThreads() ? createSharedMemory(bytes) : undefined;
    const memory = shared ?? createMemory(bytes);
    const module = await compileKernels(build, shared !== undefined);
    const kernels = bindKernels(module, memory);
    return new Engine(spec, build, memory, module, kernels, shared ? threads : 1, needs);
  }

  /** Ends the helping threads at once. */
  dispose(): void {
    this.runner.dispose();
  }

  // --- memory ---

  /** Lays the arena out for batches of `batch` samples of `samples`, and copies them and an ascending order into it. */
  bind(samples: Samples, batch: number): Uint32Array {
    const { inputs, sampleSize, count } = samples;
    const targetBytes = samples.labels ? 4 : samples.targetSize * 4;
    const inputBytes = sampleSize * inputs.BYTES_PER_ELEMENT;
    const needs = { batch, samples: count, inputBytes, targetBytes, threads: 1 };
    this.arrange(needs);
    this.copySamples(samples, 0, count, this.plan.data);
    this.countNonZero(inputs instanceof Uint8Array, this.plan.nonZeros, this.plan.data.rows, count);
    // How many threads pay is known only now; the samples stay where they are.
    const threads = this.threadsFor(batch, count);
    if (threads > 1) this.arrange({ ...needs, threads });
    this.isBound = true;
    const order = new Uint32Array(this.memory.buffer, this.plan.order, count);
    order.set(ascending(count));
    return order;
  }

  private arrange(needs: Needs): void {
    const plan = planArena(this.spec, needs);
    growMemory(this.memory, plan.end);
    this.plan = plan;
    this.floats = new Float32Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
    this.losses = this.lossView();
    this.runner.arrange(plan);
  }

  private lossView(): Float64Array {
    return new Float64Array(this.memory.buffer, this.plan.losses, this.plan.capacity);
  }

  /** Copies samples `from` to `to` to where the plan keeps such rows. */
  private copySamples(samples: Samples, from: number, to: number, at: RowsPlan): void {
    const { inputs, sampleSize, labels, targets, targetSize } = samples;
    const rows = inputs.subarray(from * sampleSize, to * sampleSize);
    if (rows instanceof Uint8Array) new Uint8Array(this.memory.buffer, at.rows, rows.length).set(rows);
    else new Float32Array(this.memory.buffer, at.rows, rows.length).set(rows);
    if (labels) new Uint32Array(this.memory.buffer, at.targets, to - from).set(labels.subarray(from, to));
    else if (targets) this.floats.set(targets.subarray(from * targetSize, to * targetSize), at.targets / 4);
  }

  private countNonZero(isBytes: boolean, counts: number, rows: number, count: number): void {
    if (isBytes) this.kernels.countNonZeroU8(counts, rows, count, this.spec.inputs);
    else this.kernels.countNonZeroF32(counts, rows, count, this.spec.inputs);
  }

  /** A tensor's values in row-major order, copied; `offset` leads from parameters to their gradients. */
  readTensor(tensor: Tensor, offset = 0): Float32Array<ArrayBuffer> {
    const at = (tensor.address + offset) / 4;
    const values = new Float32Array(tensorFloats(tensor));
    for (let i = 0; i < values.length; i++) values[i] = this.floats[at + panelIndex(tensor, i)] as number;
    return values;
  }

  /** Sets a tensor from row-major values. −0 becomes 0, which the sparse path's skipping of zeros relies on. */
  writeTensor(tensor: Tensor, values: Float32Array): void {
    const at = tensor.address / 4;
    for (let i = 0; i < values.length; i++) this.floats[at + panelIndex(tensor, i)] = (values[i] as number) + 0;
  }

  /** Whether no parameter has overflowed. */
  hasFiniteParameters(): boolean {
    const { floats } = this;
    const { params, paramFloats } = this.plan;
    for (let i = params / 4; i < params / 4 + paramFloats; i++) if (!Number.isFinite(floats[i])) return false;
    return true;
  }

  // --- threads ---

  /** How many threads take part in steps of `batch` of the `count` bound samples. */
  private threadsFor(batch: number, count: number): number {
    const { threads, spec } = this;
    if (threads !== "auto") return threads;
    const first = this.plan.nonZeros / 4;
    let nonZeros = 0;
    for (let i = 0; i < count; i++) nonZeros += this.words[first + i] as number;
    const skipped = (spec.inputs - nonZeros / count) * (spec.layers[0] as LayerSpec).units;
    const paying = Math.floor((Math.min(batch, CHUNK_ROWS) * (parameterCount(spec) - skipped)) / LEAST_THREAD_WORK);
    return Math.max(1, Math.min(mostThreads(), paying));
  }

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
   * One step of gradient descent on `count` bound samples from position `from`: P − rate·∇C. Adds to `totals`. A promise
   * where it is not done at once. A large batch calls `breathe` on its way; where that throws, nothing was changed.
   */
  step(samples: Samples, from: number, count: number, rate: number, breathe: Breathe = keepOn): void | Promise<void> {
    if (count > DIRECT_ROWS) return this.longStep(samples, from, count, rate, breathe);
    const pass = this.runner.choose();
    if (pass instanceof Promise) return pass.then(() => this.step(samples, from, count, rate, breathe));
    this.describeLearning(pass, samples, this.plan.data, from, count, -rate / count, 0);
    const late = this.runner.executeTimed(pass, count);
    if (late) return late.then(() => this.addTotals(pass, samples, count));
    this.addTotals(pass, samples, count);
  }

  private async longStep(samples: Samples, from: number, count: number, rate: number, breathe: Breathe): Promise<void> {
    const { params, grads, data } = this.plan;
    const { runner } = this;
    this.usesGradients = true;
    try {
      await runner.order(Task.clear, rate);
      for (let done = 0; done < count; done += CHUNK_ROWS) {
        const rows = Math.min(CHUNK_ROWS, count - done);
        const pass = await runner.choose();
        this.describeLearning(pass, samples, data, from + done, rows, 1 / count, grads - params);
        await runner.executeTimed(pass, rows);
        this.addTotals(pass, samples, rows);
        await runner.settle();
        await breathe();
      }
      await runner.order(Task.descend, rate);
    } finally {
      this.usesGradients = false;
    }
  }

  private describeLearning(
    pass: Pass,
    samples: Samples,
    at: RowsPlan,
    from: number,
    count: number,
    scale: number,
    offset: number,
  ): void {
    const isBound = at === this.plan.data;
    const { order, nonZeros } = this.plan;
    this.describe(pass, samples, at, isBound ? order + from * 4 : 0, count);
    pass.command[Field.task] = Task.learn;
    pass.command[Field.lists] = isBound && this.takesLists(order / 4 + from, nonZeros / 4, count) ? 1 : 0;
    pass.command[Field.scale] = scale;
    pass.command[Field.offset] = offset;
  }

  private describe(pass: Pass, samples: Kind, at: RowsPlan, order: number, count: number): void {
    const { command } = pass;
    command[Field.rows] = at.rows;
    command[Field.targets] = at.targets;
    command[Field.order] = order;
    command[Field.count] = count;
    command[Field.bytes] = samples.inputs instanceof Uint8Array ? 1 : 0;
    command[Field.targetKind] = samples.labels ? 1 : samples.targets ? 2 : 0;
  }

  /** Whether a batch has so many zeros that lists pay. `order` and `nonZeros` are places among the words. */
  private takesLists(order: number, nonZeros: number, count: number): boolean {
    const { words } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += words[nonZeros + (words[order + i] as number)] as number;
    return this.listsPay(sum, count);
  }

  private addTotals(pass: Pass, samples: Samples, rows: number): void {
    this.totals[LOSS] = this.sumLosses(rows, this.totals[LOSS] as number);
    if (samples.labels) this.totals[CORRECT] = (this.totals[CORRECT] as number) + pass.correct;
  }

  /** `sum` and the losses of the last batch's or piece's first `rows` rows. */
  sumLosses(rows: number, sum: number): number {
    for (let i = 0; i < rows; i++) sum += this.losses[i] as number;
    return sum;
  }

  /** The summed loss of `samples`; leaves their mean gradient in the gradient block, `offset` bytes past the parameters. */
  gradient(samples: Samples): { loss: number; offset: number } {
    this.runner.checkNotLate();
    if (this.usesGradients) throw new Error("the gradient is in use by a training step: ask again after it");
    const { params, grads, paramFloats, stage, stageRows } = this.plan;
    this.floats.fill(0, grads / 4, grads / 4 + paramFloats);
    let loss = 0;
    for (let from = 0; from < samples.count; from += stageRows) {
      const rows = Math.min(stageRows, samples.count - from);
      this.copySamples(samples, from, from + rows, stage);
      this.runner.doAlone((pass) => {
        this.describeLearning(pass, samples, stage, 0, rows, 1 / samples.count, grads - params);
      });
      loss = this.sumLosses(rows, loss);
    }
    return { loss, offset: grads - params };
  }

  // --- inference ---

  /**
   * Runs `samples` through the network in pieces of at most `plan.stageRows`. Gives the first row of each and how many while
   * its results are in memory: outputs, or losses.
   */
  infer(samples: Samples, task: Inference): Pieces {
    return this.inferPieces(samples.count, samples, task, (from, rows) => {
      this.copySamples(samples, from, from + rows, this.plan.stage);
    });
  }

  /** The same for inputs that `fill` writes where they are wanted, `[rows][inputs]` floats. */
  inferFilled(count: number, fill: (view: Float32Array, first: number) => void): Pieces {
    return this.inferPieces(count, FLOATS, "predict", (from, rows) => {
      fill(new Float32Array(this.memory.buffer, this.plan.stage.rows, rows * this.spec.inputs), from);
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
    const work = count * parameterCount(this.spec);
    const { runner } = this;
    if (this.threads === 1 || runner.isOpen || this.isBound || work < ASK_WORK) return false;
    const threads = this.threads === "auto" ? mostThreads() : this.threads;
    if (threads === 1 || !runner.isReady(threads, work >= START_WORK)) return false;
    this.arrange({ batch: 1, samples: 0, inputBytes: 0, targetBytes: 0, threads });
    runner.join();
    return true;
  }

  private inferStaged(samples: Kind, rows: number, task: Inference): void {
    const { stage, labels } = this.plan;
    const lists = this.stagedTakesLists(samples.inputs instanceof Uint8Array, labels, rows) ? 1 : 0;
    this.runner.insist((pass) => {
      this.describe(pass, samples, stage, 0, rows);
      pass.command[Field.task] = Task[task];
      pass.command[Field.lists] = lists;
    });
  }

  private stagedTakesLists(isBytes: boolean, counts: number, rows: number): boolean {
    // Their place is not used yet: the labels come after.
    this.countNonZero(isBytes, counts, this.plan.stage.rows, rows);
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += this.words[counts / 4 + i] as number;
    return this.listsPay(sum, rows);
  }

  /** Whether `rows` samples with so many inputs that are not zero are faster as lists. */
  private listsPay(nonZeros: number, rows: number): boolean {
    if (this.inputPath !== "auto") return this.inputPath === "lists";
    return nonZeros <= MOST_LISTED * rows * this.spec.inputs;
  }

  /** Where row `row` of the last piece has its largest output. */
  label(row: number): number {
    return this.words[this.plan.labels / 4 + row] as number;
  }

  /** Copies the outputs of the last piece's first `rows` rows, `[rows][units]`, into `out` at `at`. */
  copyOutputs(rows: number, out: Float32Array, at: number): void {
    const { activations } = this.plan.layers[this.plan.layers.length - 1] as LayerPlan;
    const units = outputUnits(this.spec);
    for (let row = 0, from = activations / 4; row < rows; row++, from += padded(units)) {
      for (let unit = 0; unit < units; unit++) out[at++] = this.floats[from + unit] as number;
    }
  }
}
