import { env } from "node:process";
import { defineConfig } from "vitest/config";

/** Tests that start browsers and measure times: they run one at a time, after all others. */
const BROWSER_TESTS = ["test/browser/*.test.ts", "test/page/*.test.ts"];
/** Milliseconds; generous, because the slowest machine decides. */
const TIMEOUTS = { testTimeout: 60_000, hookTimeout: 60_000 };

/** Options of Node for the processes that run tests. vitest does not pass those of its own command line to projects. */
const execArgv = env.WASMLP_NODE_OPTIONS?.split(" ") ?? [];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...{ name: "node", include: ["test/**/*.test.ts"], exclude: BROWSER_TESTS },
          // With two processors, vitest would leave one idle by default.
          ...{ ...TIMEOUTS, execArgv, maxWorkers: "100%", sequence: { groupOrder: 0 } },
        },
      },
      {
        test: {
          ...{ name: "browser", include: BROWSER_TESTS, fileParallelism: false },
          ...{ ...TIMEOUTS, sequence: { groupOrder: 1 } },
        },
      },
    ],
  },
});
