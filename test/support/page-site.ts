// The built page for tests: served as `npm run demo` does, and plainly as any host might; measured as it runs.

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { startDemo } from "../../web/serve.js";
import { type ChromiumPage, type ChromiumSession, describeIn, type Site, serve } from "../browser/fixture.js";

const folder = resolve(import.meta.dirname, "../../build/web");
export const DESKTOP = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** How a view is looked at: its colours, a name, and the browser's window. */
export const LOOKS = [
  ["light", "a desktop", DESKTOP],
  ["dark", "a desktop", DESKTOP],
  ["light", "a phone", PHONE],
  ["dark", "a phone", PHONE],
] as const;

interface OpenOptions {
  /** How the page is seen, as playwright takes it. */
  context?: Parameters<ChromiumSession["open"]>[1];
  /** Without the headers that let threads share memory, nor any policy. */
  isPlain?: boolean;
}

/** Opens one of the page's views. */
export type Open = (view: "draw" | "train" | "inside", options?: OpenOptions) => Promise<ChromiumPage>;

/** Where the page is served, for tests that open it in ways of their own. */
interface Served {
  /** As by `npm run demo`; ends with a slash. */
  address: string;
  plain: Site;
  /** Returns and clears the errors of pages, for tests that expect some. */
  takeErrors(): string[];
}

/** Tests of the page in Chromium. `served` is to be asked within a test. */
export function describePage(title: string, tests: (open: Open, served: () => Served) => void): void {
  describeIn("chromium", title, (browser) => {
    let demo: Server;
    let plain: Site;
    beforeAll(async () => {
      demo = await startDemo({ folder, port: 0, isolation: true });
      plain = await serve({ folders: [folder] });
    });
    afterAll(async () => {
      demo.closeAllConnections();
      demo.close();
      await plain.close();
    });
    const served = (): Served => ({
      ...{ address: `http://127.0.0.1:${(demo.address() as AddressInfo).port}/`, plain },
      takeErrors: () => browser().takeErrors(),
    });
    tests(async (view, { context = DESKTOP, isPlain = false } = {}) => {
      const address = isPlain ? `${plain.address}/` : served().address;
      const page = await browser().open(`${address}#${view}`, context);
      await page.waitForSelector(`#view-${view} > *`);
      return page;
    }, served);
  });
}

/** What a page's own observers saw from `watch` on. */
export interface Watched {
  /** Sum of the layout's shifts that no one caused. */
  shift: number;
}

/** Begins to watch a page; the function gives what has been seen. */
export async function watch(page: ChromiumPage): Promise<() => Promise<Watched>> {
  await page.evaluate(() => {
    const watched: Watched = { shift: 0 };
    Object.assign(globalThis, { watched });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) {
        if (!entry.hadRecentInput) watched.shift += entry.value;
      }
    }).observe({ type: "layout-shift" });
  });
  return () => page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched);
}

/** Names of the files that a page has fetched. */
export function fetched(page: ChromiumPage): Promise<string[]> {
  return page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name.split("/").at(-1) ?? ""));
}

/** Whether nothing sticks out to the right of the window. */
export function fits(page: ChromiumPage): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}

/** What an element says. */
export async function text(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? "";
}
