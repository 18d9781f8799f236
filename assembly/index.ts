// The exports of the kernels: everything that TypeScript calls. They are functions of addresses (bytes) and sizes
// (elements) over a memory that the host allocates and lays out (`src/memory/plan.ts`); they keep no state and allocate
// nothing.

export { activate, dActivate, exp } from "./activation";
export { augment } from "./augment";
export { awaitMeeting, breakBarrier, meet } from "./barrier";
export { gatherF32, gatherLabels, gatherU8 } from "./batch";
export {
  accumulateBias,
  accumulateGradient,
  denseForward,
  denseInputGradient,
} from "./dense";
export { dDropout, dropout } from "./dropout";
export * from "./loss";
export { countBinary, countCorrect, findBinary, findLargest } from "./metric";
export * from "./optimizer";
export {
  countNonZeroF32,
  countNonZeroU8,
  gatherSparseRows,
  sparseColumns,
  sparseForward,
  sparseGradient,
  sparseGradientRows,
  sparseRowsF32,
  sparseRowsU8,
} from "./sparse";
