// The page's view "Look inside" in Chromium: it shows the numbers of the library for every selection.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Explanation, loadMnist, Network, type TrainAndTest, type WeightPosition } from "../../src/node.js";
import { layOut, MAX_NEURONS, unitsToDraw } from "../../web/inside/layout.js";
import { type ChromiumPage, expectAccessible } from "../browser/fixture.js";
import { describePage, fetched, fits, LOOKS, text } from "../support/page-site.js";
import { partOf, WHOLE } from "../support/whole.js";

const TINY = readFileSync(resolve(import.meta.dirname, "../../models/digits-tiny.safetensors"));

/** Waits until a neuron is selected: then everything is shown. */
async function waitForPicture(page: ChromiumPage): Promise<void> {
  await page.waitForSelector(".inside-neuron[aria-checked=true]", { state: "attached" });
}

const FIELDS = ["Layer (from 0)", "Neuron (from 0)", "Input (from 0)"] as const;

async function position(page: ChromiumPage): Promise<WeightPosition> {
  const values = FIELDS.map((name) => page.getByLabel(name).inputValue());
  const [layer, unit, input] = (await Promise.all(values)).map(Number) as [number, number, number];
  return { layer, unit, input };
}

/** Types the position of a weight into the fields, in an order in which every intermediate position exists. */
async function selectWeight(page: ChromiumPage, { layer, unit, input }: WeightPosition): Promise<void> {
  const typed: [(typeof FIELDS)[number], number][] = [
    ...([
      [FIELDS[1], 0],
      [FIELDS[2], 0],
    ] as [(typeof FIELDS)[number], number][]),
    ...([
      [FIELDS[0], layer],
      [FIELDS[1], unit],
      [FIELDS[2], input],
    ] as [(typeof FIELDS)[number], number][]),
  ];
  for (const [name, value] of typed) {
    await page.getByLabel(name).fill(String(value));
    await page.getByLabel(name).blur();
  }
  await expect
    .poll(() => page.locator(".inside-chain pre").textContent())
    .toContain(`of layer ${layer}, unit ${unit}, input ${input} (`);
}

interface Shown {
  symbol: string;
  value: number;
}

/** The boxes of the product (0) or the update (1), with their numbers in full precision. */
function boxes(page: ChromiumPage, which: 0 | 1): Promise<Shown[]> {
  return page
    .locator(".inside-product")
    .nth(which)
    .locator(".inside-factor")
    .evaluateAll((found) =>
      found.map((box) => ({
        symbol: box.querySelector(".inside-symbol")?.textContent ?? "",
        value: Number(box.querySelector("data")?.value),
      })),
    );
}

/** The expected boxes of the product. */
function product({ input, slope, outputGradient, delta, gradient }: Explanation): Shown[] {
  const result = { symbol: "∂C/∂w", value: gradient };
  const below = { symbol: "∂z/∂w", value: input };
  if (outputGradient === undefined) return [below, { symbol: "∂C/∂z", value: delta }, result];
  return [below, { symbol: "∂a/∂z = S′(z)", value: slope }, { symbol: "∂C/∂a", value: outputGradient }, result];
}

function update({ weight, learningRate, gradient, corrected }: Explanation): Shown[] {
  const [w, rate] = [
    { symbol: "w", value: weight },
    { symbol: "η", value: learningRate },
  ];
  return [w, rate, { symbol: "∂C/∂w", value: gradient }, { symbol: "w − η·∂C/∂w", value: corrected }];
}

/** JavaScript engines may differ in the last bits of `exp`. */
function expectSame(shown: Shown[], wanted: Shown[]): void {
  expect(shown.map(({ symbol }) => symbol)).toEqual(wanted.map(({ symbol }) => symbol));
  shown.forEach(({ value }, i) => {
    const { value: right = Number.NaN } = wanted[i] ?? {};
    expect(Math.abs(value - right)).toBeLessThanOrEqual(1e-10 * Math.abs(right));
  });
}

function oneHot(digit: number): number[] {
  return Array.from({ length: 10 }, (_, i) => Number(i === digit));
}

