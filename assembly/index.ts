// The whole interface between the two halves: pure functions of addresses and sizes, over memory that the host owns.

export { activate, dActivate, exp } from "./activation";
export { gatherF32, gatherLabels, gatherU8 } from "./batch";
export { accumulateGradient, denseForward, denseInputGradient } from "./dense";
export { countCorrect, sigmoidCrossEntropy, softmaxCrossEntropy, squaredError } from "./loss";
export { sgd } from "./optimizer";
