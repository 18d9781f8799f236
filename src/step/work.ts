// What each task is made of: phases that every thread runs in the same order, and the meetings between them.
//
// Everything below trusts its arguments: `network.ts` checks them, since WebAssembly does not trap on a wrong address inside
// its memory.

import { TaskKind } from "../memory/command.js";
import type { Plan } from "../memory/plan.js";
import { addGradients, countCorrect, inputGradient, outputDeltas } from "./backward.js";
import { augmentShare, gatherBatch } from "./batch.js";
import type { StepContext } from "./context.js";
import { forwardLayer } from "./forward.js";
import { inferRows } from "./infer.js";
import { updateParameters } from "./update.js";

export interface Phase {
  /** Does this thread's part; `layer` is 0 for phases that are of no layer. */
  run: (context: StepContext, layer: number) => void;
  layer: number;
  /** Whether all threads must have done it before any of them continues. */
  meets: boolean;
}

/** The phases of every task. The first one of each only meets: the others read the task after it. */
export function phasesOf(plan: Plan): Record<number, Phase[]> {
  const start = phase(() => {}, true);
  const update = phase(updateParameters, false);
  return {
    // After the second meeting all have read that they are to stop, and the memory can be used again.
    [TaskKind.stop]: [start, start],
    [TaskKind.wait]: [start],
    [TaskKind.learn]: [start, ...backpropagation(plan), phase(addGradients, false)],
    // A thread changes parameters to whose gradient others have added.
    [TaskKind.step]: [start, ...backpropagation(plan), phase(addGradients, true), update],
    [TaskKind.update]: [start, update],
    [TaskKind.predict]: [start, phase(inferRows, true)],
    [TaskKind.evaluate]: [start, phase(inferRows, true)],
  };
}

function phase(run: Phase["run"], meets: boolean, layer = 0): Phase {
  return { run, layer, meets };
}

/** From the batch to ∂C/∂z of every layer. */
function backpropagation({ layers, augment }: Plan): Phase[] {
  const last = layers.length - 1;
  const outputsAreSplit = layers[last]?.split === true;
  const phases: Phase[] = augment ? [phase(augmentShare, true)] : [];
  phases.push(phase(gatherBatch, false));
  layers.forEach((layer, i) => {
    phases.push(phase(forwardLayer, layer.split, i));
  });
  if (outputsAreSplit) phases.push(phase(countCorrect, true));
  phases.push(phase(outputDeltas, outputsAreSplit));
  for (let i = last; i > 0; i--) phases.push(phase(inputGradient, i > 1 && layers[i - 1]?.split === true, i));
  // No thread may still read weights that another is about to change.
  (phases[phases.length - 1] as Phase).meets = true;
  return phases;
}
