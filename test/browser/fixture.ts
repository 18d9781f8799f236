// Tests in browsers: `describeIn("chromium", "the page", (browser) => { it(…, async () => { await browser().open(…) }) })`.
// Without the browser they are skipped, by name; WASMLP_REQUIRE_BROWSERS=1 makes that a failure.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { env } from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
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
 * Under WebDriver, Firefox 153 stops for good in one of a hundred `new Worker` that a worker calls, in a page of a few lines too;
 * of 650 without WebDriver none did. Such a test is tried again.
 */
const PATIENCE = { chromium: {}, firefox: { timeout: 30_000, retry: 2 } };

interface Sessions {
  chromium: ChromiumSession;
  firefox: FirefoxSession;
}

/**
 * Tests in one browser, started before the first of them and ended after the last. `browser()` is it, within a test or a
 * hook. After each test its pages are closed, and it fails if any of them had an error in its console, an uncaught one, or a
 * request that failed.
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
  describe(`${title} in ${name}`, PATIENCE[name], () => {
    let session: Sessions[BrowserName];
    beforeAll(async () => {
      session = await (name === "chromium" ? launchChromium(program, flags) : launchFirefox(program));
    });
    afterEach(async () => {
      const complaints = session.takeComplaints();
      await session.clear();
      // Closing a page breaks off what it was loading.
      session.takeComplaints();
      expect(complaints).toEqual([]);
    });
    afterAll(() => session?.close());
    tests(() => session as Sessions[Name]);
  });
}

/** The same tests in every browser that is found. */
export function describeInBrowsers(
  title: string,
  tests: (browser: () => Session<AnyPage>, name: BrowserName) => void,
): void {
  for (const name of ["chromium", "firefox"] as const) {
    describeIn(name, title, (browser) => tests(browser as () => Session<AnyPage>, name));
  }
}

/** In the place of tests that need a browser that is not there. */
export function reportMissing(name: BrowserName, title: string): void {
  console.warn(`${title}: not tested, ${missing(name)}`);
  it.skipIf(env.WASMLP_REQUIRE_BROWSERS !== "1")(`${title} in ${name}: NOT TESTED, ${missing(name)}`, () => {
    expect.fail(missing(name));
  });
}

// --- accessibility ---

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const GRAVE = ["serious", "critical"];

/** Fails if axe-core finds anything serious or critical on the page as it is now; says what and where. */
export async function expectAccessible(page: ChromiumPage): Promise<void> {
  // Through the debugger, which no content-security-policy forbids.
  await page.evaluate(await readFile(AXE, "utf8"));
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const found = (await axe.run()).violations;
    return found.map(({ id, impact, help, nodes }) => {
      return { id, impact, help, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`) };
    });
  });
  expect(violations.filter(({ impact }) => GRAVE.includes(impact ?? ""))).toEqual([]);
}
