// The whole interface between the two halves: pure functions of addresses and sizes, over memory that the host owns.

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
export { countCorrect, findLargest } from "./metric";
export * from "./optimizer";
export {
  countNonZeroF32,
  countNonZeroU8,
  gatherSpans,
  listColumns,
  listRowsF32,
  listRowsU8,
  sparseForward,
  sparseGradient,
  sparseGradientRows,
} from "./sparse";
