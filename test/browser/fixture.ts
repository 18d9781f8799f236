// Tests in browsers: `describeIn("chromium", "the page", (browser) => { it(…, async () => { await browser().open(…) }) })`.
// If the browser is missing they are reported as skipped; with WASMLP_REQUIRE_BROWSERS=1 they fail.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { env } from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WHOLE } from "../support/whole.js";
import { type BrowserName, findBrowser, missing } from "./find.js";
import {
  type AnyPage,
  type ChromiumPage,
  type ChromiumSession,
  type FirefoxSession,
  launchChromium,
  launchFirefox,
  type Session,
} from "./launch.js";

export type { AnyPage, ChromiumPage, ChromiumSession } from "./launch.js";
export { ISOLATED, policy, type Site, type SiteOptions, serve } from "./site.js";

/**
 * Timeouts and retries. Under WebDriver, Firefox 153 hangs in about one of a hundred calls of `new Worker` within a worker, even in
 * a minimal page; without WebDriver it did not in 650 calls. So its tests are retried; each takes a few seconds where nothing
 * else runs.
 */
const TEST_OPTIONS = { chromium: {}, firefox: { timeout: 120_000, retry: 2 } };

interface Sessions {
  chromium: ChromiumSession;
  firefox: FirefoxSession;
}

/**
 * Tests in one browser, which is started before the first and closed after the last. Within a test or hook `browser()` returns
 * its session. After each test all pages are closed, and the test fails if one of them had an error in the console, an uncaught
 * error, or a failed request.
 */
export function describeIn<Name extends BrowserName>(
  name: Name,
  title: string,
  tests: (browser: () => Sessions[Name]) => void,
  flags: string[] = [],
): void {
  const program = findBrowser(name);
  if (program === undefined) {
    reportMissing(name, title);
    return;
  }
  describe(`${title} in ${name}`, TEST_OPTIONS[name], () => {
    let session: Sessions[BrowserName];
    beforeAll(async () => {
      session = await (name === "chromium" ? launchChromium(program, flags) : launchFirefox(program));
    });
    afterEach(async () => {
      const errors = session.takeErrors();
      await session.clear();
      // Closing a page aborts its requests, which then count as failed.
      session.takeErrors();
      expect(errors).toEqual([]);
    });
    afterAll(() => session?.close());
    tests(() => session as Sessions[Name]);
  });
}

/** The browsers of tests that are the same in both: `npm test` takes the faster one. */
export const BROWSERS = WHOLE ? (["chromium", "firefox"] as const) : (["chromium"] as const);

/** The same tests in each of these browsers; a missing one is reported. */
export function describeInBrowsers(
  title: string,
  tests: (browser: () => Session<AnyPage>, name: BrowserName) => void,
): void {
  for (const name of BROWSERS) {
    describeIn(name, title, (browser) => tests(browser as () => Session<AnyPage>, name));
  }
}

/** Reports tests that cannot run because their browser is missing. */
export function reportMissing(name: BrowserName, title: string): void {
  console.warn(`${title}: not tested, ${missing(name)}`);
  it.skipIf(env.WASMLP_REQUIRE_BROWSERS !== "1")(`${title} in ${name}: NOT TESTED, ${missing(name)}`, () => {
    expect.fail(missing(name));
  });
}

// --- accessibility ---

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** Impacts that fail a test. */
const FAILING_IMPACTS = ["serious", "critical"];

/** Fails if axe-core finds a serious or critical violation on the page in its current state. */
export async function expectAccessible(page: ChromiumPage): Promise<void> {
  // Injected through the debugger, to which the page's content security policy does not apply.
  await page.evaluate(await readFile(AXE, "utf8"));
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const found = (await axe.run()).violations;
    return found.map(({ id, impact, help, nodes }) => {
      return { id, impact, help, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`) };
    });
  });
  expect(violations.filter(({ impact }) => FAILING_IMPACTS.includes(impact ?? ""))).toEqual([]);
}
