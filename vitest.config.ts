import { env } from "node:process";
import { defineConfig } from "vitest/config";

/** They start browsers and measure them: one at a time, once the others are done. */
const BROWSER_TESTS = ["test/browser/*.test.ts", "test/page/*.test.ts"];
const PATIENCE = { testTimeout: 60_000, hookTimeout: 60_000 };

/** Options of Node for the processes that run tests; vitest hands those of its command line to no project. */
const execArgv = env.WASMLP_NODE_OPTIONS?.split(" ") ?? [];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...{ name: "node", include: ["test/**/*.test.ts"], exclude: BROWSER_TESTS },
          // Two files at a time also where there are but two processors, of which vitest would leave one idle.
          ...{ ...PATIENCE, execArgv, maxWorkers: "100%", sequence: { groupOrder: 0 } },
        },
      },
      {
        test: {
          ...{ name: "browser", include: BROWSER_TESTS, fileParallelism: false },
          ...{ ...PATIENCE, sequence: { groupOrder: 1 } },
        },
      },
    ],
  },
});
