// The page's view "Train" in Chromium: networks are trained on MNIST, paused, continued, compared, saved and loaded.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type ArgumentError, loadMnist, Network, sgd, type TrainAndTest } from "../../src/node.js";
import { epochsShown } from "../../web/train/curve.js";
import {
  DEFAULTS,
  faultOf,
  OPTIMIZER_CHOICES,
  parseHidden,
  recipeOf,
  type Settings,
  topology,
} from "../../web/train/settings.js";
import { type ChromiumPage, expectAccessible } from "../browser/fixture.js";
import { describePage, fetched, fits, LOOKS, text, watch } from "../support/page-site.js";
import { partOf, WHOLE } from "../support/whole.js";

function status(page: ChromiumPage): Promise<string> {
  return text(page.locator(".train-status"));
}

/** Waits until the status line, which names the state of the training, matches. */
async function waitFor(page: ChromiumPage, pattern: RegExp): Promise<void> {
  await expect.poll(() => status(page)).toMatch(pattern);
}

async function fact(page: ChromiumPage, name: string): Promise<string> {
  return text(page.locator(".train-facts div", { hasText: name }).locator("dd"));
}

/** "97.63 %" as 0.9763. */
function share(text: string): number {
  expect(text).toMatch(/^\d+\.\d\d %$/);
  return Number.parseFloat(text) / 100;
}

function press(page: ChromiumPage, name: string): Promise<void> {
  return page.getByRole("button", { name, exact: true }).click();
}

async function set(page: ChromiumPage, fields: Partial<Record<keyof Settings, string>>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#train-${name}`);
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
}

/** Settings of a network that trains in about a second. */
const SMALL = { hidden: "16", epochs: "1" };

async function trainSmall(page: ChromiumPage, more: Parameters<typeof set>[1] = {}): Promise<void> {
  await set(page, { ...SMALL, ...more });
  const before = await page.locator(".train-table tbody tr").count();
  await press(page, "Train");
  // The number tells it from an earlier run.
  await waitFor(page, new RegExp(`run ${before + 1} is trained`));
}

async function download(page: ChromiumPage, name: string): Promise<{ file: string; bytes: Uint8Array }> {
  const [saving] = await Promise.all([page.waitForEvent("download"), press(page, `Save ${name}`)]);
  return { file: saving.suggestedFilename(), bytes: new Uint8Array(readFileSync(await saving.path())) };
}

