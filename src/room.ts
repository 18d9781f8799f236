// The memory of one network over time: a small one that cannot grow while it only answers, where an engine reserves less for it; one that
// grows, and that threads can share where some are wanted, for a training; and a small one again.

import type { Build } from "./kernels/features.js";
import { checkSize, createMemory, createSharedMemory, type Memory } from "./kernels/memory.js";
import { bindKernels, compileKernels, type KernelModule } from "./kernels/modules.js";
import type { Arena } from "./memory/arena.js";
import { type Needs, planArena } from "./memory/plan.js";
import type { NetworkSpec } from "./spec.js";
import type { Runner } from "./threads/runner.js";

/** What a network needs that only answers. */
export const ANSWERING: Needs = { batch: 1, samples: 0, inputBytes: 0, targetBytes: 0, threads: 1 };
/**
 * Bytes that a network keeps after a training, although it needs them no more. A next training like it is faster by that: to fetch 47 MB
 * again, for 60,000 images of bytes, took as long as an epoch of a small network.
 */
const MOST_SPARE = 2 ** 26;

export class Room {
  private grows = false;
  private isShared = false;
  /** The kernels for a memory that is shared, once they are wanted. */
  private sharedModule: KernelModule | undefined;

  /** `arena` and `runner` are on a memory that cannot grow, by the kernels of `module`. */
  constructor(
    private readonly spec: NetworkSpec,
    private readonly build: Build,
    private readonly module: KernelModule,
    private readonly arena: Arena,
    private readonly runner: Runner,
  ) {}

  /** Takes a memory that can grow to what is needed, and gives the needs with as many threads as can share it. */
  async make(needs: Needs): Promise<Needs> {
    checkSize(planArena(this.spec, needs).end);
    if (needs.threads > 1) {
      await this.compileShared();
      if (this.share()) return needs;
    }
    if (!this.grows) this.move(createMemory(this.leastBytes), this.module);
    this.grows = true;
    return { ...needs, threads: 1 };
  }

  /** Moves to a memory that threads can share, if the engine grants one and has compiled kernels for it. */
  share(): boolean {
    if (this.isShared) return true;
    const memory = this.sharedModule && createSharedMemory(this.leastBytes);
    if (!memory) return false;
    this.move(memory, this.sharedModule as KernelModule);
    this.isShared = true;
    this.grows = true;
    return true;
  }

  /** Compiles the kernels that `share` needs. A failure is told by the training that needs them. */
  prepareSharing(): void {
    void this.compileShared().catch(() => {});
  }

  private async compileShared(): Promise<void> {
    this.sharedModule ??= await compileKernels(this.build, true);
  }

  /** Moves to a small memory, if this one is much larger than what answers need, or a lost thread may still write into it. */
  giveBack(): void {
    if (!this.runner.hasStray && this.arena.bytes - this.leastBytes <= MOST_SPARE) return;
    try {
      this.move(createMemory(this.leastBytes, false), this.module);
      this.grows = false;
      this.isShared = false;
    } catch {
      // The engine has no room for it beside the one that there is, which then stays.
    }
  }

  /** Bytes of a network that only answers. */
  private get leastBytes(): number {
    return planArena(this.spec, ANSWERING).end;
  }

  private move(memory: Memory, module: KernelModule): void {
    const kernels = bindKernels(module, memory);
    this.arena.move(memory, kernels, ANSWERING);
    this.runner.move({ memory, module, kernels }, this.arena.plan);
  }
}