async function evaluateTestSet(page: ChromiumPage): Promise<void> {
  await page.getByRole("button", { name: "Evaluate on the 10,000 test images" }).click();
  await page.waitForSelector(".inside-confusion tbody tr");
}

describe("the picture", () => {
  const outputs = [16, 16, 10].map((units) => new Float32Array(units));

  it.each([300, 328, 700, 1200])("fits every neuron of 784-16-16-10 into %i pixels", (width) => {
    const { layers, height, image, radius } = layOut(unitsToDraw(outputs, { layer: 0, unit: 0 }), width);
    expect(layers.map((layer) => layer.length)).toEqual([16, 16, 10]);
    for (const { x, y } of layers.flat()) {
      expect(x - radius).toBeGreaterThan(image.x + image.side);
      expect(x + radius).toBeLessThan(width - 40);
      expect(y - radius).toBeGreaterThan(0);
      expect(y + radius).toBeLessThan(height);
    }
    for (const layer of layers) {
      layer.slice(1).forEach(({ y }, i) => {
        expect(y - (layer[i]?.y ?? y)).toBeGreaterThan(2 * radius);
      });
    }
  });

  it("draws the most active units of a wide layer, and the selected one", () => {
    const wide = Float32Array.from({ length: 100 }, (_, unit) => unit / 100);
    const [units = []] = unitsToDraw([wide], { layer: 0, unit: 3 });
    expect(units).toEqual([3, ...Array.from({ length: MAX_NEURONS - 1 }, (_, i) => 101 - MAX_NEURONS + i)]);
  });
});

describe("the picture of a network of many layers", () => {
  const outputs = Array.from({ length: 200 }, () => new Float32Array(16));
  const drawn = unitsToDraw(outputs, { layer: 100, unit: 3 });

  it("draws the first layer, the last, and those around the selected one", () => {
    expect(drawn.flatMap((units, layer) => (units.length > 0 ? [layer] : []))).toEqual([0, 98, 99, 100, 101, 102, 199]);
    expect(unitsToDraw(outputs.slice(0, 7), { layer: 0, unit: 3 }).every((units) => units.length === 16)).toBe(true);
  });

  it.each([328, 1200])("fits them into %i pixels", (width) => {
    const { layers, radius } = layOut(drawn, width);
    const places = layers.flatMap(([neuron]) => (neuron ? [neuron.x] : []));
    expect(places.length).toBe(7);
    expect(places.at(-1)).toBeLessThan(width - 40);
    for (let i = 1; i < 7; i++) expect((places[i] ?? 0) - (places[i - 1] ?? 0)).toBeGreaterThan(2 * radius);
  });
});