function load(page: ChromiumPage, name: string, bytes: Uint8Array): Promise<void> {
  const file = { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
  return page.locator("input[type=file]").setInputFiles(file);
}

describe("settings", () => {
  it("of the page's defaults are valid for the library", async () => {
    expect(faultOf(DEFAULTS)).toBeUndefined();
    expect((await Network.create(recipeOf(DEFAULTS).network)).parameterCount).toBe(101_770);
  });

  it("of hidden layers are parsed in several notations", () => {
    expect(parseHidden("256, 128")).toEqual([256, 128]);
    expect(parseHidden(" 16-16 ")).toEqual([16, 16]);
    expect(parseHidden("")).toEqual([]);
    expect(parseHidden("12, many")).toEqual([12, Number.NaN]);
  });

  it("of many layers have a short name", () => {
    expect(topology([256, 128])).toBe("784-256-128-10");
    expect(topology([1, 2, 3, 4, 5, 6])).toBe("784-1-2-3-4-5-6-10");
    expect(topology([1, 2, ...Array(200).fill(16), 3, 4])).toBe("784-1-2-…(200)…-3-4-10");
  });
});

describe("charts", () => {
  it.each([
    [{ planned: 5, epochs: 0 }, 5],
    [{ planned: 1000, epochs: 0 }, 10],
    [{ planned: 1000, epochs: 3 }, 10],
    [{ planned: 1000, epochs: 40 }, 128],
    [{ planned: 50, epochs: 40 }, 50],
    [{ planned: 0, epochs: 7 }, 7],
  ])("of %j show %i epochs", (run, room) => {
    expect(epochsShown(run)).toBe(room);
  });
});

describePage("Train", (open) => {
  let mnist: TrainAndTest;
  beforeAll(async () => {
    mnist = await loadMnist();
  });

  describe("training", () => {
    it.runIf(WHOLE)("of 784-128-10 reaches 97 % of the test images", async () => {
      const page = await open("train");
      expect(await fetched(page)).not.toContain("mnist.bin");
      const watched = await watch(page);
      await press(page, "Train");
      await waitFor(page, /is trained/);
      const { shift } = await watched();
      const [accuracy, speed] = [await fact(page, "Test accuracy"), await fact(page, "Samples/s")];
      console.log(`784-128-10 in the page: ${accuracy} of the test images, ${speed} samples/s`);
      expect(share(accuracy)).toBeGreaterThan(0.97);
      expect(await status(page)).toContain(accuracy);
      expect(await fact(page, "Epoch")).toBe("5.00 of 5");
      expect(shift).toBe(0);
    });

    it("works without cross-origin isolation, on one thread", async () => {
      const page = await open("train", { isPlain: true });
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await trainSmall(page);
      expect(share(await fact(page, "Test accuracy"))).toBeGreaterThan(0.88);
    });

    it.runIf(WHOLE)("is reproducible with the same seed and differs with another", async () => {
      const page = await open("train");
      await trainSmall(page);
      const first = await fact(page, "Test accuracy");
      await trainSmall(page);
      expect(await page.locator(".train-table tbody tr").count()).toBe(2);
      expect(await fact(page, "Test accuracy")).toBe(first);
      await trainSmall(page, { seed: "2" });
      expect(await fact(page, "Test accuracy")).not.toBe(first);
    });

    it.runIf(WHOLE)("works with every optimizer, dropout and augmented images", async () => {
      const page = await open("train");
      await page.getByLabel("Augment images").check();
      for (const optimizer of OPTIMIZER_CHOICES.keys()) {
        await trainSmall(page, { optimizer, hidden: "32", dropout: "0.1" });
        expect(share(await fact(page, "Test accuracy"))).toBeGreaterThan(0.7);
      }
    });

    it("continues for more epochs", async () => {
      const page = await open("train");
      await trainSmall(page);
      await press(page, "Continue");
      await expect.poll(() => fact(page, "Epoch")).toBe("2.00 of 2");
      expect(await page.locator(".train-table tbody tr").count()).toBe(1);
    });

    it.runIf(WHOLE)("updates the answer for the drawing meanwhile", async () => {
      const page = await open("train");
      // Slow enough for its outputs to still change while they are watched.
      await set(page, { hidden: "16", epochs: "500", optimizer: "sgd", learningRate: "0.001", batchSize: "256" });
      await press(page, "Train");
      await expect.poll(() => fact(page, "Loss")).not.toBe("–");
      await page.getByRole("tab", { name: "Draw" }).click();
      const shares = new Set<string>();
      const seen = async () => shares.add((await page.locator(".bar-share").allInnerTexts()).join()).size;
      await expect.poll(seen).toBeGreaterThan(3);
    });
  });

  describe("the buttons", () => {
    it("step, resume, pause and stop a training", async () => {
      const page = await open("train");
      await set(page, { hidden: "16", epochs: "50", batchSize: "600" });
      await press(page, "Step");
      await waitFor(page, /is paused/);
      // One batch is a hundredth of an epoch.
      for (const epoch of ["0.01", "0.02", "0.03"]) {
        await expect.poll(() => fact(page, "Epoch")).toBe(`${epoch} of 50`);
        await press(page, "Step");
      }
      await expect.poll(() => fact(page, "Epoch")).toBe("0.04 of 50");
      await press(page, "Resume");
      await expect.poll(async () => Number.parseFloat(await fact(page, "Epoch"))).toBeGreaterThan(1);
      await press(page, "Pause");
      // More reports may be in transit, but no more are sent.
      const rests = async () => {
        const before = await fact(page, "Epoch");
        await page.waitForTimeout(300);
        return (await fact(page, "Epoch")) === before;
      };
      await expect.poll(rests).toBe(true);
      await waitFor(page, /is paused/);
      await press(page, "Stop");
      await waitFor(page, /was stopped; .* Test accuracy/);
      expect(share(await fact(page, "Test accuracy"))).toBeGreaterThan(0.5);
    });

    it.runIf(WHOLE)("reset to an untrained network", async () => {
      const page = await open("train");
      await set(page, { hidden: "16", epochs: "500" });
      await press(page, "Train");
      await expect.poll(() => fact(page, "Samples/s")).not.toBe("–");
      await press(page, "Reset");
      await waitFor(page, /is untrained/);
      expect(await page.locator(".train-table tbody tr").count()).toBe(1);
      expect(await fact(page, "Loss")).toBe("–");
    });

    it.runIf(WHOLE)("work by keyboard alone", async () => {
      const page = await open("train");
      const go = async (name: string) => {
        const at = () => page.evaluate(() => document.activeElement?.textContent);
        for (let i = 0; i < 40 && (await at()) !== name; i++) await page.keyboard.press("Tab");
        expect(await at()).toBe(name);
        await page.keyboard.press("Enter");
      };
      await page.locator("#tab-train").focus();
      await go("784-16-16-10");
      expect(await page.locator("#train-hidden").inputValue()).toBe("16, 16");
      await go("Step");
      await waitFor(page, /784-16-16-10, run 1 is paused/);
      await go("Stop");
      await waitFor(page, /was stopped/);
    });

    it.runIf(WHOLE)("keep the keyboard focus, even when they are disabled", async () => {
      const page = await open("train");
      await set(page, { hidden: "16", epochs: "1000" });
      const focused = () => page.evaluate(() => document.activeElement?.textContent);
      await page.getByRole("button", { name: "Train", exact: true }).focus();
      for (const [state, name] of [
        [/is training/, "Pause"],
        [/is paused/, "Resume"],
        [/is training/, "Pause"],
      ] as const) {
        await page.keyboard.press("Enter");
        await waitFor(page, state);
        expect(await focused()).toBe(name);
      }
      await page.getByRole("button", { name: "Stop" }).focus();
      await page.keyboard.press("Enter");
      await waitFor(page, /was stopped/);
      expect(await focused()).toBe("Stop");
      // Stop is disabled now.
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Test it with your own digit" }).press("Enter");
      await expect.poll(focused).toBe("Draw");
    });

    it.runIf(WHOLE)(
      "leave the announced status unchanged during training, and the numbers do not overlap",
      async () => {
        const page = await open("train");
        await set(page, { hidden: "16", epochs: "1000" });
        await press(page, "Train");
        await waitFor(page, /is training/);
        await page.evaluate(() => {
          const announced: (string | null)[] = [];
          Object.assign(globalThis, { announced });
          const status = document.querySelector(".train-status") as HTMLElement;
          new MutationObserver(() => announced.push(status.textContent)).observe(status, { childList: true });
        });
        await expect.poll(async () => Number.parseFloat(await fact(page, "Epoch"))).toBeGreaterThan(10);
        expect(await page.evaluate(() => (globalThis as unknown as { announced: string[] }).announced)).toEqual([]);
        const overlaps = await page.locator(".train-facts dd").evaluateAll((cells) => {
          const widths = cells.map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return range.getBoundingClientRect();
          });
          return widths.filter(({ left, top }, i) =>
            widths.slice(0, i).some((one) => one.top === top && one.right > left),
          );
        });
        expect(overlaps).toEqual([]);
      },
    );

    it.runIf(WHOLE)("control the selected network", async () => {
      const page = await open("train");
      await set(page, { hidden: "16", epochs: "1000" });
      await press(page, "Train");
      await waitFor(page, /is training/);
      const layers = [{ units: 10, activation: "softmax" as const }];
      const other = await Network.create({ inputs: 784, layers, loss: "crossEntropy" });
      await load(page, "other.safetensors", other.toBytes());
      await waitFor(page, /^other\.safetensors is loaded/);
      await page.getByRole("radio", { name: "Select 784-16-10, run 1" }).check();
      await press(page, "Stop");
      await waitFor(page, /^784-16-10, run 1 was stopped/);
    });
  });

  describe("invalid settings", () => {
    it.each<[string, string, Partial<Record<keyof Settings, string>>, Partial<Settings>]>([
      ["hidden", "Hidden layers (neurons in each)", { hidden: "16, 0" }, { hidden: [16, 0] }],
      ["loss", "Loss", { loss: "quadratic" }, { loss: "quadratic" }],
      ["dropout", "Dropout", { dropout: "1" }, { dropout: 1 }],
    ])("show the error of the library at the field: %s", async (field, label, typed, settings) => {
      const page = await open("train");
      await set(page, typed);
      const sentence = await Network.create(recipeOf({ ...DEFAULTS, ...settings }).network).catch((e: ArgumentError) =>
        e.message.replace(`"${e.argument}"`, `"${label}"`),
      );
      expect(await text(page.locator("#train-fault"))).toBe(sentence);
      expect(await page.locator(`#train-${field}`).getAttribute("aria-invalid")).toBe("true");
      const train = page.getByRole("button", { name: "Train", exact: true });
      // The buttons are updated within a frame.
      await expect.poll(() => train.isDisabled()).toBe(true);
      await set(page, { hidden: "128", loss: "crossEntropy", dropout: "0" });
      expect(await text(page.locator("#train-fault"))).toBe("");
      await expect.poll(() => train.isDisabled()).toBe(false);
    });

    it("of learning rate, batch size, epochs and seed show an error", async () => {
      const page = await open("train");
      const labels = {
        learningRate: "Learning rate",
        batchSize: "Batch size",
        epochs: "Epochs",
        seed: "Seed",
      } as const;
      for (const [name, label] of Object.entries(labels) as [keyof typeof labels, string][]) {
        await set(page, { [name]: "-1" });
        expect(await text(page.locator("#train-fault"))).toMatch(new RegExp(`"${label}" must be .*, got -1$`));
        await set(page, { [name]: String(DEFAULTS[name]) });
      }
      await set(page, { epochs: "" });
      expect(await text(page.locator("#train-fault"))).toMatch(/"Epochs" must be .*, got NaN$/);
    });

    it.runIf(WHOLE)("that make training diverge show an error, and a new training works", async () => {
      const page = await open("train");
      await set(page, { ...SMALL, optimizer: "sgd", output: "linear", loss: "quadratic", learningRate: "1e30" });
      await press(page, "Train");
      await waitFor(page, /^training diverged: .*try a learning rate below/);
      // The network and its worker with the training images are gone.
      await expect.poll(() => page.workers().length).toBe(0);
      expect(await page.getByRole("button", { name: "Save 784-16-10, run 1" }).isDisabled()).toBe(true);
      expect(await page.getByRole("radio", { name: "Select 784-16-10, run 1" }).isDisabled()).toBe(true);
      await page.getByRole("tab", { name: "Draw" }).click();
      await expect.poll(() => text(page.locator("#words"))).toBe("Clearly 3");
      await page.getByRole("tab", { name: "Train" }).click();
      await trainSmall(page, { optimizer: "adam", output: "softmax", loss: "crossEntropy", learningRate: "0.001" });
    });
  });

  describe("the table of runs", () => {
    it.runIf(WHOLE)("shows settings, results and curves until a run is removed", async () => {
      const page = await open("train");
      await trainSmall(page);
      await trainSmall(page, { optimizer: "sgd", learningRate: "0.1", batchSize: "64" });
      const rows = page.locator(".train-table tbody tr");
      expect(await text(rows.nth(0))).toMatch(/784-16-10, run 1.*adam 0.001, batch 32, seed 1/);
      expect(await text(rows.nth(1))).toMatch(/784-16-10, run 2.*sgd 0.1, batch 64, seed 1.*\d\d\.\d\d %/);
      const curves = page.getByRole("img", { name: "Loss by epoch" });
      await expect.poll(() => curves.getAttribute("aria-label")).toMatch(/run 1: training .*; .*run 2: training/);
      await page.getByLabel("Show the curves of 784-16-10, run 1").uncheck();
      await expect.poll(() => curves.getAttribute("aria-label")).not.toContain("run 1");
      await press(page, "Remove 784-16-10, run 1");
      await expect.poll(() => rows.count()).toBe(1);
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
        "Remove 784-16-10, run 2",
      );
      await press(page, "Remove 784-16-10, run 2");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Runs");
    });
  });

  describe("a model file", () => {
    it("of the page is read by Node and by the page", async () => {
      const page = await open("train");
      await trainSmall(page);
      const accuracy = share(await fact(page, "Test accuracy"));
      const { file, bytes } = await download(page, "784-16-10, run 1");
      expect(file).toBe("784-16-10-run-1.safetensors");
      const network = await Network.fromBytes(bytes);
      // A browser may use another build of the kernels than Node, which rounds differently.
      expect(network.evaluate(mnist.test).accuracy).toBeCloseTo(accuracy, 2);
      await load(page, "mine.safetensors", bytes);
      await waitFor(page, /^mine\.safetensors is loaded/);
      const again = await download(page, "mine.safetensors");
      expect(again.file).toBe("mine.safetensors");
      expect(again.bytes).toEqual(bytes);
    });

    it("that is invalid is refused with the reason", async () => {
      const page = await open("train");
      const broken = new Uint8Array(100).fill(7);
      const reason = await Network.fromBytes(broken, { title: "broken.bin" }).catch((error: Error) => error.message);
      await load(page, "broken.bin", broken);
      await expect.poll(() => status(page)).toBe(reason);
      const layers = [{ units: 1, activation: "sigmoid" as const }];
      const other = await Network.create({ inputs: 2, layers, loss: "quadratic" });
      await load(page, "xor.safetensors", other.toBytes());
      await waitFor(page, /^xor\.safetensors holds a network with 2 inputs and 1 outputs, but digits need 784 and 10$/);
      expect(await page.locator(".train-table tbody tr").count()).toBe(0);
    });

    it.runIf(WHOLE)("is loaded when it is dropped", async () => {
      const page = await open("train");
      const network = await Network.create({
        inputs: 784,
        layers: [{ units: 10, activation: "softmax" }],
        loss: "crossEntropy",
      });
      await network.fit(mnist.test, { epochs: 1, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }) });
      const transfer = await page.evaluateHandle((numbers) => {
        const dropped = new DataTransfer();
        dropped.items.add(new File([new Uint8Array(numbers)], "dropped.safetensors"));
        return dropped;
      }, Array.from(network.toBytes()));
      await page.dispatchEvent("#view-train", "drop", { dataTransfer: transfer });
      await waitFor(page, /^dropped\.safetensors is loaded/);
    });
  });

  describe("the layout", () => {
    it.each(partOf(LOOKS, 3))(
      "is accessible and fits in %s colours on %s, with a run and an error",
      async (colorScheme, _, context) => {
        const page = await open("train", { context: { ...context, colorScheme } });
        await expectAccessible(page);
        await press(page, "Train");
        await waitFor(page, /is trained/);
        const settings = page.locator("summary", { hasText: "Settings" });
        if (await settings.isVisible()) await settings.click();
        await set(page, { epochs: "0" });
        await expectAccessible(page);
        expect(await fits(page)).toBe(true);
      },
    );
  });
});
