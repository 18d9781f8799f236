// The fixture of the browser tests: it serves the given files, and reports every error of a page.

import { describe, expect, it } from "vitest";
import { findBrowser } from "./find.js";
import { describeIn, describeInBrowsers, expectAccessible, ISOLATED, policy, serve } from "./fixture.js";

const page = (body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title></head><body>${body}</body></html>`;

describe("the static server", () => {
  it("serves the given files and folders with the given headers, and nothing else", async () => {
    const site = await serve({
      files: { "a/b.js": "1;", "c.wasm": Uint8Array.of(0, 97) },
      folders: [import.meta.dirname],
      headers: { ...ISOLATED, ...policy("default-src 'self'", "object-src 'none'") },
    });
    const get = (path: string): Promise<Response> => fetch(`${site.address}/${path}`);
    try {
      const script = await get("a/b.js");
      expect(script.headers.get("content-type")).toMatch(/javascript/);
      expect(script.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(script.headers.get("content-security-policy")).toBe("default-src 'self'; object-src 'none'");
      expect((await get("c.wasm")).headers.get("content-type")).toBe("application/wasm");
      expect((await get("fixture.ts")).status).toBe(200);
      expect((await get("..%2fpackage.json")).status).toBe(404);
      site.write("later.txt", "later");
      expect(await (await get("later.txt")).text()).toBe("later");
    } finally {
      await site.close();
    }
    await expect(get("a/b.js")).rejects.toThrow();
  });
});

describe("a browser", () => {
  it("that is named but missing is an error", () => {
    process.env.WASMLP_CHROMIUM = "/no/such/browser";
    try {
      expect(() => findBrowser("chromium")).toThrow('"WASMLP_CHROMIUM" must name a program, and there is none');
    } finally {
      delete process.env.WASMLP_CHROMIUM;
    }
  });
});

describeInBrowsers("the fixture", (browser) => {
  it.each([true, false])("isolated: %s", async (isolated) => {
    const site = await serve({ headers: isolated ? ISOLATED : {} });
    try {
      const opened = await browser().open(`${site.address}/empty.html`);
      const found = await opened.evaluate((factor) => [crossOriginIsolated, 2 * factor] as const, 21);
      expect(found).toEqual([isolated, 42]);
    } finally {
      await site.close();
    }
  });

  it.each([
    ["an error in the console", "<script>console.error('spilled')</script>", "console: spilled"],
    ["an uncaught error", "<script>throw new Error('thrown')</script>", "thrown"],
    ["a rejection", "<script>Promise.reject(new Error('refused'))</script>", "refused"],
    ["a missing script", "<script src='none.js'></script>", "404"],
  ])("reports %s", async (_, body, expected) => {
    const site = await serve({ files: { "index.html": page(body) } });
    try {
      await browser().open(site.address);
      await expect.poll(() => browser().takeErrors().join("\n")).toContain(expected);
    } finally {
      await site.close();
    }
  });
});

describeIn("chromium", "the accessibility check", (browser) => {
  it.each([
    ["passes a good page", "<main><h1>Title</h1><button>Press</button></main>", undefined],
    ["reports a button without a name", "<main><h1>Title</h1><button></button></main>", "button-name"],
  ])("%s", async (_, body, violation) => {
    const site = await serve({ files: { "index.html": page(body) }, headers: policy("default-src 'self'") });
    try {
      const check = expectAccessible(await browser().open(site.address));
      await (violation === undefined ? check : expect(check).rejects.toThrow(violation));
    } finally {
      await site.close();
    }
  });
});
