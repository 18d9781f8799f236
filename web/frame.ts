// What is shown anew when something changes, at the pace of the screen.

/** Runs `task` in the next frame, however often it is asked for before. */
export function oncePerFrame(task: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      task();
    });
  };
}
