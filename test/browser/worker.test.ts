// The library in pages: networks on the main thread and in workers, with one or more threads, with and without cross-origin
// isolation, under several content security policies.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ready } from "../../build/ready.js";
import { Network } from "../../src/index.js";
import { stripes } from "../support/networks.js";
import { trainedBytes } from "./determinism.js";
import { describeInBrowsers, ISOLATED, policy, type SiteOptions } from "./fixture.js";
import { ask, serveLab } from "./lab.js";
import type { AnyPage } from "./launch.js";
import type { Site } from "./site.js";
import { wrongKernels } from "./wrong-kernels.js";

const build = resolve(import.meta.dirname, "../../build");

/** Code that reports a worker's start, policy violations, and joining the threads of a network over a channel. */
const REPORT = `{
  const channel = new BroadcastChannel("workers");
  channel.postMessage(self.name);
  addEventListener("securitypolicyviolation", (event) => channel.postMessage(event.effectiveDirective));
  addEventListener("message", ({ data }) => "memory" in data && channel.postMessage(self.name + " joined"));
}`;
const SCRIPT = readFileSync(join(build, "worker-script.js"), "utf8");
const REPORTING_SCRIPT = `${REPORT}\n${SCRIPT}`;

/** Reports of a network's worker with one thread, and with two. */
const ALONE = ["wasmlp"];
const TOGETHER = ["wasmlp", "wasmlp 1", "wasmlp 1 joined"];

/** A policy that allows only the site's own scripts, files and images (browsers request an icon). */
const STRICT = [
  ...["default-src 'none'", "connect-src 'self'", "img-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"],
  ...["require-trusted-types-for 'script'", "trusted-types wasmlp"],
];
/** Allows workers from blob URLs only, or from the site's addresses only. */
const BLOBS = policy(...STRICT, "worker-src blob:");
const ADDRESSES = policy(...STRICT, "worker-src 'self'");

const expected = async (): Promise<number[]> => [...(await trainedBytes(Network))];

