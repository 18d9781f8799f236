// Runs the library's own tests in browsers: every test that ran in a page is reported as a test of this file. The pages run
// while vitest collects the tests, because the names of the tests are only known afterwards.

import { describe, expect, it } from "vitest";
import { Network } from "../../src/index.js";
import { WHOLE } from "../support/whole.js";
import { trainedBytes } from "./determinism.js";
import { type BrowserName, findBrowser } from "./find.js";
import { BROWSERS, describeInBrowsers, reportMissing } from "./fixture.js";
import { launch } from "./launch.js";
import { type PageTest, runSuite, SUITE_NAMES, type SuiteName, serveSuites, trainedBytesIn } from "./suites.js";
import { wrongKernels } from "./wrong-kernels.js";

/** The debug build has the same code with more checks. */
const SUITES = SUITE_NAMES.filter((name) => WHOLE || name !== "debug kernels");

/** Runs all suites in one page. Returns the tests by suite, and the errors of the page. */
async function runSuites(name: BrowserName, program: string): Promise<[Map<SuiteName, PageTest[]>, string[]]> {
  const site = await serveSuites();
  const session = await launch(name, program);
  try {
    const page = await session.open(site.address);
    const found = new Map<SuiteName, PageTest[]>();
    for (const suite of SUITES) found.set(suite, await runSuite(page, suite));
    return [found, session.takeErrors()];
  } finally {
    await session.close();
    await site.close();
  }
}

function report({ name, state, errors }: PageTest): void {
  it.skipIf(state === "skip")(name, () => {
    expect(state, errors.join("\n\n")).toBe("pass");
  });
}

/** Both browsers run at the same time; none of these tests measures time. */
const running = BROWSERS.map((name) => {
  const program = findBrowser(name);
  return program === undefined ? undefined : runSuites(name, program);
});

for (const [i, name] of BROWSERS.entries()) {
  const run = running[i];
  if (run === undefined) {
    reportMissing(name, "the library's tests");
    continue;
  }
  describe(`in ${name}`, async () => {
    const [suites, errors] = await run;
    describe.each([...suites])("%s", (_, tests) => {
      it("has tests", () => expect(tests.length).toBeGreaterThan(0));
      tests.forEach(report);
    });

    it("has no error in the console", () => expect(errors).toEqual([]));
  });
}

describeInBrowsers("the suites", (browser) => {
  it("fail with wrong kernels", async () => {
    const site = await serveSuites();
    try {
      site.write("simd.wasm", wrongKernels());
      const tests = await runSuite(await browser().open(site.address), "simd kernels");
      const failed = tests.filter(({ state }) => state === "fail").map(({ name }) => name);
      const expected = [
        "denseForward, bit by bit",
        "sparseForward gives",
        "tanh within",
        "softmaxCrossEntropy",
        "sgd to",
      ];
      for (const part of expected) expect(failed.join("\n")).toContain(part);
    } finally {
      await site.close();
    }
  });

  it("train to the same bytes as Node with `deterministic`, depending on the seed", async () => {
    const site = await serveSuites();
    try {
      const page = await browser().open(site.address);
      expect(await trainedBytesIn(page, 1)).toEqual(await trainedBytes(Network));
      expect(await trainedBytesIn(page, 2)).not.toEqual(await trainedBytes(Network));
    } finally {
      await site.close();
    }
  });
});
