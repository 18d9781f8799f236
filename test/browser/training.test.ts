// Training on MNIST in Chromium: accuracy, and an event loop that turns.

import { afterAll, beforeAll, expect, it } from "vitest";
import { WHOLE } from "../support/whole.js";
import { type ChromiumPage, describeIn, ISOLATED } from "./fixture.js";
import { ask, serveLab } from "./lab.js";
import type { Site } from "./site.js";

describeIn("chromium", "MNIST", (browser) => {
  let site: Site;
  beforeAll(async () => {
    site = await serveLab({ headers: ISOLATED });
  });
  afterAll(() => site?.close());
  const open = (): Promise<ChromiumPage> => browser().open(site.address);

  it("reaches 97 % of the test images in a worker, and reports meanwhile", async () => {
    const { accuracy, batches, responsiveness } = await ask(await open(), "trainOnDigits", "worker", "auto", 5);
    console.info(`in a worker: accuracy ${accuracy}, ${JSON.stringify(responsiveness)}`);
    expect(accuracy).toBeGreaterThan(0.97);
    expect(batches).toBeGreaterThanOrEqual(5);
    expect(responsiveness.turns).toBeGreaterThan(1);
  });

  it.runIf(WHOLE)("yields to the event loop when it trains on the main thread", async () => {
    const { batches, responsiveness } = await ask(await open(), "trainOnDigits", "page", 1, 3);
    console.info(`in the page: ${JSON.stringify(responsiveness)}`);
    expect(batches).toBeGreaterThan(1);
    expect(responsiveness.turns).toBeGreaterThan(3);
  });
});
