// Node's workers, observed or replaced: the library uses the class in this object.

import { createRequire } from "node:module";

/** The object that `process.getBuiltinModule` gives. */
export const workers = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");

const { Worker } = workers;
export type NodeWorker = InstanceType<typeof Worker>;

/** Returns a list that gets every worker started from now on, until `restoreWorkers`. */
export function watchWorkers(): NodeWorker[] {
  const started: NodeWorker[] = [];
  workers.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      started.push(this);
    }
  };
  return started;
}

/** Makes every new worker throw. */
export function refuseWorkers(message: string): void {
  workers.Worker = class {
    constructor() {
      throw new Error(message);
    }
  } as unknown as typeof Worker;
}

/** Makes every new worker start and send nothing. */
export function muteWorkers(): void {
  workers.Worker = class extends Worker {
    constructor(_: unknown, options: ConstructorParameters<typeof Worker>[1]) {
      super("setInterval(() => {}, 1000)", options);
    }
  } as unknown as typeof Worker;
}

export function restoreWorkers(): void {
  workers.Worker = Worker;
}
