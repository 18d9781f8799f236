// The update of the parameters by their gradient: P − r∇C and its relatives. Every thread changes its own panels of every
// layer, however the gradient was shared out.

import { NORM } from "../abi.js";
import type { ParameterRange } from "../memory/plan.js";
import type { StepContext } from "./context.js";

/** One update of this thread's parameters; the gradient is zero afterwards. */
export function updateParameters(context: StepContext): void {
  const { kernels, plan, settings, task } = context;
  for (let i = 0; i < context.ranges.length; i++) updateRange(context, context.ranges[i] as ParameterRange);
  if (task.settings[NORM] === 0) return;
  for (const { weights, inputs, panels } of plan.layers) {
    const [from, to] = context.share(panels);
    kernels.limitNorms(weights, inputs, from, to, settings);
  }
}

/** Has the optimizer's kernel change a range of parameters by its gradient. */
function updateRange({ plan, settings, update }: StepContext, { address, floats, decays }: ParameterRange): void {
  // Twins of the parameters lie one after the other.
  const twin = plan.grads - plan.params;
  const grads = address + twin;
  const [first, second] = [grads + twin, grads + 2 * twin];
  update(address, grads, first, second, floats, settings, decays);
}
