// The library's own tests, kernels first, in the engines of browsers: each test of a page is a test here. They have run by
// the time this file's tests are named.

import { describe, expect, it } from "vitest";
import { Network } from "../../src/index.js";
import { trainedBytes } from "./determinism.js";
import { type BrowserName, findBrowser } from "./find.js";
import { describeInBrowsers, reportMissing } from "./fixture.js";
import { launch } from "./launch.js";
import { type PageTest, runSuite, SUITE_NAMES, type SuiteName, serveSuites, trainedBytesIn } from "./suites.js";
import { wrongKernels } from "./wrong-kernels.js";

/** Runs all suites in one page; gives the tests of each, and what the page complained of. */
async function runSuites(name: BrowserName, program: string): Promise<[Map<SuiteName, PageTest[]>, string[]]> {
  const site = await serveSuites();
  const session = await launch(name, program);
  try {
    const page = await session.open(site.address);
    const found = new Map<SuiteName, PageTest[]>();
    for (const suite of SUITE_NAMES) found.set(suite, await runSuite(page, suite));
    return [found, session.takeComplaints()];
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

const NAMES = ["chromium", "firefox"] as const;

/** Both browsers at once, each on a processor of its own: nothing here is timed. */
const running = NAMES.map((name) => {
  const program = findBrowser(name);
  return program === undefined ? undefined : runSuites(name, program);
});

for (const [i, name] of NAMES.entries()) {
  const run = running[i];
  if (run === undefined) {
    reportMissing(name, "the library's tests");
    continue;
  }
  describe(`in ${name}`, async () => {
    const [suites, complaints] = await run;
    describe.each([...suites])("%s", (_, tests) => {
      it("has tests", () => expect(tests.length).toBeGreaterThan(0));
      tests.forEach(report);
    });

    it("without a complaint in the console", () => expect(complaints).toEqual([]));
  });
}

describeInBrowsers("the suites", (browser) => {
  it("see wrong kernels", async () => {
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

  it("train to the same bytes as Node where that is asked for, and by the seed", async () => {
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
