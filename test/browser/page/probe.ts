// Measures how responsive a page's main thread is while other work runs.

export interface Responsiveness {
  /** Milliseconds of the longest task; 0 if none reached the 50 ms from which browsers report it. Only Chromium does. */
  longestTask: number;
  /** Milliseconds between two turns of the event loop: the longest, and the time-weighted 90th percentile. */
  longestGap: number;
  typicalGap: number;
  /** Number of turns measured. */
  turns: number;
}

/** Calls `tick` in repeated turns of the event loop until `stop`. */
type Ticker = (tick: () => void) => { stop(): void };

/** By a timer, which leaves the processor to other threads. */
export const byTimer: Ticker = (tick) => {
  const timer = setInterval(tick, 4);
  return { stop: () => clearInterval(timer) };
};

/** By messages to itself, which measure every turn but keep one processor busy. */
export const byMessages: Ticker = (tick) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    tick();
    port2.postMessage(undefined);
  };
  port2.postMessage(undefined);
  return { stop: () => port1.close() };
};

/** Runs `run`; returns its result and the responsiveness of the main thread meanwhile. */
export async function watch<T>(ticker: Ticker, run: () => Promise<T>): Promise<[T, Responsiveness]> {
  const tasks: number[] = [0];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  if (PerformanceObserver.supportedEntryTypes.includes("longtask")) observer.observe({ type: "longtask" });
  const gaps: number[] = [];
  let last = performance.now();
  const { stop } = ticker(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  });
  try {
    const result = await run();
    // Long tasks are reported some time after they end.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [result, responsiveness(tasks, gaps)];
  } finally {
    stop();
    observer.disconnect();
  }
}

function responsiveness(tasks: number[], gaps: number[]): Responsiveness {
  const sorted = gaps.sort((a, b) => a - b);
  const all = sorted.reduce((sum, gap) => sum + gap, 0);
  // Weighted by duration: between two long gaps there are many short ones, which would hide them.
  let passed = 0;
  const typicalGap = sorted.find((gap) => {
    passed += gap;
    return passed >= 0.9 * all;
  });
  return {
    longestTask: Math.max(...tasks),
    longestGap: sorted.at(-1) ?? Infinity,
    typicalGap: typicalGap ?? Infinity,
    turns: sorted.length,
  };
}
