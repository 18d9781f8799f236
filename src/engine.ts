// One network in memory: its arena, learning from samples and inference. Everything here trusts its arguments: `network.ts`
// checks them.

import { CHUNK_ROWS, ENTRY_BYTES, SPAN_BYTES } from "./abi.js";
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
import { Field, Lists, listRows, type Pass, Task } from "./pass.js";
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
/** Bytes of the lists of all samples, against those of the samples, up to which they are kept instead. */
const MOST_KEPT = 2;

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

/**
 * How inputs are taken: by what is measured to be faster; or always as they are, by lists made of each batch, or by lists made
 * before training. The results are the same.
 */
export type InputPath = "auto" | "dense" | "lists" | "keptLists";

export class Engine {
  /** Addresses of everything; another object after `bind`. */
  plan: Plan;
  /** Sums since the caller last cleared them: of row losses, and of rows classified right. */
  readonly totals = new Float64Array(2);
  inputPath: InputPath = "auto";
  /** Whether a step adds up a gradient. */
  private usesGradients = false;
  /** Whether what is bound are lists of the samples. */
  private keepsLists = false;
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
    const { inputs, count } = samples;
    let nonZeros = 0;
    for (const [, rows] of this.staged(samples)) nonZeros += this.countStaged(inputs, rows);
    this.keepsLists = this.listsAreToBeKept(inputs, nonZeros);
    this.arrange({
      batch,
      samples: count,
      inputBytes: this.keepsLists ? nonZeros * ENTRY_BYTES : inputs.byteLength,
      targetBytes: samples.labels ? 4 : samples.targetSize * 4,
      threads: this.threadsFor(batch, nonZeros / count),
    });
    const { data, index } = this.plan;
    if (this.keepsLists) this.listSamples(samples);
    else {
      this.copyInputs(samples, 0, count, data.rows);
      this.countNonZero(inputs, index, data.rows, count);
    }
    this.copyTargets(samples, 0, count, data.targets);
    this.isBound = true;
    const order = new Uint32Array(this.memory.buffer, this.plan.order, count);
    order.set(ascending(count));
    return order;
  }

  /** Whether training is to find lists of all its samples ready made, rather than make those of each batch. */
  private listsAreToBeKept(inputs: Uint8Array | Float32Array, nonZeros: number): boolean {
    if (this.inputPath !== "auto") return this.inputPath === "keptLists";
    return this.listsPay(nonZeros, inputs.length) && nonZeros * ENTRY_BYTES <= MOST_KEPT * inputs.byteLength;
  }

  private listSamples(samples: Samples): void {
    const { kernels, spec } = this;
    const { data, index, stage } = this.plan;
    const isBytes = samples.inputs instanceof Uint8Array;
    let lists = data.rows;
    for (const [from, rows] of this.staged(samples)) {
      const spans = index + from * SPAN_BYTES;
      listRows(kernels, spec, isBytes, lists, spans, stage.rows, 0, rows);
      lists = this.words[(spans + rows * SPAN_BYTES) / 4 - 1] as number;
    }
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

  /** Copies the inputs of samples, as many as the stage holds at a time: gives the first of them and how many. */
  private *staged(samples: Samples): Pieces {
    const { stage, stageRows } = this.plan;
    for (let from = 0; from < samples.count; from += stageRows) {
      const rows = Math.min(stageRows, samples.count - from);
      this.copyInputs(samples, from, from + rows, stage.rows);
      yield [from, rows];
    }
  }

  /** Copies the inputs of samples `from` to `to`, as they came. */
  private copyInputs({ inputs, sampleSize }: Samples, from: number, to: number, address: number): void {
    const rows = inputs.subarray(from * sampleSize, to * sampleSize);
    if (rows instanceof Uint8Array) new Uint8Array(this.memory.buffer, address, rows.length).set(rows);
    else new Float32Array(this.memory.buffer, address, rows.length).set(rows);
  }

  private copyTargets({ labels, targets, targetSize }: Samples, from: number, to: number, address: number): void {
    if (labels) new Uint32Array(this.memory.buffer, address, to - from).set(labels.subarray(from, to));
    else if (targets) this.floats.set(targets.subarray(from * targetSize, to * targetSize), address / 4);
  }

  private countNonZero(inputs: Samples["inputs"], counts: number, rows: number, count: number): void {
    if (inputs instanceof Uint8Array) this.kernels.countNonZeroU8(counts, rows, count, this.spec.inputs);
    else this.kernels.countNonZeroF32(counts, rows, count, this.spec.inputs);
  }

  /** Non-zero inputs of the stage's first `rows` rows, of the kind of `inputs`. */
  private countStaged(inputs: Samples["inputs"], rows: number): number {
    const { stage, labels } = this.plan;
    // The place of the labels is not used yet: they come after.
    this.countNonZero(inputs, labels, stage.rows, rows);
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += this.words[labels / 4 + i] as number;
    return sum;
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

  /** How many threads take part in steps of `batch` samples with so many non-zero inputs each. */
  private threadsFor(batch: number, nonZeros: number): number {
    const { threads, spec } = this;
    if (threads !== "auto") return threads;
    const skipped = (spec.inputs - nonZeros) * (spec.layers[0] as LayerSpec).units;
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
    this.describeLearning(pass, samples, this.plan.data, from, count);
    pass.command[Field.scale] = -rate / count;
    pass.command[Field.offset] = 0;
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
        this.describeLearning(pass, samples, data, from + done, rows);
        pass.command[Field.scale] = 1 / count;
        pass.command[Field.offset] = grads - params;
        await runner.executeWhole(pass, rows);
        this.addTotals(pass, samples, rows);
        await breathe();
      }
      await runner.order(Task.descend, rate);
    } finally {
      this.usesGradients = false;
    }
  }

  /** All of the command but what is to become of the gradient: fractions that are handed on make garbage. */
  private describeLearning(pass: Pass, samples: Samples, at: RowsPlan, from: number, count: number): void {
    const isBound = at === this.plan.data;
    const order = isBound ? this.plan.order + from * 4 : 0;
    this.describe(pass, samples, at, order, count);
    pass.command[Field.task] = Task.learn;
    pass.command[Field.lists] = isBound ? this.boundLists(order, count) : Lists.none;
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

  /** How the batch of bound samples whose order is at `order` is taken. */
  private boundLists(order: number, count: number): number {
    if (this.keepsLists) return Lists.kept;
    const { words } = this;
    const [first, index] = [order / 4, this.plan.index / 4];
    let sum = 0;
    for (let i = 0; i < count; i++) sum += words[index + (words[first + i] as number)] as number;
    return this.listsPay(sum, count * this.spec.inputs) ? Lists.made : Lists.none;
  }

  private addTotals(pass: Pass, samples: Samples, rows: number): void {
    this.addLosses(rows, this.totals);
    if (samples.labels) this.totals[CORRECT] = (this.totals[CORRECT] as number) + pass.correct;
  }

  /** Adds the losses of the last batch's or piece's first `rows` rows to `sums[LOSS]`. A sum that is returned makes garbage. */
  addLosses(rows: number, sums: Float64Array): void {
    let sum = sums[LOSS] as number;
    for (let i = 0; i < rows; i++) sum += this.losses[i] as number;
    sums[LOSS] = sum;
  }

  /** The summed loss of `samples`; leaves their mean gradient in the gradient block, `offset` bytes past the parameters. */
  gradient(samples: Samples): { loss: number; offset: number } {
    this.runner.checkNotLate();
    if (this.usesGradients) throw new Error("the gradient is in use by a training step: ask again after it");
    const { params, grads, paramFloats, stage } = this.plan;
    this.floats.fill(0, grads / 4, grads / 4 + paramFloats);
    const sums = new Float64Array(1);
    for (const [from, rows] of this.staged(samples)) {
      this.copyTargets(samples, from, from + rows, stage.targets);
      this.runner.doAlone((pass) => {
        this.describeLearning(pass, samples, stage, 0, rows);
        pass.command[Field.scale] = 1 / samples.count;
        pass.command[Field.offset] = grads - params;
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
      this.copyInputs(samples, from, from + rows, stage.rows);
      this.copyTargets(samples, from, from + rows, stage.targets);
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
    const { stage } = this.plan;
    const nonZeros = this.countStaged(samples.inputs, rows);
    const lists = this.listsPay(nonZeros, rows * this.spec.inputs) ? Lists.made : Lists.none;
    this.runner.insist((pass) => {
      this.describe(pass, samples, stage, 0, rows);
      pass.command[Field.task] = Task[task];
      pass.command[Field.lists] = lists;
    });
  }

  /** Whether inputs of which so many are not zero are faster as lists. */
  private listsPay(nonZeros: number, inputs: number): boolean {
    if (this.inputPath !== "auto") return this.inputPath !== "dense";
    return nonZeros <= MOST_LISTED * inputs;
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
