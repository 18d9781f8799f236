// The page's view "Draw" in Chromium, used by mouse, touch and keyboard, on a phone and a desktop.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { doubted, hasDiverged, NONE, verdictOf } from "../../web/draw/verdict.js";
import { type ChromiumPage, expectAccessible } from "../browser/fixture.js";
import { DESKTOP, describePage, fits, PHONE } from "../support/page-site.js";
import { digitStrokes, type Point } from "../support/strokes.js";
import { WHOLE } from "../support/whole.js";

/** A function that maps points of the paper to the window. */
async function paperToWindow(page: ChromiumPage): Promise<(point: Point) => Point> {
  const box = await page.locator("#pad").boundingBox();
  if (!box) throw new Error("the paper is not shown");
  return ({ x, y }) => ({ x: box.x + x * box.width, y: box.y + y * box.height });
}

async function drawByMouse(page: ChromiumPage, strokes: Point[][]): Promise<void> {
  const place = await paperToWindow(page);
  for (const stroke of strokes) {
    const [first, ...rest] = stroke.map(place) as [Point, ...Point[]];
    await page.mouse.move(first.x, first.y);
    await page.mouse.down();
    for (const { x, y } of rest) await page.mouse.move(x, y);
    await page.mouse.up();
  }
}

/** Draws with real touch events, which scroll the page unless it prevents that. */
async function drawByTouch(page: ChromiumPage, strokes: Point[][]): Promise<void> {
  const [place, debug] = [await paperToWindow(page), await page.context().newCDPSession(page)];
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", touchPoints: Point[]) =>
    debug.send("Input.dispatchTouchEvent", { type, touchPoints });
  for (const stroke of strokes) {
    const [first, ...rest] = stroke.map(place) as [Point, ...Point[]];
    await touch("touchStart", [first]);
    for (const point of rest) await touch("touchMove", [point]);
    await touch("touchEnd", []);
  }
}

/** The recognized digit, after the page has processed the last stroke. */
async function answerOf(page: ChromiumPage): Promise<string | null> {
  // One frame to process the last stroke, one to show the answer.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return page.locator("#answer").textContent();
}

async function waitForAnswer(page: ChromiumPage): Promise<number> {
  await page.waitForFunction(() => performance.getEntriesByName("first-prediction").length > 0);
  return page.evaluate(() => performance.getEntriesByName("first-prediction")[0]?.startTime ?? Number.NaN);
}

/** The percentages beside the ten bars. */
function shares(page: ChromiumPage): Promise<string[]> {
  return page.locator(".bar-share").allTextContents();
}

