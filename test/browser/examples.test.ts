// The examples for web pages, unchanged, in Chromium.

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { exampleNames, readExample, statedOutput } from "../support/examples.js";
import { Workshop } from "../support/installed.js";
import { buildWithVite } from "./bundlers.js";
import { type ChromiumPage, describeIn, type Site, serve } from "./fixture.js";

describeIn("chromium", "the example", (browser) => {
  let workshop: Workshop;
  let site: Site | undefined;
  beforeAll(() => {
    workshop = new Workshop();
  });
  afterEach(() => site?.close());
  afterAll(() => workshop?.remove());

  /** Opens a page of a Vite project whose script is an example; the global `printed` holds the lines it has printed. */
  const openVite = async (name: string): Promise<ChromiumPage> => {
    const index = "<script>console.log = (line) => (window.printed ??= []).push(line)</script>";
    const files = {
      "index.html": `${index}<script type="module" src="/main.ts"></script>`,
      "main.ts": readExample(name),
    };
    const project = workshop.project(name.replace(".ts", ""), files);
    await buildWithVite(project);
    site = await serve({ folders: [join(project, "dist")] });
    return browser().open(site.address);
  };

  it("browser.html trains without a bundler", async () => {
    expect(exampleNames(".html")).toEqual(["browser.html"]);
    const project = workshop.project("browser", { "index.html": readExample("browser.html") });
    site = await serve({ folders: [project] });
    const page = await browser().open(site.address);
    await page.waitForFunction("document.body.textContent.includes('0 or 1 is')");
    expect((await page.textContent("body"))?.trim()).toBe("0 or 1 is 1");
  });

  it("canvas.ts recognizes the drawn digits", async () => {
    const page = await openVite("canvas.ts");
    await page.waitForSelector("canvas");
    await page.mouse.move(140, 60);
    await page.mouse.down();
    await page.mouse.move(140, 220, { steps: 10 });
    await page.mouse.up();
    expect(await page.textContent("output")).toBe("1");
    // A bar to the left of the stroke makes it a seven.
    await page.mouse.move(70, 60);
    await page.mouse.down();
    await page.mouse.move(140, 60, { steps: 10 });
    await page.mouse.up();
    expect(await page.textContent("output")).toBe("7");
  });

  it("worker.ts trains and reports its progress", async () => {
    const page = await openVite("worker.ts");
    const stated = statedOutput(readExample("worker.ts"));
    expect(stated).toHaveLength(2);
    await page.waitForFunction("window.printed?.length === 6");
    expect(await page.evaluate<string[]>("printed.slice(-2).map(String)")).toEqual(stated);
  });
});
