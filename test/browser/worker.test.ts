// The library in pages: networks at hand and behind workers, alone and with threads, isolated or not, by every policy.

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

/** Has a worker tell of its own start, of what its policy forbids, and of being invited to share a network's work. */
const TELL = `{
  const channel = new BroadcastChannel("workers");
  channel.postMessage(self.name);
  addEventListener("securitypolicyviolation", (event) => channel.postMessage(event.effectiveDirective));
  addEventListener("message", ({ data }) => "memory" in data && channel.postMessage(self.name + " joined"));
}`;
const SCRIPT = readFileSync(join(build, "worker-script.js"), "utf8");
const TELLING = `${TELL}\n${SCRIPT}`;

/** What is told of a network's worker that is alone, or has a thread to help it. */
const ALONE = ["wasmlp"];
const TOGETHER = ["wasmlp", "wasmlp 1", "wasmlp 1 joined"];

/** Nothing but scripts of the site's own, its files, and its icon, for which browsers ask. */
const STRICT = [
  ...["default-src 'none'", "connect-src 'self'", "img-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"],
  ...["require-trusted-types-for 'script'", "trusted-types wasmlp"],
];
/** Workers by a script of the library's own making, or by an address only. */
const BLOBS = policy(...STRICT, "worker-src blob:");
const ADDRESSES = policy(...STRICT, "worker-src 'self'");

const expected = async (): Promise<number[]> => [...(await trainedBytes(Network))];