describePage("Draw", (openView, served) => {
  /** Opens the page and waits for the answer to its example. */
  async function open(context: object = DESKTOP, isPlain = false): Promise<ChromiumPage> {
    const page = await openView("draw", { context, isPlain });
    await waitForAnswer(page);
    return page;
  }

  describe("loading", () => {
    it("shows the answer to its example", async () => {
      const page = await openView("draw");
      console.log(`first prediction after ${Math.round(await waitForAnswer(page))} ms`);
      expect(await page.locator("#words").textContent()).toBe("Clearly 3");
    });

    it("transfers less than 1.5 MB, without MNIST", async () => {
      const page = await open();
      const transfers = await page.evaluate(() =>
        [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((entry) => {
          const { name, transferSize, decodedBodySize } = entry as PerformanceResourceTiming;
          return { name, bytes: Math.max(transferSize, decodedBodySize) };
        }),
      );
      const total = transfers.reduce((sum, { bytes }) => sum + bytes, 0);
      console.log(`Draw loads ${Math.round(total / 1000)} kB in ${transfers.length} files`);
      expect(total).toBeGreaterThan(500_000);
      expect(total).toBeLessThan(1_500_000);
      expect(transfers.filter(({ name }) => name.includes("mnist"))).toEqual([]);
    });

    it.runIf(WHOLE).each([
      ["a phone", PHONE],
      ["a desktop", DESKTOP],
    ])("on %s shifts nothing and fits the width of the window", async (_, options) => {
      const page = await open(options);
      const place = await paperToWindow(page);
      const shift = await page.evaluate(async () => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
        await new Promise((done) => setTimeout(done, 300));
        return sum;
      });
      expect(shift).toBe(0);
      await drawByMouse(page, digitStrokes(8));
      await answerOf(page);
      expect((await paperToWindow(page))({ x: 0, y: 0 })).toEqual(place({ x: 0, y: 0 }));
      expect(await fits(page)).toBe(true);
    });

    it.runIf(WHOLE)("is isolated with the demo's headers, and works without any headers", async () => {
      expect(await (await open()).evaluate(() => crossOriginIsolated)).toBe(true);
      const page = await open(DESKTOP, true);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await drawByMouse(page, digitStrokes(7));
      expect(await answerOf(page)).toBe("7");
    });

    it.runIf(WHOLE)("shows an error if the weights cannot be loaded", async () => {
      const page = await open();
      await page.route("**/digits-weights-*", (route) => route.abort());
      await page.reload();
      await page.waitForFunction(() => document.getElementById("words")?.textContent?.includes("could not be loaded"));
      expect(served().takeErrors().length).toBeGreaterThan(0);
    });
  });

  describe("recognition", () => {
    it("of all ten digits drawn by mouse", async () => {
      const page = await open();
      for (let digit = 0; digit < 10; digit++) {
        await page.locator("#clear").click();
        await drawByMouse(page, digitStrokes(digit));
        expect(await answerOf(page)).toBe(String(digit));
        expect(await page.locator("#words").textContent()).toBe(`Clearly ${digit}`);
        expect((await shares(page)).indexOf("100 %")).toBe(digit);
      }
    });

    it.runIf(WHOLE)("of all ten digits drawn by touch on a phone, without scrolling the page", async () => {
      const page = await open(PHONE);
      for (let digit = 0; digit < 10; digit++) {
        await page.locator("#clear").tap();
        await drawByTouch(page, digitStrokes(digit));
        expect(await answerOf(page)).toBe(String(digit));
        expect(await page.evaluate(() => scrollY)).toBe(0);
      }
    });

    it("of digits drawn by keyboard alone", async () => {
      const page = await open();
      await page.locator("#tab-draw").focus();
      // Tab from the tabs to the paper.
      for (let i = 0; i < 3 && !(await page.evaluate(() => document.activeElement?.id === "paper")); i++) {
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Delete");
      await page.keyboard.press("Space");
      for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      expect(await answerOf(page)).toBe("1");
      expect(await page.locator("#status").textContent()).toBe("Pen up");
      await drawSeven(page);
      expect(await answerOf(page)).toBe("7");
      await page.keyboard.press("Backspace");
      expect(await answerOf(page)).toBe("?");
      await page.keyboard.press("Control+z");
      expect(await answerOf(page)).toBe("1");
    });

    it.runIf(WHOLE)("at every point of a stroke, before the pen is lifted", async () => {
      const page = await open();
      const place = await paperToWindow(page);
      const [first, ...rest] = digitStrokes(0)[0] as [Point, ...Point[]];
      const answers = new Set<string | null>();
      await page.mouse.move(place(first).x, place(first).y);
      await page.mouse.down();
      for (const point of rest) {
        await page.mouse.move(place(point).x, place(point).y);
        answers.add(await answerOf(page));
      }
      // Half a zero is not recognized as a zero.
      expect(answers.size).toBeGreaterThan(1);
      expect(await page.locator("#answer").textContent()).toBe("0");
      await page.mouse.up();
    });

    it.runIf(WHOLE)("shows the input of the network", async () => {
      const page = await open();
      const networkInput = () =>
        page.locator("#input").evaluate((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const data = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
          return { width, height, ink: Array.from({ length: width * height }, (_, i) => data[4 * i] as number) };
        });
      await page.locator("#clear").click();
      await answerOf(page);
      expect((await networkInput()).ink.every((x) => x === 0)).toBe(true);
      // A small digit far from the centre is scaled to 20 pixels high and centred.
      await drawByMouse(
        page,
        digitStrokes(1).map((stroke) => stroke.map(({ x, y }) => ({ x: x / 3, y: y / 2 }))),
      );
      await answerOf(page);
      const { width, height, ink } = await networkInput();
      expect([width, height]).toEqual([28, 28]);
      const rows = ink.flatMap((x, i) => (x > 0 ? [Math.floor(i / 28)] : []));
      expect(Math.max(...rows) + 1 - Math.min(...rows)).toBe(20);
      expect(Math.max(...ink)).toBe(255);
      expect(await page.locator("#answer").textContent()).toBe("1");
    });
  });

  describe("controls", () => {
    it("undo a stroke, a clear and an example; drawing replaces an example", async () => {
      const page = await open();
      await page.locator("#clear").click();
      await drawByMouse(page, digitStrokes(4));
      expect(await answerOf(page)).toBe("4");
      await page.locator("#undo").click();
      const half = await answerOf(page);
      expect(half).not.toBe("4");
      await page.locator("#clear").click();
      expect([await answerOf(page), await page.locator("#words").textContent()]).toEqual(["?", "Draw a digit"]);
      expect(await shares(page)).toEqual(Array(10).fill("0 %"));
      await page.keyboard.press("Control+z");
      expect(await answerOf(page)).toBe(half);
      await page.locator("#undo").click();
      await page.locator("#undo").click();
      expect(await answerOf(page)).toBe("3");
      // Drawing removes the example.
      await drawByMouse(page, digitStrokes(1));
      expect(await answerOf(page)).toBe("1");
    });

    it("select a network of this visit in its worker, or the pretrained one", async () => {
      const page = await open();
      await page.locator("#clear").click();
      await drawByMouse(page, digitStrokes(6));
      const pretrained = await shares(page);
      await page.locator("#tab-train").click();
      await page
        .locator("input[type=file]")
        .setInputFiles(resolve(import.meta.dirname, "../../models/digits-tiny.safetensors"));
      await page.waitForFunction(() => document.querySelectorAll("#network option").length === 2);
      await page.locator("#tab-draw").click();
      await page.locator("#network").selectOption({ index: 1 });
      // The outputs of this small network differ from the pretrained one's by more than a percent.
      await expect.poll(() => shares(page)).not.toEqual(pretrained);
      expect(await answerOf(page)).toBe("6");
      await drawByMouse(page, digitStrokes(1));
      await page.locator("#network").selectOption({ index: 0 });
      await page.locator("#undo").click();
      await expect.poll(() => shares(page)).toEqual(pretrained);
    });

    it.runIf(WHOLE)("draw another example each time, animated unless the user prefers reduced motion", async () => {
      const page = await open({ ...DESKTOP, reducedMotion: "reduce" });
      await page.evaluate(() => {
        // A fixed seed, so that every run of this test gets the same examples.
        let state = 1;
        Math.random = () => {
          state = (state * 16807) % 2147483647;
          return state / 2147483647;
        };
      });
      const answers: (string | null)[] = [];
      for (let i = 0; i < 12; i++) {
        await page.locator("#sample").click();
        answers.push(await answerOf(page));
      }
      expect(answers.every((answer, i) => answer !== answers[i - 1])).toBe(true);
      expect(new Set(answers).size).toBeGreaterThan(4);
      const moving = await open();
      await moving.locator("#sample").click();
      const drawn = () => moving.locator("#input").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
      const early = await drawn();
      await expect.poll(drawn).not.toBe(early);
    });

    it("change the view by arrow keys, address and back button", async () => {
      const page = await open();
      const shown = () => page.locator("[role=tabpanel]:visible").getAttribute("id");
      await page.locator("#tab-draw").focus();
      await page.keyboard.press("ArrowRight");
      await expect.poll(shown).toBe("view-train");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("tab-train");
      await page.keyboard.press("End");
      await expect.poll(shown).toBe("view-inside");
      await page.keyboard.press("ArrowRight");
      await expect.poll(shown).toBe("view-draw");
      await page.goBack();
      await expect.poll(shown).toBe("view-inside");
      expect(await page.locator("[role=tab][aria-selected=true]").getAttribute("id")).toBe("tab-inside");
    });

    it.runIf(WHOLE)("keep the page when a file is dropped outside a drop target, and allow dropping text", async () => {
      const page = await open();
      const isKept = (kind: string) =>
        page.evaluate((kind) => {
          const dataTransfer = new DataTransfer();
          if (kind === "file") dataTransfer.items.add(new File(["x"], "digits.safetensors"));
          else dataTransfer.setData("text/plain", "16");
          return ["dragover", "drop"].map((name) => {
            const event = new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
            return !document.querySelector("main")?.dispatchEvent(event);
          });
        }, kind);
      expect(await isKept("file")).toEqual([true, true]);
      expect(await isKept("text")).toEqual([false, false]);
    });

    it.runIf(WHOLE)("show the bars in forced colours", async () => {
      const page = await open({ ...DESKTOP, forcedColors: "active" });
      const [bar, card] = await page.evaluate(() => {
        const bar = document.querySelector(".best .bar") as Element;
        const card = document.querySelector(".draw-answer") as Element;
        return [getComputedStyle(bar, "::after").backgroundColor, getComputedStyle(card).backgroundColor];
      });
      expect(bar).not.toBe(card);
    });

    it.runIf(WHOLE).each(["light", "dark"] as const)(
      "have no serious or critical accessibility violation in axe, %s",
      async (colorScheme) => {
        await expectAccessible(await open({ ...DESKTOP, colorScheme }));
        const page = await open({ ...PHONE, colorScheme });
        await page.locator("#clear").tap();
        await answerOf(page);
        await expectAccessible(page);
      },
    );

    it("announce the answer after a pause, not at every point", async () => {
      const page = await open();
      await page.clock.install();
      await page.evaluate(() => {
        const announced: string[] = [];
        Object.assign(globalThis, { announced });
        const status = document.getElementById("status") as HTMLElement;
        new MutationObserver(() => announced.push(status.textContent ?? "")).observe(status, { childList: true });
      });
      // The page's clock stands while the test draws, however long that takes.
      await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
      await drawByMouse(page, digitStrokes(8));
      await page.clock.runFor(2000);
      const announced = await page.evaluate(() => (globalThis as unknown as { announced: string[] }).announced);
      expect(announced.at(-1)).toBe("Clearly 8");
      expect(announced.length).toBeLessThanOrEqual(2);
    });
  });
});

/** Draws a seven by keyboard, in one stroke with a diagonal leg. */
async function drawSeven(page: ChromiumPage): Promise<void> {
  await page.keyboard.press("Escape");
  for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowUp");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Space");
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowRight");
  // With ArrowDown held, ArrowLeft moves diagonally; then ArrowDown alone makes the leg steeper.
  for (let i = 0; i < 4; i++) {
    await page.keyboard.down("ArrowDown");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.up("ArrowDown");
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Space");
}

describe("the sentence on the outputs", () => {
  const outputs = (shares: Record<number, number>) =>
    Float32Array.from({ length: 10 }, (_, digit) => shares[digit] ?? 0);

  it.each([
    [{ 7: 0.99, 1: 0.01 }, "Clearly 7", 7, true],
    [{ 7: 0.8, 1: 0.2 }, "Probably 7, possibly 1", 7, false],
    [{ 9: 0.5, 4: 0.45, 1: 0.05 }, "Either 9 or 4", 9, false],
    [{ 9: 0.4, 4: 0.35, 7: 0.25 }, "Either 9, 4 or 7", 9, false],
    [
      { 3: 0.145, 5: 0.14, 0: 0.1, 1: 0.1, 2: 0.1, 4: 0.1, 6: 0.1, 7: 0.1, 8: 0.1 },
      "Not sure, possibly 3 or 5",
      3,
      false,
    ],
    // Outputs of sigmoids, which do not sum to 1.
    [{ 2: 0.95, 3: 0.9 }, "Either 2 or 3", 2, false],
    [{ 2: 1e-6 }, "Clearly 2", 2, true],
    // Linear outputs can be below zero.
    [{ 6: 1.2, 0: -0.9 }, "Clearly 6", 6, true],
  ])("%j: %s", (shares, words, digit, isSure) => {
    expect(verdictOf(outputs(shares))).toEqual({ digit, isSure, words });
  });

  it("names none of the digits where the drawing may be none", () => {
    expect(NONE).toMatch(/^None of these: /);
    expect(doubted(7)).toBe("Perhaps 7, perhaps none of these");
  });

  it("recognizes outputs of a diverged network", () => {
    expect(hasDiverged(outputs({ 2: 1e30, 3: -5 }))).toBe(false);
    expect(hasDiverged(outputs({ 2: Number.NaN }))).toBe(true);
    expect(hasDiverged(outputs({ 2: Infinity }))).toBe(true);
  });

  it("is not sure of a digit if all outputs are zero", () => {
    expect(verdictOf(new Float32Array(10)).isSure).toBe(false);
  });
});
