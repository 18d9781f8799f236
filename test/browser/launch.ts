// Browsers under test: started headless on an empty profile, every complaint of their pages collected.

import { type BrowserContextOptions, type Page as ChromiumPage, chromium } from "playwright-core";
import puppeteer, { type BrowserContext } from "puppeteer-core";
import type { BrowserName } from "./find.js";

export type { ChromiumPage };

/** What pages of both browsers can do. */
export interface AnyPage {
  evaluate<R, A>(run: (argument: A) => R, argument: A): Promise<Awaited<R>>;
  goto(address: string): Promise<unknown>;
  close(): Promise<void>;
}

/** One running browser. */
export interface Session<Page extends AnyPage, Options = object> {
  /** A page at an address, in a profile of its own; what it complains of fails the test. */
  open(address: string, options?: Options): Promise<Page>;
  /** Errors in the consoles of all pages, and failed requests, since they were asked for last. */
  takeComplaints(): string[];
  /** Closes all pages. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export type FirefoxSession = Session<AnyPage>;
export type ChromiumSession = Session<ChromiumPage, BrowserContextOptions>;

/** Nothing but the page under test may ask for anything, or keep the machine at work. */
const CHROMIUM_FLAGS = [
  ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
];

/** What pages of both browsers tell of, as far as it is listened to. */
interface Telling {
  on(event: "console", listen: (message: { type(): string; text(): string }) => void): unknown;
  on(event: "pageerror", listen: (error: unknown) => void): unknown;
  on(event: "requestfailed", listen: (request: FailedRequest) => void): unknown;
  on(event: "response", listen: (response: { url(): string; status(): number }) => void): unknown;
}

interface FailedRequest {
  url(): string;
  failure(): { errorText: string } | null;
}

function collect(page: Telling, complaints: string[]): void {
  page.on("console", (message) => message.type() === "error" && complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`page: ${error instanceof Error ? error.stack : error}`));
  page.on("requestfailed", (request) => {
    complaints.push(`request: ${request.url()} ${request.failure()?.errorText ?? "failed"}`);
  });
  // Firefox does not log these.
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`response: ${response.status()} ${response.url()}`);
  });
}

/** Starts a browser as it is, for what is the same in all of them. */
export function launch(name: BrowserName, program: string): Promise<Session<AnyPage>> {
  return name === "chromium" ? (launchChromium(program) as Promise<Session<AnyPage>>) : launchFirefox(program);
}

/** Starts Chromium with more flags than the usual ones. */
export async function launchChromium(program: string, flags: string[] = []): Promise<ChromiumSession> {
  // Playwright makes a new empty profile, and removes it.
  const browser = await chromium.launch({ executablePath: program, args: [...CHROMIUM_FLAGS, ...flags] });
  const complaints: string[] = [];
  return {
    async open(address, options) {
      const page = await (await browser.newContext(options)).newPage();
      collect(page, complaints);
      page.on("crash", () => complaints.push("the page crashed"));
      await page.goto(address);
      return page;
    },
    takeComplaints: () => complaints.splice(0),
    async clear() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    close: () => browser.close(),
  };
}

/** Starts Firefox, which speaks WebDriver BiDi; on a new profile too. */
export async function launchFirefox(program: string): Promise<FirefoxSession> {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath: program, headless: true });
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];
  return {
    async open(address) {
      const context = await browser.createBrowserContext();
      contexts.push(context);
      const page = await context.newPage();
      collect(page as Telling, complaints);
      await page.goto(address);
      // Its type of `evaluate` is another, what it does with one argument is the same.
      return page as unknown as AnyPage;
    },
    takeComplaints: () => complaints.splice(0),
    async clear() {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    },
    close: () => browser.close(),
  };
}
