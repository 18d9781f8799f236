// The settings of a step's kernels, besides addresses and sizes: the optimizer's, max-norm, and the keys of dropout's
// random numbers.

import { EPOCH, NORM, SEED_LOW, SETTINGS } from "../abi.js";
import { keyOf } from "../random.js";
import { type Optimizer, optimizerRow, type UpdateKernel } from "../recipe/optimizer.js";

export class StepSettings {
  /** The settings of the current step, by the places of `abi.ts`. */
  readonly values = new Float64Array(SETTINGS);
  /** Moments that the optimizer keeps of every parameter. */
  readonly slots: number;
  readonly kernel: UpdateKernel;
  /** Whether the gradient can be added straight into the parameters. */
  readonly isPlain: boolean;
  private readonly write: (step: number, rate: number) => void;

  /**
   * `maxNorm` is 0 where the weights into a unit may have any length; `seed` and the epoch that `beginEpoch` is given are what
   * dropout draws by.
   */
  constructor(
    private readonly optimizer: Optimizer,
    { maxNorm = 0, seed = 0 } = {},
  ) {
    const { values } = this;
    const row = optimizerRow(optimizer.name);
    const options = optimizer as never;
    this.slots = row.slots(options);
    this.kernel = row.kernel(options);
    this.isPlain = row.addsDirectly?.(options) === true && maxNorm === 0;
    this.write = (step, rate) => row.settings(values, options, step, rate);
    values[NORM] = maxNorm;
    values.set(keyOf(seed), SEED_LOW);
    this.prepare(1);
  }

  /** Turns to an epoch, counted from 1 over everything that the network has been trained on. */
  beginEpoch(epoch: number): void {
    this.values[EPOCH] = epoch;
  }

  /** Turns to step number `step`, from 1, at `factor` times the learning rate. */
  prepare(step: number, factor = 1): void {
    this.write(step, this.optimizer.learningRate * factor);
  }
}
