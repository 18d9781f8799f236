// Which seats run a task, what waits for late threads, and which durations count, with the barrier's answers made up.

import { expect, it, vi } from "vitest";
import { chooseBuild } from "../../src/kernels/features.js";
import { createSharedMemory } from "../../src/kernels/memory.js";
import { bindKernels, compileKernels } from "../../src/kernels/modules.js";
import { newTask, TaskKind } from "../../src/memory/command.js";
import { planArena } from "../../src/memory/plan.js";
import { checkSpec } from "../../src/spec.js";
import { Runner } from "../../src/threads/runner.js";
import { Team } from "../../src/threads/team.js";
import { layersOf } from "../support/networks.js";

const MET = 0;
const TIMED_OUT = 1;

/** A runner whose only other thread is the barrier: it answers what `answers` holds, and then that all have met. */
async function openRunner(answers: number[]): Promise<{ runner: Runner; add: ReturnType<typeof vi.fn> }> {
  const spec = checkSpec({ inputs: 4, layers: layersOf([4, 2], "tanh", "linear"), loss: "quadratic" }, "spec");
  const plan = planArena(spec, { batch: 8, samples: 8, inputBytes: 128, targetBytes: 8, threads: 2 });
  const memory = createSharedMemory(plan.end) as NonNullable<ReturnType<typeof createSharedMemory>>;
  const build = chooseBuild(true);
  const module = await compileKernels(build, true);
  const answer = () => answers.shift() ?? MET;
  const kernels = { ...bindKernels(module, memory), meet: answer, awaitMeeting: answer, breakBarrier: () => {} };
  vi.spyOn(Team.prototype, "whenStarted").mockResolvedValue(true);
  vi.spyOn(Team.prototype, "requestJoin").mockImplementation(() => {});
  const runner = new Runner({ spec, memory, module, kernels }, "auto", plan);
  await runner.open();
  const add = vi.fn();
  (runner as unknown as { choice: { add: typeof add } }).choice.add = add;
  return { runner, add };
}

function othersWork(runner: Runner): boolean {
  return (runner as unknown as { othersWork: boolean }).othersWork;
}

it("waits until all threads are done after a task that settles, also where one was late", async () => {
  for (const answers of [[], [TIMED_OUT], [TIMED_OUT, TIMED_OUT], [MET, TIMED_OUT]]) {
    const { runner, add } = await openRunner([...answers]);
    const task = { ...newTask(), kind: TaskKind.wait, count: 8 };
    await runner.run(task, true);
    expect(othersWork(runner)).toBe(false);
    expect(add).toHaveBeenCalledTimes(1);
    expect(add.mock.calls[0]?.[0]).toBe(8);
    runner.dispose();
  }
});

it("leaves other threads at work after a task that does not settle", async () => {
  const { runner, add } = await openRunner([]);
  await runner.run({ ...newTask(), kind: TaskKind.wait, count: 8 });
  expect(othersWork(runner)).toBe(true);
  expect(add).toHaveBeenCalledTimes(1);
  runner.dispose();
});

it("counts no duration of a task without samples, which would be divided by", async () => {
  const { runner, add } = await openRunner([TIMED_OUT]);
  await runner.run({ ...newTask(), kind: TaskKind.wait, count: 0 }, true);
  await runner.run({ ...newTask(), kind: TaskKind.wait, count: 0 });
  expect(add).not.toHaveBeenCalled();
  runner.dispose();
});
