/** Writes web/picture.png, which the README shows: Look inside, as Chromium shows it. `npm run picture` builds and runs this. */

import { spawn } from "node:child_process";
import { env } from "node:process";
import { chromium } from "playwright-core";

const demo = spawn(process.execPath, ["build/demo.js"], { stdio: ["ignore", "pipe", "inherit"] });
const address = await new Promise((resolve) => {
  demo.stdout.on("data", (text) => resolve(String(text).match(/http:\S+/)?.[0]));
});
const browser = await chromium.launch({
  executablePath: env.WASMLP_CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1240, height: 1150 }, deviceScaleFactor: 1 });
  await page.goto(`${address}#inside`);
  // A 7 of the test images, a neuron that it lights up, and what one of its weights does to the cost.
  await page.locator("#view-inside").getByRole("button", { name: /7/ }).first().click();
  await page.getByLabel("Input (from 0)").fill("236");
  await page.keyboard.press("Enter");
  await page.mouse.click(5, 500);
  await page.waitForTimeout(1500);
  await page.screenshot({ path: "web/picture.png" });
} finally {
  await browser.close();
  demo.kill();
}
