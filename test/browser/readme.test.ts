// The README's examples for browsers, as they are written, in Chromium.

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Workshop } from "../support/installed.js";
import { example } from "../support/readme.js";
import { buildWithVite } from "./bundlers.js";
import { type ChromiumPage, describeIn, type Site, serve } from "./fixture.js";

describeIn("chromium", "the README's example", (browser) => {
  let workshop: Workshop;
  let site: Site | undefined;
  beforeAll(() => {
    workshop = new Workshop();
  });
  afterEach(() => site?.close());
  afterAll(() => workshop?.remove());

  /** A page of a Vite project with nothing but an example. */
  const openVite = async (name: string): Promise<ChromiumPage> => {
    const index = '<script type="module" src="/main.ts"></script>';
    const project = workshop.project(name, { "index.html": index, "main.ts": example(`example:${name}`) });
    await buildWithVite(project);
    site = await serve({ folders: [join(project, "dist")] });
    return browser().open(site.address);
  };

  it("for a page alone", async () => {
    const project = workshop.project("script", { "index.html": example("example:script", "html") });
    site = await serve({ folders: [project] });
    const page = await browser().open(site.address);
    await page.waitForFunction("document.body.textContent.includes('0 or 1 is')");
    expect((await page.textContent("body"))?.trim()).toBe("0 or 1 is 1");
  });

  it("for Vite reads the digits that are drawn", async () => {
    const page = await openVite("vite");
    await page.waitForSelector("canvas");
    await page.mouse.move(140, 60);
    await page.mouse.down();
    await page.mouse.move(140, 220, { steps: 10 });
    await page.mouse.up();
    expect(await page.textContent("output")).toBe("1");
    // A bar before the stroke makes it a seven.
    await page.mouse.move(70, 60);
    await page.mouse.down();
    await page.mouse.move(140, 60, { steps: 10 });
    await page.mouse.up();
    expect(await page.textContent("output")).toBe("7");
  });

  it("for a worker trains, with its progress", async () => {
    const page = await openVite("worker");
    const message = page.waitForEvent("console");
    await page.waitForFunction("document.querySelector('progress').value === 1");
    const outputs = (await (await message).args()[0]?.jsonValue()) as Record<number, number>;
    expect(outputs[0]).toBeGreaterThan(0.9);
  });
});