describeInBrowsers("the library", (browser) => {
  const sites: Site[] = [];
  const open = async (options: SiteOptions = {}): Promise<AnyPage> => {
    const site = await serveLab(options);
    sites.push(site);
    const page = await browser().open(site.address);
    // Modules have run when the page is loaded.
    expect(await page.evaluate(() => "lab" in globalThis, undefined)).toBe(true);
    return page;
  };
  afterEach(async () => {
    for (const site of sites.splice(0)) await site.close();
  });

  const takeTold = async (page: AnyPage, least: number): Promise<string[]> => {
    const told: string[] = [];
    await expect.poll(async () => told.push(...(await ask(page, "takeTold")))).toBeGreaterThanOrEqual(least);
    // What is told without being expected may come later.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [...told, ...(await ask(page, "takeTold"))];
  };

  describe.each([true, false])("isolated: %s", (isolated) => {
    const headers = isolated ? ISOLATED : {};

    it("a worker trains to the same bytes with one thread, two, and as many as pay", async () => {
      const page = await open({ headers });
      for (const threads of [1, 2, "auto"] as const) {
        expect(await ask(page, "trainedBytes", "worker", { threads }), `${threads}`).toEqual(await expected());
      }
      expect(await ask(page, "trainedBytes", "page", { threads: 2 })).toEqual(await expected());
      expect(await ask(page, "trainedBytes", "worker", { seed: 2 })).not.toEqual(await expected());
    });

    it("a second thread is there only where it can be", async () => {
      const page = await open({ headers, files: { "telling.js": TELLING } });
      await ask(page, "init", { workerUrl: "telling.js" });
      expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
      const together = isolated ? TOGETHER : ALONE;
      expect(await takeTold(page, together.length)).toEqual(together);
    });
  });

  it.each(["page", "worker"] as const)("a fit in a %s reports every epoch and batch", async (where) => {
    const { epochs, batches, history } = await ask(await open(), "report", where);
    expect([epochs, history]).toEqual([[1, 2, 3], 3]);
    expect(batches).toHaveLength(3 * Math.ceil(300 / 16));
    expect([batches[0], batches.at(-1)]).toEqual([1016, 3300]);
    expect(batches).toEqual([...batches].sort((a, b) => a - b));
  });

  it.each(["page", "worker"] as const)("a fit in a %s is aborted by a signal, and the next goes on", async (where) => {
    expect(await ask(await open(), "abort", where)).toEqual({ reason: "Error: enough", seen: 2, after: 4, epochs: 3 });
  });

  it.each(["page", "worker"] as const)(
    "a model trained in a %s is saved and loaded, here and in Node",
    async (where) => {
      const { bytes, outputs } = await ask(await open(), "saveAndLoad", where);
      const here = await Network.fromBytes(Uint8Array.from(bytes), { deterministic: true });
      expect(outputs).toEqual(Array(3).fill([...here.predict(stripes(300, 4, 1).sample(0))]));
      expect([...here.toBytes()]).toEqual(bytes);
    },
  );

  it("the pretrained network reads a stroke on a canvas", async () => {
    expect(await ask(await open(), "readStroke")).toBe(1);
  });

  describe("under a strict content-security-policy", () => {
    describe.each([
      ["isolated", ISOLATED, TOGETHER],
      ["not isolated", {}, ALONE],
    ])("%s", (_, more, together) => {
      it("trains in a worker and in the page, with the threads that there can be", async () => {
        const page = await open({ headers: { ...BLOBS, ...more } });
        await ask(page, "prependToWorkers", TELL);
        expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
        expect(await takeTold(page, together.length)).toEqual(together);
        expect(await ask(page, "trainedBytes", "page")).toEqual(await expected());
        expect(await ask(page, "readStroke")).toBe(1);
        expect(await ask(page, "takeViolations")).toEqual([]);
      });

      it("trains in a worker with an address, with the threads that there can be", async () => {
        const page = await open({ headers: { ...ADDRESSES, ...more }, files: { "telling.js": TELLING } });
        await ask(page, "init", { workerUrl: "telling.js" });
        expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
        expect(await takeTold(page, together.length)).toEqual(together);
        expect(await ask(page, "takeViolations")).toEqual([]);
      });
    });

    it("a violation in a worker is seen", async () => {
      const page = await open({ headers: { ...BLOBS, ...ISOLATED } });
      await ask(page, "prependToWorkers", `${TELL} try { eval("1"); } catch {}`);
      await ask(page, "trainedBytes", "worker", { threads: 2 });
      const told = await takeTold(page, 5);
      expect(told.filter((directive) => !TOGETHER.includes(directive))).toHaveLength(2);
      // Firefox's console tells, too.
      browser().takeComplaints();
    });

    it("says why where no worker may be started", async () => {
      const page = await open({ headers: ADDRESSES });
      await expect(ask(page, "trainedBytes", "worker")).rejects.toThrow(/may not be started from a blob: .*workerUrl/);
      expect(await ask(page, "takeViolations")).toEqual(["worker-src blob"]);
      expect(browser().takeComplaints().join("\n")).toMatch(/worker-src/);
    });
  });

  it.each([
    ["is not there", "none.js", "none.js is no script that can be run"],
    ["is a page", "index.html", "index.html"],
    ["fails", "failing.js", /failed with .*boom.* in .*failing\.js/],
    ["says nothing", "silent.js", '"workerUrl" must be'],
    ["says something else", "talking.js", '"workerUrl" must be'],
    ["is of another version", "old.js", '"workerUrl" must be'],
  ])("a script that %s is told of at once", async (_, workerUrl, sentence) => {
    const files = {
      "silent.js": "1;",
      "talking.js": "postMessage('ready');",
      "failing.js": "throw new Error('boom');",
    };
    const page = await open({ files: { ...files, "old.js": SCRIPT.replace(ready, "wasmlp 0.0.1 is ready") } });
    await ask(page, "init", { workerUrl });
    const began = performance.now();
    await expect(ask(page, "trainedBytes", "worker")).rejects.toThrow(sentence);
    expect(performance.now() - began).toBeLessThan(5000);
    browser().takeComplaints();
  });

  describe("kernels from elsewhere", () => {
    it("come from an address or a response", async () => {
      const page = await open();
      await ask(page, "init", { wasm: { simd: "simd.wasm", relaxed: "relaxed.wasm" } });
      expect(await ask(page, "trainedBytes", "page")).toEqual(await expected());
      await ask(page, "initByResponse", "simd.wasm");
      expect(await ask(page, "trainedBytes", "worker", { threads: 2 })).toEqual(await expected());
    });

    it("are those in use", async () => {
      const page = await open({ files: { "wrong.wasm": wrongKernels() } });
      await ask(page, "init", { wasm: { simd: "wrong.wasm" } });
      const [here, there] = [await ask(page, "saveAndLoad", "page"), await ask(page, "saveAndLoad", "worker")];
      expect(there).toEqual(here);
      expect(here.bytes).not.toEqual((await ask(await open(), "saveAndLoad", "page")).bytes);
    });

    it("that are not there are told of", async () => {
      const page = await open();
      const failure = ask(page, "init", { wasm: { simd: "none.wasm" } });
      await expect(failure).rejects.toThrow(/"wasm\.simd" could not be fetched: .*none\.wasm answered 404/);
      expect(browser().takeComplaints().join("\n")).toContain("404");
    });
  });
});