describeInBrowsers("the library", (browser) => {
  const sites: Site[] = [];
  const open = async (options: SiteOptions = {}): Promise<AnyPage> => {
    const site = await serveLab(options);
    sites.push(site);
    const page = await browser().open(site.address);
    // The load event comes after module scripts have run.
    expect(await page.evaluate(() => "lab" in globalThis, undefined)).toBe(true);
    return page;
  };
  afterEach(async () => {
    for (const site of sites.splice(0)) await site.close();
  });

  const takeReports = async (page: AnyPage, least: number): Promise<string[]> => {
    const reports: string[] = [];
    await expect.poll(async () => reports.push(...(await ask(page, "takeReports")))).toBeGreaterThanOrEqual(least);
    // Wait for further, unexpected reports.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [...reports, ...(await ask(page, "takeReports"))];
  };

  describe.each([true, false])("isolated: %s", (isolated) => {
    const headers = isolated ? ISOLATED : {};

    it("a worker trains to the same bytes with one, two and automatic threads", async () => {
      const page = await open({ headers });
      for (const threads of [1, 2, "auto"] as const) {
        expect(await ask(page, "trainedBytes", "worker", { threads }), `${threads}`).toEqual(await expected());
      }
      expect(await ask(page, "trainedBytes", "page", { threads: 2 })).toEqual(await expected());
      expect(await ask(page, "trainedBytes", "worker", { seed: 2 })).not.toEqual(await expected());
    });

    it("a second thread is used only with isolation", async () => {
      const page = await open({ headers, files: { "reporting.js": REPORTING_SCRIPT } });
      await ask(page, "init", { workerUrl: "reporting.js" });
      expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
      const together = isolated ? TOGETHER : ALONE;
      expect(await takeReports(page, together.length)).toEqual(together);
    });
  });

  it.each(["page", "worker"] as const)("a fit in a %s reports every epoch and batch", async (where) => {
    const { epochs, batches, history } = await ask(await open(), "report", where);
    expect([epochs, history]).toEqual([[1, 2, 3], 3]);
    expect(batches).toHaveLength(3 * Math.ceil(300 / 16));
    expect([batches[0], batches.at(-1)]).toEqual([1016, 3300]);
    expect(batches).toEqual([...batches].sort((a, b) => a - b));
  });

  it.each(["page", "worker"] as const)(
    "a fit in a %s is aborted by a signal, and the network can train again",
    async (where) => {
      expect(await ask(await open(), "abort", where)).toEqual({
        reason: "Error: enough",
        seen: 2,
        after: 4,
        epochs: 3,
      });
    },
  );

  it.each(["page", "worker"] as const)(
    "a model trained in a %s is saved, and loaded in the page and in Node",
    async (where) => {
      const { bytes, outputs } = await ask(await open(), "saveAndLoad", where);
      const here = await Network.fromBytes(Uint8Array.from(bytes), { deterministic: true });
      expect(outputs).toEqual(Array(3).fill([...here.predict(stripes(300, 4, 1).sample(0))]));
      expect([...here.toBytes()]).toEqual(bytes);
    },
  );

  it("the pretrained network recognizes a stroke on a canvas", async () => {
    expect(await ask(await open(), "readStroke")).toBe(1);
  });

  describe("under a strict content-security-policy", () => {
    describe.each([
      ["isolated", ISOLATED, TOGETHER],
      ["not isolated", {}, ALONE],
    ])("%s", (_, more, together) => {
      it("trains in a worker and on the main thread, with threads if possible", async () => {
        const page = await open({ headers: { ...BLOBS, ...more } });
        await ask(page, "prependToWorkers", REPORT);
        expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
        expect(await takeReports(page, together.length)).toEqual(together);
        expect(await ask(page, "trainedBytes", "page")).toEqual(await expected());
        expect(await ask(page, "readStroke")).toBe(1);
        expect(await ask(page, "takeViolations")).toEqual([]);
      });

      it("trains in a worker from an address, with threads if possible", async () => {
        const page = await open({ headers: { ...ADDRESSES, ...more }, files: { "reporting.js": REPORTING_SCRIPT } });
        await ask(page, "init", { workerUrl: "reporting.js" });
        expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
        expect(await takeReports(page, together.length)).toEqual(together);
        expect(await ask(page, "takeViolations")).toEqual([]);
      });
    });

    it("a violation in a worker is detected", async () => {
      const page = await open({ headers: { ...BLOBS, ...ISOLATED } });
      await ask(page, "prependToWorkers", `${REPORT} try { eval("1"); } catch {}`);
      await ask(page, "trainedBytes", "worker", { threads: 2 });
      const reports = await takeReports(page, 5);
      expect(reports.filter((directive) => !TOGETHER.includes(directive))).toHaveLength(2);
      // Firefox also logs it in the console.
      browser().takeErrors();
    });

    it("gives the reason if no worker may be started", async () => {
      const page = await open({ headers: ADDRESSES });
      await expect(ask(page, "trainedBytes", "worker")).rejects.toThrow(
        /could not be started from a blob: .*workerUrl/,
      );
      expect(await ask(page, "takeViolations")).toEqual(["worker-src blob"]);
      expect(browser().takeErrors().join("\n")).toMatch(/worker-src/);
    });
  });

  it.each([
    ["is missing", "none.js", "none.js could not be loaded"],
    ["is a page", "index.html", "index.html"],
    ["fails", "failing.js", /failed with .*boom.* in .*failing\.js/],
    ["sends no message", "silent.js", '"workerUrl" must be'],
    ["sends another message", "talking.js", '"workerUrl" must be'],
    ["is of another version", "old.js", '"workerUrl" must be'],
  ])("a worker script that %s gives an error", async (_, workerUrl, sentence) => {
    const files = {
      "silent.js": "1;",
      "talking.js": "postMessage('ready');",
      "failing.js": "throw new Error('boom');",
    };
    const page = await open({ files: { ...files, "old.js": SCRIPT.replace(ready, "wasmlp 0.0.1 is ready") } });
    await ask(page, "init", { workerUrl });
    await expect(ask(page, "trainedBytes", "worker")).rejects.toThrow(sentence);
    browser().takeErrors();
  });

  describe("kernels passed to init", () => {
    it("are loaded from an address or a response", async () => {
      const page = await open();
      await ask(page, "init", { wasm: { simd: "simd.wasm", relaxed: "relaxed.wasm" } });
      expect(await ask(page, "trainedBytes", "page")).toEqual(await expected());
      await ask(page, "initByResponse", "simd.wasm");
      expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
    });

    it("are the ones used", async () => {
      const page = await open({ files: { "wrong.wasm": wrongKernels() } });
      await ask(page, "init", { wasm: { simd: "wrong.wasm" } });
      const [here, there] = [await ask(page, "saveAndLoad", "page"), await ask(page, "saveAndLoad", "worker")];
      expect(there).toEqual(here);
      expect(here.bytes).not.toEqual((await ask(await open(), "saveAndLoad", "page")).bytes);
    });

    it("give an error if they are missing", async () => {
      const page = await open();
      const failure = ask(page, "init", { wasm: { simd: "none.wasm" } });
      await expect(failure).rejects.toThrow(/"wasm\.simd" could not be fetched: .*none\.wasm answered 404/);
      expect(browser().takeErrors().join("\n")).toContain("404");
    });
  });
});
