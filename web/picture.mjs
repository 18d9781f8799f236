/** Writes web/picture.png for the README: a Chromium screenshot of Look inside. Run by `npm run picture`. */

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
  // A test image of a 7, an active neuron, and the gradient of one of its weights.
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
