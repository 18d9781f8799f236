import { env } from "node:process";
import { defineConfig } from "vitest/config";

/** Tests that start browsers. */
const BROWSER_TESTS = ["test/browser/*.test.ts", "test/page/*.test.ts"];
const MINUTES = 60_000;
/** In milliseconds. They end what hangs; no test may depend on how fast a machine is, nor on what else it does. */
const TIMEOUTS = { testTimeout: 15 * MINUTES, hookTimeout: 15 * MINUTES };

/** Options of Node for the processes that run tests. vitest does not pass those of its own command line to projects. */
const execArgv = env.WASMLP_NODE_OPTIONS?.split(" ") ?? [];

/** What both projects have in common. With two processors, vitest would leave one idle by default. */
const COMMON = { ...TIMEOUTS, maxWorkers: "100%", expect: { poll: { timeout: 10 * MINUTES, interval: 50 } } };

export default defineConfig({
  test: {
    projects: [
      { test: { ...COMMON, name: "node", include: ["test/**/*.test.ts"], exclude: BROWSER_TESTS, execArgv } },
      { test: { ...COMMON, name: "browser", include: BROWSER_TESTS } },
    ],
  },
});
