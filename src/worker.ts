// wasmlp/worker: what `wasmlp` gives, with a network whose work is done in a worker.

export * from "./common.js";
export { Network } from "./worker/network.js";
