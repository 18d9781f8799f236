// wasmlp: everything that works in every JavaScript engine.

export * from "./common.js";
export { type EngineFeatures, engineFeatures } from "./features.js";
export { Network } from "./network.js";