describePage("Look inside", (open, served) => {
  let mnist: TrainAndTest;
  let tiny: Network;
  beforeAll(async () => {
    mnist = await loadMnist();
    tiny = await Network.fromBytes(TINY);
  });

  async function look(options: Parameters<typeof open>[1] = {}): Promise<ChromiumPage> {
    const page = await open("inside", options);
    await waitForPicture(page);
    return page;
  }

  /** Looks at the test set's first image of a digit, which comes with the page. */
  async function lookAt(page: ChromiumPage, digit: number): Promise<Uint8Array> {
    await page.getByRole("button", { name: `Test image of ${digit}` }).click();
    await expect
      .poll(() => page.locator(".inside-image").getAttribute("aria-label"))
      .toContain(`test image of ${digit}`);
    const index = mnist.test.labels?.indexOf(digit) ?? -1;
    return mnist.test.sample(index) as Uint8Array;
  }

  describe("at the start", () => {
    it("draws a pretrained network whole, without MNIST", async () => {
      const page = await look();
      expect(await page.locator(".inside-neuron").count()).toBe(16 + 16 + 10);
      expect(await page.locator(".inside-edge").count()).toBe(16 * 16 + 16 * 10);
      expect(await page.locator(".inside-bundle").count()).toBe(16);
      expect(await fetched(page)).not.toContain("mnist.bin");
    });

    it.runIf(WHOLE)("works on a host without special headers", async () => {
      const page = await look({ isPlain: true });
      expect(await page.locator(".inside-neuron").count()).toBe(42);
    });

    it("shows the activation that the library computes for every neuron", async () => {
      const page = await look();
      const activations = tiny.activations(await lookAt(page, 4));
      const neurons = await page.locator(".inside-neuron").evaluateAll((found) =>
        found.map((neuron) => ({
          name: neuron.getAttribute("aria-label") ?? "",
          light: Number(neuron.querySelector(".inside-light")?.getAttribute("fill-opacity")),
        })),
      );
      const wanted = activations.flatMap((values) => Array.from(values));
      expect(neurons.length).toBe(wanted.length);
      neurons.forEach(({ light }, i) => {
        expect(light).toBeCloseTo(wanted[i] ?? Number.NaN, 4);
      });
      expect(neurons[17]?.name).toMatch(/^Layer 1, neuron 1: \S+$/);
      expect(neurons.at(-1)?.name).toMatch(/^Output 9: \S+$/);
      expect(await text(page.locator(".is-prediction .inside-digit"))).toBe("4");
    });
  });

  describe("an error", () => {
    it.runIf(WHOLE)("is shown, and loading is retried when the view is shown again", async () => {
      const page = await open("draw");
      await page.context().route("**/samples.bin", (route) => route.abort());
      await page.getByRole("tab", { name: "Look inside" }).click();
      await expect
        .poll(() => text(page.locator(".inside-message")))
        .toContain("Part of this view could not be loaded: ");
      // The drawing can still be shown.
      await waitForPicture(page);
      expect(await page.locator(".inside-image").getAttribute("aria-label")).toContain("the drawing");
      served().takeErrors();
      await page.context().unroute("**/samples.bin");
      await page.getByRole("tab", { name: "Draw" }).click();
      await page.getByRole("tab", { name: "Look inside" }).click();
      await expect.poll(() => page.locator(".inside-sample").count()).toBe(10);
      expect(await text(page.locator(".inside-message"))).toBe("");
    });
  });

  describe("the chain rule", () => {
    const weights: WeightPosition[] = [
      { layer: 0, unit: 3, input: 400 },
      { layer: 0, unit: 15, input: 783 },
      { layer: 1, unit: 7, input: 2 },
      { layer: 2, unit: 4, input: 11 },
    ];
    it.each(partOf(weights, 3))(
      "has the numbers of explain in Node: layer $layer, unit $unit, input $input",
      async (weight) => {
        const page = await look();
        const input = await lookAt(page, 4);
        await page.getByLabel("Target digit").selectOption("9");
        await page.getByLabel("Learning rate").fill("1.5");
        await page.getByLabel("Learning rate").blur();
        await selectWeight(page, weight);
        const explanation = tiny.explain({ input, target: oneHot(9), weight, learningRate: 1.5 });
        await expect.poll(() => page.locator(".inside-chain pre").textContent()).toBe(explanation.text);
        expectSame(await boxes(page, 0), product(explanation));
        expectSame(await boxes(page, 1), update(explanation));
        const terms = await page
          .locator(".inside-terms tbody tr")
          .evaluateAll((rows) =>
            rows.map((row) => Array.from(row.querySelectorAll("data"), ({ value }) => Number(value))),
          );
        const wanted = (explanation.terms ?? []).map((term) => [term.weight, term.delta, term.weight * term.delta]);
        if (weight.layer < 2) expect(terms.length).toBe(wanted.length);
        if (weight.layer < 2) expect(terms.flat()).toEqual(wanted.flat().map((value) => expect.closeTo(value, 10)));
        expect(await page.locator(".inside-terms").isVisible()).toBe(false);
      },
    );

    it.runIf(WHOLE)("has those numbers for a network trained in the page and saved", async () => {
      const page = await open("train");
      await page.locator("#train-hidden").fill("16");
      await page.locator("#train-epochs").fill("1");
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await expect.poll(() => text(page.locator(".train-status"))).toMatch(/is trained/);
      const saving = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save 784-16-10, run 1" }).click();
      const network = await Network.fromBytes(new Uint8Array(readFileSync(await (await saving).path())));
      await page.getByRole("tab", { name: "Look inside" }).click();
      await waitForPicture(page);
      expect(await page.getByRole("combobox", { name: "Network", exact: true }).inputValue()).toBe("0");
      const input = await lookAt(page, 2);
      for (const weight of [
        { layer: 0, unit: 5, input: 380 },
        { layer: 1, unit: 2, input: 9 },
      ]) {
        await selectWeight(page, weight);
        const explanation = network.explain({ input, target: oneHot(2), weight, learningRate: 0.1 });
        expect(await page.locator(".inside-chain pre").textContent()).toBe(explanation.text);
        expectSame(await boxes(page, 0), product(explanation));
        expectSame(await boxes(page, 1), update(explanation));
      }
    });

    it("shows the error of the library for a weight that does not exist", async () => {
      const page = await look();
      const before = await position(page);
      await page.getByLabel("Neuron (from 0)").fill("16");
      await page.getByLabel("Neuron (from 0)").blur();
      const sentence = '"weight.unit" must be a whole number from 0 to 15, got 16';
      await expect.poll(() => text(page.locator(".inside-fault"))).toBe(sentence);
      await selectWeight(page, before);
      expect(await text(page.locator(".inside-fault"))).toBe("");
    });
  });

  describe("selecting", () => {
    it("a neuron, a line and a pixel works by mouse", async () => {
      const page = await look();
      await page.getByRole("radio", { name: "Layer 1, neuron 5:" }).click();
      await expect.poll(() => position(page)).toMatchObject({ layer: 1, unit: 5 });
      // The midpoint between neuron 0 of layer 1 and output 0, where no other line is near.
      const middle = await page
        .locator(".inside-edge")
        .nth(16 * 16)
        .evaluate((line) => {
          const { x, y, width, height } = line.getBoundingClientRect();
          return { x: x + width / 2, y: y + height / 2 };
        });
      await page.mouse.click(middle.x, middle.y);
      await expect.poll(async () => (await position(page)).layer).toBe(2);
      await page.getByRole("radio", { name: "Layer 0, neuron 3:" }).click();
      await expect.poll(() => position(page)).toMatchObject({ layer: 0, unit: 3 });
      const box = await page.locator(".inside-weights").boundingBox();
      if (!box) throw new Error("the weights are not shown");
      await page.mouse.click(box.x + ((10 + 0.5) / 28) * box.width, box.y + ((20 + 0.5) / 28) * box.height);
      await expect.poll(() => position(page)).toEqual({ layer: 0, unit: 3, input: 20 * 28 + 10 });
      await page.locator(".inside-other").nth(9).click();
      await expect.poll(() => position(page)).toMatchObject({ layer: 0, unit: 9 });
    });

    it("a neuron and a weight works by keyboard", async () => {
      const page = await look();
      await page.getByRole("radio", { name: "Layer 0, neuron 0:" }).click();
      await expect.poll(() => position(page)).toMatchObject({ layer: 0, unit: 0 });
      for (const [key, place] of [
        ["ArrowDown", { layer: 0, unit: 1 }],
        ["ArrowRight", { layer: 1, unit: 1 }],
        ["End", { layer: 1, unit: 15 }],
        ["ArrowRight", { layer: 2, unit: 9 }],
        ["ArrowUp", { layer: 2, unit: 8 }],
      ] as const) {
        await page.keyboard.press(key);
        await expect.poll(() => position(page)).toMatchObject(place);
      }
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
      expect(await focused()).toMatch(/^Output 8:/);
      // The weights are the next stop in the tab order, and a single one.
      await page.keyboard.press("Tab");
      expect(await focused()).toBe("Weight, selected by arrow keys");
      const { input } = await position(page);
      await page.keyboard.press(input === 15 ? "ArrowLeft" : "ArrowRight");
      await expect.poll(async () => (await position(page)).input).toBe(input === 15 ? 14 : input + 1);
      expect(await page.getByRole("slider").getAttribute("aria-valuetext")).toMatch(/^from layer 1, neuron \d+: \S+$/);
    });
  });

  describe("the evaluation on the test set", () => {
    it("gives the confusion matrix and the mistakes of Node", async () => {
      const page = await look();
      await evaluateTestSet(page);
      const { accuracy = 0, confusion = [], worst = [] } = tiny.evaluate(mnist.test, { worst: 24 });
      const cells = await page.locator(".inside-confusion tbody td").allTextContents();
      expect(cells.length).toBe(100);
      // A browser may use another build of the kernels than Node; it rounds differently and may classify a few images differently.
      const away = cells.map((cell, i) => Math.abs(Number(cell) - (confusion[Math.floor(i / 10)]?.[i % 10] ?? 0)));
      expect(away.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(10);
      expect(cells.reduce((sum, cell) => sum + Number(cell), 0)).toBe(10_000);
      const title = await text(page.locator(".inside-confusion caption span").first());
      expect(title).toMatch(/^\d\d\.\d\d % of 10,000 test images correct$/);
      expect(Number.parseFloat(title) / 100).toBeCloseTo(accuracy, 2);
      const mistakes = await page
        .locator(".inside-mistake")
        .evaluateAll((cards) => cards.map((card) => card.getAttribute("title") ?? ""));
      const known = worst.map(({ index }) => `Show test image ${index}`);
      expect(mistakes.length).toBe(24);
      expect(mistakes.filter((mistake) => known.includes(mistake)).length).toBeGreaterThanOrEqual(22);
    });

    it.runIf(WHOLE)("lets the user select a mistake, and any test image", async () => {
      const page = await look();
      await evaluateTestSet(page);
      const card = page.locator(".inside-mistake").first();
      const [label, read] = (await text(card.locator("b"))).split(" → ") as [string, string];
      const index = (await card.getAttribute("title"))?.split(" ").at(-1);
      await card.click();
      await expect
        .poll(() => page.locator(".inside-image").getAttribute("aria-label"))
        .toContain(`test image ${index}`);
      await expect.poll(() => text(page.locator(".is-prediction .inside-digit"))).toBe(read);
      expect(await page.getByLabel("Target digit").inputValue()).toBe(label);
      await page.getByLabel("Test image", { exact: true }).fill("9999");
      await page.getByLabel("Test image", { exact: true }).blur();
      await expect.poll(() => page.locator(".inside-image").getAttribute("aria-label")).toContain("test image 9999");
      expect(await page.getByLabel("Target digit").inputValue()).toBe(String(mnist.test.labels?.[9999]));
    });
  });

  describe("the view follows", () => {
    it("the drawing", async () => {
      const page = await look();
      await lookAt(page, 0);
      await page.getByRole("tab", { name: "Draw" }).click();
      await page.getByRole("button", { name: "Example" }).click();
      await page.getByRole("tab", { name: "Look inside" }).click();
      await expect.poll(() => page.locator(".inside-image").getAttribute("aria-label")).toContain("the drawing");
    });

    it.runIf(WHOLE)("a network in training, and draws the most active units of its wide layer", async () => {
      const page = await open("train");
      await page.locator("#train-epochs").fill("300");
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await expect.poll(() => text(page.locator(".train-status"))).toMatch(/is training/);
      await page.getByRole("tab", { name: "Look inside" }).click();
      await waitForPicture(page);
      expect(await page.locator(".inside-neuron").count()).toBe(16 + 10);
      expect(await page.locator(".inside-title").allTextContents()).toContain("16 of 128");
      await selectWeight(page, { layer: 1, unit: 3, input: 7 });
      const weight = async () => (await boxes(page, 1))[0]?.value;
      const before = await weight();
      await expect.poll(weight).not.toBe(before);
      await page.getByRole("combobox", { name: "Network", exact: true }).selectOption("pretrained");
      await expect.poll(() => page.locator(".inside-neuron").count()).toBe(42);
    });
  });

  describe("the layout", () => {
    it.each(partOf(LOOKS, 3))(
      "is accessible and fits in %s colours on %s, with all details open",
      async (colorScheme, _, context) => {
        const page = await look({ context: { ...context, colorScheme, reducedMotion: "reduce" } });
        await evaluateTestSet(page);
        for (const summary of await page.locator(".inside summary").all()) await summary.click();
        await expectAccessible(page);
        expect(await fits(page)).toBe(true);
      },
    );
  });
});
