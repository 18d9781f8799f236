// Updates limited to one per animation frame.

/** A function that schedules `task` for the next animation frame; further calls before that frame have no effect. */
export function oncePerFrame(task: () => void): () => void {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      task();
    });
  };
}
