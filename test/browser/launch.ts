// Starts browsers headless with an empty profile, and collects the errors of their pages.

import { type BrowserContextOptions, type Page as ChromiumPage, chromium } from "playwright-core";
import puppeteer, { type BrowserContext } from "puppeteer-core";
import type { BrowserName } from "./find.js";

export type { ChromiumPage };

/** Methods that pages of both browsers have. */
export interface AnyPage {
  evaluate<R, A>(run: (argument: A) => R, argument: A): Promise<Awaited<R>>;
  goto(address: string): Promise<unknown>;
  close(): Promise<void>;
}

/** One running browser. */
export interface Session<Page extends AnyPage, Options = object> {
  /** Opens a page at an address in a new profile. Its errors fail the test. */
  open(address: string, options?: Options): Promise<Page>;
  /** Returns and clears the errors of all pages: console errors, uncaught errors, failed requests. */
  takeErrors(): string[];
  /** Closes all pages. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export type FirefoxSession = Session<AnyPage>;
export type ChromiumSession = Session<ChromiumPage, BrowserContextOptions>;

/**
 * Milliseconds for all that is waited for in browsers: less than vitest allows a test, so that the message names it, and more
 * than a busy machine needs. The first limit is for a call, such as one that runs a whole suite in a page.
 */
const [CALL, WAIT] = [40 * 60_000, 10 * 60_000];

/** Turns off background work and requests of Chromium itself, which would disturb measurements. */
const CHROMIUM_FLAGS = [
  ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
];

/** The events of pages of both browsers that are listened to. */
interface PageEvents {
  on(event: "console", listen: (message: { type(): string; text(): string }) => void): unknown;
  on(event: "pageerror", listen: (error: unknown) => void): unknown;
  on(event: "requestfailed", listen: (request: FailedRequest) => void): unknown;
  on(event: "response", listen: (response: { url(): string; status(): number }) => void): unknown;
}

interface FailedRequest {
  url(): string;
  failure(): { errorText: string } | null;
}

function collect(page: PageEvents, errors: string[]): void {
  page.on("console", (message) => message.type() === "error" && errors.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => errors.push(`page: ${error instanceof Error ? error.stack : error}`));
  page.on("requestfailed", (request) => {
    errors.push(`request: ${request.url()} ${request.failure()?.errorText ?? "failed"}`);
  });
  // Firefox does not log these in the console.
  page.on("response", (response) => {
    if (response.status() >= 400) errors.push(`response: ${response.status()} ${response.url()}`);
  });
}

/** Starts a browser, for tests that are the same in both. */
export function launch(name: BrowserName, program: string): Promise<Session<AnyPage>> {
  return name === "chromium" ? (launchChromium(program) as Promise<Session<AnyPage>>) : launchFirefox(program);
}

/** Starts Chromium, with additional flags. */
export async function launchChromium(program: string, flags: string[] = []): Promise<ChromiumSession> {
  // Playwright creates an empty profile and removes it at the end.
  const args = [...CHROMIUM_FLAGS, ...flags];
  const browser = await chromium.launch({ executablePath: program, args, timeout: WAIT });
  const errors: string[] = [];
  return {
    async open(address, options) {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(WAIT);
      const page = await context.newPage();
      collect(page, errors);
      page.on("crash", () => errors.push("the page crashed"));
      await page.goto(address);
      return page;
    },
    takeErrors: () => errors.splice(0),
    async clear() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    close: () => browser.close(),
  };
}

/** Starts Firefox with a new profile, controlled by WebDriver BiDi. */
export async function launchFirefox(program: string): Promise<FirefoxSession> {
  const timeouts = { timeout: WAIT, protocolTimeout: CALL };
  const browser = await puppeteer.launch({ browser: "firefox", executablePath: program, headless: true, ...timeouts });
  const contexts: BrowserContext[] = [];
  const errors: string[] = [];
  return {
    async open(address) {
      const context = await browser.createBrowserContext();
      contexts.push(context);
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT);
      collect(page as PageEvents, errors);
      await page.goto(address);
      // The type of `evaluate` differs, but with one argument it behaves the same.
      return page as unknown as AnyPage;
    },
    takeErrors: () => errors.splice(0),
    async clear() {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    },
    close: () => browser.close(),
  };
}
