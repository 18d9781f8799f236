// How free a page's main thread is while something is at work.

export interface Freedom {
  /** Milliseconds of the longest task; 0 if none took 50, which is when a browser tells. Only Chromium tells at all. */
  longestTask: number;
  /** Milliseconds between two turns of the event loop: the longest, and within which 9 in 10 moments fall. */
  longestGap: number;
  usualGap: number;
  /** Turns that were seen. */
  turns: number;
}

/** Calls back again and again, as soon as the event loop comes to it; `stop` ends that. */
type Ticker = (tick: () => void) => { stop(): void };

/** A timer, which leaves the processor to others. */
export const byTimer: Ticker = (tick) => {
  const timer = setInterval(tick, 4);
  return { stop: () => clearInterval(timer) };
};

/** Messages to itself, which see every turn, and keep a processor busy. */
export const byMessages: Ticker = (tick) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    tick();
    port2.postMessage(undefined);
  };
  port2.postMessage(undefined);
  return { stop: () => port1.close() };
};

/** What `run` gives, and how free the main thread was meanwhile. */
export async function watch<T>(ticker: Ticker, run: () => Promise<T>): Promise<[T, Freedom]> {
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
    // Entries come some time after their task.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [result, freedom(tasks, gaps)];
  } finally {
    stop();
    observer.disconnect();
  }
}

function freedom(tasks: number[], gaps: number[]): Freedom {
  const sorted = gaps.sort((a, b) => a - b);
  const all = sorted.reduce((sum, gap) => sum + gap, 0);
  // A gap of twice the time counts twice: many short turns come between two long ones.
  let passed = 0;
  const usualGap = sorted.find((gap) => {
    passed += gap;
    return passed >= 0.9 * all;
  });
  return {
    longestTask: Math.max(...tasks),
    longestGap: sorted.at(-1) ?? Infinity,
    usualGap: usualGap ?? Infinity,
    turns: sorted.length,
  };
}
